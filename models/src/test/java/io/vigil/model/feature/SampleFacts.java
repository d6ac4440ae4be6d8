package io.vigil.model.feature;

import io.vigil.model.event.Facts;
import io.vigil.model.event.Field;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Facts out of a map, the mcc among them in digits; coordinates are NaN when missing. */
record SampleFacts(
    long eventTimeMs, long amountMinor, Map<Field, String> texts, double latitude, double longitude)
    implements Facts {

  SampleFacts(long eventTimeMs, long amountMinor, Map<Field, String> texts) {
    this(eventTimeMs, amountMinor, texts, Double.NaN, Double.NaN);
  }

  @Override
  public @Nullable String text(Field field) {
    return texts.get(field);
  }

  @Override
  public double number(Field field) {
    return switch (field) {
      case EVENT_TIME -> eventTimeMs;
      case AMOUNT -> amountMinor / 100.0;
      case MCC -> Double.parseDouble(texts.getOrDefault(field, "NaN"));
      case LATITUDE -> latitude;
      case LONGITUDE -> longitude;
      default -> Double.NaN;
    };
  }

  @Override
  public @Nullable String attribute(String key) {
    return null;
  }
}

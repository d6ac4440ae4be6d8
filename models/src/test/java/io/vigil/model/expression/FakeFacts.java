package io.vigil.model.expression;

import io.vigil.model.event.Facts;
import io.vigil.model.event.Field;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Facts out of a map by field id or attribute key; what is not in it is missing. */
public record FakeFacts(Map<String, Object> entries) implements Facts {

  public static FakeFacts of(Object... idsAndValues) {
    Map<String, Object> entries = new HashMap<>();
    for (int i = 0; i < idsAndValues.length; i += 2) {
      entries.put((String) idsAndValues[i], idsAndValues[i + 1]);
    }
    return new FakeFacts(entries);
  }

  @Override
  public long eventTimeMs() {
    return (long) number(Field.EVENT_TIME);
  }

  @Override
  public long amountMinor() {
    return Math.round(100 * number(Field.AMOUNT));
  }

  @Override
  public @Nullable String text(Field field) {
    if (field.type() != Field.Type.TEXT) {
      throw new IllegalArgumentException("expected a text field, got " + field);
    }
    return (String) entries.get(field.id());
  }

  @Override
  public double number(Field field) {
    if (field.type() != Field.Type.NUMBER) {
      throw new IllegalArgumentException("expected a number field, got " + field);
    }
    return entries.get(field.id()) instanceof Number number ? number.doubleValue() : Double.NaN;
  }

  @Override
  public @Nullable String attribute(String key) {
    return (String) entries.get("attributes." + key);
  }
}

package io.vigil.cli.rules;

import io.vigil.model.event.Facts;
import io.vigil.model.event.Field;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The facts of an example transaction. Immutable.
 *
 * @param texts by text field
 * @param numbers by number field, the event time and the amount left out
 */
record CaseFacts(
    long eventTimeMs,
    long amountMinor,
    Map<Field, String> texts,
    Map<Field, Double> numbers,
    Map<String, String> attributes)
    implements Facts {

  private static final double MINOR_PER_MAJOR = 100.0;

  CaseFacts {
    texts = Map.copyOf(texts);
    numbers = Map.copyOf(numbers);
    attributes = Map.copyOf(attributes);
  }

  @Override
  public @Nullable String text(Field field) {
    if (field.type() != Field.Type.TEXT) {
      throw new IllegalArgumentException("expected a text field, got " + field);
    }
    return texts.get(field);
  }

  @Override
  public double number(Field field) {
    if (field.type() != Field.Type.NUMBER) {
      throw new IllegalArgumentException("expected a number field, got " + field);
    }
    return switch (field) {
      case EVENT_TIME -> eventTimeMs;
      case AMOUNT -> amountMinor / MINOR_PER_MAJOR;
      default -> numbers.getOrDefault(field, Double.NaN);
    };
  }

  @Override
  public @Nullable String attribute(String key) {
    return attributes.get(key);
  }
}

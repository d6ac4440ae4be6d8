package io.vigil.bench.state;

import io.vigil.model.event.Facts;
import io.vigil.model.event.Field;
import org.jspecify.annotations.Nullable;

/**
 * One event of the trace.
 *
 * @param account its key
 * @param eventTimeMs never before that of an earlier payment
 * @param amountMinor 1 to 10^9
 */
record Payment(String account, long eventTimeMs, long amountMinor) implements Facts {
  private static final double MINOR_PER_MAJOR = 100.0;

  boolean large() {
    return amountMinor >= StateSpec.LARGE_FROM_MINOR;
  }

  @Override
  public @Nullable String text(Field field) {
    return field == Field.ACCOUNT ? account : null;
  }

  @Override
  public double number(Field field) {
    return switch (field) {
      case AMOUNT -> amountMinor / MINOR_PER_MAJOR;
      case EVENT_TIME -> eventTimeMs;
      default -> Double.NaN;
    };
  }

  @Override
  public @Nullable String attribute(String key) {
    return null;
  }
}

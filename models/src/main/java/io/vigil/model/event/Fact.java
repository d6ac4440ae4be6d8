package io.vigil.model.event;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a profile says of a fact from its instant on: a number, a text, or that there is none any
 * more. Immutable.
 *
 * @param number finite; NaN when it is none
 * @param text null when it is none; a text that reads as a decimal number has the number beside it
 */
public record Fact(double number, @Nullable String text) {
  /** The fact is taken away. */
  public static final Fact NONE = new Fact(Double.NaN, null);

  private static final Pattern NUMBER =
      Pattern.compile("[-+]?[0-9]{1,30}(\\.[0-9]{1,30})?([eE][-+]?[0-9]{1,3})?");

  /** A number; what is not finite is none. */
  public static Fact of(double number) {
    // Adding 0.0 turns -0.0 into 0.0, so that equal numbers have equal bits.
    return Double.isInfinite(number) || Double.isNaN(number) ? NONE : new Fact(number + 0.0, null);
  }

  /** A text; an empty one is none. */
  public static Fact of(String text) {
    if (text.isEmpty()) {
      return NONE;
    }
    double number = NUMBER.matcher(text).matches() ? Double.parseDouble(text) : Double.NaN;
    return new Fact(Double.isInfinite(number) ? Double.NaN : number + 0.0, text);
  }

  /** Whether it reads as a number. */
  public boolean isNumber() {
    return !Double.isNaN(number);
  }
}

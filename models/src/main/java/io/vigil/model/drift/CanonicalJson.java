package io.vigil.model.drift;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * JSON of which the same values are the same bytes: members by name in UTF-16 order, no space,
 * decimals of nine digits that count without an exponent, NaN as null.
 */
final class CanonicalJson {
  private static final MathContext NINE = new MathContext(9, RoundingMode.HALF_EVEN);

  private CanonicalJson() {}

  /**
   * Writes maps, lists, texts, numbers, truths and null.
   *
   * @throws IllegalArgumentException for anything else
   */
  static String of(@Nullable Object value) {
    StringBuilder out = new StringBuilder();
    write(value, out);
    return out.toString();
  }

  private static void write(@Nullable Object value, StringBuilder out) {
    if (value == null || value instanceof Boolean) {
      out.append(value);
    } else if (value instanceof String text) {
      write(text, out);
    } else if (value instanceof Long || value instanceof Integer) {
      out.append(value);
    } else if (value instanceof Double number) {
      out.append(number(number));
    } else if (value instanceof Map<?, ?> map) {
      TreeMap<String, @Nullable Object> sorted = new TreeMap<>();
      map.forEach((key, item) -> sorted.put(String.valueOf(key), item));
      char separator = '{';
      for (Map.Entry<String, @Nullable Object> entry : sorted.entrySet()) {
        out.append(separator);
        write(entry.getKey(), out);
        out.append(':');
        write(entry.getValue(), out);
        separator = ',';
      }
      out.append(sorted.isEmpty() ? "{}" : "}");
    } else if (value instanceof Iterable<?> items) {
      char separator = '[';
      for (Object item : items) {
        out.append(separator);
        write(item, out);
        separator = ',';
      }
      out.append(separator == '[' ? "[]" : "]");
    } else {
      throw new IllegalArgumentException("expected a value of JSON, got " + value.getClass());
    }
  }

  private static String number(double number) {
    if (!Double.isFinite(number)) {
      return "null";
    }
    BigDecimal decimal = new BigDecimal(number).round(NINE);
    return decimal.signum() == 0 ? "0" : decimal.stripTrailingZeros().toPlainString();
  }

  private static void write(String text, StringBuilder out) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        out.append('\\').append(c);
      } else if (c < 0x20) {
        out.append("\\u%04x".formatted((int) c));
      } else {
        out.append(c);
      }
    }
    out.append('"');
  }
}

package io.vigil.model.rule;

import io.vigil.model.event.Facts;
import io.vigil.model.expression.Context;
import io.vigil.model.expression.Expression;
import io.vigil.model.expression.ExpressionException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A sentence with placeholders such as {@code {amount:0.00}} or {@code {country}}: in braces a
 * number or text expression, for numbers optionally a colon and how many decimal places to show.
 * Without that a number shows up to two places and no trailing zeros. Missing values read {@code
 * unknown}. Immutable and thread-safe.
 */
public final class Template {
  private static final Pattern FORMAT = Pattern.compile("0(\\.0{1,9})?");
  private static final int PLAIN = -1;

  /**
   * @param before the characters in front of the placeholder
   * @param value null in the last part, which has only characters
   * @param places decimal places to show, or {@link #PLAIN}
   */
  private record Part(String before, @Nullable Expression value, int places) {}

  private final String source;
  private final List<Part> parts;

  private Template(String source, List<Part> parts) {
    this.source = source;
    this.parts = parts;
  }

  /**
   * Reads a template.
   *
   * @throws ExpressionException when braces, a placeholder's expression or a format are wrong
   */
  static Template parse(String source, List<String> featureNames) throws ExpressionException {
    List<Part> parts = new ArrayList<>();
    int at = 0;
    for (int open = source.indexOf('{'); open >= 0; open = source.indexOf('{', at)) {
      int close = source.indexOf('}', open);
      if (close < 0) {
        throw new ExpressionException(open + 1, "a closing '}'", "the end");
      }
      String before = plain(source, at, open);
      parts.add(placeholder(before, source.substring(open + 1, close), open + 1, featureNames));
      at = close + 1;
    }
    parts.add(new Part(plain(source, at, source.length()), null, PLAIN));
    return new Template(source, List.copyOf(parts));
  }

  private static String plain(String source, int from, int to) throws ExpressionException {
    String plain = source.substring(from, to);
    int closing = plain.indexOf('}');
    if (closing >= 0) {
      throw new ExpressionException(from + closing + 1, "'{' before '}'", "'}' alone");
    }
    return plain;
  }

  /**
   * @param at how many columns of the sentence stand before the placeholder
   */
  private static Part placeholder(String before, String source, int at, List<String> featureNames)
      throws ExpressionException {
    int colon = source.lastIndexOf(':');
    String format = colon < 0 ? "" : source.substring(colon + 1);
    Expression value;
    try {
      value = Expression.ofRule(colon < 0 ? source : source.substring(0, colon), featureNames);
    } catch (ExpressionException e) {
      throw e.after(at);
    }
    if (value.type() == Expression.Type.BOOLEAN) {
      throw new ExpressionException(at + 1, "a number or a text", "a condition");
    }
    if (colon >= 0 && value.type() == Expression.Type.TEXT) {
      throw new ExpressionException(at + colon + 1, "'}' after a text", "':'");
    }
    if (colon >= 0 && !FORMAT.matcher(format).matches()) {
      throw new ExpressionException(
          at + colon + 2, "a format such as 0 or 0.00", "'" + format + "'");
    }
    return new Part(before, value, colon < 0 ? PLAIN : Math.max(0, format.length() - 2));
  }

  /**
   * The sentence for one transaction.
   *
   * @param features the vector, float32 widened
   * @param score calibrated probability, NaN for missing
   */
  public String render(Facts facts, double[] features, double score) {
    Context context = new Context(score, Lists.NONE);
    StringBuilder sentence = new StringBuilder();
    for (Part part : parts) {
      sentence.append(part.before());
      Expression value = part.value();
      if (value == null) {
        continue;
      }
      if (value.type() == Expression.Type.TEXT) {
        String text = value.text(facts, features, context);
        sentence.append(text == null ? "unknown" : text);
      } else {
        sentence.append(shown(value.number(facts, features, context), part.places()));
      }
    }
    return sentence.toString();
  }

  private static String shown(double number, int places) {
    if (Double.isNaN(number)) {
      return "unknown";
    }
    BigDecimal exact = new BigDecimal(number);
    if (places != PLAIN) {
      return exact.setScale(places, RoundingMode.HALF_EVEN).toPlainString();
    }
    return exact.setScale(2, RoundingMode.HALF_EVEN).stripTrailingZeros().toPlainString();
  }

  /** The source as it was given. */
  @Override
  public String toString() {
    return source;
  }
}

package io.vigil.cli.diff;

import io.vigil.schema.ChallengerScore;
import io.vigil.schema.RuleHit;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.apache.avro.generic.GenericFixed;
import org.jspecify.annotations.Nullable;

/**
 * One field in which two decisions differ.
 *
 * @param field its name in the schema: {@code outcome}, {@code transaction.amount_minor}, {@code
 *     features.NAME} or {@code features[3]}, {@code rule_hits.RULE}, {@code reasons[0].text}
 * @param cause what a difference of this field means
 * @param label whether the field only names what was at work, such as a digest, and is no outcome
 *     of that work
 * @param recorded the value of the first decision, null when it has none; bits decide: a difference
 *     may be one of signed zeros, or of NaNs
 * @param other the value of the second one
 */
public record Difference(
    String field, Cause cause, boolean label, @Nullable Object recorded, @Nullable Object other) {

  private static final Comparator<Difference> FIRST =
      Comparator.comparing(Difference::label).thenComparing(Difference::cause);

  /**
   * The cause of a decision's differences: of the outcomes of each step that differ, the first on
   * the way. A digest that differs explains nothing by itself, as the step may have come to the
   * same; it counts only when nothing else differs.
   *
   * @return null when there are no differences
   */
  public static @Nullable Cause causeOf(List<Difference> differences) {
    return differences.stream().min(FIRST).map(Difference::cause).orElse(null);
  }

  /** The first value, for people; a number that looks like the other one with its bits. */
  public String recordedText() {
    return text(recorded, other);
  }

  /** The second value, for people; a number that looks like the other one with its bits. */
  public String otherText() {
    return text(other, recorded);
  }

  private static String text(@Nullable Object value, @Nullable Object beside) {
    String text = plain(value);
    if (!text.equals(plain(beside))) {
      return text;
    }
    if (value instanceof Float number) {
      return text + " (0x" + HexFormat.of().toHexDigits(Float.floatToRawIntBits(number)) + ")";
    }
    if (value instanceof Double number) {
      return text + " (0x" + HexFormat.of().toHexDigits(Double.doubleToRawLongBits(number)) + ")";
    }
    return text;
  }

  private static String plain(@Nullable Object value) {
    if (value instanceof GenericFixed digest) {
      return HexFormat.of().formatHex(digest.bytes());
    }
    if (value instanceof List<?> list) {
      return list.stream().map(Difference::plain).collect(Collectors.joining(", ", "[", "]"));
    }
    if (value instanceof RuleHit hit) {
      return hit.getOutcome() + " " + hit.getReasonCode() + " weight " + hit.getWeight();
    }
    if (value instanceof ChallengerScore score) {
      return plain(Float.intBitsToFloat(score.getLogitBits()));
    }
    return Objects.toString(value, "-");
  }

  @Override
  public String toString() {
    return field + ": " + recordedText() + " -> " + otherText();
  }
}

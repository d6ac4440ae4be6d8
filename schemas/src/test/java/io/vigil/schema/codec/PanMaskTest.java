package io.vigil.schema.codec;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class PanMaskTest {

  @ParameterizedTest
  @CsvSource({
    "'4111111111111111', '****************'",
    "'596,4111111111111111,EUR', '596,****************,EUR'",
    "'4111 1111 1111 1111', '**** **** **** ****'",
    "'3782-822463-10005', '****-******-*****'",
    "'2025 4111 1111 1111 1111 99', '2025 **** **** **** **** 99'",
    "'6304000000000000000000', '**********************'",
    "'4111111111111112', '4111111111111112'",
    "'411111111111', '411111111111'",
    "'4111  1111 1111 1111', '4111  1111 1111 1111'",
    "'41111111 1111111-', '41111111 1111111-'",
    "'', ''"
  })
  void masks(String text, String expected) {
    assertThat(mask(text)).isEqualTo(expected);
  }

  @Test
  void bytesWithoutANumberAreReturnedAsTheyAre() {
    byte[] bytes = "2019-11-31T01:27:15,650487******9884".getBytes(StandardCharsets.ISO_8859_1);
    assertThat(PanMask.mask(bytes)).isSameAs(bytes);
  }

  /** The length of a text of 24 to 28 bytes is an ASCII digit: 4 for 26, 0 for 24. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "4111111111111111 exp 12/28",
        "4111-1111-1111-1111 12/28",
        "4111111111111111 exp /28",
      })
  void aNumberBesideTheLengthOfATextIsMasked(String text) {
    assertThat(mask("note" + (char) (2 * text.length()) + text)).doesNotContain("1111");
    String key = "twenty-four-bytes-of-key";
    assertThat(mask(" 4111111111111111" + (char) (2 * key.length()) + key))
        .isEqualTo(" ****************0" + key);
    // The second byte of the length of a text of 3,072 bytes.
    assertThat(mask("\u008004111111111111111")).doesNotContain("1111");
  }

  /** A valid number in any grouping, among any neighbours that are no digits, never survives. */
  @Property(tries = 1_000)
  void noNumberSurvives(@ForAll long seed, @ForAll @IntRange(min = 13, max = 19) int digits) {
    Random random = new Random(seed);
    String pan = pan(random, digits);
    StringBuilder text = new StringBuilder("é\u0000 ").append(random.nextInt(1_000)).append(' ');
    for (int i = 0; i < pan.length(); i++) {
      if (i > 0 && random.nextInt(4) == 0) {
        text.append(random.nextBoolean() ? ' ' : '-');
      }
      text.append(pan.charAt(i));
    }
    text.append(random.nextBoolean() ? " 12" : "|");

    String masked = mask(text.toString());

    assertThat(masked).hasSize(text.length());
    assertThat(masked.chars().filter(c -> c == '*').count()).isGreaterThanOrEqualTo(digits);
    assertThat(masked.replaceAll("[ -]", "")).doesNotContain(pan);
  }

  /**
   * A plain oracle: within one group of at most 19 digits, the group is the number or it is not.
   */
  @Property(tries = 1_000)
  void aSingleGroupIsMaskedExactlyWhenItPassesLuhn(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 19) int digits) {
    Random random = new Random(seed);
    StringBuilder group = new StringBuilder();
    for (int i = 0; i < digits; i++) {
      group.append((char) ('0' + random.nextInt(10)));
    }
    boolean card = digits >= 13 && luhn(group.toString());
    assertThat(mask("x" + group + "x"))
        .isEqualTo("x" + (card ? "*".repeat(digits) : group.toString()) + "x");
  }

  @Property(tries = 1_000)
  void onlyDigitsChange(@ForAll byte[] bytes) {
    byte[] masked = PanMask.mask(bytes);
    assertThat(masked).hasSameSizeAs(bytes);
    for (int i = 0; i < bytes.length; i++) {
      assertThat(masked[i] == bytes[i] || (masked[i] == '*' && bytes[i] >= '0' && bytes[i] <= '9'))
          .isTrue();
    }
  }

  private static String pan(Random random, int digits) {
    StringBuilder pan = new StringBuilder();
    for (int i = 0; i < digits - 1; i++) {
      pan.append((char) ('0' + random.nextInt(10)));
    }
    for (char check = '0'; ; check++) {
      if (luhn(pan.toString() + check)) {
        return pan.append(check).toString();
      }
    }
  }

  private static boolean luhn(String number) {
    int sum = 0;
    for (int i = 0; i < number.length(); i++) {
      int digit = number.charAt(number.length() - 1 - i) - '0';
      sum += i % 2 == 0 ? digit : digit * 2 / 10 + digit * 2 % 10;
    }
    return sum % 10 == 0;
  }

  private static String mask(String text) {
    return new String(
        PanMask.mask(text.getBytes(StandardCharsets.ISO_8859_1)), StandardCharsets.ISO_8859_1);
  }
}

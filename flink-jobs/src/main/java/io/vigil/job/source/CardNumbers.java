package io.vigil.job.source;

/**
 * Recognises a card number written in clear into a field where none belongs.
 *
 * <p>Stricter than masking, because a hit refuses a payment's record: a group of digits of a length
 * and leading digits that a card network issues (ISO/IEC 7812-1 issuer ranges) and that passes the
 * Luhn check. Merchant and terminal numbers of 15 digits would otherwise be refused one time in
 * ten. Keyed hashes (16 hex digits and more in a row, letters among them) are passed over, whatever
 * prefix they bear.
 */
public final class CardNumbers {
  private static final int DIGITS_MIN = 13;
  private static final int DIGITS_MAX = 19;
  private static final int HASH_CHARS_MIN = 16;

  private CardNumbers() {}

  /**
   * True when the text holds a card number, also one in groups with single spaces or dashes, and
   * among other groups.
   */
  public static boolean in(String text) {
    if (text.length() < DIGITS_MIN) {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      boolean groupStarts = isDigit(text.charAt(i)) && (i == 0 || !isDigit(text.charAt(i - 1)));
      if (groupStarts && startsAt(text, i) && !inHash(text, i)) {
        return true;
      }
    }
    return false;
  }

  /** True when a card number starts with the group there, and ends with that group or a later. */
  private static boolean startsAt(String text, int start) {
    StringBuilder digits = new StringBuilder(DIGITS_MAX);
    for (int i = start; i < text.length() && digits.length() <= DIGITS_MAX; i++) {
      if (isDigit(text.charAt(i))) {
        digits.append(text.charAt(i));
        boolean groupEnds = i + 1 == text.length() || !isDigit(text.charAt(i + 1));
        if (groupEnds && issued(digits) && luhn(digits)) {
          return true;
        }
      } else if (!isSeparator(text.charAt(i)) || !isDigit(text.charAt(i - 1))) {
        return false;
      }
    }
    return false;
  }

  private static boolean issued(CharSequence digits) {
    int length = digits.length();
    if (length < DIGITS_MIN || length > DIGITS_MAX) {
      return false;
    }
    int first2 = number(digits, 2);
    int first4 = number(digits, 4);
    boolean visa = first2 / 10 == 4 && (length == 13 || length == 16 || length == 19);
    boolean mastercard =
        length == 16 && ((first2 >= 51 && first2 <= 55) || (first4 >= 2221 && first4 <= 2720));
    boolean amex = length == 15 && (first2 == 34 || first2 == 37);
    boolean diners = length >= 14 && (first2 == 36 || first2 == 38 || first2 == 39);
    boolean jcb = length >= 16 && first4 >= 3528 && first4 <= 3589;
    boolean sixes = length >= 16 && first2 >= 60 && first2 <= 69;
    return visa || mastercard || amex || diners || jcb || sixes;
  }

  private static boolean luhn(CharSequence digits) {
    int sum = 0;
    for (int i = 0; i < digits.length(); i++) {
      int digit = digits.charAt(digits.length() - 1 - i) - '0';
      int doubled = digit < 5 ? 2 * digit : 2 * digit - 9;
      sum += (i & 1) == 0 ? digit : doubled;
    }
    return sum % 10 == 0;
  }

  private static int number(CharSequence digits, int count) {
    int number = 0;
    for (int i = 0; i < count; i++) {
      number = 10 * number + digits.charAt(i) - '0';
    }
    return number;
  }

  /**
   * True when the hex digits around a place are many, and letters among them: more than one when
   * other text stands beside them, so that "card" before a card number makes no hash of it.
   */
  private static boolean inHash(String text, int at) {
    int start = at;
    while (start > 0 && isHex(text.charAt(start - 1))) {
      start--;
    }
    int letters = 0;
    int end = start;
    while (end < text.length() && isHex(text.charAt(end))) {
      letters += isDigit(text.charAt(end)) ? 0 : 1;
      end++;
    }
    boolean all = end - start == text.length();
    return end - start >= HASH_CHARS_MIN && letters >= (all ? 1 : 2);
  }

  private static boolean isHex(char c) {
    return Character.digit(c, 16) >= 0;
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private static boolean isSeparator(char c) {
    return c == ' ' || c == '-';
  }
}

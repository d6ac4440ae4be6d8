package io.vigil.schema.codec;

/**
 * Overwrites what looks like a card number in arbitrary bytes, so that no PAN rests in a dead
 * letter.
 *
 * <p>A card number is 13 to 19 ASCII digits that pass the Luhn check (ISO/IEC 7812-1, annex B), in
 * one group or in groups with a single space or dash between them. A number that begins and ends at
 * group borders is found among neighbouring groups too ("2025 4111 1111 1111 1111"). Within a group
 * of more than 19 digits every stretch is looked at, since a number may be run together with its
 * expiry date. In Avro's encoding a text of 24 to 28 bytes has an ASCII digit for its length, which
 * stands against the first digit of the text and the last of the text before: a digit that may be
 * such a length is tried as no part of the number. The digits become '*'; everything else stays.
 * Linear in the input. Stateless.
 */
public final class PanMask {
  private static final int DIGITS_MIN = 13;
  private static final int DIGITS_MAX = 19;
  private static final byte MASK = '*';

  private PanMask() {}

  /** The bytes themselves when they hold no card-like number, else a masked copy. */
  public static byte[] mask(byte[] bytes) {
    byte[] masked = bytes;
    int i = 0;
    while (i < bytes.length) {
      if (!isDigit(bytes[i])) {
        i++;
        continue;
      }
      int end = i + 1;
      while (end < bytes.length
          && (isDigit(bytes[end])
              || (isSeparator(bytes[end]) && end + 1 < bytes.length && isDigit(bytes[end + 1])))) {
        end++;
      }
      // The cheap test first: nearly all stretches are too short.
      if (end - i >= DIGITS_MIN) {
        masked = maskStretch(bytes, i, end, masked);
      }
      i = end;
    }
    return masked;
  }

  /** Masks within a stretch that starts and ends with a digit and holds digits and separators. */
  private static byte[] maskStretch(byte[] bytes, int from, int to, byte[] masked) {
    byte[] result = masked;
    boolean longGroup = false;
    for (int start = from; start < to; start++) {
      if (!isDigit(bytes[start])) {
        continue;
      }
      if (start == from || !isDigit(bytes[start - 1])) {
        longGroup = groupEnd(bytes, start, to) - start > DIGITS_MAX;
      } else if (!longGroup && !afterLength(bytes, from, start)) {
        continue;
      }
      int end = longestNumber(bytes, start, to, longGroup);
      if (end > start) {
        if (result == bytes) {
          result = bytes.clone();
        }
        for (int i = start; i < end; i++) {
          if (isDigit(bytes[i])) {
            result[i] = MASK;
          }
        }
      }
    }
    return result;
  }

  /** End of the longest card number that starts here, or -1. */
  private static int longestNumber(byte[] bytes, int start, int to, boolean anyEnd) {
    // Which digits are doubled counts from the right, so both sums run along.
    int evenDoubled = 0;
    int oddDoubled = 0;
    int digits = 0;
    int found = -1;
    for (int i = start; i < to && digits < DIGITS_MAX; i++) {
      if (!isDigit(bytes[i])) {
        continue;
      }
      int digit = bytes[i] - '0';
      int doubled = digit < 5 ? 2 * digit : 2 * digit - 9;
      boolean even = (digits & 1) == 0;
      evenDoubled += even ? doubled : digit;
      oddDoubled += even ? digit : doubled;
      digits++;
      boolean mayEnd =
          anyEnd || i + 1 == to || !isDigit(bytes[i + 1]) || beforeLength(bytes, i + 1, to);
      // The last digit is never doubled: it stands at an odd index when the count is even.
      int sum = (digits & 1) == 0 ? evenDoubled : oddDoubled;
      if (mayEnd && digits >= DIGITS_MIN && sum % 10 == 0) {
        found = i + 1;
      }
    }
    return found;
  }

  /** Whether only one digit of the group stands before, and it may be the length of a text. */
  private static boolean afterLength(byte[] bytes, int from, int start) {
    int before = start - 1;
    if (before > from && isDigit(bytes[before - 1])) {
      return false;
    }
    // The last byte of a longer length follows one with the high bit set.
    return isLength(bytes, before) || (before > 0 && bytes[before - 1] < 0);
  }

  /** Whether the digit is the last of its group, and may be the length of a text. */
  private static boolean beforeLength(byte[] bytes, int at, int to) {
    return (at + 1 == to || !isDigit(bytes[at + 1])) && isLength(bytes, at);
  }

  /** Whether the byte may be the length of a text that ends within the bytes: twice the length. */
  private static boolean isLength(byte[] bytes, int at) {
    return (bytes[at] & 1) == 0 && at + 1 + bytes[at] / 2 <= bytes.length;
  }

  private static int groupEnd(byte[] bytes, int start, int to) {
    int end = start;
    while (end < to && isDigit(bytes[end])) {
      end++;
    }
    return end;
  }

  private static boolean isDigit(byte b) {
    return b >= '0' && b <= '9';
  }

  private static boolean isSeparator(byte b) {
    return b == ' ' || b == '-';
  }
}

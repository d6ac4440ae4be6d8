package io.vigil.cli.simulate;

import java.nio.charset.StandardCharsets;

/** Tokens as text: lower-case hex, as keyed hashes are written. */
final class Tokens {
  private static final byte[] DIGITS = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

  private Tokens() {}

  /** 64 hex digits that stand for the token, as an HMAC-SHA-256 would. */
  static String hash(long token) {
    byte[] text = new byte[64];
    for (int word = 0; word < 4; word++) {
      long bits = SimRandom.token(token, word);
      for (int digit = 0; digit < 16; digit++) {
        text[16 * word + digit] = DIGITS[(int) (bits & 15)];
        bits >>>= 4;
      }
    }
    return new String(text, StandardCharsets.ISO_8859_1);
  }

  /** Appends 16 hex digits. */
  static StringBuilder hex(StringBuilder out, long token) {
    for (int shift = 60; shift >= 0; shift -= 4) {
      out.append((char) DIGITS[(int) (token >>> shift & 15)]);
    }
    return out;
  }
}

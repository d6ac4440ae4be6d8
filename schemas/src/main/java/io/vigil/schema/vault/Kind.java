package io.vigil.schema.vault;

import java.util.HexFormat;

/** What a pseudonym stands for. Codes are stored and never change. */
public enum Kind {
  /** An account that pays or is paid: a person, with a key of its own. */
  ACCOUNT(1, 12),
  CARD(2, 32),
  DEVICE(3, 12),
  IP(4, 32),
  /** Who holds accounts: a person likewise, and no account that happens to have the same number. */
  CUSTOMER(5, 12);

  /** No digits, which could look like a card number, and no vowels, which could make words. */
  private static final String LETTERS = "bcdfghjkmnpqrstw";

  private final int code;
  private final int randomBytes;

  Kind(int code, int randomBytes) {
    this.code = code;
    this.randomBytes = randomBytes;
  }

  /** Whether it is a person with a key, rather than a thing that a person has. */
  boolean isSubject() {
    return this == ACCOUNT || this == CUSTOMER;
  }

  int code() {
    return code;
  }

  int randomBytes() {
    return randomBytes;
  }

  static Kind byCode(int code) {
    for (Kind kind : values()) {
      if (kind.code == code) {
        return kind;
      }
    }
    throw new VaultException("vault: expected a kind from 1 to 5, got " + code);
  }

  /**
   * The pseudonym as the stream has it: 64 hex digits where it takes tokens only (cards,
   * addresses), else 24 letters.
   */
  String text(byte[] random) {
    if (this == CARD || this == IP) {
      return HexFormat.of().formatHex(random);
    }
    char[] letters = new char[2 * random.length];
    for (int i = 0; i < random.length; i++) {
      letters[2 * i] = LETTERS.charAt((random[i] >> 4) & 0xF);
      letters[2 * i + 1] = LETTERS.charAt(random[i] & 0xF);
    }
    return new String(letters);
  }
}

package io.vigil.cli.ingest;

import io.vigil.schema.codec.Content;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** The id of a transaction whose source has none. */
final class ContentId {
  private static final int ID_BYTES = 16;

  private ContentId() {}

  /**
   * SHA-256 of everything mapped (card numbers are tokens by now), 128 bits of it in hex.
   *
   * @param encoded the transaction with an empty id
   */
  static String of(byte[] encoded) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(Content.of(encoded));
      return HexFormat.of().formatHex(digest, 0, ID_BYTES);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every JDK has SHA-256", e);
    }
  }
}

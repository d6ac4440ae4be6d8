package io.vigil.cli.ingest;

import io.vigil.schema.codec.Codec;
import io.vigil.schema.codec.Content;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.apache.avro.specific.SpecificRecordBase;

/** The id of a transaction whose source has none. */
final class ContentId {
  private static final int ID_BYTES = 16;
  private static final String NEXT_TOKENS = "next_tokens";

  private ContentId() {}

  /**
   * The id of a record with an empty id. What it will be called under the next key is no part of
   * it: a row keeps its id when a change of the key begins.
   */
  static <T extends SpecificRecordBase> String of(T record, Codec<T> codec) {
    Object next = record.get(NEXT_TOKENS);
    record.put(NEXT_TOKENS, null);
    String id = of(codec.encode(record));
    record.put(NEXT_TOKENS, next);
    return id;
  }

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

package io.vigil.job.dedupe;

import io.vigil.job.record.LogRecord;
import io.vigil.schema.codec.Content;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/**
 * What deduplication remembers of an id: when it took effect, where it was read, and a hash of its
 * content. Layout version 1: version byte, effective time (8), partition (4), offset (8), the first
 * 16 bytes of the SHA-256 of its {@link Content}.
 *
 * @param effectiveTimeMs milliseconds since the epoch
 * @param partition where it was read
 * @param offset where it was read
 * @param contentHash 16 bytes
 */
record Seen(long effectiveTimeMs, int partition, long offset, byte[] contentHash) {
  private static final byte LAYOUT_VERSION = 1;
  private static final int HASH_BYTES = 16;
  private static final int BYTES = 1 + Long.BYTES + Integer.BYTES + Long.BYTES + HASH_BYTES;

  static Seen of(LogRecord record, MessageDigest sha256) {
    byte[] hash = Arrays.copyOf(sha256.digest(Content.of(record.value())), HASH_BYTES);
    return new Seen(record.effectiveTimeMs(), record.partition(), record.offset(), hash);
  }

  static Seen unpack(byte[] packed) {
    ByteBuffer in = ByteBuffer.wrap(packed);
    byte version = in.get();
    if (version != LAYOUT_VERSION) {
      throw new IllegalStateException(
          "deduplication state: expected layout " + LAYOUT_VERSION + ", got " + version);
    }
    long effectiveTimeMs = in.getLong();
    int partition = in.getInt();
    long offset = in.getLong();
    byte[] hash = new byte[HASH_BYTES];
    in.get(hash);
    return new Seen(effectiveTimeMs, partition, offset, hash);
  }

  byte[] pack() {
    return ByteBuffer.allocate(BYTES)
        .put(LAYOUT_VERSION)
        .putLong(effectiveTimeMs)
        .putInt(partition)
        .putLong(offset)
        .put(contentHash)
        .array();
  }

  boolean sameContent(Seen other) {
    return Arrays.equals(contentHash, other.contentHash);
  }

  String origin(String topic) {
    return topic + "-" + partition + "@" + offset;
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-256: every Java platform must have it", e);
    }
  }
}

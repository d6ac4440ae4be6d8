package io.vigil.job.dedupe;

import io.vigil.job.record.LogRecord;
import io.vigil.schema.codec.Content;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What deduplication remembers of an id: when it took effect, where it was read, and a hash of its
 * content. Layout version 1: version byte, effective time (8), partition (4), offset (8), the first
 * 16 bytes of the SHA-256 of its {@link Content}. Version 2, of a record that came while the key of
 * tokens changed: the same, then 16 bytes of another hash.
 *
 * @param effectiveTimeMs milliseconds since the epoch
 * @param partition where it was read
 * @param offset where it was read
 * @param contentHash 16 bytes: of the record as it stands; while the key of tokens changes, as it
 *     would have been before
 * @param nextHash 16 bytes: while the key of tokens changes, of the record as it would be after;
 *     null at all other times
 */
record Seen(
    long effectiveTimeMs,
    int partition,
    long offset,
    byte[] contentHash,
    byte @Nullable [] nextHash) {
  private static final byte LAYOUT_VERSION = 1;
  private static final byte LAYOUT_OF_CHANGE = 2;
  private static final int HASH_BYTES = 16;
  private static final int BYTES = 1 + Long.BYTES + Integer.BYTES + Long.BYTES + HASH_BYTES;

  /**
   * @param phases null outside a change of the key of tokens
   */
  static Seen of(LogRecord record, @Nullable Phases phases, MessageDigest sha256) {
    return new Seen(
        record.effectiveTimeMs(),
        record.partition(),
        record.offset(),
        hash(phases == null ? record.value() : phases.before(), sha256),
        phases == null ? null : hash(phases.after(), sha256));
  }

  private static byte[] hash(byte[] content, MessageDigest sha256) {
    return Arrays.copyOf(sha256.digest(Content.of(content)), HASH_BYTES);
  }

  static Seen unpack(byte[] packed) {
    ByteBuffer in = ByteBuffer.wrap(packed);
    byte version = in.get();
    if (version != LAYOUT_VERSION && version != LAYOUT_OF_CHANGE) {
      throw new IllegalStateException(
          "deduplication state: expected layout 1 or 2, got " + version);
    }
    long effectiveTimeMs = in.getLong();
    int partition = in.getInt();
    long offset = in.getLong();
    byte[] hash = new byte[HASH_BYTES];
    in.get(hash);
    byte[] next = version == LAYOUT_OF_CHANGE ? new byte[HASH_BYTES] : null;
    if (next != null) {
      in.get(next);
    }
    return new Seen(effectiveTimeMs, partition, offset, hash, next);
  }

  byte[] pack() {
    byte[] next = nextHash;
    ByteBuffer packed =
        ByteBuffer.allocate(BYTES + (next == null ? 0 : HASH_BYTES))
            .put(next == null ? LAYOUT_VERSION : LAYOUT_OF_CHANGE)
            .putLong(effectiveTimeMs)
            .putInt(partition)
            .putLong(offset)
            .put(contentHash);
    if (next != null) {
      packed.put(next);
    }
    return packed.array();
  }

  /**
   * Whether it is the same record again, be it from before, during or after a change of the key.
   */
  boolean sameContent(Seen other) {
    if (nextHash == null || other.nextHash == null) {
      return Arrays.equals(contentHash, other.contentHash)
          || Arrays.equals(nextHash, other.contentHash)
          || Arrays.equals(contentHash, other.nextHash);
    }
    return (Arrays.equals(contentHash, other.contentHash)
            && Arrays.equals(nextHash, other.nextHash))
        // The two keys have changed places.
        || (Arrays.equals(contentHash, other.nextHash)
            && Arrays.equals(nextHash, other.contentHash));
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

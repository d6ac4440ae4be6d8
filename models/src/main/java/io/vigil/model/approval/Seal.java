package io.vigil.model.approval;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * What travels as a signature: the fields of the statement that the request itself does not say,
 * then Ed25519. 137 bytes: the layout's version 1, the expiry in 8, the plan's and the champion's
 * digests in 32 each (zeros for none), and the signature in 64. Saying the plan's digest twice
 * tells a plan that was exchanged from a request that was altered.
 *
 * @param expiresMs from when it counts no more, milliseconds since the epoch
 * @param plan digest, hex, or null without one
 * @param against digest of the champion, hex, or null without one
 * @param ed25519 over {@link Statement#bytes()}
 */
record Seal(long expiresMs, @Nullable String plan, @Nullable String against, byte[] ed25519) {
  private static final byte VERSION = 1;
  private static final int DIGEST_BYTES = 32;
  private static final int BYTES = 1 + Long.BYTES + 2 * DIGEST_BYTES + SigningKeys.SIGNATURE_BYTES;
  private static final String NONE = "0".repeat(2 * DIGEST_BYTES);

  byte[] bytes() {
    return ByteBuffer.allocate(BYTES)
        .put(VERSION)
        .putLong(expiresMs)
        .put(HexFormat.of().parseHex(plan == null ? NONE : plan))
        .put(HexFormat.of().parseHex(against == null ? NONE : against))
        .put(ed25519)
        .array();
  }

  /** Reads it; null when it is something else. */
  static @Nullable Seal read(byte[] bytes) {
    if (bytes.length != BYTES || bytes[0] != VERSION) {
      return null;
    }
    ByteBuffer in = ByteBuffer.wrap(bytes, 1, BYTES - 1);
    long expiresMs = in.getLong();
    String plan = digest(in);
    String against = digest(in);
    byte[] ed25519 = new byte[SigningKeys.SIGNATURE_BYTES];
    in.get(ed25519);
    return new Seal(expiresMs, plan, against, ed25519);
  }

  private static @Nullable String digest(ByteBuffer in) {
    byte[] bytes = new byte[DIGEST_BYTES];
    in.get(bytes);
    String digest = HexFormat.of().formatHex(bytes);
    return digest.equals(NONE) ? null : digest;
  }
}

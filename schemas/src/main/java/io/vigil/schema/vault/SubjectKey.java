package io.vigil.schema.vault;

import java.nio.ByteBuffer;
import java.util.Arrays;
import javax.crypto.Mac;
import org.jspecify.annotations.Nullable;

/**
 * One person's key at work: seals and opens. Not thread-safe.
 *
 * <p>The nonce is HMAC-SHA-256 of context and text under a key of the person's own, cut to 96 bits:
 * the same text in the same context always gives the same bytes, so that importing a file twice
 * gives duplicates and not conflicts, and other texts repeat a nonce with the chance of random ones
 * alone. Who lost the person's key cannot check a guess against it.
 */
final class SubjectKey {
  private static final byte VERSION = 1;

  private final byte[] sealKey;
  private final Mac nonceMac;

  /**
   * @param dataKey 32 bytes, not changed
   */
  SubjectKey(byte[] dataKey) {
    sealKey = Crypto.derive(dataKey, "seal");
    nonceMac = Crypto.mac(Crypto.derive(dataKey, "nonce"));
  }

  /** Version, nonce, ciphertext and tag: 29 bytes more than the text. */
  byte[] seal(byte[] context, byte[] text) {
    nonceMac.update(ByteBuffer.allocate(Integer.BYTES).putInt(context.length).flip());
    nonceMac.update(context);
    byte[] nonce = Arrays.copyOf(nonceMac.doFinal(text), Crypto.NONCE_BYTES);
    byte[] encrypted = Crypto.encrypt(sealKey, nonce, context, text);
    byte[] sealed = new byte[1 + encrypted.length];
    sealed[0] = VERSION;
    System.arraycopy(encrypted, 0, sealed, 1, encrypted.length);
    return sealed;
  }

  /** The text, or null when it was not sealed with this key in this context. */
  byte @Nullable [] open(byte[] context, byte[] sealed) {
    return sealed.length == 0 || sealed[0] != VERSION
        ? null
        : Crypto.decrypt(sealKey, context, Arrays.copyOfRange(sealed, 1, sealed.length));
  }
}

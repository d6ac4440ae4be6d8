package io.vigil.schema.vault;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.InvalidAlgorithmParameterException;
import java.security.SecureRandom;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/** AES-256-GCM (NIST SP 800-38D) and HMAC-SHA-256 as the vault uses them. Thread-safe. */
final class Crypto {
  static final int KEY_BYTES = 32;
  static final int NONCE_BYTES = 12;
  static final int TAG_BYTES = 16;

  private static final SecureRandom RANDOM = new SecureRandom();
  private static final ThreadLocal<Cipher> CIPHERS =
      ThreadLocal.withInitial(
          () -> {
            try {
              return Cipher.getInstance("AES/GCM/NoPadding");
            } catch (GeneralSecurityException e) {
              throw new IllegalStateException("Every JDK has AES/GCM/NoPadding", e);
            }
          });

  private Crypto() {}

  static byte[] random(int length) {
    byte[] bytes = new byte[length];
    RANDOM.nextBytes(bytes);
    return bytes;
  }

  /** A key for one purpose: HMAC-SHA-256 of the purpose's name, 32 bytes. */
  static byte[] derive(byte[] secret, String purpose) {
    return mac(secret).doFinal(purpose.getBytes(StandardCharsets.US_ASCII));
  }

  static Mac mac(byte[] key) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      return mac;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("Every JDK has HmacSHA256", e);
    }
  }

  /** The nonce, the ciphertext and the tag: 28 bytes more than the text. */
  static byte[] encrypt(byte[] key, byte[] nonce, byte[] context, byte[] text) {
    byte[] out = new byte[NONCE_BYTES + text.length + TAG_BYTES];
    System.arraycopy(nonce, 0, out, 0, NONCE_BYTES);
    try {
      Cipher cipher = cipher(Cipher.ENCRYPT_MODE, key, nonce, 0, context);
      int written = cipher.doFinal(text, 0, text.length, out, NONCE_BYTES);
      if (written != out.length - NONCE_BYTES) {
        throw new IllegalStateException("AES-GCM wrote " + written + " bytes");
      }
      return out;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("AES-GCM cannot encrypt", e);
    }
  }

  /** The text, or null when key, context or bytes are not those of the encryption. */
  static byte @Nullable [] decrypt(byte[] key, byte[] context, byte[] sealed) {
    if (sealed.length < NONCE_BYTES + TAG_BYTES) {
      return null;
    }
    try {
      return cipher(Cipher.DECRYPT_MODE, key, sealed, 0, context)
          .doFinal(sealed, NONCE_BYTES, sealed.length - NONCE_BYTES);
    } catch (AEADBadTagException e) {
      return null;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("AES-GCM cannot decrypt", e);
    }
  }

  private static Cipher cipher(int mode, byte[] key, byte[] nonce, int offset, byte[] context)
      throws GeneralSecurityException {
    SecretKeySpec aes = new SecretKeySpec(key, "AES");
    GCMParameterSpec gcm = new GCMParameterSpec(8 * TAG_BYTES, nonce, offset, NONCE_BYTES);
    Cipher cipher = CIPHERS.get();
    try {
      cipher.init(mode, aes, gcm);
    } catch (InvalidAlgorithmParameterException e) {
      // It refuses the nonce of the call before, which comes again when the text does, too.
      CIPHERS.remove();
      cipher = CIPHERS.get();
      cipher.init(mode, aes, gcm);
    }
    cipher.updateAAD(context);
    return cipher;
  }
}

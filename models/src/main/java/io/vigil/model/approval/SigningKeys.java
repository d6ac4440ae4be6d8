package io.vigil.model.approval;

import io.vigil.model.artefact.Artefacts;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.interfaces.EdECPrivateKey;
import java.security.spec.NamedParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Ed25519 (RFC 8032) with the JDK's own code, and keys as files (RFC 7468, RFC 8410). Stateless.
 */
public final class SigningKeys {
  /** Bytes of a signature. */
  public static final int SIGNATURE_BYTES = 64;

  private static final String ALGORITHM = "Ed25519";
  private static final int RAW_BYTES = 32;
  // SEQUENCE {SEQUENCE {OID 1.3.101.112}, BIT STRING of 32 bytes}
  private static final byte[] PUBLIC_HEAD = HexFormat.of().parseHex("302a300506032b6570032100");
  private static final String PRIVATE = "PRIVATE KEY";
  private static final String PUBLIC = "PUBLIC KEY";
  private static final int ID_DIGITS = 16;
  private static final Pattern PEM =
      Pattern.compile(
          "\\s*-----BEGIN ([A-Z ]{1,40})-----\\s+([A-Za-z0-9+/=\\s]+?)\\s*-----END \\1-----\\s*");

  private SigningKeys() {}

  /** A new pair, from the system's randomness. */
  public static KeyPair generate() {
    try {
      return KeyPairGenerator.getInstance(ALGORITHM).generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw lacking(e);
    }
  }

  /**
   * A public key.
   *
   * @param bytes 32 raw bytes, or those with the head of a SubjectPublicKeyInfo
   * @throws IllegalArgumentException when they are neither
   */
  public static PublicKey publicKey(byte[] bytes) {
    byte[] spki = bytes;
    if (bytes.length == RAW_BYTES) {
      spki = Arrays.copyOf(PUBLIC_HEAD, PUBLIC_HEAD.length + RAW_BYTES);
      System.arraycopy(bytes, 0, spki, PUBLIC_HEAD.length, RAW_BYTES);
    }
    int head = PUBLIC_HEAD.length;
    if (spki.length != head + RAW_BYTES || !Arrays.equals(spki, 0, head, PUBLIC_HEAD, 0, head)) {
      throw new IllegalArgumentException(
          "expected an Ed25519 public key of 32 bytes or its 44 as SubjectPublicKeyInfo, got %d bytes"
              .formatted(bytes.length));
    }
    try {
      PublicKey key =
          KeyFactory.getInstance(ALGORITHM).generatePublic(new X509EncodedKeySpec(spki));
      // Decodes the point, which the factory does not.
      Signature.getInstance(ALGORITHM).initVerify(key);
      return key;
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("expected a point of Ed25519, got something else", e);
    }
  }

  /** The key's 32 bytes. */
  public static byte[] raw(PublicKey key) {
    byte[] spki = key.getEncoded();
    return Arrays.copyOfRange(spki, PUBLIC_HEAD.length, spki.length);
  }

  /** The public key of a private one. */
  public static PublicKey publicOf(PrivateKey key) {
    byte[] seed =
        key instanceof EdECPrivateKey ed ? ed.getBytes().orElse(new byte[0]) : new byte[0];
    if (seed.length != RAW_BYTES) {
      throw new IllegalArgumentException("expected an Ed25519 private key, got another");
    }
    try {
      // The JDK derives it only while it generates a pair, from these 32 bytes of "randomness".
      KeyPairGenerator generator = KeyPairGenerator.getInstance(ALGORITHM);
      generator.initialize(NamedParameterSpec.ED25519, new Seed(seed));
      PublicKey derived = generator.generateKeyPair().getPublic();
      if (!pair(key, derived)) {
        throw new IllegalStateException("the JDK derived another pair from the seed");
      }
      return derived;
    } catch (GeneralSecurityException e) {
      throw lacking(e);
    }
  }

  /** Hands out a private key's seed once. */
  private static final class Seed extends SecureRandom {
    private static final long serialVersionUID = 1L;

    private final byte[] seed;

    Seed(byte[] seed) {
      this.seed = seed.clone();
    }

    @Override
    public void nextBytes(byte[] bytes) {
      System.arraycopy(seed, 0, bytes, 0, bytes.length);
    }
  }

  /** The key's id: the first 16 hex digits of the SHA-256 of its 32 bytes. */
  public static String id(PublicKey key) {
    return Artefacts.digest(raw(key)).substring(0, ID_DIGITS);
  }

  /** The private key as text (PKCS#8, PEM, not encrypted). */
  public static String privatePem(PrivateKey key) {
    return pem(PRIVATE, key.getEncoded());
  }

  /** The public key as text (SubjectPublicKeyInfo, PEM). */
  public static String publicPem(PublicKey key) {
    return pem(PUBLIC, key.getEncoded());
  }

  /**
   * Reads what {@link #privatePem} writes. Nothing of the text is in any message.
   *
   * @throws IllegalArgumentException when it is something else
   */
  public static PrivateKey readPrivate(String pem) {
    try {
      return KeyFactory.getInstance(ALGORITHM)
          .generatePrivate(new PKCS8EncodedKeySpec(content(PRIVATE, pem)));
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException(
          "expected an Ed25519 private key, got another kind of key", e);
    }
  }

  /**
   * Reads what {@link #publicPem} writes, or the key's bytes in base64.
   *
   * @throws IllegalArgumentException when it is something else
   */
  public static PublicKey readPublic(String text) {
    return publicKey(text.contains("-----") ? content(PUBLIC, text) : base64(text.strip()));
  }

  /**
   * Signs: the same bytes always give the same signature.
   *
   * @throws IllegalArgumentException when the key is not of Ed25519
   */
  public static byte[] sign(PrivateKey key, byte[] bytes) {
    try {
      Signature signature = Signature.getInstance(ALGORITHM);
      signature.initSign(key);
      signature.update(bytes);
      return signature.sign();
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("expected an Ed25519 private key, got another", e);
    }
  }

  /** Whether that key signed these bytes; false also for what is no signature at all. */
  public static boolean signed(PublicKey key, byte[] bytes, byte[] signatureBytes) {
    try {
      Signature signature = Signature.getInstance(ALGORITHM);
      signature.initVerify(key);
      signature.update(bytes);
      return signature.verify(signatureBytes);
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  /** Whether the two are a pair. */
  public static boolean pair(PrivateKey privateKey, PublicKey publicKey) {
    byte[] probe = "vigil-key-pair".getBytes(StandardCharsets.US_ASCII);
    return signed(publicKey, probe, sign(privateKey, probe));
  }

  private static String pem(String type, byte[] content) {
    String lines = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
    return "-----BEGIN %1$s-----\n%2$s\n-----END %1$s-----\n".formatted(type, lines);
  }

  private static byte[] content(String type, String pem) {
    Matcher matcher = PEM.matcher(pem);
    if (!matcher.matches() || !matcher.group(1).equals(type)) {
      throw new IllegalArgumentException(
          "expected one PEM block '%s', got %s"
              .formatted(type, matcher.matches() ? matcher.group(1) : "none"));
    }
    return base64(matcher.group(2).replaceAll("\\s", ""));
  }

  private static byte[] base64(String text) {
    try {
      return Base64.getDecoder().decode(text);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("expected base64, got other characters", e);
    }
  }

  private static IllegalStateException lacking(GeneralSecurityException cause) {
    return new IllegalStateException("every JDK since 15 has Ed25519", cause);
  }
}

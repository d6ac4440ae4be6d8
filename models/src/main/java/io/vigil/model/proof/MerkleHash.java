package io.vigil.model.proof;

import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * The hashes of a Merkle tree over SHA-256 (RFC 6962, section 2.1): a leaf is hashed behind the
 * byte 0, two nodes behind the byte 1, so that no leaf can pass for a node. Thread-confined.
 */
public final class MerkleHash {
  /** Bytes of a hash. */
  public static final int BYTES = 32;

  private static final byte LEAF = 0;
  private static final byte NODE = 1;

  private final MessageDigest sha256 = sha256();

  /** SHA-256(0x00 || bytes), a new array. */
  public byte[] leaf(byte[] bytes) {
    return leaf(bytes, 0, bytes.length);
  }

  /** As above, of a stretch of an array. */
  public byte[] leaf(byte[] bytes, int from, int length) {
    sha256.update(LEAF);
    sha256.update(bytes, from, length);
    return sha256.digest();
  }

  /** As above, of two stretches one behind the other. */
  public byte[] leaf(byte[] head, byte[] bytes, int from, int length) {
    sha256.update(LEAF);
    sha256.update(head);
    sha256.update(bytes, from, length);
    return sha256.digest();
  }

  /** SHA-256(0x01 || left || right), a new array. */
  public byte[] node(byte[] left, byte[] right) {
    sha256.update(NODE);
    sha256.update(left);
    sha256.update(right);
    return sha256.digest();
  }

  /** As above, into the array of the left one. */
  void nodeInto(byte[] left, byte[] right) {
    sha256.update(NODE);
    sha256.update(left);
    sha256.update(right);
    try {
      sha256.digest(left, 0, BYTES);
    } catch (DigestException e) {
      throw new IllegalStateException("32 bytes hold a SHA-256", e);
    }
  }

  /** The root of a tree without leaves: SHA-256 of nothing. */
  public byte[] empty() {
    return sha256.digest();
  }

  /** SHA-256 of the bytes, which are no part of a tree. */
  public byte[] plain(byte[] bytes) {
    return sha256.digest(bytes);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}

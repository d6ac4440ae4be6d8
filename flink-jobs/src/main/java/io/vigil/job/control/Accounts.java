package io.vigil.job.control;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * Where an account stands among all accounts, for rollouts by share. It depends on the account
 * alone: an account never changes its place, so a growing share only adds accounts. Not
 * thread-safe.
 */
public final class Accounts {
  /** Places there are; a share is a number of them. */
  public static final int PLACES = 10_000;

  private final MessageDigest sha256;

  public Accounts() {
    try {
      sha256 = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java runtime has SHA-256", e);
    }
  }

  /**
   * The first eight bytes of SHA-256 over the account's UTF-8 bytes, as an unsigned number, modulo
   * 10,000. An account has a share of s when its place is below s.
   */
  public int place(String account) {
    byte[] hash = sha256.digest(account.getBytes(StandardCharsets.UTF_8));
    return (int) Long.remainderUnsigned(ByteBuffer.wrap(hash).getLong(), PLACES);
  }
}

package io.vigil.console.access;

import com.password4j.Argon2Function;
import com.password4j.Password;
import com.password4j.types.Argon2;
import java.security.SecureRandom;
import java.util.concurrent.Semaphore;

/**
 * Password hashes: Argon2id with 19 MiB, 2 passes and 1 lane, OWASP's recommended least (Password
 * Storage Cheat Sheet). Thread-safe.
 */
final class Passwords {

  private static final Argon2Function ARGON2ID =
      Argon2Function.getInstance(19_456, 2, 1, 32, Argon2.ID);
  private static final int SALT_BYTES = 16;

  /** No more hashes at once than this: each takes 19 MiB. */
  private static final int AT_ONCE = 4;

  /** Letters and digits that are not taken for one another. */
  private static final String LETTERS = "abcdefghjkmnpqrstuvwxyz23456789";

  private static final int ONE_TIME_LETTERS = 16;

  private final Semaphore working = new Semaphore(AT_ONCE);
  private final SecureRandom random = new SecureRandom();

  /** Checked in place of the hash of a person who does not exist: it takes the same time. */
  private final String nobody = hash("nobody");

  String hash(String password) {
    working.acquireUninterruptibly();
    try {
      return Password.hash(password).addRandomSalt(SALT_BYTES).with(ARGON2ID).getResult();
    } finally {
      working.release();
    }
  }

  boolean matches(String password, String hash) {
    working.acquireUninterruptibly();
    try {
      return Password.check(password, hash).with(Argon2Function.getInstanceFromHash(hash));
    } finally {
      working.release();
    }
  }

  /** Takes as long as {@link #matches} does, and says no. */
  boolean matchesNobody(String password) {
    var unused = matches(password, nobody);
    return false;
  }

  /** A password to be used once: 79 random bits. */
  String oneTime() {
    StringBuilder password = new StringBuilder();
    for (int i = 0; i < ONE_TIME_LETTERS; i++) {
      if (i > 0 && i % 4 == 0) {
        password.append('-');
      }
      password.append(LETTERS.charAt(random.nextInt(LETTERS.length())));
    }
    return password.toString();
  }
}

package io.vigil.job.archive;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** Tells whether two heaps of records are the same, whatever their order. Not thread-safe. */
final class Checksum {
  private final MessageDigest sha256;
  private long records;
  private long high;
  private long low;

  Checksum() {
    try {
      sha256 = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** Adds a record: sums of halves of its hash, so that a repeat counts twice. */
  void add(byte[] bytes, int from, int length) {
    sha256.update(bytes, from, length);
    ByteBuffer hash = ByteBuffer.wrap(sha256.digest());
    high += hash.getLong();
    low += hash.getLong();
    records++;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Checksum that
        && records == that.records
        && high == that.high
        && low == that.low;
  }

  @Override
  public int hashCode() {
    return Long.hashCode(low);
  }

  @Override
  public String toString() {
    return "%d records of checksum %016x%016x".formatted(records, high, low);
  }
}

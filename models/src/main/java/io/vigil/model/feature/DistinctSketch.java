package io.vigil.model.feature;

import java.util.Arrays;

/**
 * An estimate of how many different hashes were added: HyperLogLog with 512 registers, standard
 * error 1.04 / sqrt(512) = 4.6 %, linear counting below 2.5 x 512 (Flajolet, Fusy, Gandouet,
 * Meunier, "HyperLogLog: the analysis of a near-optimal cardinality estimation algorithm", AOFA
 * 2007). A function of the set alone: neither order nor repeats matter, and merging is exact.
 * Single-threaded.
 */
final class DistinctSketch {
  private static final int BITS = 9;
  private static final int REGISTERS = 1 << BITS;
  private static final double ALPHA = 0.7213 / (1 + 1.079 / REGISTERS);

  private final byte[] registers = new byte[REGISTERS];

  void clear() {
    Arrays.fill(registers, (byte) 0);
  }

  void add(long hash) {
    int register = (int) (hash >>> (Long.SIZE - BITS));
    int rank = Long.numberOfLeadingZeros(hash << BITS | 1L << (BITS - 1)) + 1;
    if (rank > registers[register]) {
      registers[register] = (byte) rank;
    }
  }

  void merge(byte[] other) {
    for (int register = 0; register < REGISTERS; register++) {
      registers[register] = (byte) Math.max(registers[register], other[register]);
    }
  }

  /** The registers as they stand; not a copy. */
  byte[] registers() {
    return registers;
  }

  /** A whole number. */
  double estimate() {
    double inverses = 0;
    int empty = 0;
    for (byte register : registers) {
      // Powers of two: exact, so the order of the sum does not matter either.
      inverses += Double.longBitsToDouble((long) (Double.MAX_EXPONENT - register) << 52);
      empty += register == 0 ? 1 : 0;
    }
    double raw = ALPHA * REGISTERS * REGISTERS / inverses;
    if (raw <= 2.5 * REGISTERS && empty > 0) {
      return StrictMath.rint(REGISTERS * StrictMath.log((double) REGISTERS / empty));
    }
    return StrictMath.rint(raw);
  }
}

package io.vigil.cli.simulate;

/**
 * SplitMix64 (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014)
 * and the few distributions the simulator draws from. Own code and {@link StrictMath}, so that a
 * seed means the same stream on every machine and JDK. Not thread-safe.
 */
final class SimRandom {
  private static final long GAMMA = 0x9E3779B97F4A7C15L;
  private static final double ULP_53 = 0x1.0p-53;

  private long state;
  private double spareNormal = Double.NaN;

  /** The numbers of one stream: streams of one seed do not disturb each other. */
  SimRandom(long seed, long stream) {
    state = token(seed, stream);
  }

  /** A well mixed number out of two; never 0, which stands for "none" in drafts. */
  static long token(long a, long b) {
    long mixed = mix(mix(a + GAMMA) ^ mix(b * GAMMA + 1));
    return mixed == 0 ? 1 : mixed;
  }

  static long token(long a, long b, long c) {
    return token(token(a, b), c);
  }

  private static long mix(long value) {
    long z = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  long nextLong() {
    state += GAMMA;
    return mix(state);
  }

  /** A fresh token, never 0. */
  long token() {
    long next = nextLong();
    return next == 0 ? 1 : next;
  }

  /** Uniform in [0, 1). */
  double uniform() {
    return (nextLong() >>> 11) * ULP_53;
  }

  /** Uniform in [low, high). */
  double uniform(double low, double high) {
    return low + (high - low) * uniform();
  }

  /** Uniform in [0, bound); the bias of multiply and shift is below bound / 2^32. */
  int below(int bound) {
    return (int) (((nextLong() >>> 32) * bound) >>> 32);
  }

  /** Uniform in [low, high], both included. */
  int between(int low, int high) {
    return low + below(high - low + 1);
  }

  boolean chance(double probability) {
    return uniform() < probability;
  }

  /** Standard normal by Marsaglia's polar method. */
  double normal() {
    if (!Double.isNaN(spareNormal)) {
      double spare = spareNormal;
      spareNormal = Double.NaN;
      return spare;
    }
    while (true) {
      double x = 2 * uniform() - 1;
      double y = 2 * uniform() - 1;
      double square = x * x + y * y;
      if (square < 1 && square > 0) {
        double scale = StrictMath.sqrt(-2 * StrictMath.log(square) / square);
        spareNormal = y * scale;
        return x * scale;
      }
    }
  }

  double logNormal(double median, double sigma) {
    return median * StrictMath.exp(sigma * normal());
  }

  double exponential(double mean) {
    return -mean * StrictMath.log(1 - uniform());
  }

  /**
   * Lomax (Pareto II) with shape 2.5: many short waits and a power-law tail of long ones, as human
   * activity has them (Barabási 2005), with a finite mean.
   */
  double lomax(double mean) {
    double shape = 2.5;
    return mean * (shape - 1) * (StrictMath.pow(1 - uniform(), -1 / shape) - 1);
  }
}

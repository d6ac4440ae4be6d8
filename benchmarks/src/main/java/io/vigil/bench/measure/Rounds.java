package io.vigil.bench.measure;

import java.util.Arrays;
import java.util.List;

/**
 * What an interleaved run measured.
 *
 * @param sides their names
 * @param cpuUs by side and round, processor time for one item, microseconds
 * @param warmUpRounds first rounds that do not count
 */
public record Rounds(List<String> sides, double[][] cpuUs, int warmUpRounds) {

  public Rounds {
    sides = List.copyOf(sides);
  }

  /** Processor time for one item, microseconds. */
  public Spread cpuUs(String side) {
    return Spread.of(counted(side));
  }

  /**
   * By how much one side costs more than the other, of the same round each: a slow moment of the
   * machine falls on both.
   *
   * @throws IllegalStateException when a slice was too short for the clock
   */
  public Spread ratio(String theirs, String ours) {
    double[] dividends = counted(theirs);
    double[] divisors = counted(ours);
    double[] ratios = new double[dividends.length];
    for (int round = 0; round < ratios.length; round++) {
      if (divisors[round] <= 0) {
        throw new IllegalStateException(
            "rounds: expected slices long enough for the clock, got 0 ns for one of "
                + ours
                + ": take more items or fewer rounds");
      }
      ratios[round] = dividends[round] / divisors[round];
    }
    return Spread.of(ratios);
  }

  private double[] counted(String side) {
    int index = sides.indexOf(side);
    if (index < 0) {
      throw new IllegalArgumentException("side: expected one of " + sides + ", got " + side);
    }
    return Arrays.copyOfRange(cpuUs[index], warmUpRounds, cpuUs[index].length);
  }
}

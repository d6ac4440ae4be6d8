package io.vigil.bench.measure;

import java.util.ArrayList;
import java.util.List;

/**
 * Runs all sides over the same items in rounds. In a round each side does the same slice, one after
 * another, and the next round begins with the next side: what the machine does meanwhile, and what
 * one side leaves behind in the JVM, falls on all of them alike.
 */
public final class Interleaved {
  private static final double NS_PER_US = 1_000.0;

  private final CpuClock clock;

  public Interleaved(CpuClock clock) {
    this.clock = clock;
  }

  /**
   * @param items at least one a round
   * @param rounds slices the items are cut into
   * @param warmUpRounds first rounds that are run but not counted, fewer than {@code rounds}
   * @throws IllegalArgumentException when a number is out of its range
   */
  public Rounds run(List<? extends Side> sides, int items, int rounds, int warmUpRounds)
      throws Exception {
    if (rounds < 1 || items < rounds || warmUpRounds < 0 || warmUpRounds >= rounds) {
      throw new IllegalArgumentException(
          "rounds: expected at least one to count and an item for each, got %d with %d to warm up, for %d items"
              .formatted(rounds, warmUpRounds, items));
    }
    double[][] us = new double[sides.size()][rounds];
    for (int round = 0; round < rounds; round++) {
      int from = (int) ((long) items * round / rounds);
      int to = (int) ((long) items * (round + 1) / rounds);
      for (int turn = 0; turn < sides.size(); turn++) {
        int index = (round + turn) % sides.size();
        long beforeNs = clock.cpuNs();
        Side side = sides.get(index);
        side.run(from, to);
        clock.settle();
        double done = (double) (to - from) * side.repeats();
        us[index][round] = (clock.cpuNs() - beforeNs) / NS_PER_US / done;
      }
    }
    List<String> names = new ArrayList<>();
    for (Side side : sides) {
      names.add(side.name());
    }
    return new Rounds(names, us, warmUpRounds);
  }
}

package io.vigil.bench.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class InterleavedTest {

  /** Moved by the sides; what they leave for later is done when the clock settles. */
  private static final class FakeClock implements CpuClock {
    private long nowNs = 1_000_000;
    private long leftNs;

    @Override
    public long cpuNs() {
      return nowNs;
    }

    @Override
    public void settle() {
      nowNs += leftNs;
      leftNs = 0;
    }
  }

  private final FakeClock clock = new FakeClock();
  private final List<String> calls = new ArrayList<>();

  private Side side(String name, long itemNs, long leftNs) {
    return new Side() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public void run(int from, int to) {
        calls.add(name + " " + from + "-" + to);
        clock.nowNs += itemNs * (to - from);
        clock.leftNs += leftNs * (to - from);
      }
    };
  }

  @Test
  void everySideDoesEverySliceAndTheFirstRotates() throws Exception {
    new Interleaved(clock).run(List.of(side("a", 1, 0), side("b", 1, 0), side("c", 1, 0)), 7, 3, 0);

    assertThat(calls)
        .containsExactly(
            "a 0-2", "b 0-2", "c 0-2", "b 2-4", "c 2-4", "a 2-4", "c 4-7", "a 4-7", "b 4-7");
  }

  @Test
  void whoDoesItsItemsSeveralTimesOverPaysForOne() throws Exception {
    Side threeTimes =
        new Side() {
          @Override
          public String name() {
            return "a";
          }

          @Override
          public int repeats() {
            return 3;
          }

          @Override
          public void run(int from, int to) {
            clock.nowNs += 3 * 2_000 * (to - from);
          }
        };

    Rounds rounds = new Interleaved(clock).run(List.of(threeTimes), 10, 2, 0);

    assertThat(rounds.cpuUs("a").median()).isEqualTo(2);
  }

  @Test
  void whatASideLeavesBehindIsItsOwn() throws Exception {
    Rounds rounds =
        new Interleaved(clock)
            .run(List.of(side("ours", 2_000, 500), side("theirs", 10_000, 0)), 100, 10, 2);

    assertThat(rounds.cpuUs("ours")).isEqualTo(new Spread(2.5, 2.5, 2.5));
    assertThat(rounds.cpuUs("theirs")).isEqualTo(new Spread(10, 10, 10));
    assertThat(rounds.ratio("theirs", "ours")).isEqualTo(new Spread(4, 4, 4));
  }

  @Test
  void warmUpDoesNotCount() {
    Rounds rounds =
        new Rounds(List.of("ours", "theirs"), new double[][] {{90, 1, 2}, {90, 3, 10}}, 1);

    assertThat(rounds.cpuUs("ours").median()).isEqualTo(1.5);
    // The median of the rounds' ratios 3 and 5, not the ratio of the medians.
    assertThat(rounds.ratio("theirs", "ours").median()).isEqualTo(4);
  }

  @Test
  void percentilesAreInterpolated() {
    Spread spread = Spread.of(new double[] {50, 10, 40, 20, 30});

    assertThat(spread.median()).isEqualTo(30);
    assertThat(spread.p10()).isCloseTo(14, within(1e-9));
    assertThat(spread.p90()).isCloseTo(46, within(1e-9));
    assertThat(Spread.of(new double[] {1, 2}).median()).isEqualTo(1.5);
  }

  @Test
  void refusesRoundsOfWhichNoneCounts() {
    assertThatThrownBy(() -> new Interleaved(clock).run(List.of(side("a", 1, 0)), 10, 4, 4))
        .hasMessageContaining("got 4 with 4 to warm up");
  }

  @Test
  void aSliceThatTheClockMissedHasNoRatio() {
    Rounds rounds = new Rounds(List.of("ours", "theirs"), new double[][] {{0}, {1}}, 0);

    assertThatThrownBy(() -> rounds.ratio("theirs", "ours"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("take more items or fewer rounds");
  }

  @Test
  void aSideThatDidNotRunIsNamed() {
    Rounds rounds = new Rounds(List.of("ours"), new double[][] {{1}}, 0);

    assertThatThrownBy(() -> rounds.cpuUs("theirs"))
        .hasMessage("side: expected one of [ours], got theirs");
  }
}

package io.vigil.cli.simulate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Comparator;
import java.util.PriorityQueue;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** The parts against plainer ones. */
class PartsTest {
  @Property(tries = 200)
  void dueTimesGiveWhatAPriorityQueueGives(
      @ForAll @Size(min = 1, max = 40) long @LongRange(min = 0, max = 50) [] firstTimes,
      @ForAll @Size(max = 200) long @LongRange(min = 0, max = 20) [] waits) {
    PriorityQueue<long[]> oracle =
        new PriorityQueue<>(
            Comparator.<long[]>comparingLong(entry -> entry[0])
                .thenComparingLong(entry -> entry[1]));
    for (int account = 0; account < firstTimes.length; account++) {
      oracle.add(new long[] {firstTimes[account], account});
    }
    DueTimes due = new DueTimes(firstTimes.clone());
    for (long wait : waits) {
      long[] expected = oracle.remove();
      assertThat(due.earliestMs()).isEqualTo(expected[0]);
      assertThat(due.account()).isEqualTo((int) expected[1]);
      due.reschedule(expected[0] + wait);
      oracle.add(new long[] {expected[0] + wait, expected[1]});
    }
  }

  @Property(tries = 500)
  void twoWaitsTakeAsLongAsTheirSum(
      @ForAll @LongRange(min = 0, max = 4_000_000_000_000L) long timeMs,
      @ForAll @DoubleRange(min = 1e5, max = 2e9) double first,
      @ForAll @DoubleRange(min = 1e5, max = 2e9) double second,
      @ForAll @LongRange(min = 1, max = 50) long seed) {
    Rhythm rhythm = Rhythm.any(new SimRandom(seed, 0));
    long inSteps = rhythm.after(rhythm.after(timeMs, first, 0), second, 0);

    // A millisecond is lost to rounding, and the quietest hour is some fifty times slower.
    assertThat(inSteps).isCloseTo(rhythm.after(timeMs, first + second, 0), within(100L));
  }

  @Property(tries = 200)
  void aWeekOfActivityIsAWeek(
      @ForAll @LongRange(min = 0, max = 4_000_000_000_000L) long timeMs,
      @ForAll @LongRange(min = 1, max = 50) long seed) {
    Rhythm rhythm = Rhythm.any(new SimRandom(seed, 0));

    assertThat(rhythm.after(timeMs, 7 * 86_400_000.0, 3_600_000))
        .isCloseTo(timeMs + 7 * 86_400_000L, within(100L));
  }

  @Property
  void moneyIsConvertedHalfUp(@ForAll @LongRange(min = 1, max = 1_500_000) long cents) {
    BigDecimal yen =
        BigDecimal.valueOf(cents)
            .multiply(new BigDecimal("1.72"))
            .setScale(0, RoundingMode.HALF_UP);
    BigDecimal francs =
        BigDecimal.valueOf(cents)
            .multiply(new BigDecimal("0.94"))
            .setScale(0, RoundingMode.HALF_UP);

    assertThat(Money.JPY.fromCents(cents)).isEqualTo(Math.max(1, yen.longValueExact()));
    assertThat(Money.CHF.fromCents(cents)).isEqualTo(Math.max(1, francs.longValueExact()));
    assertThat(Money.EUR.toCents(Money.EUR.fromCents(cents))).isEqualTo(cents);
    assertThat(Money.CHF.toCents(Money.CHF.fromCents(cents))).isCloseTo(cents, within(1L));
  }

  @Test
  void distributionsHaveTheirMeans() {
    SimRandom random = new SimRandom(9, 9);
    double normal = 0;
    double square = 0;
    double exponential = 0;
    double lomax = 0;
    double below = 0;
    int draws = 400_000;
    for (int i = 0; i < draws; i++) {
      double z = random.normal();
      normal += z;
      square += z * z;
      exponential += random.exponential(3);
      lomax += random.lomax(3);
      below += random.below(7);
    }

    assertThat(normal / draws).isCloseTo(0, within(0.01));
    assertThat(square / draws).isCloseTo(1, within(0.01));
    assertThat(exponential / draws).isCloseTo(3, within(0.03));
    assertThat(lomax / draws).isCloseTo(3, within(0.1));
    assertThat(below / draws).isCloseTo(3, within(0.02));
  }

  @Test
  void aFullHabitForgetsTheLeastVisitedPlace() {
    SimRandom random = new SimRandom(1, 1);
    Habit habit = new Habit(3);
    for (int place : new int[] {1, 1, 2, 2, 3, 4}) {
      habit.visit(place);
    }
    boolean[] recalled = new boolean[5];
    for (int i = 0; i < 200; i++) {
      recalled[habit.recall(random)] = true;
    }

    assertThat(recalled).containsExactly(false, true, true, false, true);
  }
}

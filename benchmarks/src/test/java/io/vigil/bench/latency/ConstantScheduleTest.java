package io.vigil.bench.latency;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Sender, arrivals and figures together, by a clock that only the test moves. */
class ConstantScheduleTest {
  private static final long MS = 1_000_000;
  private static final int RATE = 100;
  private static final long EACH_NS = 10 * MS;

  /** Sleeps as long as it is told, and stalls where the test says so. */
  private static final class FakeClock implements RigClock {
    private long nowNs = 7_000 * MS;

    @Override
    public long nowNs() {
      return nowNs;
    }

    @Override
    public void sleepNs(long ns) {
      assertThat(ns).isPositive();
      nowNs += ns;
    }
  }

  private final FakeClock clock = new FakeClock();
  private final Schedule schedule = new Schedule(clock.nowNs + 50 * MS, 1_700_000_000_000L, RATE);

  private long[] send(int count, IntConsumer outlet) throws InterruptedException {
    return new ConstantSender(clock)
        .run(
            schedule,
            count,
            i -> {
              outlet.accept(i);
              return true;
            });
  }

  @Test
  void anOutletEndsTheRun() throws Exception {
    long[] sentNs = new ConstantSender(clock).run(schedule, 5, i -> i < 2);

    assertThat(latenciesMs(schedule, sentNs)).containsExactly(0L, 0L, 0L);
  }

  @Test
  void aStreamIsSentWithoutKeepingItsTimes() throws Exception {
    List<Long> lagsMs = new ArrayList<>();

    int sent =
        new ConstantSender(clock)
            .run(
                schedule,
                1_000,
                i -> {
                  clock.nowNs += i == 1 ? 25 * MS : 0;
                  return i < 4;
                },
                (i, nowNs) -> lagsMs.add((nowNs - schedule.intendedNs(i)) / MS));

    assertThat(sent).isEqualTo(5);
    assertThat(lagsMs).containsExactly(0L, 25L, 15L, 5L, 0L);
  }

  private static List<Long> latenciesMs(Schedule schedule, long[] atNs) {
    return IntStream.range(0, atNs.length)
        .mapToObj(i -> (atNs[i] - schedule.intendedNs(i)) / MS)
        .toList();
  }

  @Test
  void theScheduleNeitherDriftsNorRounds() {
    Schedule thirds = new Schedule(5, 1_000, 3);

    assertThat(thirds.intendedNs(3_000_000_000L)).isEqualTo(5 + 1_000_000_000L * 1_000_000_000L);
    assertThat(thirds.intendedNs(1)).isEqualTo(5 + 333_333_333L);
    assertThat(thirds.intendedNs(2)).isEqualTo(5 + 666_666_666L);
    assertThat(thirds.eventTimeMs(2)).isEqualTo(1_666);
    assertThat(thirds.eventTimeMs(3)).isEqualTo(2_000);
    assertThatThrownBy(() -> new Schedule(0, 0, 0)).hasMessageContaining("at least 1 a second");
  }

  @Test
  void withoutAStallEachIsSentWhenDue() throws Exception {
    List<Integer> order = new ArrayList<>();

    long[] sentNs = send(5, order::add);

    assertThat(order).containsExactly(0, 1, 2, 3, 4);
    assertThat(latenciesMs(schedule, sentNs)).containsExactly(0L, 0L, 0L, 0L, 0L);
  }

  @Test
  void afterAStallAllThatIsDueGoesOutAtOnceAndCountsFromWhenItWasDue() throws Exception {
    Arrivals decisions = new Arrivals(8);

    long[] sentNs =
        send(
            8,
            i -> {
              if (i == 2) {
                clock.nowNs += 35 * MS; // A send that blocks.
              }
              decisions.record(i, clock.nowNs + MS); // The job itself takes a millisecond.
            });

    assertThat(latenciesMs(schedule, sentNs)).containsExactly(0L, 0L, 35L, 25L, 15L, 5L, 0L, 0L);
    StepFigures figures = StepFigures.of(schedule, sentNs, decisions, new Arrivals(8), 0);
    assertThat(figures.sendLag().getMaxValue()).isCloseTo(35_000, within(35L));
    assertThat(figures.latency().getMaxValue()).isCloseTo(36_000, within(36L));
    assertThat(figures.latency().getCountAtValue(1_000)).isEqualTo(4);
    assertThat(figures.latency().getCountBetweenValues(5_900, 6_100)).isEqualTo(1);
    assertThat(figures.latency().getTotalCount()).isEqualTo(8);
  }

  @Test
  void whatWasWarmedUpWithDoesNotCount() throws Exception {
    Arrivals decisions = new Arrivals(10);
    Arrivals alerts = new Arrivals(10);

    long[] sentNs =
        send(
            10,
            i -> {
              decisions.record(i, clock.nowNs + (i < 4 ? 900 : 2) * MS);
              if (i == 3 || i == 9) {
                alerts.record(i, clock.nowNs + 5 * MS);
              }
            });

    StepFigures figures = StepFigures.of(schedule, sentNs, decisions, alerts, 4);
    assertThat(figures.latency().getTotalCount()).isEqualTo(6);
    assertThat(figures.latency().getMaxValue()).isCloseTo(2_000, within(2L));
    assertThat(figures.alertLatency().getTotalCount()).isEqualTo(1);
    assertThat(figures.rateSent()).isCloseTo(RATE, within(1e-9));
    assertThat(figures.rateDecided()).isCloseTo(RATE, within(1e-9));
    assertThat(figures.missed()).isFalse();
    assertThatThrownBy(() -> StepFigures.of(schedule, sentNs, decisions, alerts, 9))
        .hasMessageContaining("at least 2 transactions that count, got 1");
  }

  @Test
  void aRateThatWasNotSentIsMissed() throws Exception {
    int count = 2 * RATE;
    Arrivals decisions = new Arrivals(count);

    long[] sentNs =
        send(
            count,
            i -> {
              clock.nowNs += EACH_NS * 102 / 100; // Sending takes 2 % longer than there is time.
              decisions.record(i, clock.nowNs);
            });

    StepFigures figures = StepFigures.of(schedule, sentNs, decisions, new Arrivals(count), 0);
    assertThat(figures.rateSent()).isCloseTo(RATE / 1.02, within(1.0));
    assertThat(figures.missed()).isTrue();
  }

  @Test
  void aRateThatWasNotDecidedIsMissedThoughNothingIsMissing() throws Exception {
    int count = 2 * RATE;
    Arrivals decisions = new Arrivals(count);

    long[] sentNs = send(count, i -> {});
    for (int i = 0; i < count; i++) {
      decisions.record(i, schedule.intendedNs(0) + i * (EACH_NS * 102 / 100));
    }

    StepFigures figures = StepFigures.of(schedule, sentNs, decisions, new Arrivals(count), 0);
    assertThat(figures.missing()).isZero();
    assertThat(figures.rateSent()).isCloseTo(RATE, within(1e-9));
    assertThat(figures.rateDecided()).isCloseTo(RATE / 1.02, within(1e-6));
    assertThat(figures.missed()).isTrue();
  }

  @Test
  void oneDecisionThatIsMissingIsAMissedRate() throws Exception {
    int count = 5 * RATE;
    Arrivals decisions = new Arrivals(count);

    long[] sentNs =
        send(
            count,
            i -> {
              if (i != 77) {
                decisions.record(i, clock.nowNs + MS);
              }
            });

    StepFigures figures = StepFigures.of(schedule, sentNs, decisions, new Arrivals(count), 0);
    assertThat(figures.missing()).isEqualTo(1);
    assertThat(figures.missed()).isTrue();
    assertThat(
            StepFigures.of(schedule, sentNs, new Arrivals(count), new Arrivals(count), 0).missing())
        .isEqualTo(count);
  }

  @Test
  void theFirstAnswerCountsAndThoseOfOtherStepsDoNot() {
    Arrivals arrivals = new Arrivals(2);

    arrivals.record(1, 10);
    arrivals.record(1, 99);
    arrivals.record(-1, 5);
    arrivals.record(2, 5);

    assertThat(arrivals.count()).isEqualTo(1);
    assertThat(arrivals.has(0)).isFalse();
    assertThat(arrivals.atNs(1)).isEqualTo(10);
  }
}

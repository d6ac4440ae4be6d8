package io.vigil.bench.soak;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.vigil.bench.latency.Schedule;
import java.util.HashMap;
import java.util.Map;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

/** Times are the test's own: nothing waits. */
class MeterTest {
  private static final long MS = 1_000_000;
  private static final int RATE = 10;

  private final Schedule schedule = new Schedule(500 * MS, 1_700_000_000_000L, RATE);
  private final Meter meter = new Meter(schedule, 100);
  private final Map<String, Double> figures = new HashMap<>();

  private void send(int from, int to, long lagMs) {
    for (int i = from; i < to; i++) {
      meter.sending();
      meter.sent(i, schedule.intendedNs(i) + lagMs * MS);
    }
  }

  private void decide(int index, long afterDueMs) {
    meter.decided(index, schedule.intendedNs(index) + afterDueMs * MS);
  }

  @Test
  void aMinuteHasWhatCameInItFromWhenItWasDue() {
    send(0, 30, 1);
    for (int i = 0; i < 20; i++) {
      decide(i, 300);
    }

    Histogram first = meter.cut(figures);

    assertThat(first.getTotalCount()).isEqualTo(20);
    assertThat(first.getMaxValue()).isCloseTo(300_000, within(300L));
    assertThat(figures)
        .containsEntry("sent", 30.0)
        .containsEntry("decided", 20.0)
        .containsEntry("waiting", 10.0)
        .hasEntrySatisfying("send_lag_p99_ms", lag -> assertThat(lag).isCloseTo(1, within(0.01)));

    // After a stall the rest comes at once: each has waited since it was due.
    for (int i = 20; i < 30; i++) {
      meter.decided(i, schedule.intendedNs(29) + 5_000 * MS);
    }
    Histogram second = meter.cut(figures);

    assertThat(second.getTotalCount()).isEqualTo(10);
    assertThat(second.getMinValue()).isCloseTo(5_000_000, within(5_000L));
    assertThat(second.getMaxValue()).isCloseTo(5_900_000, within(5_900L));
    assertThat(figures)
        .containsEntry("sent", 0.0)
        .containsEntry("decided", 10.0)
        .containsEntry("waiting", 0.0);
    assertThat(meter.missing()).isZero();
  }

  @Test
  void repeatsAndStrangersDoNotCount() {
    send(0, 2, 0);

    decide(1, 10);
    decide(1, 20);
    decide(2, 10); // Not sent yet.
    decide(-1, 10); // Of what came before.

    assertThat(meter.cut(figures).getTotalCount()).isEqualTo(1);
    assertThat(meter.missing()).isEqualTo(1);
  }

  @Test
  void whatIsGivenUpStaysMissingThoughThousandsFollow() {
    for (int i = 0; i < 10_000; i++) {
      send(i, i + 1, 0);
      if (i != 42 && i != 9_990) {
        decide(i, 1);
      }
    }

    assertThat(meter.missing()).isEqualTo(2);
    decide(42, 999_999); // Its place belongs to another by now.
    assertThat(meter.missing()).isEqualTo(2);
    decide(9_990, 2_000);
    assertThat(meter.missing()).isEqualTo(1);
    assertThat(meter.cut(figures).getTotalCount()).isEqualTo(9_999);
  }
}

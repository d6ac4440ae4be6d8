package io.vigil.bench.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TraceTest {

  @Test
  void theSameSeedMakesTheSameTrace() {
    Trace one = Trace.of(3, 100, 10, Trace.Skew.ZIPF, Span.DAY_MS);
    Trace other = Trace.of(3, 100, 10, Trace.Skew.ZIPF, Span.DAY_MS);

    for (int event = 0; event < 100; event++) {
      assertThat(one.payment(event)).isEqualTo(other.payment(event));
    }
  }

  @Test
  void timesNeverGoBack() {
    Trace trace = Trace.of(3, 10_000, 10, Trace.Skew.UNIFORM, Span.DAY_MS);

    for (int event = 1; event < trace.events(); event++) {
      assertThat(trace.payment(event).eventTimeMs())
          .isGreaterThanOrEqualTo(trace.payment(event - 1).eventTimeMs());
    }
  }

  @Test
  void aFilledTraceHasOneOfEveryKeyBeforeTheSameEvents() {
    Trace plain = Trace.of(3, 100, 1_000, Trace.Skew.ZIPF, Span.DAY_MS);
    Trace filled = Trace.filled(3, 100, 1_000, Trace.Skew.ZIPF, Span.DAY_MS);
    Trace firsts = Objects.requireNonNull(filled.firsts());

    assertThat(plain.firsts()).isNull();
    assertThat(payments(filled)).isEqualTo(payments(plain));
    List<Payment> before = payments(firsts);
    assertThat(before.stream().map(Payment::account))
        .containsExactlyInAnyOrderElementsOf(
            IntStream.range(0, 1_000).mapToObj(key -> "a" + key).toList());
    // Sorted tables take keys in their order for less than others.
    assertThat(before.stream().limit(10).map(Payment::account))
        .isNotEqualTo(IntStream.range(0, 10).mapToObj(key -> "a" + key).toList());
    assertThat(before).isSortedAccordingTo(Comparator.comparingLong(Payment::eventTimeMs));
    long startMs = plain.payment(0).eventTimeMs() / Span.DAY_MS * Span.DAY_MS;
    assertThat(before)
        .allMatch(
            payment ->
                payment.eventTimeMs() >= startMs - Span.DAY_MS && payment.eventTimeMs() < startMs);
  }

  private static List<Payment> payments(Trace trace) {
    return IntStream.range(0, trace.events()).mapToObj(trace::payment).toList();
  }

  @Test
  void keysFollowZipfsLaw() {
    int events = 200_000;
    Trace trace = Trace.of(3, events, 1_000, Trace.Skew.ZIPF, Span.DAY_MS);
    Map<String, Integer> counts = new HashMap<>();
    for (int event = 0; event < events; event++) {
      counts.merge(trace.payment(event).account(), 1, Integer::sum);
    }

    // The sum of 1 / k for 1,000 keys is 7.485.
    for (int rank : new int[] {1, 2, 3, 10}) {
      double share = counts.get("a" + (rank - 1)) / (double) events;
      assertThat(share * rank * 7.485).isCloseTo(1, within(0.05));
    }
  }
}

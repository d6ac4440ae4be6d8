package io.vigil.model.order;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class PartitionClockTest {
  /** A record's event time, or a tick's clock. */
  record Step(boolean tick, long ms) {}

  @Provide
  Arbitrary<List<Step>> logs() {
    return Arbitraries.longs()
        .between(1_000, 5_000)
        .flatMap(ms -> Arbitraries.of(true, false).map(tick -> new Step(tick, ms)))
        .list()
        .ofMaxSize(60);
  }

  @Property
  void agreesWithTheDefinition(
      @ForAll("logs") List<Step> log, @ForAll @LongRange(max = 800) long boundMs) {
    PartitionClock clock = new PartitionClock(boundMs, PartitionClock.UNSET_MS);
    for (int offset = 0; offset < log.size(); offset++) {
      long definition = Long.MIN_VALUE;
      for (Step before : log.subList(0, offset)) {
        definition = Math.max(definition, before.tick ? before.ms : before.ms - boundMs - 1);
      }
      assertThat(clock.nowMs()).isEqualTo(definition);
      Step step = log.get(offset);
      if (step.tick) {
        clock.tick(step.ms);
      } else {
        long effectiveMs = clock.record(step.ms);
        assertThat(effectiveMs).isEqualTo(step.ms <= definition ? definition + 1 : step.ms);
        assertThat(effectiveMs).as("nothing takes effect behind a clock").isGreaterThan(definition);
      }
    }
  }

  @Test
  void withBoundZeroEqualTimesAreInTime() {
    PartitionClock clock = new PartitionClock(0, PartitionClock.UNSET_MS);
    assertThat(clock.record(1_000)).isEqualTo(1_000);
    assertThat(clock.record(1_000)).isEqualTo(1_000);
    assertThat(clock.record(999)).isEqualTo(1_000);
  }

  @Test
  void refusesANegativeBound() {
    assertThatThrownBy(() -> new PartitionClock(-1, 0)).hasMessageContaining("got -1 ms");
  }

  @Test
  void shortlexOrdersNumbersAsNumbers() {
    assertThat(Ordered.shortlex("9", "10")).isNegative();
    assertThat(Ordered.shortlex("b10", "b9")).isPositive();
    assertThat(Ordered.shortlex("a", "a")).isZero();
  }
}

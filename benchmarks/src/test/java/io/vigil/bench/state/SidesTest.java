package io.vigil.bench.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vigil.bench.measure.CpuClock;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class SidesTest {
  private static final RocksMemory MEMORY = new RocksMemory(16, true);

  private static Trace trace(int events, int keys) {
    return Trace.of(7, events, keys, Trace.Skew.UNIFORM, 60 * Span.DAY_MS);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void allSidesAnswerAlike(boolean exact) {
    StateSpec spec = StateSpec.of(30, exact);
    Trace trace = trace(600, 6);

    assertThatCode(() -> SameAnswers.check(spec, trace, trace.events(), MEMORY))
        .doesNotThrowAnyException();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void allSidesAnswerAlikeFromWhatFillsThem(boolean exact) {
    StateSpec spec = StateSpec.of(30, exact);
    Trace trace = Trace.filled(7, 300, 100, Trace.Skew.UNIFORM, 30 * Span.DAY_MS);

    assertThatCode(() -> SameAnswers.check(spec, trace, trace.events(), MEMORY))
        .doesNotThrowAnyException();
  }

  @ParameterizedTest
  @EnumSource(Contender.class)
  void fillingLeavesWhatTheFirstPaymentsLeave(Contender contender) throws Exception {
    StateSpec spec = StateSpec.of(30, false);
    Trace filled = Trace.filled(7, 300, 100, Trace.Skew.UNIFORM, 30 * Span.DAY_MS);
    List<double[]> answers = new ArrayList<>();
    Operations.PerEvent operations;
    try (RocksSide side =
        new RocksSide(
            contender.id(),
            contender.side(spec),
            spec,
            filled,
            features -> answers.add(features.clone()),
            MEMORY)) {
      side.fill();
      assertThat(side.operations().perEvent(1)).isEqualTo(new Operations().perEvent(1));
      assertThat(side.tableBytes()).isPositive();
      side.run(0, filled.events());
      operations = side.operations().perEvent(filled.events());
    }

    // Of its account alone: the first payment, 30 days ago at most, and this one.
    assertThat(answers).hasSize(300);
    assertThat(answers.get(0)[spec.features().indexOf(feature(spec, "amount_count_30d"))])
        .isEqualTo(2);
    assertThat(operations.puts()).isPositive();
  }

  private static StateSpec.Feature feature(StateSpec spec, String name) {
    return spec.features().stream()
        .filter(feature -> feature.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void aDifferenceIsNamed() {
    StateSpec spec = StateSpec.of(2, false);

    assertThatThrownBy(
            () ->
                SameAnswers.compare(
                    Contender.ITERATOR,
                    spec,
                    List.of(new double[] {1, 2}, new double[] {3, 4}),
                    List.of(new double[] {1, 2}, new double[] {3, 5})))
        .hasMessage(
            "answers of iterator: expected amount_sum_1h = 4.0 at event 1, as of raw events, got"
                + " 5.0");
  }

  @Test
  void operationsAreCountedForEachEvent() throws Exception {
    StateSpec spec = StateSpec.of(30, false);
    CpuClock idle =
        new CpuClock() {
          @Override
          public long cpuNs() {
            return 0;
          }

          @Override
          public void settle() {}
        };

    StateRun run = StateRun.of(Contender.bounded(spec), spec, trace(100, 5), 2, 1, MEMORY, idle);

    // 6 panes of 10 minutes, 24 of an hour, 30 of a day, which the week shares.
    Operations.PerEvent gets = run.operations().get("mapstate");
    assertThat(gets.gets()).isEqualTo(60);
    assertThat(gets.puts()).isEqualTo(3);
    assertThat(gets.bytesWritten()).isEqualTo(3 * (4 + 8 * 8));
    assertThat(run.operations().get("iterator").scans()).isEqualTo(1);
    assertThat(run.operations().get("ours").gets()).isEqualTo(1);
    assertThat(run.operations().get("ours").puts()).isEqualTo(1);
    // Five accounts, each read once and written back after each of two slices.
    assertThat(run.operations().get("ours_cached").gets()).isEqualTo(0.05);
    assertThat(run.operations().get("ours_cached").puts()).isEqualTo(0.1);
    assertThat(run.sameAnswers(List.of(Contender.values()))).isTrue();
  }
}

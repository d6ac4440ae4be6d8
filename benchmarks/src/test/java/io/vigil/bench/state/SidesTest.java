package io.vigil.bench.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vigil.bench.measure.CpuClock;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SidesTest {
  private static final int MEMORY_MIB = 16;

  private static Trace trace(int events, int keys) {
    return Trace.of(7, events, keys, Trace.Skew.UNIFORM, 60 * Span.DAY_MS);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void allSidesAnswerAlike(boolean exact) {
    StateSpec spec = StateSpec.of(30, exact);
    Trace trace = trace(600, 6);

    assertThatCode(() -> SameAnswers.check(spec, trace, trace.events(), MEMORY_MIB))
        .doesNotThrowAnyException();
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

    StateRun run =
        StateRun.of(Contender.bounded(spec), spec, trace(100, 5), 2, 1, MEMORY_MIB, idle);

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

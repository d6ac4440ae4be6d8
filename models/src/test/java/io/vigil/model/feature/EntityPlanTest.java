package io.vigil.model.feature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.vigil.model.event.Entity;
import io.vigil.model.event.Field;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class EntityPlanTest {
  private static final long START_MS = 1_700_000_000_000L;
  private static final long MINUTE_MS = 60_000L;
  private static final long HOUR_MS = 3_600_000L;
  private static final long DAY_MS = 86_400_000L;

  private static final String GOLDEN =
      """
      - {name: n, entity: account, aggregate: count, window: 1d}
      - {name: total, entity: account, aggregate: sum, of: amount, window: 1d}
      - {name: merchants, entity: account, aggregate: distinct, of: merchant, window: 1d}
      - {name: seen, entity: account, aggregate: seen, of: country, window: 1d}
      - {name: risk, entity: account, aggregate: rate, of: fraud_label, window: 1d}
      - {name: elapsed, entity: account, aggregate: elapsed}
      - {name: speed, entity: account, aggregate: geo_speed}
      """;

  @Test
  void windowIsOpenAtItsStartAndClosedAtItsEnd() {
    SampleRun run =
        run(
            """
            - {name: now, entity: account, aggregate: count, window: 1h}
            - {name: delayed, entity: account, aggregate: count, window: 1h, delay: 1h}
            """);
    run.transaction(at(START_MS));
    assertThat(run.transaction(at(START_MS + HOUR_MS - 1))).containsExactly(2, 0);
    assertThat(run.transaction(at(START_MS + HOUR_MS))).containsExactly(2, 1);
    assertThat(run.transaction(at(START_MS + 2 * HOUR_MS - 1))).containsExactly(2, 2);
    assertThat(run.transaction(at(START_MS + 2 * HOUR_MS))).containsExactly(2, 2);
  }

  @Test
  void lateEventSeesWhatIsNotLaterThanItself() {
    SampleRun run =
        run(
            """
            - {name: n, entity: account, aggregate: count, window: 1h}
            - {name: elapsed, entity: account, aggregate: elapsed, default: -1}
            """);
    assertThat(run.transaction(at(START_MS))).containsExactly(1, -1);
    assertThat(run.transaction(at(START_MS + 3 * MINUTE_MS))).containsExactly(2, 180);
    assertThat(run.transaction(at(START_MS + 2 * MINUTE_MS))).containsExactly(2, 120);
    assertThat(run.transaction(at(START_MS + 3 * MINUTE_MS))).containsExactly(4, 0);
    assertThat(run.transaction(at(START_MS - MINUTE_MS))).containsExactly(1, -1);
  }

  /** What is kept is just what an event one day late may ask for, and the labels with it. */
  @Test
  void anEventADayLateSeesAllItShould() {
    SampleRun run =
        run(
            """
            - {name: n, entity: account, aggregate: count, window: 1h, delay: 1h}
            - {name: risk, entity: account, aggregate: rate, of: fraud_label, window: 1h, delay: 1h}
            """);
    run.transaction(at(START_MS));
    run.label(at(START_MS), 1);
    run.transaction(at(START_MS + 1));
    run.transaction(at(START_MS + 2 * HOUR_MS - 1 + DAY_MS));
    assertThat(run.transaction(at(START_MS + 2 * HOUR_MS - 1))).containsExactly(2, 0.5f);
    run.transaction(at(START_MS + 2 * HOUR_MS + DAY_MS));
    assertThat(run.transaction(at(START_MS + 2 * HOUR_MS - 1))).containsExactly(1, 0);
  }

  @Test
  void aSilentEntityRemembersItsLastEventAndNothingElse() {
    SampleRun run =
        run(
            """
            - {name: n, entity: account, aggregate: count, window: 1h}
            - {name: elapsed, entity: account, aggregate: elapsed}
            """);
    for (int minute = 0; minute < 100; minute++) {
      run.transaction(at(START_MS + minute * MINUTE_MS));
    }
    run.transaction(at(START_MS + 30 * DAY_MS));
    assertThat(run.state(Entity.ACCOUNT, "a")).hasSizeLessThan(20);
    assertThat(run.transaction(at(START_MS + 60 * DAY_MS))).containsExactly(1, 30 * 86_400);
  }

  @Test
  void sumsStopAtTheEndOfTheirRange() {
    SampleRun run =
        run("- {name: total, entity: account, aggregate: sum, of: amount, window: 1h}\n");
    run.transaction(new SampleFacts(START_MS, Long.MAX_VALUE, Map.of(Field.ACCOUNT, "a")));
    float[] vector =
        run.transaction(new SampleFacts(START_MS, Long.MAX_VALUE, Map.of(Field.ACCOUNT, "a")));
    assertThat(vector).containsExactly((float) (Long.MAX_VALUE / 100.0));
  }

  @Test
  void labelsMayComeFirstAndCorrectionsLeaveNoTrace() {
    EntityPlan plan =
        plan("- {name: risk, entity: account, aggregate: rate, of: fraud_label, window: 1d}\n");
    byte[] empty = plan.label(plan.label(null, START_MS, 1), START_MS, -1);
    byte[] labelled = plan.label(empty, START_MS, 1);
    double[] out = new double[1];

    byte[] state = plan.transaction(labelled, START_MS, new long[0], out);
    assertThat(out).containsExactly(1);
    plan.transaction(state, START_MS + 1, new long[0], out);
    assertThat(out).containsExactly(0.5);
    assertThat(plan.label(state, START_MS, -1))
        .isEqualTo(plan.transaction(empty, START_MS, new long[0], out))
        .isEqualTo(plan.transaction(null, START_MS, new long[0], out));
  }

  @Test
  void aBusyEntityStaysBoundedAndNearlyRight() {
    EntityPlan plan =
        plan(
            """
            - {name: n1h, entity: account, aggregate: count, window: 1h}
            - {name: n1d, entity: account, aggregate: count, window: 1d}
            - {name: n30d, entity: account, aggregate: count, window: 30d}
            - {name: mean, entity: account, aggregate: mean, of: amount, window: 30d}
            - {name: max, entity: account, aggregate: max, of: amount, window: 30d}
            - {name: merchants, entity: account, aggregate: distinct, of: merchant, window: 30d}
            """);
    int events = 12_000;
    Random random = new Random(1);
    long[] timesMs = new long[events];
    byte[] state = null;
    double[] out = new double[plan.outputs()];
    long nowMs = START_MS;
    long sum = 0;
    long max = 0;
    double worst = 0;
    for (int event = 0; event < events; event++) {
      nowMs += random.nextInt(600_000);
      timesMs[event] = nowMs;
      long amount = random.nextInt(100_000);
      sum += amount;
      max = Math.max(max, amount);
      state = plan.transaction(state, nowMs, new long[] {amount, 1 + random.nextInt(50)}, out);
      for (int window = 0; window < 3; window++) {
        long afterMs = nowMs - new long[] {HOUR_MS, DAY_MS, 30 * DAY_MS}[window];
        int first = Arrays.binarySearch(timesMs, 0, event + 1, afterMs + 1);
        int exact = event + 1 - (first < 0 ? -first - 1 : first);
        worst = Math.max(worst, Math.abs(out[window] - exact) / exact);
      }
      assertThat(out[5]).isLessThanOrEqualTo(50);
      if (timesMs[0] > nowMs - 30 * DAY_MS) {
        assertThat(out[2]).isEqualTo(event + 1);
        assertThat(out[3]).isCloseTo(sum / 100.0 / (event + 1), within(1e-9));
        assertThat(out[4]).isEqualTo(max / 100.0);
      }
    }
    assertThat(worst).isPositive().isLessThan(1 / 64.0);
    assertThat(state).hasSizeLessThan(20_000);
  }

  @Test
  void aMuchLabelledEntityStaysBounded() {
    EntityPlan plan =
        plan("- {name: risk, entity: account, aggregate: rate, of: fraud_label, window: 90d}\n");
    byte[] state = null;
    double[] out = new double[1];
    for (int event = 0; event < 5_000; event++) {
      long timeMs = START_MS + event * MINUTE_MS;
      state = plan.transaction(state, timeMs, new long[0], out);
      state = plan.label(state, timeMs, 1);
    }
    plan.transaction(state, START_MS + 5_000 * MINUTE_MS, new long[0], out);
    assertThat(out[0]).isEqualTo(5_000 / 5_001.0);
    assertThat(state).hasSizeLessThan(20_000);
  }

  /** State of layout version 1 as it was first written: every later version must read it. */
  @Test
  void writesAndReadsTheGoldenState() throws IOException {
    EntityPlan plan = plan(GOLDEN);
    double[] out = new double[plan.outputs()];
    byte[] state = null;
    for (int event = 0; event < 4; event++) {
      SampleFacts facts = golden(event);
      state = plan.transaction(state, facts.eventTimeMs(), plan.inputs(facts), out);
    }
    state = plan.label(state, golden(1).eventTimeMs(), 1);
    assertThat(HexFormat.of().formatHex(state)).isEqualTo(resource("state-v1.hex"));

    SampleFacts next = golden(4);
    plan.transaction(
        HexFormat.of().parseHex(resource("state-v1.hex")),
        next.eventTimeMs(),
        plan.inputs(next),
        out);
    assertThat(out).containsExactly(5, 100.1, 3, 2, 0.2, 600, 421.2070870703546);
  }

  /** Merged entries have a form of their own in the layout. */
  @Test
  void writesTheGoldenFormOfMergedEntries() throws IOException {
    EntityPlan plan = plan("- {name: m, entity: ip, aggregate: min, of: amount, window: 90d}\n");
    byte[] state = plan.transaction(null, START_MS, new long[] {0}, new double[1]);
    for (int event = 1; event < 1_100; event++) {
      state =
          plan.transaction(
              state, START_MS + event * MINUTE_MS, new long[] {event % 7}, new double[1]);
    }
    assertThat(Long.toHexString(TextHash.xxh64(state))).isEqualTo(resource("merged-v1.xxh64"));
  }

  private static SampleFacts golden(int event) {
    return new SampleFacts(
        START_MS + event * 10L * MINUTE_MS,
        1_000 + event * 501L,
        Map.of(
            Field.ACCOUNT,
            "a",
            Field.MERCHANT,
            "merchant-" + event % 3,
            Field.COUNTRY,
            event % 2 == 0 ? "BE" : "NL"),
        event % 2 == 0 ? 50.85 : Double.NaN,
        event % 2 == 0 ? 4.35 + event : Double.NaN);
  }

  @Test
  void refusesAStateThatItDidNotWrite() {
    EntityPlan plan = plan(GOLDEN);
    EntityPlan other = plan("- {name: n, entity: account, aggregate: count, window: 1d}\n");
    byte[] state = other.transaction(null, START_MS, new long[0], new double[1]);
    assertThatThrownBy(
            () -> plan.transaction(state, START_MS, new long[5], new double[plan.outputs()]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("state: expected 7 at byte 1 of the header (values kept), got 0");
    state[0] = 9;
    assertThatThrownBy(() -> other.transaction(state, START_MS, new long[0], new double[1]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("state: expected 1 at byte 0 of the header (layout version), got 9");
  }

  @Test
  void refusesWhatIsNoTimeNoDeltaOrNoUseOfLabels() {
    EntityPlan plan = plan(GOLDEN);
    assertThatThrownBy(() -> plan.transaction(null, -1, new long[5], new double[7]))
        .hasMessageContaining("event time: expected milliseconds from 1970");
    assertThatThrownBy(() -> plan.label(null, START_MS, 2))
        .hasMessage("label: expected a delta of 1 or -1, got 2");
    EntityPlan other = plan("- {name: n, entity: card, aggregate: count, window: 1d}\n");
    assertThat(other.usesLabels()).isFalse();
    assertThatThrownBy(() -> other.label(null, START_MS, 1))
        .hasMessage("label: expected an entity that uses labels, got card");
  }

  private static SampleFacts at(long timeMs) {
    return new SampleFacts(timeMs, 100, Map.of(Field.ACCOUNT, "a"));
  }

  private static SampleRun run(String features) {
    return new SampleRun(spec(features), 1);
  }

  private static EntityPlan plan(String features) {
    return FeaturePlan.compile(spec(features)).entities().get(0);
  }

  private static FeatureSpec spec(String features) {
    return FeatureSpec.read("name: test\nversion: 1\nfeatures:\n" + features, "test.yaml");
  }

  private static String resource(String name) throws IOException {
    try (InputStream in = EntityPlanTest.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IOException("missing resource " + name);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
    }
  }
}

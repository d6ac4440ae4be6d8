package io.vigil.model.feature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.withinPercentage;

import io.vigil.model.event.Entity;
import io.vigil.model.event.Field;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
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
      - {name: n, entity: account, aggregate: count, window: 30d}
      - {name: total, entity: account, aggregate: sum, of: amount, window: 1d}
      - {name: home, entity: account, aggregate: count, window: 1d, where: country == "BE"}
      - {name: merchants, entity: account, aggregate: distinct, of: merchant, window: 1d}
      - {name: seen, entity: account, aggregate: seen, of: country, window: 1d}
      - {name: risk, entity: account, aggregate: rate, of: fraud_label, window: 1d}
      - {name: alarms, entity: account, aggregate: count, of: fraud_label, by: label, window: 1d}
      - {name: panes, entity: account, aggregate: std, of: amount, window: 5h, resolution: 1h}
      - {name: ever, entity: account, aggregate: max, of: amount, window: lifetime}
      - {name: faded, entity: account, aggregate: decayed_sum, of: amount, half_life: 1h}
      - {name: first, entity: account, aggregate: first_seen}
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
    assertThat(run.state(Entity.ACCOUNT, "a")).hasSizeLessThan(40);
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
    HeapStore labelled = new HeapStore("a");
    HeapStore plain = new HeapStore("b");
    double[] out = new double[1];
    plan.label(labelled, START_MS, START_MS + 9, 1);
    plan.label(labelled, START_MS, START_MS + 9, -1);
    plan.label(labelled, START_MS, START_MS + 5, 1);

    plan.transaction(labelled, START_MS, new long[0], out);
    assertThat(out).containsExactly(1);
    plan.transaction(labelled, START_MS + 1, new long[0], out);
    assertThat(out).containsExactly(0.5);
    plan.label(labelled, START_MS, START_MS + 5, -1);
    plan.transaction(plain, START_MS, new long[0], out);
    plan.transaction(plain, START_MS + 1, new long[0], out);
    assertThat(labelled.hot()).isEqualTo(plain.hot());
  }

  /** A busy entity over months, with late events, against the definitions. */
  @Test
  void aBusyEntityIsExactAndRewritesLittle() {
    EntityPlan plan =
        plan(
            """
            - {name: n1h, entity: account, aggregate: count, window: 1h}
            - {name: n1d, entity: account, aggregate: count, window: 1d}
            - {name: n30d, entity: account, aggregate: count, window: 30d}
            - {name: total, entity: account, aggregate: sum, of: amount, window: 30d}
            - {name: max, entity: account, aggregate: max, of: amount, window: 30d}
            - {name: merchants, entity: account, aggregate: distinct, of: merchant, window: 30d}
            - {name: seen, entity: account, aggregate: seen, of: merchant, window: 30d}
            """);
    int events = 12_000;
    Random random = new Random(1);
    long[] timesMs = new long[events];
    long[] amounts = new long[events];
    long[] merchants = new long[events];
    HeapStore store = new HeapStore("a");
    double[] out = new double[plan.outputs()];
    long nowMs = START_MS;
    long rewritten = 0;
    for (int event = 0; event < events; event++) {
      nowMs += random.nextInt(600_000);
      boolean late = random.nextInt(50) == 0;
      timesMs[event] = nowMs - (late ? random.nextLong(DAY_MS) : 0);
      amounts[event] = random.nextInt(100_000);
      merchants[event] = 1 + random.nextInt(500);
      plan.transaction(
          store,
          timesMs[event],
          new long[] {amounts[event], TextHash.of("merchant-" + merchants[event])},
          out);
      rewritten += store.hot().length;
      if (event % 97 != 0 && !late) {
        continue;
      }
      double[] expected = new double[7];
      boolean[] merchantsSeen = new boolean[501];
      for (int other = 0; other <= event; other++) {
        long ageMs = timesMs[event] - timesMs[other];
        if (ageMs < 0 || ageMs >= 30 * DAY_MS) {
          continue;
        }
        expected[0] += ageMs < HOUR_MS ? 1 : 0;
        expected[1] += ageMs < DAY_MS ? 1 : 0;
        expected[2]++;
        expected[3] += amounts[other] / 100.0;
        expected[4] = Math.max(expected[4], amounts[other] / 100.0);
        merchantsSeen[(int) merchants[other]] = true;
        expected[6] += other != event && merchants[other] == merchants[event] ? 1 : 0;
      }
      for (boolean seen : merchantsSeen) {
        expected[5] += seen ? 1 : 0;
      }
      if (expected[2] > EventLog.DistinctSet.MAX) {
        assertThat(out[5]).isCloseTo(expected[5], withinPercentage(4 * 4.6));
        expected[5] = out[5];
      }
      expected[3] = out[3] - expected[3] < 1e-4 ? out[3] : expected[3];
      assertThat(out).as("event %d", event).containsExactly(expected);
    }
    assertThat(rewritten / (double) events).isLessThan(1_000);
    assertThat(store.bytes()).isLessThan(9_000 * 13);
  }

  /** Clocks that go ahead make all others late: each of those still rewrites only a small chunk. */
  @Test
  void eventsBehindTheNewestRewriteLittle() {
    EntityPlan plan =
        plan(
            """
            - {name: n, entity: account, aggregate: count, window: 1d}
            - {name: shop, entity: account, aggregate: seen, of: merchant, window: 1d}
            """);
    long[] written = new long[2];
    HeapStore store = new HeapStore("a");
    EntityStore watched = watched(store, new ArrayList<>(), written);
    double[] out = new double[2];
    for (int event = 0; event < 12_100; event++) {
      long timeMs = event < 100 ? START_MS + 4 * MINUTE_MS + event : START_MS + event;
      plan.transaction(watched, timeMs, new long[] {1 + event}, out);
    }
    assertThat(out).containsExactly(12_000, 0);
    plan.transaction(watched, START_MS + 5 * MINUTE_MS, new long[] {1 + 6_000}, out);
    assertThat(out).containsExactly(12_101, 1);
    // A row is 11 bytes, and a chunk that grows by one has 64 to 128.
    assertThat(written[0] / 12_101).isLessThan(1_600);
    assertThat(written[1]).isLessThan(60_000);
  }

  /** Eight chunks of a size become one: a row is packed with the tail's and thrice more. */
  @Test
  void aRowIsPackedThreeTimes() {
    EntityPlan plan = plan("- {name: n, entity: account, aggregate: count, window: 90d}\n");
    long[] written = new long[2];
    EntityStore store = watched(new HeapStore("a"), new ArrayList<>(), written);
    for (int event = 0; event < 40_960; event++) {
      plan.transaction(store, START_MS + event * 1_000, new long[0], new double[1]);
    }
    // Two bytes a row.
    assertThat(written[0] / 40_960.0).isBetween(5.0, 6.5);
  }

  /** What lies between the tail and the rows that are looked back at is not read. */
  @Test
  void aSequenceReadsOnlyTheChunksThatHoldItsEvents() {
    List<Integer> reads = new ArrayList<>();
    for (String feature :
        List.of(
            "entity: account, aggregate: last, of: amount, back: 15",
            "sequence: account, last: 64, steps: [amount, elapsed]",
            "entity: account, aggregate: last, of: amount, back: 200")) {
      String features = "- {name: n, " + feature + "}\n";
      EntityPlan plan = plan(features);
      HeapStore store = new HeapStore("a");
      double[] out = new double[plan.outputs()];
      // Six chunks of 64, and 26 rows in the tail.
      for (int event = 0; event < 410; event++) {
        plan.transaction(store, START_MS + event, new long[] {event}, out);
      }
      List<Integer> read = new ArrayList<>();
      // Another plan, which has nothing at hand.
      plan(features).transaction(watched(store, read), START_MS + 410, new long[] {410}, out);
      reads.add(read.size());
      if (out.length > 1) {
        assertThat(out[0]).isEqualTo(3.46);
        assertThat(out[126]).isEqualTo(4.09);
      }
    }
    assertThat(reads).containsExactly(0, 1, 1);
  }

  private static EntityStore watched(HeapStore store, List<Integer> read) {
    return watched(store, read, new long[2]);
  }

  /**
   * @param written receives the bytes of all chunks, and of the greatest
   */
  private static EntityStore watched(HeapStore store, List<Integer> read, long[] written) {
    return new EntityStore() {
      @Override
      public String key() {
        return store.key();
      }

      @Override
      public byte[] hot() {
        return store.hot();
      }

      @Override
      public void hot(byte[] value) {
        store.hot(value);
      }

      @Override
      public byte[] chunk(int number) {
        read.add(number);
        return store.chunk(number);
      }

      @Override
      public void chunk(int number, byte[] value) {
        written[0] += value.length;
        written[1] = Math.max(written[1], value.length);
        store.chunk(number, value);
      }

      @Override
      public void drop(int number) {
        store.drop(number);
      }
    };
  }

  @Test
  void anEntityBeyondAllBoundsKeepsItsNewestEvents() {
    EntityPlan plan = plan("- {name: n, entity: account, aggregate: count, window: 90d}\n");
    HeapStore store = new HeapStore("a");
    double[] out = new double[1];
    for (int event = 0; event < 90_000; event++) {
      plan.transaction(store, START_MS + event, new long[0], out);
    }
    assertThat(out[0]).isBetween((double) EventLog.ROWS_MAX, EventLog.ROWS_MAX + 4_700.0);
    assertThat(store.bytes()).isLessThan(200_000);
  }

  /** The most panes that a spec may ask for can be read back, the ones cut at either end too. */
  @Test
  void asManyPanesAsASpecMayAskForAreReadBack() {
    EntityPlan plan =
        plan(
            "- {name: n, entity: account, aggregate: count, window: 4h, resolution: 1m,"
                + " delay: 3856m}\n");
    HeapStore store = new HeapStore("a");
    double[] out = new double[1];
    for (int event = 0; event < 4_300; event++) {
      plan.transaction(store, START_MS + event * MINUTE_MS, new long[0], out);
    }
    assertThat(out[0]).isEqualTo(240);
  }

  /** Labels that were merged leave more to take back than a window holds. */
  @Test
  void aCountOfFraudsIsNeverNegative() {
    EntityPlan plan =
        plan("- {name: n, entity: account, aggregate: count, of: fraud_label, window: 60m}\n");
    HeapStore store = new HeapStore("a");
    plan.label(store, START_MS, START_MS, -1);
    double[] out = new double[1];
    plan.transaction(store, START_MS, new long[0], out);
    assertThat(out).containsExactly(0);
  }

  /** Labels are kept by themselves: a count of them keeps no event. */
  @Test
  void aLongCountOfFraudsKeepsNoEvents() {
    String features =
        "- {name: n, entity: account, aggregate: count, window: 1h}\n"
            + "- {name: f, entity: account, aggregate: count, of: fraud_label, window: 90d}\n";
    EntityPlan plan = plan(features);
    HeapStore store = new HeapStore("a");
    for (int event = 0; event < 3_000; event++) {
      plan.transaction(store, START_MS + event * 10 * MINUTE_MS, new long[0], new double[2]);
    }
    assertThat(store.bytes()).isLessThan(1_000);
  }

  /** By the definition 55 of 100 values do not exceed the quantile at 0.55: no 56. */
  @Test
  void aQuantileHasTheRankOfItsDecimal() {
    for (int percent = 1; percent < 100; percent++) {
      for (int size : new int[] {1, 7, 100, 300, 1_024}) {
        assertThat(Outputs.rank(percent / 100.0, size)).isEqualTo((percent * size + 99) / 100);
      }
    }
    SampleRun run =
        run("- {name: q, entity: account, aggregate: quantile, of: amount, q: 0.55, last: 100}\n");
    float[] vector = {};
    for (int event = 1; event <= 100; event++) {
      vector =
          run.transaction(
              new SampleFacts(START_MS + event, event * 100, Map.of(Field.ACCOUNT, "a")));
    }
    assertThat(vector).containsExactly(55);
  }

  /** The newest 1,024 that count, the current one among them. */
  @Test
  void aQuantileIsOfTheNewestEventsThatAreSeen() {
    SampleRun run =
        run(
            """
            - {name: all, entity: account, aggregate: quantile, of: amount, q: 1e-9, window: 1d}
            - {name: even, entity: account, aggregate: quantile, of: amount, q: 1e-9, window: 1d, where: country == "BE"}
            """);
    float[] vector = {};
    for (int event = 1; event <= 3_000; event++) {
      String country = event % 2 == 0 ? "BE" : "NL";
      vector =
          run.transaction(
              new SampleFacts(
                  START_MS + event,
                  event * 100,
                  Map.of(Field.ACCOUNT, "a", Field.COUNTRY, country)));
    }
    assertThat(vector).containsExactly(3_000 - 1_023, 3_000 - 2 * 1_023);
  }

  @Test
  void aMuchLabelledEntityStaysBounded() {
    EntityPlan plan =
        plan("- {name: risk, entity: account, aggregate: rate, of: fraud_label, window: 90d}\n");
    HeapStore store = new HeapStore("a");
    double[] out = new double[1];
    for (int event = 0; event < 5_000; event++) {
      long timeMs = START_MS + event * MINUTE_MS;
      plan.transaction(store, timeMs, new long[0], out);
      plan.label(store, timeMs, timeMs, 1);
    }
    plan.transaction(store, START_MS + 5_000 * MINUTE_MS, new long[0], out);
    assertThat(out[0]).isEqualTo(5_000 / 5_001.0);
    assertThat(store.hot()).hasSizeLessThan(20_000);
  }

  /** State of layout version 2 as it was first written: every later version must read it. */
  @Test
  void writesAndReadsTheGoldenState() throws IOException {
    EntityPlan plan = plan(GOLDEN);
    double[] out = new double[plan.outputs()];
    HeapStore store = new HeapStore("a");
    for (int event = 0; event < 100; event++) {
      SampleFacts facts = golden(event);
      plan.transaction(store, facts.eventTimeMs(), plan.inputs(facts), out);
    }
    plan.label(store, golden(1).eventTimeMs(), golden(2).eventTimeMs(), 1);
    int number = (int) (golden(63).eventTimeMs() / 1000) | 1;
    String written =
        HexFormat.of().formatHex(store.hot())
            + "\n"
            + HexFormat.of().formatHex(store.chunk(number));
    assertThat(written).isEqualTo(resource("state-v2.hex"));

    String[] parts = resource("state-v2.hex").split("\n");
    HeapStore old = new HeapStore("a");
    old.hot(HexFormat.of().parseHex(parts[0]));
    old.chunk(number, HexFormat.of().parseHex(parts[1]));
    SampleFacts next = golden(100);
    double[] again = new double[plan.outputs()];
    plan(GOLDEN).transaction(old, next.eventTimeMs(), plan.inputs(next), again);
    plan.transaction(store, next.eventTimeMs(), plan.inputs(next), out);
    assertThat(again).containsExactly(out);
    assertThat(again[0]).isEqualTo(101);
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
        event % 2 == 0 ? 4.35 + event % 9 : Double.NaN);
  }

  @Test
  void refusesAStateThatItDidNotWrite() {
    EntityPlan plan = plan(GOLDEN);
    EntityPlan other = plan("- {name: n, entity: account, aggregate: count, window: 1d}\n");
    HeapStore store = new HeapStore("a");
    other.transaction(store, START_MS, new long[0], new double[1]);
    assertThatThrownBy(
            () -> plan.transaction(store, START_MS, new long[9], new double[plan.outputs()]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("state: expected a layout of this spec or of one before it, got ");
  }

  @Test
  void refusesWhatIsNoTimeNoDeltaOrNoUseOfLabels() {
    EntityPlan plan = plan(GOLDEN);
    HeapStore store = new HeapStore("a");
    assertThatThrownBy(() -> plan.transaction(store, -1, new long[9], new double[9]))
        .hasMessageContaining("event time: expected milliseconds from 1970");
    assertThatThrownBy(() -> plan.label(store, START_MS, START_MS, 2))
        .hasMessage("label: expected a delta of 1 or -1, got 2");
    EntityPlan other = plan("- {name: n, entity: card, aggregate: count, window: 1d}\n");
    assertThat(other.usesLabels()).isFalse();
    assertThatThrownBy(() -> other.label(store, START_MS, START_MS, 1))
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

package io.vigil.model.feature;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.model.event.Field;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A new spec goes on with the state that an old one wrote. */
class StateMigrationTest {
  private static final long START_MS = 1_700_000_000_000L;
  private static final long DAY_MS = 86_400_000L;

  private static final String SHARED =
      """
      - {name: n, entity: account, aggregate: count, window: 7d}
      - {name: total, entity: account, aggregate: sum, of: amount, window: 1d}
      - {name: big, entity: account, aggregate: count, window: 7d, where: amount > 500}
      - {name: shops, entity: account, aggregate: distinct, of: merchant, window: 7d}
      - {name: panes, entity: account, aggregate: mean, of: amount, window: 7d, resolution: 1d}
      - {name: ever, entity: account, aggregate: max, of: amount, window: lifetime}
      - {name: faded, entity: account, aggregate: decayed_sum, of: amount, half_life: 1d}
      - {name: risk, entity: account, aggregate: rate, of: fraud_label, window: 7d}
      """;

  private static final FeatureSpec OLD =
      spec(
          """
          - {name: gone, entity: account, aggregate: count, window: 1d, where: country == "BE"}
          - {name: places, entity: account, aggregate: distinct, of: country, window: 7d}
          - {name: first, entity: account, aggregate: first_seen}
          - {name: old_ever, entity: account, aggregate: std, of: amount, window: lifetime}
          - {name: old_panes, entity: account, aggregate: count, window: 1d, resolution: 1h}
          """
              + SHARED);

  /** Other columns, other bits for the same condition, and things that the old one never kept. */
  private static final FeatureSpec NEW =
      spec(
          SHARED
              + """
              - {name: devices, entity: account, aggregate: distinct, of: device, window: 2d}
              - {name: small, entity: account, aggregate: count, window: 2d, where: amount < 100}
              - {name: new_panes, entity: account, aggregate: std, of: amount, window: 2d, resolution: 6h}
              - {name: alarms, entity: account, aggregate: count, of: fraud_label, by: label, window: 2d}
              """);

  @Test
  void carriesOverWhatBothKeepAndWarmsUpTheRest() {
    Random random = new Random(5);
    EntityPlan before = FeaturePlan.compile(OLD).entities().get(0);
    EntityPlan after = FeaturePlan.compile(NEW, List.of(OLD)).entities().get(0);
    EntityPlan always = FeaturePlan.compile(NEW).entities().get(0);
    HeapStore moved = new HeapStore("a");
    HeapStore stayed = new HeapStore("a");
    long timeMs = START_MS;
    int compared = 0;
    @Nullable Long changedMs = null;
    for (int event = 0; event < 1_500; event++) {
      timeMs += random.nextInt(30 * 60_000);
      SampleFacts facts = facts(random, timeMs);
      boolean changed = event >= 700;
      if (changed && changedMs == null) {
        changedMs = timeMs;
      }
      EntityPlan plan = changed ? after : before;
      double[] expected = run(always, stayed, facts);
      double[] values = run(plan, moved, facts);
      if (random.nextInt(5) == 0) {
        always.label(stayed, timeMs, timeMs + 1, 1);
        plan.label(moved, timeMs, timeMs + 1, 1);
      }
      if (changedMs == null) {
        continue;
      }
      boolean warm = timeMs - changedMs > 2 * DAY_MS + DAY_MS / 4;
      for (int index = 0; index < (warm ? values.length : 8); index++) {
        assertThat(values[index])
            .as("%s at event %d", after.features().get(index).name(), event)
            .isEqualTo(expected[index]);
        compared++;
      }
    }
    assertThat(compared).isGreaterThan(800 * 8 + 500 * 4);
  }

  @Test
  void saysWhatWarmsUp() {
    assertThat(WarmUp.between(OLD, NEW))
        .containsExactly(
            new WarmUp("devices", WarmUp.Kind.AFTER, 2 * DAY_MS),
            new WarmUp("small", WarmUp.Kind.AFTER, 2 * DAY_MS),
            new WarmUp("new_panes", WarmUp.Kind.AFTER, 2 * DAY_MS),
            new WarmUp("alarms", WarmUp.Kind.AFTER, 2 * DAY_MS));
    assertThat(WarmUp.between(NEW, OLD))
        .extracting(WarmUp::feature)
        .containsExactly("gone", "places", "first", "old_ever", "old_panes");
    assertThat(WarmUp.between(OLD, OLD)).isEmpty();
  }

  /** A step whose column the old spec kept goes on; those of new columns come event by event. */
  @Test
  void aSequenceGoesOnAndItsNewStepsFillUp() {
    String old =
        "- {name: s, sequence: account, last: 2, default: -1, steps: [amount, {name: shop, of:"
            + " merchant, buckets: 64}]}\n";
    FeatureSpec before = spec(old);
    FeatureSpec after =
        spec(
            old
                + "- {name: t, sequence: account, last: 2, default: -1, steps: [{name: place, of:"
                + " country, buckets: 64}, {name: high, where: amount > 500}]}\n"
                + "- {name: u, sequence: account, last: 3, default: -1, steps: [elapsed]}\n");
    assertThat(WarmUp.between(before, after))
        .extracting(WarmUp::feature)
        .containsExactly("t_2_place", "t_2_high", "t_1_place", "t_1_high", "u_3_elapsed");
    assertThat(WarmUp.between(before, after))
        .extracting(WarmUp::kind)
        .containsOnly(WarmUp.Kind.AFTER_EVENTS);
    EntityPlan first = FeaturePlan.compile(before).entities().get(0);
    EntityPlan second = FeaturePlan.compile(after, List.of(before)).entities().get(0);
    EntityPlan always = FeaturePlan.compile(after).entities().get(0);
    HeapStore moved = new HeapStore("a");
    HeapStore stayed = new HeapStore("a");
    Random random = new Random(11);
    for (int event = 0; event < 200; event++) {
      SampleFacts facts = facts(random, START_MS + event * 60_000L);
      double[] expected = run(always, stayed, facts);
      double[] values = run(event < 100 ? first : second, moved, facts);
      if (event == 100) {
        // t: what two events were that nobody asked then, is not known.
        assertThat(values).startsWith(Arrays.copyOf(expected, 4));
        assertThat(Arrays.copyOfRange(values, 4, 8)).containsOnly(Double.NaN);
      } else if (event > 101) {
        assertThat(values).as("event %d", event).containsExactly(expected);
      }
    }
  }

  @Test
  void whatIsDerivedWarmsUpAsLongAsWhatItReads() {
    FeatureSpec before =
        spec("- {name: kept, entity: account, aggregate: count, window: 7d, resolution: 1d}");
    FeatureSpec after =
        spec(
            """
            - {name: kept, entity: account, aggregate: count, window: 7d, resolution: 1d}
            - {name: day, entity: card, aggregate: count, window: 1d}
            - {name: week, entity: card, aggregate: count, window: 7d, resolution: 1d, delay: 2d}
            - {name: gap, entity: card, aggregate: elapsed}
            - {name: ever, entity: card, aggregate: count, window: lifetime}
            - {name: of_kept, log1p: kept}
            - {name: of_day, ratio: [amount, day]}
            - {name: of_both, expression: of_day + week > 3 and kept > 1}
            - {name: of_gap, difference: [gap, of_both]}
            - {name: of_ever, zscore: [ever, gap, week]}
            - {name: clipped, clip: of_ever, low: 0, high: 1}
            - {name: hour, cyclic: hour}
            """);

    assertThat(WarmUp.between(before, after))
        .containsExactly(
            new WarmUp("day", WarmUp.Kind.AFTER, DAY_MS),
            // A delayed pane window begins up to a pane before the delay and the window.
            new WarmUp("week", WarmUp.Kind.AFTER, 10 * DAY_MS),
            new WarmUp("gap", WarmUp.Kind.AFTER_EVENTS, 0),
            new WarmUp("ever", WarmUp.Kind.NEW_ENTITIES, 0),
            new WarmUp("of_day", WarmUp.Kind.AFTER, DAY_MS),
            new WarmUp("of_both", WarmUp.Kind.AFTER, 10 * DAY_MS),
            new WarmUp("of_gap", WarmUp.Kind.AFTER_EVENTS, 10 * DAY_MS),
            new WarmUp("of_ever", WarmUp.Kind.NEW_ENTITIES, 0),
            new WarmUp("clipped", WarmUp.Kind.NEW_ENTITIES, 0));
  }

  private static double[] run(EntityPlan plan, HeapStore store, SampleFacts facts) {
    double[] out = new double[plan.outputs()];
    plan.transaction(store, facts.eventTimeMs(), plan.inputs(facts), out);
    return out;
  }

  private static SampleFacts facts(Random random, long timeMs) {
    return new SampleFacts(
        timeMs,
        random.nextInt(100_000),
        Map.of(
            Field.ACCOUNT,
            "a",
            Field.MERCHANT,
            "m" + random.nextInt(40),
            Field.DEVICE,
            "d" + random.nextInt(5),
            Field.COUNTRY,
            random.nextBoolean() ? "BE" : "NL"));
  }

  private static FeatureSpec spec(String features) {
    return FeatureSpec.read("name: test\nversion: 1\nfeatures:\n" + features, "test.yaml");
  }
}

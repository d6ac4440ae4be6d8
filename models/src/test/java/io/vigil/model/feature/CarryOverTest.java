package io.vigil.model.feature;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.model.event.Field;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** What a new spec finds of an old one's state, part by part. */
class CarryOverTest {
  private static final long START_MS = 1_700_000_000_000L;
  private static final long MINUTE_MS = 60_000L;
  private static final long DAY_MS = 86_400_000L;

  private static final List<String> POOL = pool();

  private static List<String> pool() {
    List<String> pool =
        new ArrayList<>(
            List.of(
                "count, window: 1d",
                "count, window: 3d",
                "count, where: country == \"BE\", window: 2d",
                "sum, of: amount, window: 2d",
                "mean, of: amount, where: amount > 500, window: 12h",
                "std, of: amount, window: 2d",
                "max, of: amount, window: 1d, delay: 1d",
                "min, of: amount, last: 20",
                "quantile, of: amount, q: 0.3, window: 1d",
                "quantile, of: amount, q: 0.3, where: country == \"BE\", window: 1d",
                "distinct, of: merchant, window: 2d",
                "seen, of: country, window: 1d",
                "frequency, of: merchant, last: 8",
                "share, where: country == \"BE\", window: 1d",
                "share, where: amount > 500, last: 10",
                "rate, of: fraud_label, window: 2d",
                "rate, of: fraud_label, by: label, window: 1d",
                "count, of: fraud_label, window: 1d",
                "last, of: amount, back: 3",
                "last, where: amount > 500",
                "last, of: merchant, buckets: 16, back: 2",
                "elapsed, back: 2",
                "first_seen",
                "streak, where: country == \"BE\"",
                "decayed_count, half_life: 1d",
                "decayed_sum, of: amount, where: amount > 500, half_life: 6h"));
    for (String window :
        List.of(
            "window: 1d, resolution: 6h",
            "window: 3d, resolution: 6h",
            "window: 1d, resolution: 6h, delay: 1d",
            "window: lifetime")) {
      for (String aggregate :
          List.of(
              "count",
              "count, where: country == \"BE\"",
              "sum, of: amount",
              "mean, of: amount",
              "std, of: amount",
              "min, of: amount",
              "max, of: amount, where: country == \"BE\"",
              "share, where: country == \"BE\"")) {
        pool.add(aggregate + ", " + window);
      }
    }
    return pool;
  }

  /** A sibling in the same panes or totals starts by itself, whatever its features share. */
  @Test
  void aSiblingErasesNothing() {
    FeatureSpec before =
        spec(
            """
            - {name: mean, entity: account, aggregate: mean, of: amount, window: 30d, resolution: 1d}
            - {name: n, entity: account, aggregate: count, window: 30d, resolution: 1d}
            - {name: ever, entity: account, aggregate: count, window: lifetime}
            """);
    FeatureSpec after =
        spec(
            """
            - {name: mean, entity: account, aggregate: mean, of: amount, window: 30d, resolution: 1d}
            - {name: n, entity: account, aggregate: count, window: 30d, resolution: 1d}
            - {name: ever, entity: account, aggregate: count, window: lifetime}
            - {name: std, entity: account, aggregate: std, of: amount, window: 30d, resolution: 1d}
            - {name: sum, entity: account, aggregate: sum, of: amount, window: lifetime}
            - {name: share, entity: account, aggregate: share, where: amount > 1, window: lifetime}
            """);
    assertThat(WarmUp.between(before, after))
        .containsExactly(
            new WarmUp("std", WarmUp.Kind.AFTER, 30 * DAY_MS),
            new WarmUp("sum", WarmUp.Kind.NEW_ENTITIES, 0),
            new WarmUp("share", WarmUp.Kind.NEW_ENTITIES, 0));
    HeapStore store = new HeapStore("a");
    for (int event = 0; event < 100; event++) {
      run(plan(before), store, facts(START_MS + event * MINUTE_MS, 50_000));
    }
    EntityPlan plan = plan(after, before);
    long nextMs = START_MS + 100 * MINUTE_MS;
    assertThat(run(plan, store, facts(nextMs, 100)))
        .containsExactly(50_001 / 101.0, 101, 101, Double.NaN, 1, 0);
    assertThat(run(plan, store, facts(nextMs, 300)))
        .containsExactly(50_004 / 102.0, 102, 102, Math.sqrt(2), 4, 0.5);
    // A plan that asks for less again takes the segments together.
    assertThat(run(plan(before, before, after), store, facts(nextMs, 100)))
        .containsExactly(50_005 / 103.0, 103, 103);
    // Nothing of the detour is left when the old panes are gone.
    EntityPlan old = plan(before, before, after);
    HeapStore fresh = new HeapStore("b");
    run(old, store, facts(nextMs + 40 * DAY_MS, 100));
    run(old, fresh, facts(nextMs + 40 * DAY_MS, 100));
    assertThat(store.hot()).hasSize(fresh.hot().length);
  }

  /** A part and its whole are of the same events, whichever of the two was there before. */
  @Test
  void aNewShareIsHeldAgainstTheEventsSince() {
    for (String old : List.of("count", "count, where: amount > 200")) {
      for (String window : List.of("lifetime", "30d, resolution: 1d")) {
        FeatureSpec before =
            spec(
                "- {name: n, entity: account, aggregate: %s, window: %s}%n".formatted(old, window));
        FeatureSpec after =
            spec(
                ("- {name: n, entity: account, aggregate: %s, window: %s}%n"
                        + "- {name: share, entity: account, aggregate: share,"
                        + " where: amount > 200, window: %s}%n")
                    .formatted(old, window, window));
        HeapStore store = new HeapStore("a");
        for (int event = 0; event < 100; event++) {
          run(plan(before), store, facts(START_MS + event * MINUTE_MS, 50_000));
        }
        EntityPlan plan = plan(after, before);
        long nextMs = START_MS + 100 * MINUTE_MS;
        assertThat(run(plan, store, facts(nextMs, 50_000))).containsExactly(101, 1);
        assertThat(run(plan, store, facts(nextMs, 100))[1]).isEqualTo(0.5);
      }
    }
  }

  /** What an old row does not have is not taken for nothing: the row is outside the window. */
  @Test
  void rowsWithoutAColumnAreOutside() {
    FeatureSpec before = spec("- {name: n, entity: account, aggregate: count, window: 30d}\n");
    FeatureSpec after =
        spec(
            """
            - {name: n, entity: account, aggregate: count, window: 30d}
            - {name: mean, entity: account, aggregate: mean, of: amount, window: 30d}
            - {name: min, entity: account, aggregate: min, of: amount, window: 30d}
            - {name: last, entity: account, aggregate: last, of: amount}
            - {name: share, entity: account, aggregate: share, where: amount > 200, window: 30d}
            - {name: shop, entity: account, aggregate: frequency, of: merchant, last: 20}
            - {name: quantile, entity: account, aggregate: quantile, of: amount, q: 0.5, last: 20}
            - {name: streak, entity: account, aggregate: streak, where: amount < 1e6}
            """);
    HeapStore store = new HeapStore("a");
    for (int event = 0; event < 100; event++) {
      run(plan(before), store, facts(START_MS + event * MINUTE_MS, 50_000));
    }
    EntityPlan plan = plan(after, before);
    long nextMs = START_MS + 100 * MINUTE_MS;
    assertThat(run(plan, store, facts(nextMs, 50_000)))
        .containsExactly(101, 500, 500, Double.NaN, 1, Double.NaN, 500, 1);
    assertThat(run(plan, store, facts(nextMs + 1, 10_000)))
        .containsExactly(102, 300, 100, 500, 0.5, 1, 100, 2);
    // A plan of as much, later: what is not known is not forgotten.
    FeatureSpec later =
        spec(
            """
            - {name: mean, entity: account, aggregate: mean, of: amount, window: 30d}
            - {name: n, entity: account, aggregate: count, window: 30d, where: amount < 1e6}
            """);
    assertThat(run(plan(later, before, after), store, facts(nextMs + 2, 30_000)))
        .containsExactly(300, 3);
  }

  /** A log that nobody needs any more takes its chunks along. */
  @Test
  void chunksGoWithTheLog() {
    FeatureSpec before =
        spec(
            """
            - {name: n, entity: account, aggregate: count, window: 30d}
            - {name: ever, entity: account, aggregate: count, window: lifetime}
            """);
    FeatureSpec after =
        spec("- {name: ever, entity: account, aggregate: count, window: lifetime}\n");
    HeapStore store = new HeapStore("a");
    for (int event = 0; event < 300; event++) {
      run(plan(before), store, facts(START_MS + event, 100));
    }
    assertThat(run(plan(after, before), store, facts(START_MS + 300, 100))).containsExactly(301);
    assertThat(store.bytes()).isEqualTo(store.hot().length);
  }

  /**
   * Three specs one after the other. A feature of all three that no change lists is what it would
   * be had the last always been in force, to the bit; one that is listed is so in the time that it
   * says.
   */
  @Property(tries = 60)
  void whatWarmUpDoesNotListIsAsIfNothingHadChanged(@ForAll long seed) {
    Random random = new Random(seed);
    List<FeatureSpec> specs = new ArrayList<>();
    Set<Integer> features = new TreeSet<>();
    // Neighbours in the pool share panes, totals or the log.
    int neighbours = 14;
    int first = random.nextInt(POOL.size() - neighbours + 1);
    for (int spec = 0; spec < 3; spec++) {
      features.removeIf(feature -> random.nextInt(4) == 0);
      for (int more = 0; more < 3; more++) {
        features.add(first + random.nextInt(neighbours));
      }
      specs.add(spec(features, random));
    }
    FeatureSpec last = specs.get(2);
    Set<String> whole = new HashSet<>();
    for (Feature feature : last.features()) {
      if (specs.stream().allMatch(spec -> spec.features().contains(feature))) {
        whole.add(feature.name());
      }
    }
    Map<String, Long> afterMs = new HashMap<>();
    WarmUp.between(specs.get(0), specs.get(1)).forEach(warmUp -> whole.remove(warmUp.feature()));
    for (WarmUp warmUp : WarmUp.between(specs.get(1), last)) {
      whole.remove(warmUp.feature());
      if (warmUp.kind() == WarmUp.Kind.AFTER) {
        afterMs.put(warmUp.feature(), warmUp.afterMs());
      }
    }
    List<EntityPlan> plans =
        List.of(
            plan(specs.get(0)),
            plan(specs.get(1), specs.get(0)),
            plan(last, specs.get(0), specs.get(1)));
    EntityPlan always = plan(last);
    HeapStore moved = new HeapStore("a");
    HeapStore stayed = new HeapStore("a");
    long newestMs = START_MS;
    long changedMs = 0;
    int[] changes = {random.nextInt(150), 150 + random.nextInt(100)};
    for (int event = 0; event < 400; event++) {
      boolean late = random.nextInt(6) == 0;
      newestMs += late ? 0 : random.nextInt(3) * 47 * MINUTE_MS;
      long timeMs = newestMs - (late ? random.nextLong(DAY_MS) : 0);
      int turn = event < changes[0] ? 0 : event < changes[1] ? 1 : 2;
      if (event == changes[1]) {
        changedMs = newestMs;
      }
      SampleFacts facts =
          new SampleFacts(
              timeMs,
              random.nextInt(100_000),
              Map.of(
                  Field.ACCOUNT,
                  "a",
                  Field.MERCHANT,
                  "m" + random.nextInt(10),
                  Field.COUNTRY,
                  random.nextBoolean() ? "BE" : "NL"));
      double[] expected = run(always, stayed, facts);
      double[] values = run(plans.get(turn), moved, facts);
      if (random.nextInt(5) == 0) {
        for (EntityPlan plan : List.of(always, plans.get(turn))) {
          if (plan.usesLabels()) {
            plan.label(plan.equals(always) ? stayed : moved, timeMs, newestMs, 1);
          }
        }
      }
      for (int index = 0; turn == 2 && index < values.length; index++) {
        Feature.Aggregated feature = (Feature.Aggregated) always.features().get(index);
        Window window = feature.window();
        boolean panes = window != null && window.resolutionMs() > 0;
        Long warmMs = afterMs.get(feature.name());
        boolean warm =
            whole.contains(feature.name()) || (warmMs != null && timeMs - changedMs > warmMs);
        // Panes are kept for the newest event: the own windows of a late one may miss some.
        if (warm && !(late && panes)) {
          assertThat(values[index])
              .as("%s at event %d of %s", feature, event, specs)
              .isEqualTo(expected[index]);
        }
      }
    }
  }

  private static FeatureSpec spec(Set<Integer> features, Random random) {
    List<String> lines = new ArrayList<>();
    for (int feature : features) {
      lines.add(
          "- {name: f%d, entity: account, aggregate: %s}%n".formatted(feature, POOL.get(feature)));
    }
    Collections.shuffle(lines, random);
    return spec(String.join("", lines));
  }

  private static double[] run(EntityPlan plan, HeapStore store, SampleFacts facts) {
    double[] out = new double[plan.outputs()];
    plan.transaction(store, facts.eventTimeMs(), plan.inputs(facts), out);
    return out;
  }

  private static SampleFacts facts(long timeMs, long amountMinor) {
    return new SampleFacts(timeMs, amountMinor, Map.of(Field.ACCOUNT, "a", Field.MERCHANT, "shop"));
  }

  private static EntityPlan plan(FeatureSpec spec, FeatureSpec... earlier) {
    return FeaturePlan.compile(spec, List.of(earlier)).entities().get(0);
  }

  private static FeatureSpec spec(String features) {
    return FeatureSpec.read("name: test\nversion: 1\nfeatures:\n" + features, "test.yaml");
  }
}

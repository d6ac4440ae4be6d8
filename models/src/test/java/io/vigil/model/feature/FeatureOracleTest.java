package io.vigil.model.feature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.vigil.model.event.Entity;
import io.vigil.model.event.Field;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;

/** Random streams with ties, late events, labels and corrections, against the definitions. */
class FeatureOracleTest {
  private static final long START_MS = 1_700_000_000_000L;
  private static final long MINUTE_MS = 60_000L;
  private static final long DAY_MS = 86_400_000L;

  /** Gaps that meet window edges, so that open and closed ends are told apart. */
  private static final long[] GAPS_MS = {
    0,
    0,
    0,
    1,
    MINUTE_MS / 2,
    MINUTE_MS,
    10 * MINUTE_MS,
    60 * MINUTE_MS,
    DAY_MS / 2,
    DAY_MS,
    2 * DAY_MS + 1
  };

  /** Reckoned another way by the oracle, in floating point. */
  private static final Set<Aggregate> INEXACT =
      Set.of(
          Aggregate.GEO_SPEED,
          Aggregate.GEO_DISTANCE,
          Aggregate.DECAYED_COUNT,
          Aggregate.DECAYED_SUM,
          Aggregate.STD);

  private static final List<Grouping> GROUPINGS =
      List.of(
          Grouping.of(Entity.ACCOUNT),
          Grouping.of(Entity.MERCHANT),
          Grouping.of(Entity.ACCOUNT, Entity.MERCHANT));

  private static final FeatureSpec SPEC = FeatureSpec.read(spec(), "oracle.yaml");

  private static String spec() {
    StringBuilder yaml = new StringBuilder("name: oracle\nversion: 1\nfeatures:\n");
    int[] number = {0};
    String where = "where: country == \"value-1\"";
    for (String entity : List.of("account", "merchant", "[account, merchant]")) {
      for (String window :
          List.of(
              "window: 1m",
              "window: 10m, include_current: false",
              "window: 1d",
              "window: 1h, delay: 1h",
              "window: 2d, delay: 1d")) {
        for (String aggregate :
            List.of(
                "count",
                "count, of: fraud_label, by: label",
                "count, of: fraud_label, by: transaction",
                "count, " + where,
                "sum, of: amount",
                "sum, of: amount, where: amount > 1e9",
                "mean, of: amount, default: -1",
                "std, of: amount, default: -1",
                "min, of: amount",
                "max, of: amount, " + where,
                "quantile, of: amount, q: 0.3",
                "quantile, of: amount, q: 0.95, " + where,
                "distinct, of: country",
                "distinct, of: merchant",
                "share, " + where,
                "rate, of: fraud_label, default: 0.5",
                "rate, of: fraud_label, by: label, default: 0.5")) {
          if (!aggregate.startsWith("count, of") || !window.contains("include")) {
            line(yaml, number[0]++, entity, aggregate + ", " + window);
          }
        }
      }
      for (String window : List.of("last: 1", "last: 5", "last: 20, include_current: false")) {
        for (String aggregate :
            List.of(
                "count",
                "mean, of: amount",
                "std, of: amount",
                "share, " + where,
                "distinct, of: country",
                "max, of: amount, " + where)) {
          line(yaml, number[0]++, entity, aggregate + ", " + window);
        }
      }
      for (String aggregate :
          List.of(
              "count",
              "count, " + where,
              "sum, of: amount",
              "mean, of: amount",
              "std, of: amount",
              "min, of: amount",
              "max, of: amount, " + where,
              "share, " + where)) {
        line(yaml, number[0]++, entity, aggregate + ", window: lifetime");
        line(yaml, number[0]++, entity, aggregate + ", window: lifetime, include_current: false");
        for (String panes :
            List.of(
                "window: 1h, resolution: 10m",
                "window: 2d, resolution: 12h, include_current: false",
                "window: 1d, resolution: 1h, delay: 2h")) {
          line(yaml, number[0]++, entity, aggregate + ", " + panes);
        }
      }
      line(yaml, number[0]++, entity, "seen, of: country, window: 1d, default: 7");
      line(yaml, number[0]++, entity, "seen, of: merchant, window: 1h, delay: 1h");
      line(yaml, number[0]++, entity, "frequency, of: country, window: 1d, default: 7");
      line(yaml, number[0]++, entity, "frequency, of: country, last: 4");
      line(yaml, number[0]++, entity, "elapsed, default: 1e6");
      line(yaml, number[0]++, entity, "elapsed, back: 3, default: 1e6");
      line(yaml, number[0]++, entity, "last, of: amount, default: -1");
      line(yaml, number[0]++, entity, "last, of: amount, back: 10, default: -1");
      line(yaml, number[0]++, entity, "last, of: country, buckets: 5, back: 2, default: -1");
      line(yaml, number[0]++, entity, "last, where: amount > 5e9, default: -1");
      line(yaml, number[0]++, entity, "first_seen, default: -1");
      line(yaml, number[0]++, entity, "streak, " + where);
      line(yaml, number[0]++, entity, "decayed_count, half_life: 1h");
      line(yaml, number[0]++, entity, "decayed_sum, of: amount, half_life: 10m, " + where);
      line(yaml, number[0]++, entity, "geo_distance");
      line(yaml, number[0]++, entity, "geo_speed");
    }
    return yaml.toString();
  }

  /** Sequences of other lengths and steps every time, such as reach into chunks among them. */
  @Property(tries = 40)
  void sequencesAgreeWithTheDefinitions(@ForAll long seed) {
    Random random = new Random(seed);
    StringBuilder yaml = new StringBuilder("name: sequences\nversion: 1\nfeatures:\n");
    List<String> steps =
        new ArrayList<>(
            List.of(
                "amount",
                "elapsed",
                "{name: home, where: 'country == \"value-1\"'}",
                "{name: high, where: amount > 5e9}",
                "{name: mcc, of: mcc, buckets: 3}",
                "{name: merchant, of: merchant, buckets: 65536}",
                "{name: country, of: country, buckets: 2}"));
    for (String entity : List.of("account", "merchant", "[account, merchant]")) {
      Collections.shuffle(steps, random);
      yaml.append(
          "  - {name: s%d, sequence: %s, last: %d, default: -1, steps: %s}%n"
              .formatted(
                  yaml.length(),
                  entity,
                  1 + random.nextInt(random.nextInt(8) == 0 ? 64 : 6),
                  steps.subList(0, 1 + random.nextInt(2))));
    }
    // Alone beyond the tail: what lies between is not looked at.
    yaml.append("  - {name: far, entity: account, aggregate: last, back: 150, of: amount}\n");
    yaml.append("  - {name: wide, entity: account, aggregate: elapsed, back: 150}\n");
    FeatureSpec spec = FeatureSpec.read(yaml.toString(), "sequences.yaml");
    SampleRun run = new SampleRun(spec, 1);
    BruteForce oracle = new BruteForce();
    long clockMs = START_MS;
    int events = random.nextInt(4) == 0 ? 500 : 60;
    for (int event = 0; event < events; event++) {
      clockMs += pick(random);
      SampleFacts facts = facts(random, clockMs - late(random));
      oracle.transaction(facts);
      float[] vector = run.transaction(facts);
      for (int index = 0; index < vector.length; index++) {
        Feature.Aggregated feature = (Feature.Aggregated) spec.features().get(index);
        float expected = (float) oracle.value(feature);
        if (vector[index] != expected) {
          assertThat(vector[index]).as("%s at event %d", feature, event).isEqualTo(expected);
        }
      }
    }
  }

  private static void line(StringBuilder yaml, int number, String entity, String definition) {
    yaml.append(
        "  - {name: f%d, entity: %s, aggregate: %s}%n".formatted(number, entity, definition));
  }

  @Property(tries = 60)
  void agreesWithTheDefinitions(@ForAll long seed) {
    Random random = new Random(seed);
    SampleRun run = new SampleRun(SPEC, 1);
    BruteForce oracle = new BruteForce();
    Map<String, Long> newestMs = new HashMap<>();
    long clockMs = START_MS;
    // Long streams fill the tail and spill into chunks; most are short.
    int steps = random.nextInt(8) == 0 ? 400 : 80;
    for (int step = 0; step < steps; step++) {
      if (oracle.size() > 0 && random.nextInt(4) == 0) {
        int index = random.nextInt(oracle.size());
        long labelMs = oracle.toggleLabel(index, clockMs);
        run.label(oracle.facts(index), Math.abs(labelMs), labelMs > 0 ? 1 : -1);
        continue;
      }
      clockMs += pick(random);
      SampleFacts facts = facts(random, clockMs - late(random));
      oracle.transaction(facts);
      float[] vector = run.transaction(facts);
      for (int index = 0; index < vector.length; index++) {
        Feature.Aggregated feature = (Feature.Aggregated) SPEC.features().get(index);
        String key = feature.grouping().key(facts);
        boolean late = newestMs.getOrDefault(key, Long.MIN_VALUE) > facts.eventTimeMs();
        boolean panes = feature.window() != null && feature.window().resolutionMs() > 0;
        if (late && panes) {
          continue; // panes are kept for the newest event: a late one may miss the oldest
        }
        float expected = (float) oracle.value(feature);
        if (INEXACT.contains(feature.aggregate())) {
          assertThat(vector[index])
              .as("%s at step %d", feature, step)
              .isCloseTo(expected, within(1e-4f + Math.abs(expected) * 1e-5f));
        } else if (vector[index] != expected) {
          assertThat(vector[index]).as("%s at step %d", feature, step).isEqualTo(expected);
        }
      }
      for (Grouping grouping : GROUPINGS) {
        String key = grouping.key(facts);
        if (key != null) {
          newestMs.merge(key, facts.eventTimeMs(), Math::max);
        }
      }
    }
  }

  /** A plan remembers nothing: plans taken in turn leave the same bytes as one alone. */
  @Property(tries = 20)
  void dependsOnItsArgumentsAlone(@ForAll long seed) {
    List<List<String>> runs = new ArrayList<>();
    for (int plans : new int[] {1, 3}) {
      Random random = new Random(seed);
      SampleRun run = new SampleRun(SPEC, plans);
      List<SampleFacts> applied = new ArrayList<>();
      List<String> seen = new ArrayList<>();
      long clockMs = START_MS;
      for (int step = 0; step < 100; step++) {
        if (!applied.isEmpty() && random.nextInt(4) == 0) {
          run.label(applied.get(random.nextInt(applied.size())), random.nextBoolean() ? 1 : -1);
        } else {
          clockMs += pick(random);
          SampleFacts facts = facts(random, clockMs - late(random));
          applied.add(facts);
          seen.add(Arrays.toString(run.transaction(facts)));
        }
      }
      run.states().keySet().stream()
          .sorted()
          .forEach(key -> seen.add(HexFormat.of().formatHex(run.states().get(key).hot())));
      runs.add(seen);
    }
    assertThat(runs.get(1)).isEqualTo(runs.get(0));
  }

  private static long pick(Random random) {
    return GAPS_MS[random.nextInt(GAPS_MS.length)];
  }

  /** Mostly not; at most a day, which is as late as the engine promises to be exact for. */
  private static long late(Random random) {
    return random.nextInt(3) > 0 ? 0 : Math.min(DAY_MS, pick(random));
  }

  private static SampleFacts facts(Random random, long timeMs) {
    Map<Field, String> texts = new EnumMap<>(Field.class);
    texts.put(Field.ACCOUNT, "account-" + random.nextInt(2));
    put(texts, Field.MERCHANT, one(random, 4));
    put(texts, Field.DEVICE, one(random, 2));
    put(texts, Field.COUNTRY, one(random, 3));
    put(texts, Field.MCC, List.of("742", "5411", "NaN").get(random.nextInt(3)));
    boolean somewhere = random.nextBoolean();
    return new SampleFacts(
        timeMs,
        random.nextInt(5) == 0 ? 0 : random.nextLong(1_000_000_000_000L),
        texts,
        somewhere ? random.nextInt(-90, 91) : Double.NaN,
        somewhere ? random.nextInt(-180, 181) : Double.NaN);
  }

  private static void put(Map<Field, String> texts, Field field, @Nullable String value) {
    if (value != null) {
      texts.put(field, value);
    }
  }

  private static @Nullable String one(Random random, int of) {
    int index = random.nextInt(of + 1);
    return index == 0 ? null : "value-" + index;
  }
}

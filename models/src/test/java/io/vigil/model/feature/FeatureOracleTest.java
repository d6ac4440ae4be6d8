package io.vigil.model.feature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.vigil.model.event.Field;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
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

  private static final FeatureSpec SPEC = FeatureSpec.read(spec(), "oracle.yaml");

  private static String spec() {
    StringBuilder yaml = new StringBuilder("name: oracle\nversion: 1\nfeatures:\n");
    int[] number = {0};
    for (String entity : List.of("account", "merchant", "device")) {
      for (String window :
          List.of(
              "window: 1m",
              "window: 10m, include_current: false",
              "window: 1d",
              "window: 1h, delay: 1h",
              "window: 1d, delay: 10m",
              "window: 2d, delay: 1d")) {
        for (String aggregate :
            List.of(
                "count",
                "sum, of: amount",
                "mean, of: amount, default: -1",
                "min, of: amount",
                "max, of: amount",
                "distinct, of: country",
                "distinct, of: merchant",
                "rate, of: fraud_label, default: 0.5")) {
          line(yaml, number[0]++, entity, aggregate + ", " + window);
        }
      }
      line(yaml, number[0]++, entity, "seen, of: country, window: 1d, default: 7");
      line(yaml, number[0]++, entity, "seen, of: merchant, window: 1h, delay: 1h");
      line(yaml, number[0]++, entity, "elapsed, default: 1e6");
      line(yaml, number[0]++, entity, "geo_speed");
    }
    return yaml.toString();
  }

  private static void line(StringBuilder yaml, int number, String entity, String definition) {
    yaml.append(
        "  - {name: f%d, entity: %s, aggregate: %s}%n".formatted(number, entity, definition));
  }

  @Property(tries = 50)
  void agreesWithTheDefinitions(@ForAll long seed) {
    Random random = new Random(seed);
    SampleRun run = new SampleRun(SPEC, 1);
    BruteForce oracle = new BruteForce();
    long clockMs = START_MS;
    for (int step = 0; step < 80; step++) {
      if (oracle.size() > 0 && random.nextInt(4) == 0) {
        int index = random.nextInt(oracle.size());
        run.label(oracle.facts(index), oracle.toggleLabel(index));
        continue;
      }
      clockMs += pick(random);
      SampleFacts facts = facts(random, clockMs - late(random));
      oracle.transaction(facts);
      float[] vector = run.transaction(facts);
      for (int index = 0; index < vector.length; index++) {
        Feature.Aggregated feature = (Feature.Aggregated) SPEC.features().get(index);
        float expected = (float) oracle.value(feature);
        if (feature.aggregate() == Aggregate.GEO_SPEED) {
          assertThat(vector[index])
              .as("%s at step %d", feature, step)
              .isCloseTo(expected, within(1e-4f + expected * 1e-5f));
        } else if (vector[index] != expected) {
          assertThat(vector[index]).as("%s at step %d", feature, step).isEqualTo(expected);
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
          .forEach(entity -> seen.add(HexFormat.of().formatHex(run.states().get(entity))));
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

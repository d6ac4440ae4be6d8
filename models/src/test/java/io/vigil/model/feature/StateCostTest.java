package io.vigil.model.feature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class StateCostTest {
  private static final double[] EVENTS_PER_DAY = {0.5, 3, 20, 150, 700};

  /** What is predicted for each kind of entity, against what all of them together cost. */
  @Test
  void predictsAMixedTraceToFivePercent() {
    for (String features :
        new String[] {
          """
          - {name: n, entity: account, aggregate: count, window: 30d}
          - {name: s, entity: account, aggregate: std, of: amount, window: 7d}
          """,
          """
          - {name: n, entity: account, aggregate: mean, of: amount, window: 30d, resolution: 1d}
          - {name: m, entity: account, aggregate: max, of: amount, window: 1d, resolution: 1h}
          """,
          """
          - {name: n, entity: account, aggregate: distinct, of: merchant, window: 30d}
          - {name: c, entity: account, aggregate: count, window: 1d, where: amount > 5}
          - {name: d, entity: account, aggregate: decayed_count, half_life: 1d}
          - {name: g, entity: account, aggregate: geo_speed}
          """,
          """
          - name: past
            sequence: account
            last: 32
            steps: [amount, elapsed, {name: web, where: channel == "ecom"}, {name: shop, of: merchant, buckets: 64}]
          - {name: n, entity: account, aggregate: count, window: 7d}
          """
        }) {
      EntityPlan plan = plan(features);
      double gets = 0;
      double puts = 0;
      double bytes = 0;
      double perDay = 0;
      for (double rate : EVENTS_PER_DAY) {
        StateCost cost = StateCost.of(plan, rate);
        gets += rate * cost.gets();
        puts += rate * cost.puts();
        bytes += rate * cost.bytesRewritten();
        perDay += rate;
      }
      Counting measured = measure(plan(features));
      assertThat((double) measured.gets / measured.events)
          .isCloseTo(gets / perDay, withinPercentage(5));
      assertThat((double) measured.puts / measured.events)
          .isCloseTo(puts / perDay, withinPercentage(5));
      assertThat((double) measured.bytes / measured.events)
          .isCloseTo(bytes / perDay, withinPercentage(5));
    }
  }

  @Test
  void aPlanIsAskedForSeveralRates() {
    String features = "- {name: s, entity: account, aggregate: sum, of: amount, window: 7d}\n";
    EntityPlan plan = plan(features);
    StateCost.of(plan, 1_000);
    assertThat(StateCost.of(plan, 10_000)).isEqualTo(StateCost.of(plan(features), 10_000));
  }

  @Test
  void refusesARateThatIsNone() {
    assertThatThrownBy(
            () -> StateCost.of(plan("- {name: e, entity: account, aggregate: elapsed}"), 0))
        .hasMessage("events a day: expected above 0, got 0.0");
  }

  /** Ten days after forty of warming up, three entities of each kind, their events mixed. */
  private static Counting measure(EntityPlan plan) {
    SplittableRandom random = new SplittableRandom(99);
    Map<String, Counting> stores = new HashMap<>();
    Counting all = new Counting("all");
    double[] out = new double[plan.outputs()];
    double perDay = 0;
    for (double rate : EVENTS_PER_DAY) {
      perDay += 3 * rate;
    }
    double timeMs = 1_700_000_000_000.0;
    double fromMs = timeMs + 40.0 * Window.DAY_MS;
    double untilMs = fromMs + 10.0 * Window.DAY_MS;
    while (timeMs < untilMs) {
      timeMs -= Math.log(1 - random.nextDouble()) * Window.DAY_MS / perDay;
      double at = random.nextDouble() * perDay;
      int kind = 0;
      while (at >= 3 * EVENTS_PER_DAY[kind]) {
        at -= 3 * EVENTS_PER_DAY[kind++];
      }
      String key = kind + "-" + random.nextInt(3);
      Counting store = stores.computeIfAbsent(key, Counting::new);
      plan.transaction(store, (long) timeMs, plan.madeUp(random, 32), out);
      if (timeMs > fromMs) {
        all.events++;
        all.gets += store.gets;
        all.puts += store.puts;
        all.bytes += store.bytes;
      }
      store.gets = 0;
      store.puts = 0;
      store.bytes = 0;
    }
    return all;
  }

  private static EntityPlan plan(String features) {
    String yaml = "name: test\nversion: 1\nfeatures:\n" + features;
    return FeaturePlan.compile(FeatureSpec.read(yaml, "test.yaml")).entities().get(0);
  }

  private static final class Counting implements EntityStore {
    private final HeapStore store;
    private long events;
    private long gets;
    private long puts;
    private long bytes;

    Counting(String key) {
      store = new HeapStore(key);
    }

    @Override
    public String key() {
      return store.key();
    }

    @Override
    public byte @Nullable [] hot() {
      gets++;
      return store.hot();
    }

    @Override
    public void hot(byte[] value) {
      puts++;
      bytes += value.length;
      store.hot(value);
    }

    @Override
    public byte[] chunk(int number) {
      gets++;
      return store.chunk(number);
    }

    @Override
    public void chunk(int number, byte[] value) {
      puts++;
      bytes += value.length;
      store.chunk(number, value);
    }

    @Override
    public void drop(int number) {
      puts++;
      store.drop(number);
    }
  }
}

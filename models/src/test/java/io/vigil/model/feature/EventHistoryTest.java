package io.vigil.model.feature;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.model.event.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** Aggregates over events, held against all events that ever came. */
class EventHistoryTest {
  private static final long START_MS = 1_772_366_400_000L;
  private static final long HOUR_MS = 3_600_000L;
  private static final FeatureSpec SPEC =
      spec(
          "- {name: count, entity: account, aggregate: count, event: login, window: 6h}",
          "- {name: late, entity: account, aggregate: count, event: login, window: 6h, delay: 1h}",
          "- {name: last_3, entity: account, aggregate: distinct, of: device, event: login, last: 3}",
          "- {name: seen, entity: account, aggregate: seen, of: device, event: login, window: 6h}",
          "- {name: often, entity: account, aggregate: frequency, of: device, event: login,"
              + " window: 6h}",
          "- {name: share, entity: account, aggregate: share, event: login, window: 6h,"
              + " where: device == 'd1'}",
          "- {name: was, entity: account, aggregate: last, event: login, where: device == 'd1'}",
          "- {name: second, entity: account, aggregate: elapsed, event: login, back: 2}",
          "- {name: since, entity: account, aggregate: elapsed, event: login}",
          "- {name: first, entity: account, aggregate: first_seen, event: login}",
          "- {name: all, entity: account, aggregate: count, event: login, window: lifetime}",
          "- {name: fading, entity: account, aggregate: decayed_count, event: login,"
              + " half_life: 2h}");

  @Property(tries = 100)
  void aTransactionSeesTheEventsUpToItsOwnTimeAndIsNoneOfThem(@ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    EntityPlan plan = FeaturePlan.compile(SPEC).entities().get(0);
    HeapStore store = new HeapStore("seed " + seed);
    List<SampleFacts> events = new ArrayList<>();
    long nowMs = START_MS;
    for (int i = 0; i < 60; i++) {
      nowMs += random.nextInt(3) == 0 ? 0 : random.nextLong(2 * HOUR_MS);
      // At most a day late, as the log of events allows.
      long timeMs = random.nextInt(6) == 0 ? nowMs - random.nextLong(20 * HOUR_MS) : nowMs;
      String device = "d" + random.nextInt(3);
      SampleFacts facts =
          new SampleFacts(timeMs, 100, Map.of(Field.ACCOUNT, "a", Field.DEVICE, device));
      if (random.nextBoolean()) {
        plan.add(store, timeMs, plan.inputs(facts));
        events.add(facts);
        continue;
      }
      double[] out = new double[plan.outputs()];
      byte[] before = store.hot();
      plan.transaction(store, timeMs, plan.inputs(facts), out);

      assertThat(store.hot()).isSameAs(before);
      double[] expected = expected(events, timeMs, device);
      for (int output = 0; output < expected.length; output++) {
        assertThat(out[output])
            .as(plan.features().get(output).name())
            .isCloseTo(expected[output], org.assertj.core.data.Offset.offset(1e-9));
      }
    }
  }

  private static double[] expected(List<SampleFacts> all, long nowMs, String device) {
    List<SampleFacts> past = new ArrayList<>(all);
    past.removeIf(event -> event.eventTimeMs() > nowMs);
    past.sort(java.util.Comparator.comparingLong(SampleFacts::eventTimeMs));
    List<SampleFacts> window = new ArrayList<>(past);
    window.removeIf(event -> event.eventTimeMs() <= nowMs - 6 * HOUR_MS);
    long delayed =
        past.stream()
            .filter(event -> event.eventTimeMs() <= nowMs - HOUR_MS)
            .filter(event -> event.eventTimeMs() > nowMs - 7 * HOUR_MS)
            .count();
    double seen = count(window, device);
    int size = past.size();
    double fading = 0;
    // A late look stands where the newest event stands.
    long newestMs = all.stream().mapToLong(SampleFacts::eventTimeMs).max().orElse(nowMs);
    for (SampleFacts event : all) {
      double age = Math.max(nowMs, newestMs) - event.eventTimeMs();
      fading += Math.pow(0.5, age / (2 * HOUR_MS));
    }
    long firstMs = all.stream().mapToLong(SampleFacts::eventTimeMs).min().orElse(0);
    return new double[] {
      window.size(),
      delayed,
      past.subList(Math.max(0, size - 3), size).stream()
          .map(event -> event.text(Field.DEVICE))
          .distinct()
          .count(),
      seen,
      window.isEmpty() ? Double.NaN : seen / window.size(),
      window.isEmpty() ? Double.NaN : count(window, "d1") / window.size(),
      size == 0 ? Double.NaN : Objects.equals(past.get(size - 1).text(Field.DEVICE), "d1") ? 1 : 0,
      size < 2
          ? Double.NaN
          : (past.get(size - 1).eventTimeMs() - past.get(size - 2).eventTimeMs()) / 1_000.0,
      size == 0 ? Double.NaN : (nowMs - past.get(size - 1).eventTimeMs()) / 1_000.0,
      all.isEmpty() ? Double.NaN : Math.max(0, nowMs - firstMs) / 1_000.0,
      all.size(),
      fading
    };
  }

  private static double count(List<SampleFacts> events, String device) {
    return events.stream().filter(event -> device.equals(event.text(Field.DEVICE))).count();
  }

  /** What is added of events stands behind what there was, and leaves it as it was. */
  @Test
  void featuresOfEventsLeaveThePlansOfTransactionsAlone() {
    FeatureSpec plain =
        spec(
            "- {name: gap, entity: terminal, aggregate: elapsed}",
            "- {name: sum, entity: account, aggregate: sum, of: amount, window: 1h}");
    FeatureSpec more =
        plain.with(
            spec(
                "- {name: since, entity: account, aggregate: elapsed, event: login}",
                "- {name: since_payee, entity: account, aggregate: elapsed, event: payee_changed}",
                "- {name: limit, entity: account, fact: credit_limit}"));

    FeaturePlan plan = FeaturePlan.compile(more);

    assertThat(plan.entities().stream().map(entity -> entity.grouping().id()))
        .containsExactly(
            "account",
            "terminal",
            "account, login events",
            "account, payee_changed events",
            "account, profile");
    assertThat(plan.entities().stream().map(entity -> entity.grouping().key(one -> "x")))
        .containsExactly("ax", "tx", "!login!ax", "!payee_changed!ax", "=ax");
    assertThat(WarmUp.between(plain, more).stream().map(WarmUp::feature))
        .containsExactly("since", "since_payee", "limit");
    assertThat(WarmUp.between(more, more)).isEmpty();
  }

  private static FeatureSpec spec(String... features) {
    return FeatureSpec.read(
        "name: test\nversion: 1\nfeatures:\n" + String.join("\n", features) + "\n", "test.yaml");
  }
}

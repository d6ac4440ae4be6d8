package io.vigil.model.feature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vigil.model.event.Claims;
import io.vigil.model.event.Entity;
import io.vigil.model.event.Fact;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What is kept of a profile, and what a transaction sees of it. */
class ProfilePlanTest {
  private static final long NOW_MS = 1_772_366_400_000L;
  private static final String LIMIT = "- {name: limit, entity: account, fact: credit_limit}";
  private static final String GOLD = "- {name: gold, entity: account, fact: segment, equals: gold}";

  private record Said(Entity entity, String entityId, Map<String, Fact> facts) implements Claims {
    @Override
    public @Nullable Fact fact(String name) {
      return facts.get(name);
    }
  }

  private final HeapStore store = new HeapStore("account");

  @Test
  void aTextThatReadsAsANumberIsOne() {
    EntityPlan plan = plan(LIMIT, "- {name: is_5, entity: account, fact: credit_limit, equals: 5}");

    say(plan, NOW_MS, Map.of("credit_limit", Fact.of("5.0")));
    assertThat(ask(plan, NOW_MS)).containsExactly(5, 1);
    say(plan, NOW_MS + 1, Map.of("credit_limit", Fact.of("much")));
    assertThat(ask(plan, NOW_MS + 1)).containsExactly(Double.NaN, Double.NaN);
    say(plan, NOW_MS + 2, Map.of("credit_limit", Fact.of(7)));
    assertThat(ask(plan, NOW_MS + 2)).containsExactly(7, 0);
    say(plan, NOW_MS + 3, Map.of("credit_limit", Fact.of("")));
    assertThat(ask(plan, NOW_MS + 3)).containsExactly(Double.NaN, Double.NaN);
  }

  @Test
  void whatIsNotNamedStaysAndWhatIsNotAskedIsNotKept() {
    EntityPlan plan = plan(LIMIT, GOLD);

    say(plan, NOW_MS, Map.of("credit_limit", Fact.of(5), "segment", Fact.of("gold")));
    say(plan, NOW_MS + 1, Map.of("segment", Fact.of("basic")));
    byte[] hot = store.hot();

    assertThat(ask(plan, NOW_MS + 1)).containsExactly(5, 0);
    assertThat(plan.claims(said(Map.of("other", Fact.of(1))))).isEmpty();
    assertThat(store.hot()).as("a transaction only looks").isSameAs(hot);
  }

  @Test
  void anotherSpecGoesOnWithTheFactsThatBothRead() {
    FeatureSpec before = spec(LIMIT, GOLD);
    FeatureSpec after =
        spec("- {name: grade, entity: account, fact: grade}", GOLD, LIMIT.replace("limit,", "l,"));
    say(
        FeaturePlan.compile(before).entities().get(0),
        NOW_MS,
        Map.of("credit_limit", Fact.of(5), "segment", Fact.of("gold"), "grade", Fact.of(3)));

    EntityPlan plan = FeaturePlan.compile(after, List.of(before)).entities().get(0);

    assertThat(ask(plan, NOW_MS)).containsExactly(Double.NaN, 1, 5);
    assertThat(WarmUp.between(before, after))
        .containsExactly(new WarmUp("grade", WarmUp.Kind.AFTER_EVENTS, 0));
    assertThatThrownBy(() -> ask(FeaturePlan.compile(after).entities().get(0), NOW_MS))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("profile state: expected the layout of the spec");
  }

  /** Against every version ever said, whatever the order in which they come. */
  @Property(tries = 200)
  void aTransactionSeesWhatHeldAtItsOwnTime(@ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    HeapStore own = new HeapStore("account");
    EntityPlan plan = plan(LIMIT);
    NavigableMap<Long, Double> all = new TreeMap<>();
    double[] out = new double[1];
    for (int i = 0; i < 40; i++) {
      long timeMs = NOW_MS + random.nextInt(8) * Window.DAY_MS / 4;
      if (random.nextInt(3) == 0) {
        boolean there = random.nextInt(4) > 0;
        all.put(timeMs, there ? (double) i : Double.NaN);
        Fact fact = there ? Fact.of(i) : Fact.NONE;
        long[] inputs = plan.claims(said(Map.of("credit_limit", fact)));
        plan.add(own, timeMs, inputs);
        // As the bound says: the newest few, and nothing replaced a day before the newest.
        while (all.size() > ProfileState.VERSIONS_MAX) {
          all.pollFirstEntry();
        }
        Long second = all.higherKey(all.firstKey());
        while (second != null && second <= all.lastKey() - Window.DAY_MS) {
          all.pollFirstEntry();
          second = all.higherKey(all.firstKey());
        }
      } else {
        plan.transaction(own, timeMs, new long[0], out);
        Map.Entry<Long, Double> held = all.floorEntry(timeMs);
        assertThat(out).containsExactly(held == null ? Double.NaN : held.getValue());
      }
    }
  }

  @Test
  void asManyFactsAsASpecMayHaveFitIntoTheBudget() {
    StringBuilder features = new StringBuilder();
    Map<String, Fact> facts = new HashMap<>();
    for (int i = 0; i < ProfileReader.FACTS_MAX; i++) {
      features.append("- {name: f%d, entity: account, fact: f%d}\n".formatted(i, i));
      facts.put("f" + i, Fact.of(i));
    }
    EntityPlan plan = plan(features.toString());

    say(plan, NOW_MS, facts);

    assertThat(store.bytes()).isLessThanOrEqualTo(512);
    assertThatThrownBy(() -> spec(features + "- {name: more, entity: account, fact: more}"))
        .isInstanceOf(SpecException.class)
        .hasMessageContaining("fact: expected at most 32 facts of account, got one more: more");
  }

  @Test
  void historiesAreBounded() {
    StringBuilder features = new StringBuilder();
    for (int i = 0; i < SpecReader.HISTORIES_MAX; i++) {
      features.append(
          "- {name: f%d, entity: account, aggregate: elapsed, event: e%d}\n".formatted(i, i));
    }
    FeatureSpec most = spec(features.toString());

    assertThat(FeaturePlan.compile(most).entities()).hasSize(64);
    assertThatThrownBy(() -> spec(features + LIMIT))
        .isInstanceOf(SpecException.class)
        .hasMessageContaining("expected features of at most 64 histories")
        .hasMessageEndingWith("got 65");
    assertThatThrownBy(() -> most.with(spec(LIMIT)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("expected at most 64 histories");
  }

  private static Claims said(Map<String, Fact> facts) {
    return new Said(Entity.ACCOUNT, "a", facts);
  }

  private void say(EntityPlan plan, long timeMs, Map<String, Fact> facts) {
    plan.add(store, timeMs, plan.claims(said(facts)));
  }

  private double[] ask(EntityPlan plan, long timeMs) {
    double[] out = new double[plan.outputs()];
    plan.transaction(store, timeMs, new long[0], out);
    return out;
  }

  private static EntityPlan plan(String... features) {
    return FeaturePlan.compile(spec(features)).entities().get(0);
  }

  private static FeatureSpec spec(String... features) {
    return FeatureSpec.read(
        "name: test\nversion: 1\nfeatures:\n" + String.join("\n", features) + "\n", "test.yaml");
  }
}

package io.vigil.model.rule;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.model.expression.FakeFacts;
import io.vigil.model.policy.Held;
import io.vigil.model.policy.Hit;
import io.vigil.model.policy.Outcome;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/**
 * Random rule sets over score, lists, a feature and texts, beside what they mean by plain sets and
 * optionals.
 */
class RuleSetOracleTest {
  private static final long DAY_MS = 86_400_000;

  record Inputs(
      Optional<Double> score,
      double feature,
      Optional<String> device,
      Optional<String> country,
      Map<String, Set<String>> lists,
      long effectiveTimeMs) {}

  interface Meaning {
    boolean of(Inputs inputs);
  }

  record Condition(String source, Meaning meaning) {}

  record Sketch(
      Condition when, Optional<Outcome> outcome, Optional<Integer> weight, int expiresDay) {}

  record Case(List<Sketch> rules, TreeMap<Integer, Outcome> points, Inputs inputs) {}

  @Provide
  Arbitrary<Case> cases() {
    return Arbitraries.randomValue(RuleSetOracleTest::random);
  }

  @Property(tries = 5_000)
  void agrees(@ForAll("cases") Case sample) {
    RuleSet rules = RuleSet.read(yaml(sample), "random.yaml", List.of("x"));
    Inputs inputs = sample.inputs();
    List<EntryList> lists = new ArrayList<>();
    inputs
        .lists()
        .forEach(
            (name, entries) -> {
              String text = "name: %s\nversion: 1\nof: any\n".formatted(name);
              byte[] file = (text + String.join("\n", entries)).getBytes(UTF_8);
              lists.add(EntryList.read(file, name));
            });
    rules.require(Lists.of(lists));
    Map<String, Object> facts = new HashMap<>();
    inputs.device().ifPresent(device -> facts.put("device", device));
    inputs.country().ifPresent(country -> facts.put("country", country));

    Held held =
        rules.evaluate(
            new FakeFacts(facts),
            new double[] {inputs.feature()},
            inputs.score().orElse(Double.NaN),
            Lists.of(lists),
            inputs.effectiveTimeMs());

    assertThat(held).as(yaml(sample)).isEqualTo(expected(sample));
  }

  private static Held expected(Case sample) {
    List<Hit> hits = new ArrayList<>();
    int sum = 0;
    for (int i = 0; i < sample.rules().size(); i++) {
      Sketch rule = sample.rules().get(i);
      boolean expired = sample.inputs().effectiveTimeMs() >= rule.expiresDay() * DAY_MS;
      if (!expired && rule.when().meaning().of(sample.inputs())) {
        int weight = rule.weight().orElse(0);
        hits.add(new Hit("rule-" + i, "R" + i, rule.outcome().orElse(null), weight));
        sum += weight;
      }
    }
    Map.Entry<Integer, Outcome> reached = sample.points().floorEntry(sum);
    return new Held(hits, sum, reached == null ? Outcome.APPROVE : reached.getValue());
  }

  private static String yaml(Case sample) {
    StringBuilder yaml = new StringBuilder("name: random\nversion: 1\n");
    if (!sample.points().isEmpty()) {
      yaml.append("points:\n");
      sample.points().forEach((sum, asks) -> yaml.append("  " + asks.id() + ": " + sum + "\n"));
    }
    yaml.append("rules:\n");
    for (int i = 0; i < sample.rules().size(); i++) {
      Sketch rule = sample.rules().get(i);
      yaml.append("  - id: rule-" + i + "\n");
      yaml.append("    when: >-\n      " + rule.when().source() + "\n");
      rule.outcome().ifPresent(outcome -> yaml.append("    outcome: " + outcome.id() + "\n"));
      rule.weight().ifPresent(weight -> yaml.append("    weight: " + weight + "\n"));
      yaml.append("    reason: R" + i + "\n    text: so\n");
      yaml.append("    expires: 1970-01-0" + (rule.expiresDay() + 1) + "\n");
    }
    return yaml.toString();
  }

  private static Case random(Random random) {
    TreeMap<Integer, Outcome> points = new TreeMap<>();
    int threshold = 0;
    for (Outcome outcome : Outcome.byId(Outcome.STEP_UP).values()) {
      if (random.nextInt(3) > 0) {
        threshold += 1 + random.nextInt(40);
        points.put(threshold, outcome);
      }
    }
    List<Sketch> rules = new ArrayList<>();
    for (int i = random.nextInt(8); i >= 0; i--) {
      boolean weighs = random.nextBoolean();
      int weight = points.isEmpty() ? 0 : random.nextInt(61) - 20;
      Outcome outcome = Outcome.values()[random.nextInt(4)];
      rules.add(
          new Sketch(
              condition(random, 2),
              weighs && random.nextBoolean() ? Optional.empty() : Optional.of(outcome),
              weighs ? Optional.of(weight) : Optional.empty(),
              1 + random.nextInt(3)));
    }
    Map<String, Set<String>> lists = new TreeMap<>();
    for (String name : List.of("a", "b")) {
      lists.put(name, random.nextBoolean() ? Set.of("d1", "FR") : Set.of("d2", "é"));
    }
    return new Case(
        rules,
        points,
        new Inputs(
            random.nextInt(4) == 0 ? Optional.empty() : Optional.of(random.nextInt(5) / 4.0),
            random.nextInt(3),
            maybe(random, List.of("d1", "d2", "é")),
            maybe(random, List.of("FR", "DE")),
            lists,
            random.nextInt(4) * DAY_MS - random.nextInt(2)));
  }

  private static Optional<String> maybe(Random random, List<String> choices) {
    int choice = random.nextInt(choices.size() + 1);
    return choice == choices.size() ? Optional.empty() : Optional.of(choices.get(choice));
  }

  private static Condition condition(Random random, int depth) {
    String list = random.nextBoolean() ? "a" : "b";
    return switch (random.nextInt(depth == 0 ? 8 : 12)) {
      case 0 -> new Condition("score > 0.5", i -> i.score().map(s -> s > 0.5).orElse(false));
      case 1 -> new Condition("score != 0.5", i -> i.score().map(s -> s != 0.5).orElse(false));
      case 2 -> new Condition("not score > 0.2", i -> !i.score().map(s -> s > 0.2).orElse(false));
      case 3 ->
          new Condition(
              "device in list(\"" + list + "\")",
              i -> i.device().map(d -> i.lists().get(list).contains(d)).orElse(false));
      case 4 ->
          new Condition(
              "device not in list('" + list + "')",
              i -> i.device().map(d -> !i.lists().get(list).contains(d)).orElse(false));
      case 5 ->
          new Condition(
              "country not in (\"FR\", \"IT\")",
              i -> i.country().map(c -> !c.equals("FR")).orElse(false));
      case 6 -> new Condition("x not in (0, 2)", i -> i.feature() == 1);
      case 7 ->
          new Condition(
              "country in list('" + list + "')",
              i -> i.country().map(c -> i.lists().get(list).contains(c)).orElse(false));
      case 8 -> {
        Condition a = condition(random, depth - 1);
        yield new Condition("not (" + a.source() + ")", i -> !a.meaning().of(i));
      }
      case 9, 10 -> {
        Condition a = condition(random, depth - 1);
        Condition b = condition(random, depth - 1);
        yield new Condition(
            "(" + a.source() + ") and (" + b.source() + ")",
            i -> a.meaning().of(i) && b.meaning().of(i));
      }
      default -> {
        Condition a = condition(random, depth - 1);
        Condition b = condition(random, depth - 1);
        yield new Condition(
            "(" + a.source() + ") or (" + b.source() + ")",
            i -> a.meaning().of(i) || b.meaning().of(i));
      }
    };
  }
}

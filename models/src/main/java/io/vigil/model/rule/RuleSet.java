package io.vigil.model.rule;

import io.vigil.model.artefact.ArtefactException;
import io.vigil.model.artefact.Artefacts;
import io.vigil.model.artefact.YamlMap;
import io.vigil.model.event.Facts;
import io.vigil.model.expression.Context;
import io.vigil.model.expression.Expression;
import io.vigil.model.expression.ExpressionException;
import io.vigil.model.expression.ListUse;
import io.vigil.model.expression.Nearest;
import io.vigil.model.policy.Held;
import io.vigil.model.policy.Hit;
import io.vigil.model.policy.Outcome;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Rules in the order of their file, ready to be evaluated. Immutable and thread-safe.
 *
 * <p>Conditions are in the language of {@link Expression}, over the transaction's fields, the
 * features of the spec in force, the score and lists. A rule set knows lists by name; what they
 * hold comes with each evaluation, so a list changes without another rule set.
 */
public final class RuleSet {
  private static final int RULES_MAX = 500;
  private static final int SUGGESTIONS = 5;
  private static final String NAME_EXPECTED = "a name of lower-case letters, digits, - and _";
  private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_-]{0,63}");
  private static final Pattern REASON = Pattern.compile("[A-Z][A-Z0-9_]{0,63}");

  private final String name;
  private final int version;
  private final String digest;
  private final Map<String, Rule> rulesById = new LinkedHashMap<>();
  private final List<Rule> rules;
  private final Points points;
  private final List<Asked> asked = new ArrayList<>();

  /** Where a rule asks a list. */
  private record Asked(YamlMap entry, ListUse use) {

    ArtefactException problem(String expected) {
      return entry.because(
          "when",
          "column %d: list(\"%s\"): expected %s".formatted(use.column(), use.list(), expected));
    }
  }

  private RuleSet(YamlMap file, List<String> featureNames, String digest) {
    this.digest = digest;
    name = file.text("name", NAME, NAME_EXPECTED);
    version = file.integer("version", 1, Integer.MAX_VALUE);
    points =
        file.has("points")
            ? Points.read(file.map("points", "step_up", "review", "decline"))
            : Points.none();
    List<YamlMap> entries =
        file.maps(
            "rules", RULES_MAX, "id", "when", "outcome", "weight", "reason", "text", "owner",
            "expires");
    for (YamlMap entry : entries) {
      Rule rule = rule(entry, featureNames);
      if (rulesById.put(rule.hit().rule(), rule) != null) {
        throw entry.wrong("id", "an id that no other rule has");
      }
      if (rule.hit().weight() != 0 && points.thresholds().isEmpty()) {
        throw entry.wrong(
            "weight", "a rule set with points, which say what weights ask for, or no weight");
      }
      rule.when().listUses().forEach(use -> asked.add(new Asked(entry, use)));
    }
    rules = List.copyOf(rulesById.values());
  }

  /**
   * Reads a rule set.
   *
   * @param yaml the whole file
   * @param origin where it came from, for messages
   * @param featureNames names of the vector's features by index
   * @throws ArtefactException at the first thing that is wrong
   */
  public static RuleSet read(String yaml, String origin, List<String> featureNames) {
    YamlMap file = YamlMap.read(yaml, origin, "name", "version", "points", "rules");
    return new RuleSet(file, featureNames, Artefacts.digest(yaml));
  }

  /**
   * A rule set that comes with Vigil: {@code default} for the default feature spec, {@code basic}
   * for any, because it reads the transaction's own fields alone.
   *
   * @throws IllegalArgumentException when there is none of that name
   * @throws ArtefactException when it names a feature that is not among {@code featureNames}
   */
  public static RuleSet builtIn(String name, List<String> featureNames) {
    String path = "rules/" + name + ".yaml";
    return read(Artefacts.builtIn(path), path, featureNames);
  }

  private static Rule rule(YamlMap entry, List<String> featureNames) {
    boolean weighs = entry.has("weight");
    Hit hit =
        new Hit(
            entry.text("id", NAME, NAME_EXPECTED),
            entry.text("reason", REASON, "a code of capitals, digits and _"),
            weighs && !entry.has("outcome")
                ? null
                : entry.choice("outcome", Outcome.byId(Outcome.APPROVE)),
            weighs ? entry.integer("weight", -Points.WEIGHT_MAX, Points.WEIGHT_MAX) : 0);
    return new Rule(
        hit,
        condition(entry, featureNames),
        template(entry, featureNames),
        entry.has("owner") ? entry.text("owner", "a person or a team") : null,
        entry.has("expires") ? entry.dateMs("expires") : Long.MAX_VALUE);
  }

  private static Expression condition(YamlMap entry, List<String> featureNames) {
    try {
      Expression when = Expression.ofRule(entry.text("when", "a condition"), featureNames);
      if (when.type() != Expression.Type.BOOLEAN) {
        throw entry.wrong("when", "a condition such as amount > 500");
      }
      return when;
    } catch (ExpressionException e) {
      throw entry.because("when", e.getMessage());
    }
  }

  private static Template template(YamlMap entry, List<String> featureNames) {
    try {
      return Template.parse(entry.text("text", "a sentence"), featureNames);
    } catch (ExpressionException e) {
      throw entry.because("text", e.getMessage());
    }
  }

  /**
   * Refuses lists that this rule set cannot be in force with: each list that it names must be
   * there, and be of what it is asked about.
   *
   * @throws ArtefactException naming the first place in the rule set that does not fit
   */
  public void require(Lists lists) {
    for (Asked each : asked) {
      EntryList list = lists.get(each.use.list());
      if (list == null) {
        List<String> known = Nearest.to(each.use.list(), lists.names(), SUGGESTIONS);
        throw each.problem(
            "a list in force"
                + (known.isEmpty() ? ", of which there are none" : "; closest: ")
                + String.join(", ", known));
      }
      if (!list.of().isEmpty() && !list.of().contains(each.use.asked())) {
        throw each.problem(
            "a list of %s, but it is of %s"
                .formatted(each.use.asked(), String.join(", ", list.of())));
      }
    }
  }

  /** Names of the lists that it reads, sorted. */
  public List<String> requiredLists() {
    return asked.stream().map(each -> each.use.list()).distinct().sorted().toList();
  }

  /**
   * The rules that hold, in the file's order, and what their weights ask for.
   *
   * @param features the vector, float32 widened, in the order of the names the set was read with
   * @param score calibrated probability of the model that decides, 0 to 1; NaN when it did not
   *     score, which makes each comparison with it false
   * @param lists what {@link #require} has passed
   * @param effectiveTimeMs when the transaction took effect, milliseconds since the epoch; decides
   *     which rules have expired
   */
  public Held evaluate(
      Facts facts, double[] features, double score, Lists lists, long effectiveTimeMs) {
    Context context = new Context(score, lists);
    List<Hit> hits = null;
    int sum = 0;
    for (Rule rule : rules) {
      if (effectiveTimeMs < rule.expiresMs() && rule.when().test(facts, features, context)) {
        if (hits == null) {
          hits = new ArrayList<>(4);
        }
        hits.add(rule.hit());
        sum += rule.hit().weight();
      }
    }
    return hits == null ? Held.NOTHING : new Held(hits, sum, points.asks(sum));
  }

  /**
   * How a hit of this set is told, in plain language: costly, so only for alerts.
   *
   * @param facts the transaction that was hit
   * @param features the vector it was hit with
   * @param score the score it was hit with
   * @throws IllegalArgumentException when the hit is not of this set
   */
  public String text(Hit hit, Facts facts, double[] features, double score) {
    Rule rule = rulesById.get(hit.rule());
    if (rule == null) {
      throw new IllegalArgumentException(
          "hit: expected a rule of " + name + " " + version + ", got " + hit.rule());
    }
    return rule.text().render(facts, features, score);
  }

  public String name() {
    return name;
  }

  public int version() {
    return version;
  }

  /** Every rule in the file's order, expired ones included. */
  public List<Rule> rules() {
    return rules;
  }

  /**
   * The sums of weights from which the rules that hold ask for an outcome, from mild to strict;
   * empty when weights ask for nothing.
   */
  public Map<Outcome, Integer> points() {
    return points.thresholds();
  }

  /** SHA-256 of the file, hex. */
  public String digest() {
    return digest;
  }
}

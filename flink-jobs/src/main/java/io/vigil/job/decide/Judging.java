package io.vigil.job.decide;

import io.vigil.model.event.Facts;
import io.vigil.model.policy.Held;
import io.vigil.model.policy.Hit;
import io.vigil.model.policy.Policy;
import io.vigil.model.policy.Verdict;
import io.vigil.model.rule.EntryList;
import io.vigil.model.rule.Lists;
import io.vigil.model.rule.RuleSet;
import io.vigil.model.score.Calibration;
import io.vigil.model.score.Explainer;
import io.vigil.schema.Digest;
import io.vigil.schema.Reason;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Rules, lists and policy that are in force together. Not thread-safe.
 *
 * @param rules evaluated on every row
 * @param policy makes an outcome of score and rules
 * @param explanations gives alerts their reasons
 * @param lists that the rules ask
 * @param listDigests of those of them that the rules read, in the order of their names
 */
public record Judging(
    RuleSet rules,
    Policy policy,
    Explanations explanations,
    Lists lists,
    List<Digest> listDigests) {

  /**
   * Puts them together.
   *
   * @throws io.vigil.model.artefact.ArtefactException when the rule set reads a list that is not
   *     among them, or asks one for what it does not hold
   */
  public static Judging of(RuleSet rules, Policy policy, Explanations explanations, Lists lists) {
    rules.require(lists);
    List<Digest> digests = new ArrayList<>();
    for (String name : rules.requiredLists()) {
      EntryList list = lists.get(name);
      if (list != null) {
        digests.add(Decider.digest(list.digest()));
      }
    }
    return new Judging(rules, policy, explanations, lists, List.copyOf(digests));
  }

  /**
   * What rules and policy make of a score.
   *
   * @param score calibrated probability; NaN without a model's score
   * @param values the features, as rules read them
   */
  @SuppressWarnings("ArrayRecordComponent") // Handed on, never compared.
  public record Judged(double score, double[] values, List<Hit> hits, Verdict verdict) {}

  /**
   * Applies rules and policy: the one way there is, in the job and wherever its decisions are
   * foretold.
   *
   * @param effectiveTimeMs milliseconds since the epoch; says which rules have expired
   * @param features in the order of the names that the rules were read with
   * @param logit not a number when the model did not score
   */
  public Judged judge(
      long effectiveTimeMs, Facts facts, float[] features, float logit, Calibration calibration) {
    double score = Float.isNaN(logit) ? Double.NaN : calibration.probability(logit);
    double[] values = new double[features.length];
    for (int i = 0; i < features.length; i++) {
      values[i] = features[i];
    }
    Held held = rules.evaluate(facts, values, score, lists, effectiveTimeMs);
    return new Judged(score, values, held.hits(), policy.decide(score, held, facts.amountMinor()));
  }

  /**
   * Why somebody should look; empty when nobody needs to.
   *
   * @param explained of the score; null when there is none, so that only rules give reasons
   */
  public List<Reason> reasons(
      Facts facts, Judged judged, Explainer.@Nullable Explanation explained) {
    return judged.verdict().alert()
        ? explanations.reasons(facts, judged.score(), judged.values(), judged.hits(), explained)
        : List.of();
  }

  Digest rulesDigest() {
    return Decider.digest(rules.digest());
  }

  Digest policyDigest() {
    return Decider.digest(policy.digest());
  }
}

package io.vigil.job.decide;

import io.vigil.model.event.Facts;
import io.vigil.model.policy.Hit;
import io.vigil.model.policy.Policy;
import io.vigil.model.policy.Verdict;
import io.vigil.model.rule.RuleSet;
import io.vigil.model.score.Calibration;
import io.vigil.model.score.Explainer;
import io.vigil.schema.Digest;
import io.vigil.schema.Reason;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Rules and policy that are in force together. Not thread-safe.
 *
 * @param rules evaluated on every row
 * @param policy makes an outcome of score and rules
 * @param explanations gives alerts their reasons
 */
public record Judging(RuleSet rules, Policy policy, Explanations explanations) {

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
    List<Hit> hits = rules.evaluate(facts, values, effectiveTimeMs);
    return new Judged(score, values, hits, policy.decide(score, hits, facts.amountMinor()));
  }

  /**
   * Why somebody should look; empty when nobody needs to.
   *
   * @param explained of the score; null when there is none, so that only rules give reasons
   */
  public List<Reason> reasons(
      Facts facts, Judged judged, Explainer.@Nullable Explanation explained) {
    return judged.verdict().alert()
        ? explanations.reasons(facts, judged.values(), judged.hits(), explained)
        : List.of();
  }

  Digest rulesDigest() {
    return Decider.digest(rules.digest());
  }

  Digest policyDigest() {
    return Decider.digest(policy.digest());
  }
}

package io.vigil.job.decide;

import io.vigil.job.record.LogRecord;
import io.vigil.model.event.Facts;
import io.vigil.model.policy.Hit;
import io.vigil.model.policy.Policy;
import io.vigil.model.policy.Verdict;
import io.vigil.model.rule.RuleSet;
import io.vigil.model.score.Calibration;
import io.vigil.schema.Digest;
import java.util.List;

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
  record Judged(double score, double[] values, List<Hit> hits, Verdict verdict) {}

  /**
   * Applies rules and policy.
   *
   * @param logit not a number when the model did not score
   */
  Judged judge(
      LogRecord record, Facts facts, float[] features, float logit, Calibration calibration) {
    double score = Float.isNaN(logit) ? Double.NaN : calibration.probability(logit);
    double[] values = new double[features.length];
    for (int i = 0; i < features.length; i++) {
      values[i] = features[i];
    }
    List<Hit> hits = rules.evaluate(facts, values, record.effectiveTimeMs());
    return new Judged(score, values, hits, policy.decide(score, hits, facts.amountMinor()));
  }

  Digest rulesDigest() {
    return Decider.digest(rules.digest());
  }

  Digest policyDigest() {
    return Decider.digest(policy.digest());
  }
}

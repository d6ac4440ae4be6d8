package io.vigil.job.decide;

import io.vigil.model.event.Facts;
import io.vigil.model.feature.FeatureSpec;
import io.vigil.model.policy.Hit;
import io.vigil.model.rule.RuleSet;
import io.vigil.model.score.Explainer;
import io.vigil.schema.Reason;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The reasons of an alert: first the rules that held, then what raised the score most; last the one
 * thing that lowered it most, which speaks against the alert. Not thread-safe.
 */
public final class Explanations {
  private final RuleSet rules;
  private final FeatureText text;
  private final int reasonsMax;

  /**
   * @param reasonsMax how many reasons an alert has at the most, at least 1; from 2 on the last one
   *     is kept for what speaks against it
   */
  public Explanations(RuleSet rules, FeatureSpec spec, int reasonsMax) {
    this.rules = rules;
    this.text = new FeatureText(spec);
    this.reasonsMax = reasonsMax;
  }

  /**
   * The reasons, most telling first.
   *
   * @param score calibrated probability; NaN for missing
   * @param values the features, as rules read them
   * @param explanation of the score; null when there is none, so that only rules give reasons
   */
  public List<Reason> reasons(
      Facts facts,
      double score,
      double[] values,
      List<Hit> hits,
      Explainer.@Nullable Explanation explanation) {
    int forMax = explanation != null && reasonsMax > 1 ? reasonsMax - 1 : reasonsMax;
    List<Reason> reasons = new ArrayList<>();
    for (Hit hit : hits) {
      if (reasons.size() < forMax) {
        String told = rules.text(hit, facts, values, score);
        reasons.add(new Reason(hit.reasonCode(), told, null, null, null));
      }
    }
    if (explanation != null) {
      List<Explainer.Cause> causes = explanation.causes();
      for (Explainer.Cause cause : causes) {
        if (reasons.size() == forMax || cause.contribution() <= 0) {
          break;
        }
        reasons.add(reason(cause, facts, values));
      }
      Explainer.Cause weakest = causes.get(causes.size() - 1);
      if (forMax < reasonsMax && weakest.contribution() < 0) {
        reasons.add(reason(weakest, facts, values));
      }
    }
    return List.copyOf(reasons);
  }

  private Reason reason(Explainer.Cause cause, Facts facts, double[] values) {
    return new Reason(
        cause.code().name(),
        text.of(cause.feature(), facts, values, cause.baseline()),
        (double) cause.value(),
        (double) cause.baseline(),
        cause.contribution());
  }
}

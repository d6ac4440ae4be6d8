package io.vigil.job.decide;

import io.vigil.model.event.Facts;
import io.vigil.model.feature.FeatureSpec;
import io.vigil.model.policy.Hit;
import io.vigil.model.rule.RuleSet;
import io.vigil.model.score.Explainer;
import io.vigil.schema.Reason;
import java.util.ArrayList;
import java.util.List;

/**
 * The reasons of an alert: first the rules that held, then what raised the score most; last the one
 * thing that lowered it most, which speaks against the alert. Not thread-safe.
 */
public final class Explanations {
  private final RuleSet rules;
  private final Explainer explainer;
  private final FeatureText text;
  private final int reasonsMax;

  /**
   * @param reasonsMax how many reasons an alert has at the most, at least 1; from 2 on the last one
   *     is kept for what speaks against it
   */
  public Explanations(RuleSet rules, Explainer explainer, FeatureSpec spec, int reasonsMax) {
    this.rules = rules;
    this.explainer = explainer;
    this.text = new FeatureText(spec);
    this.reasonsMax = reasonsMax;
  }

  /**
   * @param values the features, as rules read them
   * @param features the same, as the model reads them
   * @param scored whether the model scored; without it only rules give reasons
   */
  List<Reason> reasons(
      Facts facts, double[] values, float[] features, List<Hit> hits, boolean scored) {
    int forMax = scored && reasonsMax > 1 ? reasonsMax - 1 : reasonsMax;
    List<Reason> reasons = new ArrayList<>();
    for (Hit hit : hits) {
      if (reasons.size() < forMax) {
        reasons.add(new Reason(hit.reasonCode(), rules.text(hit, facts, values), null, null, null));
      }
    }
    if (scored) {
      List<Explainer.Cause> causes = explainer.explain(features).causes();
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

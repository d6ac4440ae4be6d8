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
 * The reasons of an alert: first the rules that held, then the features that raised the score most,
 * each put back to its baseline in turn. Not thread-safe.
 */
public final class Explanations {
  private final RuleSet rules;
  private final Explainer explainer;
  private final FeatureText text;
  private final int reasonsMax;

  /**
   * @param reasonsMax how many reasons an alert has at the most, at least 1
   */
  public Explanations(RuleSet rules, Explainer explainer, FeatureSpec spec, int reasonsMax) {
    this.rules = rules;
    this.explainer = explainer;
    this.text = new FeatureText(spec);
    this.reasonsMax = reasonsMax;
  }

  /**
   * @param scored whether the model scored; without it only rules give reasons
   */
  List<Reason> reasons(
      Facts facts, double[] values, float[] features, List<Hit> hits, boolean scored) {
    List<Reason> reasons = new ArrayList<>();
    for (Hit hit : hits) {
      if (reasons.size() < reasonsMax) {
        reasons.add(new Reason(hit.reasonCode(), rules.text(hit, facts, values), null, null, null));
      }
    }
    if (scored && reasons.size() < reasonsMax) {
      for (Explainer.Contribution c : explainer.explain(features)) {
        if (reasons.size() == reasonsMax || c.contribution() <= 0) {
          break;
        }
        reasons.add(
            new Reason(
                c.feature(),
                text.of(c.feature(), c.value(), c.baseline()),
                (double) c.value(),
                (double) c.baseline(),
                (double) c.contribution()));
      }
    }
    return List.copyOf(reasons);
  }
}

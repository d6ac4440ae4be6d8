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
 * The reasons of an alert: first the rules that held, then the features that raised the score most,
 * each put back to its baseline in turn. Not thread-safe.
 */
public final class Explanations {
  private final RuleSet rules;
  private final FeatureText text;
  private final int reasonsMax;

  /**
   * @param reasonsMax how many reasons an alert has at the most, at least 1
   */
  public Explanations(RuleSet rules, FeatureSpec spec, int reasonsMax) {
    this.rules = rules;
    this.text = new FeatureText(spec);
    this.reasonsMax = reasonsMax;
  }

  /**
   * @param contributions what each input added to the score, the strongest first; null when the
   *     model does not say, so that only rules give reasons
   */
  List<Reason> reasons(
      Facts facts,
      double[] values,
      List<Hit> hits,
      @Nullable List<Explainer.Contribution> contributions) {
    List<Reason> reasons = new ArrayList<>();
    for (Hit hit : hits) {
      if (reasons.size() < reasonsMax) {
        reasons.add(new Reason(hit.reasonCode(), rules.text(hit, facts, values), null, null, null));
      }
    }
    if (contributions != null) {
      for (Explainer.Contribution c : contributions) {
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

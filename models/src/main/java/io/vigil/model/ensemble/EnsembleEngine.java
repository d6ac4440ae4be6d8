package io.vigil.model.ensemble;

import io.vigil.model.bundle.Bundle;
import io.vigil.model.bundle.BundleException;
import io.vigil.model.score.InputShape;
import io.vigil.model.score.Scorer;
import io.vigil.model.score.ScoringEngine;
import io.vigil.model.score.ScoringException;
import java.util.ArrayList;
import java.util.List;

/**
 * Stacked models: logit = intercept + sum of weight x calibrated logit of each member. The inputs
 * are features without scaling; each member picks and scales its own, and NaN is missing. Members
 * are whole bundles, verified as any other is, and are no ensembles themselves. Thread-safe.
 */
public final class EnsembleEngine implements ScoringEngine {
  /** What a manifest calls it. */
  public static final String NAME = "ensemble";

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String modelFile() {
    return "model.zip";
  }

  @Override
  public void inspect(byte[] model, InputShape shape) {
    Ensemble ensemble = Ensemble.read(model);
    if (shape.steps() > 0 || shape.values() != ensemble.inputs().size()) {
      throw new IllegalArgumentException(
          "expected a shape of %d values without a sequence, came %s"
              .formatted(ensemble.inputs().size(), shape));
    }
    for (Ensemble.Member member : ensemble.members()) {
      Bundle bundle = member.bundle();
      ScoringEngine engine = ScoringEngine.named(bundle.manifest().engine());
      engine.inspect(bundle.model(), bundle.manifest().shape());
    }
  }

  @Override
  public Scorer load(byte[] model, InputShape shape, String device) {
    Ensemble ensemble = Ensemble.read(model);
    List<Scorer> scorers = new ArrayList<>();
    try {
      for (Ensemble.Member member : ensemble.members()) {
        scorers.add(member.bundle().open(device));
      }
      return new EnsembleScorer(ensemble, scorers);
    } catch (BundleException e) {
      scorers.forEach(Scorer::close);
      throw new ScoringException("a member does not load: " + e.getMessage(), e);
    } catch (RuntimeException e) {
      scorers.forEach(Scorer::close);
      throw e;
    }
  }
}

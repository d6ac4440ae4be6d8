package io.vigil.cli.plan;

import io.vigil.job.decide.Explanations;
import io.vigil.job.decide.Judging;
import io.vigil.model.bundle.Bundle;
import io.vigil.model.event.Facts;
import io.vigil.model.feature.FeaturePlan;
import io.vigil.model.feature.FeatureSpec;
import io.vigil.model.plan.Ruling;
import io.vigil.model.policy.Policy;
import io.vigil.model.reason.ReasonCodes;
import io.vigil.model.rule.Lists;
import io.vigil.model.rule.RuleSet;
import io.vigil.model.score.Calibration;
import io.vigil.model.score.Explainer;
import io.vigil.model.score.Scorer;
import io.vigil.model.score.ScoringModel;
import io.vigil.schema.Reason;
import java.util.List;

/**
 * Everything that one side decides with, loaded. It owns native memory and scratch: used by one
 * thread at a time, and closed by who opened it.
 */
public final class PlanSide implements AutoCloseable {
  private final Bundle bundle;
  private final FeatureSpec spec;
  private final String fingerprint;
  private final RuleSet rules;
  private final Policy policy;
  private final Lists lists;
  private final Calibration calibration;
  private final Judging judging;
  private final Scorer scorer;
  private final ScoringModel model;
  private int[] places = new int[0];
  private boolean whole = true;

  /**
   * Loads a side.
   *
   * @param rulesYaml the rule set, which may read the features of the bundle's spec
   * @param lists that the rules ask
   * @throws io.vigil.model.bundle.GoldenException when a golden logit differs
   * @throws io.vigil.model.bundle.BundleException when the bundle is not what it should be
   * @throws io.vigil.model.artefact.ArtefactException when the rules do not fit the spec
   */
  public PlanSide(Bundle bundle, String rulesYaml, String rulesOrigin, Policy policy, Lists lists) {
    this.bundle = bundle;
    this.policy = policy;
    this.lists = lists;
    this.calibration = bundle.manifest().calibration();
    spec = FeatureSpec.read(bundle.featureSpec(), bundle.manifest().name() + "/features.yaml");
    FeaturePlan plan = FeaturePlan.compile(spec);
    fingerprint = plan.fingerprint();
    rules = RuleSet.read(rulesYaml, rulesOrigin, plan.names());
    judging = Judging.of(rules, policy, new Explanations(rules, spec, policy.reasonsMax()), lists);
    scorer = bundle.open("cpu");
    model = bundle.scoringModel(scorer, plan.names());
  }

  /** Says where this side's features lie in the joint vectors. */
  void places(int[] inJoint, int width) {
    places = inJoint.clone();
    whole = places.length == width;
    for (int i = 0; i < places.length; i++) {
      whole &= places[i] == i;
    }
  }

  /** This side's own vector, in its spec's order; not to be changed. */
  float[] own(float[] joint) {
    if (whole) {
      return joint;
    }
    float[] own = new float[places.length];
    for (int i = 0; i < own.length; i++) {
      own[i] = joint[places[i]];
    }
    return own;
  }

  /** Scores own vectors; see {@link ScoringModel#score}. */
  void score(float[][] own, int rows, float[] logits) {
    model.score(own, rows, logits);
  }

  /** Applies calibration, rules and policy as the job does. */
  Ruling ruling(Facts facts, float[] own, float logit) {
    float scored = Float.isFinite(logit) ? logit : Float.NaN;
    // A file's record takes effect at its own time.
    Judging.Judged judged = judging.judge(facts.eventTimeMs(), facts, own, scored, calibration);
    return new Ruling(
        scored,
        judged.score(),
        judged.verdict().outcome(),
        judged.verdict().alert(),
        judged.verdict().expectedLossMinor(),
        judged.hits());
  }

  /** The first reason of a row, as an alert would have it. */
  String reason(Facts facts, float[] own, Ruling ruling) {
    double[] values = new double[own.length];
    for (int i = 0; i < own.length; i++) {
      values[i] = own[i];
    }
    Explainer.Explanation explanation =
        Float.isNaN(ruling.logit())
            ? null
            : new Explainer(model, ReasonCodes.of(spec)).explain(own);
    List<Reason> reasons =
        judging
            .explanations()
            .reasons(facts, ruling.probability(), values, ruling.hits(), explanation);
    return reasons.isEmpty() ? "" : reasons.get(0).getCode() + ": " + reasons.get(0).getText();
  }

  /** Whether the other side gives every vector the same logit. */
  boolean sameModel(PlanSide other) {
    return bundle.digest().equals(other.bundle.digest());
  }

  /** Whether the other side gives every row the same ruling. */
  boolean same(PlanSide other) {
    return sameModel(other)
        && rules.digest().equals(other.rules.digest())
        && policy.digest().equals(other.policy.digest())
        && judging.listDigests().equals(other.judging.listDigests());
  }

  /** How the golden vectors come out. */
  public Bundle.GoldenMatch golden() {
    return bundle.verifyGolden(scorer);
  }

  public Bundle bundle() {
    return bundle;
  }

  public FeatureSpec spec() {
    return spec;
  }

  /** Of the spec, 64 hex digits. */
  public String fingerprint() {
    return fingerprint;
  }

  public RuleSet rules() {
    return rules;
  }

  /** All that it has, whether its rules ask them or not. */
  public Lists lists() {
    return lists;
  }

  public Policy policy() {
    return policy;
  }

  @Override
  public void close() {
    scorer.close();
  }
}

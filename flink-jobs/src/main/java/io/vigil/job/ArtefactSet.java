package io.vigil.job;

import io.vigil.job.decide.Decider;
import io.vigil.job.decide.Explanations;
import io.vigil.model.artefact.Artefacts;
import io.vigil.model.bundle.Bundle;
import io.vigil.model.feature.FeaturePlan;
import io.vigil.model.feature.FeatureSpec;
import io.vigil.model.feature.Warming;
import io.vigil.model.policy.Policy;
import io.vigil.model.policy.Rates;
import io.vigil.model.rule.RuleSet;
import io.vigil.model.score.Explainer;
import io.vigil.model.score.Scorer;
import io.vigil.model.score.ScoringModel;
import io.vigil.model.torch.TorchScorer;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.flink.configuration.ReadableConfig;

/**
 * What decides, as it stands in force: model bundle with its feature spec, rules, policy, rates.
 * Read and checked once where the job is started, then shipped to the operators as the bytes that
 * were checked. Immutable; what it hands out belongs to the caller.
 */
public final class ArtefactSet implements Serializable {
  private static final long serialVersionUID = 1L;

  private final Bundle bundle;
  private final String rulesYaml;
  private final String rulesOrigin;
  private final String policyYaml;
  private final String policyOrigin;
  private final String ratesYaml;
  private final String ratesOrigin;
  private final String device;

  private ArtefactSet(ReadableConfig options) throws IOException {
    this.bundle = bundle(options.get(VigilOptions.BUNDLE));
    this.rulesOrigin = options.get(VigilOptions.RULES);
    this.rulesYaml = text("rules", rulesOrigin);
    this.policyOrigin = options.get(VigilOptions.POLICY);
    this.policyYaml = text("policies", policyOrigin);
    this.ratesOrigin = options.get(VigilOptions.RATES);
    this.ratesYaml = text("rates", ratesOrigin);
    this.device = options.get(VigilOptions.DEVICE);
  }

  /**
   * Reads and checks everything that the options name.
   *
   * @throws IOException when a file can't be read
   * @throws RuntimeException naming the file, the line, and what was expected, when one is wrong
   */
  public static ArtefactSet read(ReadableConfig options) throws IOException {
    ArtefactSet set = new ArtefactSet(options);
    FeaturePlan plan = set.plan();
    set.rules(plan);
    Policy policy = set.policy();
    Rates rates = set.rates();
    if (!policy.baseCurrency().equals(rates.base())) {
      throw new IllegalArgumentException(
          "policy "
              + set.policyOrigin
              + ": expected the base currency of the rates, "
              + rates.base()
              + ", got "
              + policy.baseCurrency());
    }
    return set;
  }

  private static Bundle bundle(String nameOrPath) {
    Path folder = Path.of(nameOrPath);
    return Files.isDirectory(folder) ? Bundle.read(folder) : Bundle.builtIn(nameOrPath);
  }

  private static String text(String kind, String nameOrPath) throws IOException {
    Path file = Path.of(nameOrPath);
    if (Files.isRegularFile(file)) {
      return Files.readString(file);
    }
    if (nameOrPath.matches("[a-z][a-z0-9-]*")) {
      return Artefacts.builtIn(kind + "/" + nameOrPath + ".yaml");
    }
    throw new IllegalArgumentException(
        kind + ": expected a file or a built-in name, got " + nameOrPath);
  }

  /** The feature spec of the bundle. */
  public FeatureSpec spec() {
    return spec(bundle.featureSpec());
  }

  /** The text of the feature spec. */
  public String specYaml() {
    return bundle.featureSpec();
  }

  private FeatureSpec spec(String yaml) {
    return FeatureSpec.read(yaml, bundle.manifest().name() + "/features.yaml");
  }

  /** A plan of one's own: plans are for one thread. */
  public FeaturePlan plan() {
    return plan(List.of());
  }

  /**
   * A plan that goes on with the state of earlier specs.
   *
   * @param earlier their texts
   */
  public FeaturePlan plan(List<String> earlier) {
    return FeaturePlan.compile(spec(), earlier.stream().map(this::spec).toList());
  }

  public Policy policy() {
    return Policy.read(policyYaml, policyOrigin);
  }

  public Rates rates() {
    return Rates.read(ratesYaml, ratesOrigin);
  }

  private RuleSet rules(FeaturePlan plan) {
    return RuleSet.read(rulesYaml, rulesOrigin, plan.names());
  }

  /**
   * Loads the network and holds it against the bundle's golden vectors; the caller closes it.
   *
   * @throws io.vigil.model.score.ScoringException when it does not load
   * @throws io.vigil.model.bundle.BundleException when it computes something else
   */
  public Scorer scorer() {
    Scorer scorer = TorchScorer.load(bundle, device);
    bundle.verifyGolden(scorer);
    return scorer;
  }

  /** The bundle's model on a loaded network. */
  public ScoringModel model(FeaturePlan plan, Scorer scorer) {
    return bundle.scoringModel(scorer, plan.names());
  }

  /**
   * Which features may lack history, because the spec goes on with the state of others.
   *
   * @param earlier their texts, and the effective time until which each was in force, milliseconds
   *     since the epoch
   */
  public Warming warming(Map<String, Long> earlier) {
    return new Warming(
        spec(),
        earlier.entrySet().stream()
            .map(before -> new Warming.Earlier(spec(before.getKey()), before.getValue()))
            .toList());
  }

  /** A decider on that model. */
  public Decider decider(FeaturePlan plan, ScoringModel model, Warming warming) {
    RuleSet rules = rules(plan);
    Policy policy = policy();
    return new Decider(
        rules,
        policy,
        new Explanations(rules, new Explainer(model), spec(), policy.reasonsMax()),
        warming,
        new Decider.Digests(
            plan.fingerprint(),
            bundle.digest(),
            Artefacts.digest(rulesYaml),
            Artefacts.digest(policyYaml),
            Artefacts.digest(ratesYaml)),
        model.engineClass(),
        model::probability);
  }

  /** Digests of everything that decides, hex. */
  public Set<String> digests() {
    return Set.of(
        plan().fingerprint(),
        bundle.digest(),
        Artefacts.digest(rulesYaml),
        Artefacts.digest(policyYaml),
        Artefacts.digest(ratesYaml));
  }
}

package io.vigil.cli;

import io.vigil.cli.local.JobSettings;
import io.vigil.job.ArtefactSet;
import io.vigil.job.VigilOptions;
import io.vigil.model.bundle.Bundle;
import io.vigil.model.feature.FeaturePlan;
import io.vigil.model.feature.FeatureSpec;
import io.vigil.model.policy.Policy;
import io.vigil.model.rule.RuleSet;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.flink.configuration.Configuration;

/**
 * Which features, model, rules and policy decide: runs of one input compare only when all are
 * equal.
 *
 * @param spec name of the feature spec
 * @param specVersion its version
 * @param fingerprint of what its vector means, SHA-256, hex
 * @param features how many
 * @param model name of the model
 * @param modelVersion its version
 * @param modelSha256 digest of the bundle, hex
 * @param rules name of the rule set
 * @param rulesVersion its version
 * @param rulesSha256 digest of its file, hex
 * @param policy name of the policy
 * @param policyVersion its version
 * @param policySha256 digest of its file, hex
 */
record Versions(
    String spec,
    int specVersion,
    String fingerprint,
    int features,
    String model,
    int modelVersion,
    String modelSha256,
    String rules,
    int rulesVersion,
    String rulesSha256,
    String policy,
    int policyVersion,
    String policySha256) {

  /**
   * Reads and checks all artefacts, as the job will: what is wrong shows before anything starts.
   *
   * @throws CliException naming what is wrong
   */
  static Versions of(JobSettings settings) {
    Configuration options = new Configuration();
    settings
        .artefacts()
        .forEach((kind, value) -> options.setString("vigil.artefacts." + kind, value));
    try {
      ArtefactSet artefacts = ArtefactSet.read(options);
      FeaturePlan plan = artefacts.plan();
      FeatureSpec spec = artefacts.spec();
      RuleSet rules = artefacts.rules(plan);
      Policy policy = artefacts.policy();
      Bundle bundle = Bundle.named(options.get(VigilOptions.BUNDLE));
      return new Versions(
          spec.name(),
          spec.version(),
          plan.fingerprint(),
          plan.names().size(),
          bundle.manifest().name(),
          bundle.manifest().version(),
          bundle.digest(),
          rules.name(),
          rules.version(),
          rules.digest(),
          policy.name(),
          policy.version(),
          policy.digest());
    } catch (IOException | RuntimeException e) {
      throw new CliException(String.valueOf(e.getMessage()), e);
    }
  }

  Map<String, Object> featuresJson() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("spec", spec);
    json.put("version", specVersion);
    json.put("fingerprint", fingerprint);
    json.put("count", features);
    return json;
  }

  Map<String, Object> modelJson() {
    return json(model, modelVersion, modelSha256);
  }

  Map<String, Object> rulesJson() {
    return json(rules, rulesVersion, rulesSha256);
  }

  Map<String, Object> policyJson() {
    return json(policy, policyVersion, policySha256);
  }

  private static Map<String, Object> json(String name, int version, String sha256) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", name);
    json.put("version", version);
    json.put("sha256", sha256);
    return json;
  }
}

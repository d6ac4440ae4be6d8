package io.vigil.cli;

import io.vigil.cli.plan.PlanSide;
import io.vigil.job.ArtefactSet;
import io.vigil.job.VigilOptions;
import io.vigil.model.artefact.ArtefactException;
import io.vigil.model.bundle.Bundle;
import io.vigil.model.plan.Gates;
import io.vigil.model.policy.Policy;
import io.vigil.model.policy.Rates;
import io.vigil.model.rule.EntryList;
import io.vigil.model.rule.Lists;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What is compared: the champion's artefacts, and those that the candidate has in their place. */
final class PlanOptions {

  @Option(
      names = "--champion",
      paramLabel = "BUNDLE",
      description = "The model in force (default: the job's own default).")
  private String champion = VigilOptions.BUNDLE.defaultValue();

  @Option(
      names = "--candidate",
      paramLabel = "BUNDLE",
      description = "The model to put in its place (default: the champion).")
  private @Nullable String candidate;

  @Option(
      names = "--rules",
      paramLabel = "FILE",
      description = "The rule set in force: a file, default, or basic, which runs with any spec.")
  private String rules = VigilOptions.RULES.defaultValue();

  @Option(
      names = "--candidate-rules",
      paramLabel = "FILE",
      description = "The rule set to put in its place (default: the one in force).")
  private @Nullable String candidateRules;

  @Option(names = "--policy", paramLabel = "FILE", description = "The policy in force.")
  private String policy = VigilOptions.POLICY.defaultValue();

  @Option(
      names = "--candidate-policy",
      paramLabel = "FILE",
      description = "The policy to put in its place (default: the one in force).")
  private @Nullable String candidatePolicy;

  @Option(
      names = "--lists",
      paramLabel = "FILE",
      arity = "1..*",
      description = "The lists that rules ask.")
  private List<Path> lists = new ArrayList<>();

  @Option(
      names = "--candidate-lists",
      paramLabel = "FILE",
      description = "A list to put in the place of the one of its name, or beside the others.")
  private @Nullable Path candidateList;

  @Option(
      names = "--rates",
      paramLabel = "FILE",
      description = "The exchange rates, of both sides.")
  private String rates = VigilOptions.RATES.defaultValue();

  @Option(
      names = "--gates",
      paramLabel = "FILE",
      description = "What the candidate must hold (default: the built-in gates).")
  private @Nullable Path gates;

  /** The rates of both sides. */
  Rates rates() throws IOException {
    String yaml = text("rates", rates);
    return ModelCommand.checked(() -> Rates.read(yaml, rates));
  }

  /** The gates. */
  Gates gates() throws IOException {
    if (gates == null) {
      return Gates.builtIn();
    }
    if (!Files.isRegularFile(gates)) {
      throw new CliException("--gates " + gates + ": there is no such file");
    }
    String yaml = Files.readString(gates);
    return ModelCommand.checked(() -> Gates.read(yaml, String.valueOf(gates)));
  }

  /** Loads the champion; closed by the caller. */
  PlanSide champion(Rates base) throws IOException {
    return side(champion, rules, policy, inForce(), base);
  }

  /**
   * Loads the candidate; closed by the caller.
   *
   * @throws io.vigil.model.bundle.GoldenException when a golden logit differs
   */
  PlanSide candidate(Rates base) throws IOException {
    return side(
        candidate == null ? champion : candidate,
        candidateRules == null ? rules : candidateRules,
        candidatePolicy == null ? policy : candidatePolicy,
        candidateList == null ? inForce() : inForce().with(list(candidateList)),
        base);
  }

  private Lists inForce() throws IOException {
    List<EntryList> all = new ArrayList<>();
    for (Path file : lists) {
      all.add(list(file));
    }
    return ModelCommand.checked(() -> Lists.of(all));
  }

  private static EntryList list(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new CliException("lists: expected a file, got " + file);
    }
    byte[] bytes = Files.readAllBytes(file);
    return ModelCommand.checked(() -> EntryList.read(bytes, file.toString()));
  }

  private static PlanSide side(String model, String rules, String policy, Lists lists, Rates base)
      throws IOException {
    Bundle bundle = ModelCommand.checked(() -> Bundle.named(model));
    String rulesYaml = text("rules", rules);
    String policyYaml = text("policies", policy);
    Policy read = ModelCommand.checked(() -> Policy.read(policyYaml, policy));
    if (!read.baseCurrency().equals(base.base())) {
      throw new CliException(
          "policy %s: expected the base currency of the rates, %s, got %s"
              .formatted(policy, base.base(), read.baseCurrency()));
    }
    try {
      return new PlanSide(bundle, rulesYaml, rules, read, lists);
    } catch (ArtefactException e) {
      throw new CliException(
          "%s (the rules must fit the features of %s; basic fits any)"
              .formatted(e.getMessage(), model),
          e);
    }
  }

  private static String text(String kind, String nameOrPath) throws IOException {
    try {
      return ArtefactSet.text(kind, nameOrPath);
    } catch (IllegalArgumentException e) {
      throw new CliException(String.valueOf(e.getMessage()), e);
    }
  }
}

package io.vigil.bench.rollout;

import io.vigil.model.approval.RequestFile;
import io.vigil.model.artefact.Artefacts;
import io.vigil.model.bundle.Bundle;
import io.vigil.model.score.Calibration;
import io.vigil.model.score.Scorer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The desk of those who bring a model along: what they have before the rollout begins, and the
 * steps that they take by the command line. Not thread-safe.
 */
final class Desk {
  /** Features that the spec in force lacks, in the spec's order, and their windows, ms. */
  static final List<NewFeature> NEW_FEATURES =
      List.of(
          new NewFeature("ip_count_1m", 60_000),
          new NewFeature("ip_max_3d", 3 * 86_400_000L),
          new NewFeature("ip_accounts_7d", 7 * 86_400_000L));

  private static final String MORE =
      """
        - {name: ip_count_1m, entity: ip, aggregate: count, window: 1m}
        - {name: ip_max_3d, entity: ip, aggregate: max, of: amount, window: 3d}
        - {name: ip_accounts_7d, entity: ip, aggregate: distinct, of: account, window: 7d}
      """;

  /** A feature that is whole once its window has passed, milliseconds. */
  record NewFeature(String name, long windowMs) {}

  private static final String RECIPE =
      """
      name: candidate
      spec: spec.yaml
      window: 60d
      delay: 5d
      holdout: 10d
      models:
        - name: trees
          trees: {depth: 4, rate: 0.1, most: 100}
      """;

  private static final String GATES =
      """
      name: rollout
      version: 1
      latency_us_per_event: 500
      golden: to_the_bit
      """;

  private static final int HISTORY = 60_000;

  private final Path folder;
  private final Commands vigil;
  private final boolean newFeatures;
  private int requests;

  /**
   * @param newFeatures whether the candidate's spec has three features that the one in force lacks
   */
  Desk(Path folder, Commands vigil, boolean newFeatures) {
    this.folder = folder;
    this.vigil = vigil;
    this.newFeatures = newFeatures;
  }

  /** What the candidate's spec has and the one in force lacks. */
  List<NewFeature> newFeatures() {
    return newFeatures ? NEW_FEATURES : List.of();
  }

  Path registry() {
    return folder.resolve("registry");
  }

  Path keyring() {
    return folder.resolve("keyring.yaml");
  }

  /**
   * A history, a booster that was trained on it, its makers' predictions, and two persons' keys.
   */
  void prepare() throws IOException, InterruptedException {
    vigil.run(
        "simulate",
        "--transactions=" + HISTORY,
        "--accounts=800",
        "--seed=77",
        "--out=payments.csv.gz");
    String spec = Artefacts.builtIn("specs/default.yaml");
    Files.writeString(
        folder.resolve("spec.yaml"),
        newFeatures
            ? (spec.stripTrailing() + "\n" + MORE).replace("name: default", "name: wide")
            : spec);
    Files.writeString(folder.resolve("recipe.yaml"), RECIPE);
    Files.writeString(folder.resolve("gates.yaml"), GATES);
    vigil.run(
        "train",
        "--input=payments.csv.gz",
        "--format=simulated",
        "--recipe=recipe.yaml",
        "--out=trained",
        "--data=train-data");
    predict(Bundle.read(folder.resolve("trained")));
    for (String person : List.of("ada", "bob")) {
      vigil.run("keys", "new", person, "--out", "keys");
      vigil.run(
          "keys",
          "enrol",
          "--keyring=keyring.yaml",
          "--name=" + person,
          "--role=" + (person.equals("ada") ? "author" : "approver"),
          "--public=keys/" + person + ".pub",
          "--expires=2100-01-01");
    }
  }

  /** What a modelling team hands over: the booster's file, and a sample with its logits. */
  private void predict(Bundle trained) throws IOException {
    Files.write(folder.resolve("candidate.ubj"), trained.model());
    List<String> names = trained.manifest().features();
    List<float[]> vectors = trained.goldenVectors();
    float[] logits = new float[vectors.size()];
    try (Scorer scorer = trained.open("cpu")) {
      trained
          .scoringModel(scorer, names)
          .score(vectors.toArray(float[][]::new), logits.length, logits);
    }
    List<String> lines = new ArrayList<>();
    lines.add(String.join(",", names) + ",logit");
    for (int row = 0; row < logits.length; row++) {
      StringBuilder line = new StringBuilder();
      for (float value : vectors.get(row)) {
        line.append(value).append(',');
      }
      lines.add(line.append(logits[row]).toString());
    }
    Files.write(folder.resolve("sample.csv"), lines);
  }

  /** Packages the candidate. */
  Bundle pack() throws IOException, InterruptedException {
    Calibration calibration = Bundle.read(folder.resolve("trained")).manifest().calibration();
    vigil.run(
        "model",
        "package",
        "--model=candidate.ubj",
        "--spec=spec.yaml",
        "--golden=sample.csv",
        "--calibration=" + calibration.slope() + "," + calibration.intercept(),
        "--out=candidate");
    return Bundle.read(folder.resolve("candidate"));
  }

  void validate() throws IOException, InterruptedException {
    vigil.run("model", "validate", "candidate");
  }

  /** Plans the candidate against the job's own default; the plan is a change that passed. */
  void plan() throws IOException, InterruptedException {
    vigil.run(
        2,
        "model",
        "plan",
        "--input=payments.csv.gz",
        "--format=simulated",
        "--candidate=candidate",
        "--gates=gates.yaml",
        "--out=plan.yaml",
        "--json=plan.json",
        "--data=plan-data");
  }

  /** Writes a request and has two persons sign it. */
  String request(String artefact, String alias, String... more)
      throws IOException, InterruptedException {
    String file = "request-" + ++requests + ".yaml";
    List<String> args =
        new ArrayList<>(
            List.of(
                "model",
                "request",
                "--artefact=" + artefact,
                "--as=" + alias,
                "--registry=registry",
                "--out=" + file));
    args.addAll(List.of(more));
    vigil.run(args.toArray(String[]::new));
    for (String person : List.of("ada", "bob")) {
      vigil.run("model", "sign", file, "--key=keys/" + person + ".key");
    }
    return file;
  }

  /** The id of a request. */
  String id(String request) throws IOException {
    return RequestFile.read(Files.readString(folder.resolve(request)), request).request().id();
  }

  /** Has the running job put a request in force; returns how long the command took, seconds. */
  double apply(String request, String bootstrap) throws IOException, InterruptedException {
    return vigil.run("model", "apply", request, "--bootstrap=" + bootstrap).seconds();
  }
}

package io.vigil.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vigil.model.bundle.Bundle;
import io.vigil.model.evaluate.Metrics;
import io.vigil.model.evaluate.Scored;
import io.vigil.model.feature.FeaturePlan;
import io.vigil.model.feature.FeatureSpec;
import io.vigil.model.score.Scorer;
import io.vigil.model.score.ScoringModel;
import io.vigil.schema.Decision;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.file.DataFileReader;
import org.apache.avro.specific.SpecificDatumReader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * From a file to a model that runs in the stream, and what evaluation says on the way. Trees,
 * because the code paths of libtorch are pinned in the job's process but not in this one.
 */
class TrainIT {
  /** Of 500 customers: three months. */
  private static final int ROWS = 60_000;

  private static final String RECIPE =
      """
      name: mine
      spec: default
      window: 40d
      delay: 5d
      holdout: 10d
      models:
        - name: trees
          trees: {depth: 4, rate: 0.2, most: 40}
        - name: more
          trees: {depth: 2, rate: 0.2, most: 60}
      """;

  private final Path directory;
  private final Path input;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  TrainIT(@TempDir Path directory) {
    this.directory = directory;
    this.input = directory.resolve("payments.csv");
  }

  @Test
  void whatWasLearntOfflineScoresTheSameInTheStream() throws Exception {
    simulate();
    String recipe = recipe(RECIPE);
    Path bundle = directory.resolve("mine");
    ok("train", "--recipe", recipe, "--out", bundle.toString());
    ok("train", "--recipe", recipe, "--out", directory.resolve("again.zip").toString());
    assertThat(Bundle.read(directory.resolve("again.zip")).digest())
        .isEqualTo(Bundle.read(bundle).digest());

    Path results = directory.resolve("results");
    ok(
        "run",
        "--model",
        bundle.toString(),
        "--out",
        results.toString(),
        "--data",
        directory.resolve("run").toString());
    logitsAreThoseOfTheFilesVectors(bundle, results);
  }

  private void logitsAreThoseOfTheFilesVectors(Path folder, Path results) throws IOException {
    Path csv = directory.resolve("vectors.csv");
    ok("features", "--spec", folder.toString(), "--out", csv.toString());
    Map<String, float[]> vectors = new HashMap<>();
    for (String line : Files.readAllLines(csv).subList(1, ROWS + 1)) {
      String[] cells = line.split(",");
      float[] vector = new float[cells.length - 1];
      for (int i = 0; i < vector.length; i++) {
        vector[i] = Float.parseFloat(cells[i + 1]);
      }
      vectors.put(cells[0], vector);
    }
    Bundle bundle = Bundle.read(folder);
    FeaturePlan plan = FeaturePlan.compile(FeatureSpec.read(bundle.featureSpec(), "spec"));
    int compared = 0;
    try (Scorer scorer = bundle.open("cpu");
        DataFileReader<Decision> decisions =
            new DataFileReader<>(
                results.resolve("decisions.avro").toFile(),
                new SpecificDatumReader<>(Decision.class))) {
      ScoringModel model = bundle.scoringModel(scorer, plan.names());
      float[] logit = new float[1];
      for (Decision decision : decisions) {
        String id = decision.getTransaction().getTransactionId();
        model.score(new float[][] {vectors.get(id)}, 1, logit);
        assertThat(decision.getLogitBits()).isEqualTo(Float.floatToRawIntBits(logit[0]));
        compared++;
      }
    }
    assertThat(compared).isEqualTo(ROWS);
  }

  @Test
  void evaluationTellsWhatItTested() throws Exception {
    simulate();
    Path predictions = directory.resolve("p.csv");
    Path report = directory.resolve("report.html");
    Path json = directory.resolve("e.json");
    ok(
        "evaluate",
        "--recipe",
        recipe(RECIPE),
        "--predictions",
        predictions.toString(),
        "--report",
        report.toString(),
        "--json",
        json.toString());

    JsonNode found = new ObjectMapper().readTree(json.toFile());
    int count = found.get("folds").size();
    assertThat(count).isBetween(2, 4);
    assertThat(found.get("validation").get("folds")).hasSizeBetween(1, 4);
    Map<String, Scored> folds = read(predictions);
    double mean = 0;
    for (JsonNode fold : found.get("folds")) {
      Metrics metrics = Metrics.of(folds.get(fold.get("fold").asText()), 100, 100);
      assertThat(fold.get("average_precision").asDouble()).isEqualTo(metrics.averagePrecision());
      assertThat(fold.get("card_precision_100").asDouble()).isEqualTo(metrics.cardPrecision());
      mean += fold.get("average_precision").asDouble() / count;
    }
    assertThat(found.get("mean").get("average_precision").asDouble())
        .isCloseTo(mean, org.assertj.core.api.Assertions.within(1e-12));
    assertThat(mean).isGreaterThan(0.2);
    assertThat(Files.readString(report))
        .contains("<h1>mine, prequential</h1>", "<polyline", "calibration error")
        .doesNotContain("NaN", "http://", "https://", "<script");
  }

  @Test
  void verdictsOfAnalystsChangeWhatTheNextDaySees() throws Exception {
    simulate();
    String feedback = RECIPE.replace("models:", "feedback: {cards: 20}\nmodels:");
    Path json = directory.resolve("f.json");
    Path predictions = directory.resolve("f.csv");
    Path without = directory.resolve("p.csv");
    ok("evaluate", "--recipe", recipe(RECIPE), "--predictions", without.toString());
    ok(
        "evaluate",
        "--recipe",
        recipe(feedback),
        "--predictions",
        predictions.toString(),
        "--json",
        json.toString());
    assertThat(Files.readAllLines(predictions)).hasSameSizeAs(Files.readAllLines(without));
    assertThat(Files.readString(predictions)).isNotEqualTo(Files.readString(without));

    assertThat(execute("train", "--recipe", recipe(feedback), "--out", "x")).isEqualTo(1);
    assertThat(err.toString()).contains("recipe mine has feedback, which only evaluation");
  }

  @Test
  void saysWhatIsWrongWithARecipeOrAFile() throws Exception {
    simulate();
    assertThat(execute("train", "--recipe", "no-such", "--out", "x")).isEqualTo(1);
    assertThat(err.toString()).contains("recipe: expected a file or one of default, handbook-");
    String typo = RECIPE.replace("depth", "deep");
    assertThat(execute("train", "--recipe", recipe(typo), "--out", "x")).isEqualTo(1);
    assertThat(err.toString()).contains("recipe.yaml:8: ", "deep", "expected one of the keys");
    String future = RECIPE.replace("delay: 5d", "delay: 500d");
    assertThat(execute("train", "--recipe", recipe(future), "--out", "x")).isEqualTo(1);
    assertThat(err.toString()).contains("expected frauds and others, came 0 frauds in 0 rows");
    assertThat(execute("evaluate", "--recipe", recipe(RECIPE), "--protocol", "handbook-single"))
        .isEqualTo(1);
    assertThat(err.toString())
        .contains("protocol handbook-single, split 2018-07-25: expected transactions from");
  }

  private static Map<String, Scored> read(Path predictions) throws IOException {
    Map<String, List<String[]>> byFold = new HashMap<>();
    List<String> lines = Files.readAllLines(predictions);
    assertThat(lines.get(0)).isEqualTo("fold,transaction_id,day,account,label,score");
    for (String line : lines.subList(1, lines.size())) {
      String[] cells = line.split(",");
      byFold.computeIfAbsent(cells[0], fold -> new ArrayList<>()).add(cells);
    }
    Map<String, Scored> folds = new HashMap<>();
    Map<String, Integer> accounts = new HashMap<>();
    byFold.forEach(
        (fold, rows) -> {
          int count = rows.size();
          float[] logits = new float[count];
          boolean[] frauds = new boolean[count];
          int[] days = new int[count];
          int[] numbers = new int[count];
          for (int i = 0; i < count; i++) {
            logits[i] = Float.parseFloat(rows.get(i)[5]);
            frauds[i] = rows.get(i)[4].equals("1");
            days[i] = Integer.parseInt(rows.get(i)[2]);
            numbers[i] = accounts.computeIfAbsent(rows.get(i)[3], name -> accounts.size());
          }
          folds.put(
              fold,
              new Scored(logits, new double[count], frauds, days, numbers, new double[count]));
        });
    return folds;
  }

  private void simulate() {
    System.clearProperty("vigil.job.class");
    String[] simulate = {
      "simulate", "--accounts", "500", "--transactions", "" + ROWS, "--out", input.toString()
    };
    assertThat(run(simulate)).as(err.toString()).isZero();
  }

  private String recipe(String yaml) throws IOException {
    Path file = directory.resolve("recipe.yaml");
    Files.writeString(file, yaml);
    return file.toString();
  }

  private void ok(String... args) {
    assertThat(execute(args)).as(err.toString()).isZero();
  }

  private int execute(String... args) {
    List<String> all = new ArrayList<>(List.of(args));
    all.addAll(1, List.of("--input", input.toString(), "--format", "simulated"));
    return run(all.toArray(String[]::new));
  }

  private int run(String... args) {
    return Vigil.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(args);
  }
}

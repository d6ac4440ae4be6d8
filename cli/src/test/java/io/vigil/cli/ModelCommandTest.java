package io.vigil.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vigil.model.bundle.Bundle;
import io.vigil.model.score.ModelInput;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import ml.dmlc.xgboost4j.java.Booster;
import ml.dmlc.xgboost4j.java.DMatrix;
import ml.dmlc.xgboost4j.java.XGBoost;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/**
 * team.pt is a perceptron that torch 2.13 scripted and saved, team.csv what it predicted there:
 * columns amount_now, x, y and logit.
 */
class ModelCommandTest {
  private static final String SPEC =
      """
      name: team
      version: 1
      features:
        - {name: y, expression: longitude}
        - {name: x, expression: latitude}
        - {name: amount_now, expression: amount}
      """;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @TempDir Path folder = Path.of("");

  @BeforeEach
  void store() throws IOException {
    for (String file : List.of("team.pt", "team.csv")) {
      try (InputStream in = ModelCommandTest.class.getResourceAsStream(file)) {
        Files.write(folder.resolve(file), in.readAllBytes());
      }
    }
    Files.writeString(folder.resolve("spec.yaml"), SPEC);
  }

  @Test
  void aTeamsFileBecomesABundleThatPredictsTheSame() throws IOException {
    Path zip = folder.resolve("team.zip");
    Path json = folder.resolve("out.json");

    int code =
        pack(
            "team.csv",
            zip,
            "--provenance",
            "data=cards",
            "--calibration",
            "1.2,-0.5",
            "--json=" + json);

    assertThat(code).as(err.toString()).isZero();
    JsonNode result = new ObjectMapper().readTree(json.toFile());
    assertThat(result.get("difference_max").asDouble()).isLessThan(1e-5);
    assertThat(result.get("golden_rows").asInt()).isEqualTo(50);
    Bundle bundle = Bundle.read(zip);
    assertThat(bundle.digest()).isEqualTo(result.get("sha256").asText());
    assertThat(bundle.manifest().name()).isEqualTo("team");
    assertThat(bundle.manifest().features()).containsExactly("amount_now", "x", "y");
    assertThat(bundle.manifest().inputs()).allMatch(input -> input.scaling() == null);
    assertThat(bundle.manifest().calibration().slope()).isEqualTo(1.2);
    assertThat(bundle.manifest().provenance()).containsEntry("data", "cards");

    assertThat(vigil("model", "validate", zip.toString())).as(err.toString()).isZero();
    assertThat(out.toString())
        .contains("model     ok  model.pt passes the pytorch engine's inspection")
        .contains("golden    ok  50 rows, every bit as stored");
    assertThat(vigil("model", "show", zip.toString(), "--json=" + json)).isZero();
    assertThat(out.toString())
        .contains("team, version 1, pytorch")
        .contains("from         data: cards");
    assertThat(new ObjectMapper().readTree(json.toFile()).get("inputs")).hasSize(3);
  }

  @Test
  void probabilitiesAndAnotherOrderOfColumnsMakeTheSameModel() throws IOException {
    List<String> lines = new ArrayList<>();
    lines.add("probability,y,amount_now,x");
    for (String line : Files.readAllLines(folder.resolve("team.csv")).subList(1, 51)) {
      String[] cells = line.split(",", -1);
      double probability = 1 / (1 + Math.exp(-Double.parseDouble(cells[3])));
      lines.add(probability + "," + cells[2] + "," + cells[0] + "," + cells[1]);
    }
    Files.write(folder.resolve("p.csv"), lines);
    Files.writeString(
        folder.resolve("inputs.yaml"),
        """
        inputs:
          - {feature: amount_now, baseline: 7.5}
          - {feature: x, mean: 0, std: 1e0, log1p: false}
          - {feature: y}
        """);
    Path out = folder.resolve("bundle");

    int code = pack("p.csv", out, "--inputs", folder.resolve("inputs.yaml").toString());

    assertThat(code).as(err.toString()).isZero();
    List<ModelInput> inputs = Bundle.read(out).manifest().inputs();
    assertThat(inputs.get(0)).isEqualTo(new ModelInput("amount_now", 7.5, null));
    assertThat(inputs.get(1).scaling()).isEqualTo(new ModelInput.Scaling(false, 0, 1, 10));
  }

  @Test
  void boostedTreesBecomeABundleAsXgboostSavedThem() throws Exception {
    Random random = new Random(3);
    int rows = 200;
    float[] values = new float[rows * 3];
    float[] labels = new float[rows];
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < 3; column++) {
        values[row * 3 + column] = random.nextFloat() * 10;
      }
      values[row * 3 + 1] = row % 7 == 0 ? Float.NaN : values[row * 3 + 1];
      labels[row] = values[row * 3] + values[row * 3 + 2] > 12 ? 1 : 0;
    }
    DMatrix matrix = new DMatrix(values, rows, 3, Float.NaN);
    matrix.setLabel(labels);
    Map<String, Object> parameters =
        Map.of("objective", "binary:logistic", "max_depth", 3, "nthread", 1);
    Booster booster = XGBoost.train(matrix, parameters, 10, Map.of(), null, null);
    Path model = folder.resolve("trees.ubj");
    booster.saveModel(model.toString());
    float[][] predicted = booster.predict(matrix);
    List<String> lines = new ArrayList<>(List.of("amount_now,x,y,probability"));
    for (int row = 0; row < rows; row++) {
      float x = values[row * 3 + 1];
      lines.add(
          "%s,%s,%s,%s"
              .formatted(
                  values[row * 3],
                  Float.isNaN(x) ? "" : x,
                  values[row * 3 + 2],
                  predicted[row][0]));
    }
    Files.write(folder.resolve("trees.csv"), lines);
    Path zip = folder.resolve("trees.zip");

    int code = pack("trees.csv", zip, "--model", model.toString());

    assertThat(code).as(err.toString()).isZero();
    assertThat(Bundle.read(zip).manifest().engine()).isEqualTo("xgboost");
    assertThat(vigil("model", "validate", zip.toString())).as(err.toString()).isZero();
    assertThat(out.toString()).contains("golden    ok  200 rows, every bit as stored");
  }

  @Test
  void refusesPredictionsThatItDoesNotMake() throws IOException {
    String sample = Files.readString(folder.resolve("team.csv"));
    List<String> lines = sample.lines().collect(Collectors.toCollection(ArrayList::new));
    lines.set(7, lines.get(7).replaceFirst("[^,]*$", "9.5"));
    Files.write(folder.resolve("bad.csv"), lines);
    Path out = folder.resolve("bundle");

    assertThat(pack("bad.csv", out)).isEqualTo(1);

    assertThat(err.toString()).contains("row 7 of the sample: expected the logit 9.5, came ");
    assertThat(out).doesNotExist();
  }

  @Test
  void saysWhatIsWrongWithTheInputs() throws IOException {
    Path bundle = folder.resolve("bundle");
    Files.writeString(folder.resolve("a.csv"), "x,y\n1,2\n");
    assertThat(pack("a.csv", bundle)).isEqualTo(1);
    assertThat(err.toString()).contains("expected a column logit or a column probability, got");
    Files.writeString(folder.resolve("b.csv"), "x,zz,logit\n1,2,3\n");
    assertThat(pack("b.csv", bundle)).isEqualTo(1);
    assertThat(err.toString()).contains("the column 'zz' is no feature of the spec");
    Files.writeString(folder.resolve("c.csv"), "x,logit\none,3\n");
    assertThat(pack("c.csv", bundle)).isEqualTo(1);
    assertThat(err.toString()).contains("c.csv line 2, x: expected a number, got 'one'");
    Files.copy(folder.resolve("team.pt"), folder.resolve("team.bin"));
    assertThat(
            vigil(
                "model",
                "package",
                "--model",
                folder.resolve("team.bin").toString(),
                "--spec",
                folder.resolve("spec.yaml").toString(),
                "--golden",
                folder.resolve("team.csv").toString(),
                "--out",
                bundle.toString()))
        .isEqualTo(1);
    assertThat(err.toString()).contains("--model: expected a file that ends in one of .pt");
  }

  @Test
  void theBuiltInBundleIsValid() throws IOException {
    assertThat(vigil("model", "validate", "default")).as(err.toString()).isZero();
    assertThat(out.toString()).contains("golden    ok  ");
  }

  @Test
  void theCardSaysWhoAnswersForIt() throws IOException {
    Path plain = folder.resolve("plain");
    assertThat(pack("team.csv", plain)).as(err.toString()).isZero();
    assertThat(vigil("model", "card", plain.toString())).isZero();
    assertThat(out.toString())
        .contains("- owner: not stated", "- tier: not stated", "- purpose: not stated");
    Path owned = folder.resolve("owned");
    String[] said = {"--owner", "Risk team", "--tier", "1", "--purpose", "card payments"};
    assertThat(pack("team.csv", owned, said)).as(err.toString()).isZero();
    assertThat(vigil("model", "card", owned.toString())).isZero();
    assertThat(out.toString())
        .contains("- owner: Risk team", "- tier: 1", "- purpose: card payments");
  }

  @Test
  void exitCodesSayWhoseFaultItIs() throws IOException {
    assertThat(vigil("model")).isEqualTo(2);
    assertThat(vigil("model", "package")).isEqualTo(2);
    assertThat(pack("team.csv", folder.resolve("no.zip"), "--calibration", "1;0")).isEqualTo(2);
    assertThat(err.toString()).contains("'--calibration'").contains("SLOPE,INTERCEPT, got 1;0");
    assertThat(vigil("model", "show", "nothing")).isEqualTo(1);
    assertThat(err.toString()).contains("there is no built-in bundle 'nothing'");
    Path zip = folder.resolve("team.zip");
    assertThat(pack("team.csv", zip)).isZero();
    byte[] bytes = Files.readAllBytes(zip);
    bytes[bytes.length / 2] ^= 1;
    Files.write(zip, bytes);
    assertThat(vigil("model", "validate", zip.toString())).isEqualTo(1);
    assertThat(err.toString()).contains("does not have its checksum");
  }

  private int pack(String sample, Path to, String... more) {
    List<String> args =
        new ArrayList<>(
            List.of(
                "model",
                "package",
                "--spec",
                folder.resolve("spec.yaml").toString(),
                "--golden",
                folder.resolve(sample).toString(),
                "--out",
                to.toString()));
    args.addAll(List.of(more));
    if (!args.contains("--model")) {
      args.addAll(List.of("--model", folder.resolve("team.pt").toString()));
    }
    return vigil(args.toArray(String[]::new));
  }

  private int vigil(String... args) {
    CommandLine commandLine = Vigil.commandLine();
    commandLine.setOut(new PrintWriter(out));
    commandLine.setErr(new PrintWriter(err));
    return commandLine.execute(args);
  }
}

package io.vigil.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vigil.cli.ingest.ArchiveFolder;
import io.vigil.cli.ingest.Ingested;
import io.vigil.cli.ingest.Mapping;
import io.vigil.cli.ingest.RecordReader;
import io.vigil.model.artefact.Artefacts;
import io.vigil.model.bundle.Bundle;
import io.vigil.model.feature.FeaturePlan;
import io.vigil.model.feature.FeatureSpec;
import io.vigil.model.plan.PlanFile;
import io.vigil.model.policy.Held;
import io.vigil.model.policy.Outcome;
import io.vigil.model.policy.Policy;
import io.vigil.model.score.Scorer;
import io.vigil.model.score.ScoringModel;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Two bundles of trees, of which one has three features more, over a simulated file. */
class PlanCommandTest {
  private static final int ROWS = 24_000;
  private static final String MORE =
      """
        - {name: account_max_7d, entity: account, aggregate: max, of: amount, window: 7d}
        - {name: amount_vs_max_7d, ratio: [amount, account_max_7d], default: 1}
        - {name: ip_max_3d, entity: ip, aggregate: max, of: amount, window: 3d}
      """;
  private static final String RECIPE =
      """
      name: %s
      spec: %s
      window: 25d
      delay: 5d
      holdout: 8d
      models:
        - name: trees
          trees: {depth: 3, rate: 0.3, most: 12}
      """;
  private static final String NO_PARTS = "name: none\nversion: 1\n";

  @TempDir static Path folder = Path.of("");

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeAll
  static void prepare() throws IOException {
    PlanCommandTest test = new PlanCommandTest();
    test.ok(
        "simulate",
        "--transactions=" + ROWS,
        "--accounts=500",
        "--seed=3",
        "--out=" + path("payments.csv"));
    String spec = Artefacts.builtIn("specs/default.yaml").stripTrailing() + "\n" + MORE;
    Files.writeString(folder.resolve("wide.yaml"), spec.replace("name: default", "name: wide"));
    Files.writeString(folder.resolve("first-recipe.yaml"), RECIPE.formatted("first", "default"));
    Files.writeString(folder.resolve("wide-recipe.yaml"), RECIPE.formatted("wide", "wide.yaml"));
    Files.writeString(folder.resolve("none.yaml"), NO_PARTS);
    for (String name : List.of("first", "wide")) {
      test.ok(
          "train",
          "--input=" + path("payments.csv"),
          "--format=simulated",
          "--recipe=" + path(name + "-recipe.yaml"),
          "--out=" + path(name),
          "--data=" + path("data"));
    }
  }

  private static String path(String name) {
    return folder.resolve(name).toString();
  }

  @Test
  void itSaysWhatTwoHonestScoringsSay() throws IOException {
    int code =
        plan(
            "--champion=" + path("first"),
            "--candidate=" + path("wide"),
            "--gates=" + path("none.yaml"),
            "--out=" + path("plan.yaml"),
            "--report=" + path("report.html"),
            "--json=" + path("plan.json"));
    assertThat(code).as(err + "\n" + out).isEqualTo(2);
    JsonNode json = new ObjectMapper().readTree(folder.resolve("plan.json").toFile());
    Map<String, Outcome> before = honest("first");
    Map<String, Outcome> after = honest("wide");
    assertThat(json.get("rows").asInt()).isEqualTo(ROWS).isEqualTo(before.size());
    for (Outcome from : Outcome.values()) {
      long count = before.values().stream().filter(one -> one == from).count();
      assertThat(json.at("/champion/outcomes/" + from).asLong()).isEqualTo(count);
      for (Outcome to : Outcome.values()) {
        long flips =
            before.entrySet().stream()
                .filter(one -> one.getValue() == from && after.get(one.getKey()) == to)
                .count();
        if (from != to) {
          assertThat(flips(json, from, to)).as(from + " to " + to).isEqualTo(flips);
        }
      }
    }
    for (JsonNode example : json.get("flip_examples")) {
      String id = example.get("id").asText();
      assertThat(before.get(id)).isEqualTo(Outcome.valueOf(example.get("from").asText()));
      assertThat(after.get(id)).isEqualTo(Outcome.valueOf(example.get("to").asText()));
      assertThat(example.get("reason").asText()).isNotBlank();
    }
    assertThat(json.get("flip_examples")).isNotEmpty();
    assertThat(json.get("new_features")).hasSize(3);
    assertThat(out.toString())
        .contains("new     ip_max_3d: right after 3d")
        .contains("A request with --backfill fills them from the job's archive")
        .contains(
            "No restart and a pause of 0 s: features come with their model, of new entities too")
        .contains("The candidate learnt from");
    assertThat(json.at("/new_features/0")).hasSize(2);
    assertThat(json.get("restart_for")).isEmpty();
    PlanFile plan = PlanFile.read(Files.readString(folder.resolve("plan.yaml")), "plan.yaml");
    assertThat(plan.digest()).isEqualTo(json.get("plan_digest").asText());
    assertThat(plan.changes())
        .extracting(PlanFile.Artefact::kind)
        .containsExactly(PlanFile.Kind.MODEL, PlanFile.Kind.FEATURE_SPEC);
    assertThat(plan.changes().get(0).digest())
        .isEqualTo(Bundle.read(folder.resolve("wide")).digest());
    assertThat(Files.readString(folder.resolve("report.html"))).contains("Ready to apply.");
  }

  private static long flips(JsonNode json, Outcome from, Outcome to) {
    for (JsonNode flip : json.get("flips")) {
      if (flip.get("from").asText().equals(from.name())
          && flip.get("to").asText().equals(to.name())) {
        return flip.get("rows").asLong();
      }
    }
    return 0;
  }

  /** By vectors of the features command, one by one, without rules: the file's set has none. */
  private Map<String, Outcome> honest(String name) throws IOException {
    Path csv = folder.resolve(name + ".csv");
    ok(
        "features",
        "--input=" + path("payments.csv"),
        "--format=simulated",
        "--spec=" + path(name),
        "--out=" + csv,
        "--data=" + path("data"));
    Bundle bundle = Bundle.read(folder.resolve(name));
    FeaturePlan plan = FeaturePlan.compile(FeatureSpec.read(bundle.featureSpec(), "spec"));
    Policy policy = Policy.builtIn();
    Map<String, Outcome> outcomes = new HashMap<>();
    List<String> lines = Files.readAllLines(csv);
    try (Scorer scorer = bundle.open("cpu")) {
      ScoringModel model = bundle.scoringModel(scorer, plan.names());
      float[] logit = new float[1];
      for (String line : lines.subList(1, lines.size())) {
        String[] cells = line.split(",");
        float[] vector = new float[cells.length - 1];
        for (int i = 0; i < vector.length; i++) {
          vector[i] = Float.parseFloat(cells[i + 1]);
        }
        model.score(new float[][] {vector}, 1, logit);
        outcomes.put(
            cells[0], policy.decide(model.probability(logit[0]), Held.NOTHING, 0).outcome());
      }
    }
    return outcomes;
  }

  @Test
  void aChangeOfAListAloneIsAPlan() throws IOException {
    Files.writeString(
        folder.resolve("listed.yaml"),
        """
        name: listed
        version: 1
        rules:
          - {id: known, when: country in list("places"), outcome: review, reason: PLACE, text: place}
        """);
    String list = "name: places\nversion: %d\nof: country\n%s\n";
    Files.writeString(folder.resolve("one.list.yaml"), list.formatted(1, "XX"));
    Files.writeString(folder.resolve("two.list.yaml"), list.formatted(2, "DE\nFR\nGB\nUS\nES\nIT"));
    String[] with = {
      "--champion=" + path("first"),
      "--rules=" + path("listed.yaml"),
      "--gates=" + path("none.yaml"),
      "--lists=" + path("one.list.yaml")
    };
    assertThat(planOf(with, "--out=" + path("same.yaml"))).as(err.toString()).isZero();
    assertThat(
            planOf(
                with,
                "--candidate-lists=" + path("two.list.yaml"),
                "--out=" + path("list.yaml"),
                "--json=" + path("list.json")))
        .as(err.toString())
        .isEqualTo(2);
    PlanFile plan = PlanFile.read(Files.readString(folder.resolve("list.yaml")), "plan");
    assertThat(plan.changes())
        .extracting(change -> change.kind() + " " + change.name() + " " + change.version())
        .containsExactly("LIST places 2");
    assertThat(plan.against())
        .filteredOn(before -> before.kind() == PlanFile.Kind.LIST)
        .extracting(PlanFile.Artefact::version)
        .containsExactly(1);
    JsonNode json = new ObjectMapper().readTree(folder.resolve("list.json").toFile());
    assertThat(json.get("flips_stricter").asLong()).isPositive();
    assertThat(planOf(new String[] {with[0], with[1], with[2]})).isEqualTo(1);
    assertThat(err.toString()).contains("places");
  }

  /** Without the rule set that the other tests share. */
  private int planOf(String[] args, String... more) {
    List<String> all =
        new ArrayList<>(
            List.of(
                "model",
                "plan",
                "--input=" + path("payments.csv"),
                "--format=simulated",
                "--data=" + path("data")));
    all.addAll(List.of(args));
    all.addAll(List.of(more));
    return vigil(all.toArray(String[]::new));
  }

  /** The same records, as a job has them in its archive, come to the same plan. */
  @Test
  void anArchiveIsAsGoodAsTheFile() throws IOException {
    ArchiveFolder archive = new ArchiveFolder();
    try (RecordReader records =
        RecordReader.open(
            folder.resolve("payments.csv"),
            Mapping.load("simulated"),
            () -> {
              throw new IllegalStateException("the simulator writes tokens");
            },
            folder)) {
      while (records.hasNext()) {
        Ingested next = records.next();
        if (next instanceof Ingested.TransactionRow row) {
          archive.add(row.transaction(), row.transaction().getEventTime());
        } else if (next instanceof Ingested.LabelRow row) {
          archive.add(row.label(), row.label().getLabelTime());
        }
      }
    }
    archive.write(folder.resolve("archive"));
    String[] change = {
      "--champion=" + path("first"),
      "--candidate=" + path("wide"),
      "--gates=" + path("none.yaml"),
      "--from=2026-01-10"
    };
    List<JsonNode> plans = new ArrayList<>();
    assertThat(plan(with(change, "--json=" + path("of-file.json"))))
        .as(err.toString())
        .isEqualTo(2);
    List<String> args = new ArrayList<>(List.of("model", "plan", "--archive=" + path("archive")));
    args.addAll(List.of("--data=" + path("data"), "--rules=" + rules()));
    args.addAll(List.of(with(change, "--json=" + path("of-archive.json"))));
    assertThat(vigil(args.toArray(String[]::new))).as(err.toString()).isEqualTo(2);
    for (String name : List.of("of-file.json", "of-archive.json")) {
      ObjectNode json = (ObjectNode) new ObjectMapper().readTree(folder.resolve(name).toFile());
      assertThat(json.at("/frauds").asInt()).isPositive();
      // The gates say how long scoring took.
      json.remove(List.of("data", "plan_digest", "seconds", "cost", "gates"));
      plans.add(json);
    }
    assertThat(plans.get(1)).isEqualTo(plans.get(0));
  }

  private static String[] with(String[] args, String more) {
    List<String> all = new ArrayList<>(List.of(args));
    all.add(more);
    return all.toArray(String[]::new);
  }

  @Test
  void theSameArtefactsAreNoChangeAndAFailedGateIsThree() throws IOException {
    assertThat(plan("--champion=" + path("first"))).as(err.toString()).isZero();
    assertThat(out.toString()).contains("verdict no change");
    Files.writeString(folder.resolve("hard.yaml"), NO_PARTS + "alert_budget_per_day: 0\n");
    int code =
        plan(
            "--champion=" + path("first"),
            "--candidate=" + path("wide"),
            "--gates=" + path("hard.yaml"));
    assertThat(code).as(err.toString()).isEqualTo(3);
    assertThat(out.toString()).contains("gate    FAILED       alert_budget_per_day", "mend");
  }

  @Test
  void aChangeOfPolicyAloneIsAPlan() throws IOException {
    Files.writeString(
        folder.resolve("strict.yaml"),
        Artefacts.builtIn("policies/default.yaml")
            .replace("version: 1", "version: 2")
            .replace("decline: 0.9", "decline: 0.6")
            .replaceFirst("case_window: \\w+", "case_window: 9h"));
    int code =
        plan(
            "--champion=" + path("first"),
            "--candidate-policy=" + path("strict.yaml"),
            "--gates=" + path("none.yaml"),
            "--json=" + path("policy.json"));
    assertThat(code).as(err.toString()).isEqualTo(2);
    JsonNode json = new ObjectMapper().readTree(folder.resolve("policy.json").toFile());
    assertThat(json.get("changes")).hasSize(1);
    assertThat(json.at("/changes/0/kind").asText()).isEqualTo("POLICY");
    assertThat(json.get("flips_stricter").asLong()).isPositive();
    assertThat(json.get("flips_milder").asLong()).isZero();
    assertThat(json.at("/restart_for/0").asText()).isEqualTo("case_window");
    assertThat(out.toString())
        .contains("Another case window needs a start of the job")
        .doesNotContain("backfill");
  }

  @Test
  void theSamePlanIsTheSameBytesButForTheClock() throws IOException {
    List<String> texts = new ArrayList<>();
    for (String name : List.of("one.yaml", "two.yaml")) {
      plan("--champion=" + path("first"), "--candidate=" + path("wide"), "--out=" + path(name));
      texts.add(
          Files.readString(folder.resolve(name))
              .replaceAll("created_at: .*", "")
              .replaceAll("observed: \"[0-9.]+ us a row.*", ""));
    }
    assertThat(texts.get(0)).isEqualTo(texts.get(1)).contains("robustness.appended");
  }

  @Test
  void wrongUsageIsOneAndSoIsWhatCannotBeRead() {
    assertThat(vigil("model", "plan")).isEqualTo(1);
    assertThat(err.toString()).contains("--input");
    assertThat(plan("--champion=" + path("first"), "--nonsense")).isEqualTo(1);
    assertThat(plan("--champion=" + path("nowhere"))).isEqualTo(1);
    assertThat(plan("--champion=" + path("first"), "--from=soon")).isEqualTo(1);
    assertThat(err.toString()).contains("expected a date such as");
    assertThat(plan("--champion=" + path("first"), "--from=2099-01-01")).isEqualTo(1);
    assertThat(err.toString()).contains("expected transactions in the period, got none");
    assertThat(vigil("model", "validate")).isEqualTo(2);
  }

  @Test
  void diffAndCardSayWhatDiffers() {
    ok("model", "diff", path("first"), path("wide"), "--json=" + path("diff.json"));
    assertThat(out.toString())
        .contains("added   account_max_7d", "weights   differ", "give --input");
    ok(
        "model",
        "diff",
        path("first"),
        path("wide"),
        "--input=" + path("payments.csv"),
        "--format=simulated",
        "--data=" + path("data"));
    assertThat(out.toString()).contains("behaviour 20,000 vectors of the file");
    ok("model", "diff", path("first"), path("first"));
    assertThat(out.toString())
        .contains("the same features in the same order", "the same, to the byte")
        .contains("probabilities differ by 0.00000 on average");
    ok("model", "card", path("first"), "--json=" + path("card.json"));
    assertThat(out.toString()).contains("# first, version 1", "- digest: ");
  }

  private int plan(String... more) {
    List<String> args =
        new ArrayList<>(
            List.of(
                "model",
                "plan",
                "--input=" + path("payments.csv"),
                "--format=simulated",
                "--data=" + path("data"),
                "--rules=" + rules()));
    args.addAll(List.of(more));
    return vigil(args.toArray(String[]::new));
  }

  /** No rule ever holds. */
  private static String rules() {
    try {
      return Files.writeString(
              folder.resolve("rules.yaml"),
              """
              name: never
              version: 1
              rules:
                - {id: never, when: amount < 0, outcome: review, reason: NEVER, text: never}
              """)
          .toString();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void ok(String... args) {
    assertThat(vigil(args)).as(err.toString()).isZero();
  }

  private int vigil(String... args) {
    CommandLine line = Vigil.commandLine();
    line.setOut(new PrintWriter(out, true));
    line.setErr(new PrintWriter(err, true));
    return line.execute(args);
  }
}

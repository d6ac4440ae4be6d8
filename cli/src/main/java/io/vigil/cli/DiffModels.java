package io.vigil.cli;

import io.vigil.cli.features.SpecDiff;
import io.vigil.cli.ingest.RecordReader;
import io.vigil.cli.local.DataDir;
import io.vigil.cli.model.Behaviour;
import io.vigil.cli.model.CardFigures;
import io.vigil.cli.model.InputDiff;
import io.vigil.job.VigilOptions;
import io.vigil.job.feature.FactsReader;
import io.vigil.model.bundle.Bundle;
import io.vigil.model.bundle.BundleException;
import io.vigil.model.bundle.Manifest;
import io.vigil.model.feature.FeatureSpec;
import io.vigil.model.policy.Rates;
import io.vigil.model.score.ScoringException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code vigil model diff}: what differs between two bundles. */
@Command(
    name = "diff",
    mixinStandardHelpOptions = true,
    description = {
      "Shows what differs between two bundles: spec, model file and inputs, figures of their cards,"
          + " and scores of a sample: of --input, else of A's golden vectors where B can read them."
    })
final class DiffModels implements Callable<Integer> {

  @Mixin private Console console = new Console();
  @Mixin private DataOption data = new DataOption();

  @Parameters(index = "0", paramLabel = "A", description = "A folder, a zip, or a built-in name.")
  private String before = "";

  @Parameters(index = "1", paramLabel = "B", description = "The same.")
  private String after = "";

  @Option(names = "--input", paramLabel = "FILE", description = "The data to score.")
  private @Nullable Path input;

  @Option(
      names = "--format",
      paramLabel = "F",
      defaultValue = "simulated",
      description = "handbook, sparkov, simulated, or a mapping file (default: ${DEFAULT-VALUE}).")
  private String format = "";

  @Override
  public Integer call() throws IOException, InterruptedException {
    Bundle a = ModelCommand.checked(() -> Bundle.named(before));
    Bundle b = ModelCommand.checked(() -> Bundle.named(after));
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("a", ModelCommand.json(a));
    json.put("b", ModelCommand.json(b));
    line("- %s", name(a));
    line("+ %s", name(b));
    spec(a, b, json);
    weights(a, b, json);
    metrics(a, b, json);
    try {
      behaviour(a, b, json);
    } catch (BundleException | ScoringException e) {
      throw new CliException(String.valueOf(e.getMessage()), e);
    }
    console.out().flush();
    console.writeJson(json);
    return 0;
  }

  private static String name(Bundle bundle) {
    Manifest manifest = bundle.manifest();
    return "%s, version %d, %s, %s"
        .formatted(manifest.name(), manifest.version(), manifest.engine(), bundle.digest());
  }

  private void spec(Bundle a, Bundle b, Map<String, Object> json) {
    SpecDiff diff =
        SpecDiff.between(
            FeatureSpec.read(a.featureSpec(), before), FeatureSpec.read(b.featureSpec(), after));
    line("spec      %s", diff.isEmpty() ? "the same features in the same order" : "differs");
    diff.removed().forEach(name -> line("  removed %s", name));
    diff.added().forEach(name -> line("  added   %s", name));
    diff.changed()
        .forEach(
            change ->
                line("  changed %s: %s -> %s", change.name(), change.before(), change.after()));
    if (!diff.moved().isEmpty()) {
      line("  moved   %d features", diff.moved().size());
    }
    json.put("spec", diff);
  }

  private void weights(Bundle a, Bundle b, Map<String, Object> json) {
    Manifest from = a.manifest();
    Manifest to = b.manifest();
    Manifest.FileEntry one = from.file(from.modelFile());
    Manifest.FileEntry other = to.file(to.modelFile());
    boolean same = one.sha256().equals(other.sha256());
    line(
        "weights   %s",
        same
            ? "the same, to the byte"
            : String.format(
                Locale.ROOT,
                "differ: %s of %,d bytes -> %s of %,d bytes",
                from.modelFile(),
                one.bytes(),
                to.modelFile(),
                other.bytes()));
    if (!from.calibration().equals(to.calibration())) {
      line(
          "  calibration  slope %.4f -> %.4f, intercept %.4f -> %.4f",
          from.calibration().slope(),
          to.calibration().slope(),
          from.calibration().intercept(),
          to.calibration().intercept());
    }
    List<String> inputs = InputDiff.between(from.inputs(), to.inputs());
    inputs.forEach(words -> line("  %s", words));
    json.put("weights_same", same);
    json.put("inputs", inputs);
  }

  private void metrics(Bundle a, Bundle b, Map<String, Object> json) {
    Map<String, String> from = CardFigures.of(a.card());
    Map<String, String> to = CardFigures.of(b.card());
    TreeSet<String> names = new TreeSet<>(from.keySet());
    names.addAll(to.keySet());
    line("metrics   %s", names.isEmpty() ? "the cards have none" : "as the cards have them");
    Map<String, Object> both = new LinkedHashMap<>();
    for (String name : names) {
      String was = from.getOrDefault(name, "-");
      String is = to.getOrDefault(name, "-");
      line("  %-28s %12s -> %s", name, was, is);
      both.put(name, List.of(was, is));
    }
    json.put("metrics", both);
  }

  private void behaviour(Bundle a, Bundle b, Map<String, Object> json)
      throws IOException, InterruptedException {
    Behaviour seen;
    if (input == null) {
      if (!a.manifest().features().containsAll(b.manifest().features())) {
        line("behaviour not compared: B reads features that A's golden vectors lack; give --input");
        return;
      }
      seen = Behaviour.onGolden(a, b);
    } else {
      FileDigest.sha256(input);
      InputOptions options = InputOptions.of(input, format);
      try (DataDir directory = DataDir.open(data.of("diff"));
          RecordReader reader = options.open(directory, console.err()::println);
          Progress progress = Progress.of(console, "scoring", reader.rows())) {
        seen =
            Behaviour.onFile(
                a,
                b,
                reader,
                new FactsReader(Rates.builtIn()),
                VigilOptions.DEDUPE_HORIZON.defaultValue().toMillis(),
                progress::update);
      }
    }
    line(
        "behaviour %,d vectors of %s: probabilities differ by %.5f on average, %.5f at most",
        seen.rows(), seen.sample(), seen.meanDifference(), seen.greatestDifference());
    line(
        "  ranks correlate by %.4f; %.1f %% of the highest 1 %% are the same",
        seen.rankCorrelation(), 100 * seen.sharedTop());
    json.put("behaviour", seen);
  }

  private void line(String format, Object... values) {
    console.out().println(String.format(Locale.ROOT, format, values));
  }
}

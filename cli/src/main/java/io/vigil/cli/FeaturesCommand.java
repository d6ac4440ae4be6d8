package io.vigil.cli;

import io.vigil.cli.features.PointInTime;
import io.vigil.cli.features.VectorFile;
import io.vigil.cli.ingest.InputFiles;
import io.vigil.cli.ingest.Mapping;
import io.vigil.cli.ingest.RecordReader;
import io.vigil.cli.ingest.Tokeniser;
import io.vigil.cli.local.DataDir;
import io.vigil.job.VigilOptions;
import io.vigil.job.feature.FactsReader;
import io.vigil.model.policy.Rates;
import io.vigil.schema.vault.Vault;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code vigil features}: what a feature spec makes of a file, and what it says. */
@Command(
    name = "features",
    mixinStandardHelpOptions = true,
    description = {
      "Writes the feature vector of every transaction of a file as of its own time.",
      "No broker: the job's feature engine in this process. Its state is on the heap; give more"
          + " with VIGIL_JVM=-Xmx4g when there are millions of entities."
    },
    subcommands = {ExplainFeatures.class, DiffFeatures.class, RotationFeatures.class})
final class FeaturesCommand implements Callable<Integer> {

  @Spec private @Nullable CommandSpec command;
  @Mixin private Console console = new Console();
  @Mixin private VaultOption vault = new VaultOption();
  @Mixin private DataOption data = new DataOption();
  @Mixin private OtherInputs others = new OtherInputs();

  // None is required for picocli, which would require it of the subcommands, too.
  @Option(names = "--input", paramLabel = "FILE", description = "The data (required).")
  private @Nullable Path input;

  @Option(
      names = "--format",
      paramLabel = "F",
      description = "handbook, sparkov, simulated, or a mapping file (YAML; required).")
  private @Nullable String format;

  @Option(
      names = "--spec",
      paramLabel = "SPEC",
      description =
          "The features: a file, a bundle's folder, or a built-in name such as default (required).")
  private @Nullable String spec;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description =
          "Gets the vectors (required). Its ending says the format: .csv, .csv.gz, or .parquet,"
              + " which also has the time, the account and the label that is known in the end.")
  private @Nullable Path out;

  @Option(
      names = "--rates",
      paramLabel = "FILE",
      description = "The exchange rates (default: the built-in ones).")
  private @Nullable Path rates;

  @Override
  public Integer call() throws IOException, InterruptedException {
    Path from = needed("--input", input);
    Mapping mapping = Mapping.load(needed("--format", format));
    SpecSource features = SpecSource.load(needed("--spec", spec));
    Path to = needed("--out", out);
    if (!VectorFile.knows(to)) {
      throw wrongUsage("--out: expected a name ending in " + VectorFile.endings() + ", got " + to);
    }
    FactsReader facts = new FactsReader(rates());
    Stages stages = new Stages();
    PointInTime.Summary summary;
    try (DataDir directory = DataDir.open(data.of("features"));
        InputFiles reader = open(from, mapping, directory)) {
      stages.end("look");
      summary = write(reader, features, facts, to);
      stages.end("features");
    }
    double elapsedS = stages.elapsed();
    print(summary, features, elapsedS, to);
    console.writeJson(json(summary, features, elapsedS, to));
    return 0;
  }

  private InputFiles open(Path from, Mapping mapping, DataDir directory) throws IOException {
    Vault opened = vault.open(console.err()::println);
    RecordReader transactions =
        RecordReader.open(
            from,
            mapping,
            () -> Tokeniser.load(System.getenv(), directory.path(), console.err()::println),
            directory.temporary(),
            opened);
    return others.beside(transactions, directory, console.err()::println, opened);
  }

  private PointInTime.Summary write(
      InputFiles reader, SpecSource features, FactsReader facts, Path to)
      throws IOException, InterruptedException {
    long horizonMs = VigilOptions.DEDUPE_HORIZON.defaultValue().toMillis();
    try (VectorFile vectors = VectorFile.create(to, features.plan().names());
        Progress progress = Progress.of(console, "features", reader.rows())) {
      PointInTime.Summary summary =
          new PointInTime(features.plan(), facts, horizonMs).run(reader, vectors, progress::update);
      vectors.finish();
      return summary;
    } catch (FileSystemException e) {
      String reason = e.getReason();
      throw new CliException(
          "cannot write %s: %s"
              .formatted(e.getFile(), reason == null ? e.getClass().getSimpleName() : reason),
          e);
    } catch (IllegalArgumentException e) {
      throw new CliException(String.valueOf(e.getMessage()), e);
    }
  }

  private Rates rates() throws IOException {
    return rates == null ? Rates.builtIn() : Rates.read(Files.readString(rates), rates.toString());
  }

  private void print(PointInTime.Summary summary, SpecSource features, double elapsedS, Path to) {
    row("rows", "%,d", rows(summary));
    row("vectors", "%,d", summary.transactions());
    row(
        "bad rows",
        "%,d%s",
        summary.badRows(),
        summary.badRows() == 0 ? "" : "  " + new TreeMap<>(summary.badByReason()));
    row("duplicates", "%,d", summary.duplicates());
    row(
        "features",
        "%d, %s %d",
        features.plan().names().size(),
        features.spec().name(),
        features.spec().version());
    row("fingerprint", "%s", features.plan().fingerprint());
    row("time", "%.1f s, %,.0f rows/s", elapsedS, rows(summary) / elapsedS);
    row("out", "%s", to);
    console.out().flush();
  }

  private static Map<String, Object> json(
      PointInTime.Summary summary, SpecSource features, double elapsedS, Path to) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("transactions", summary.transactions());
    json.put("features", features.json());
    json.put("elapsed_s", round(elapsedS));
    json.put("throughput_tps", round(rows(summary) / elapsedS));
    json.put("bad_rows", summary.badRows());
    json.put("bad_rows_by_reason", new TreeMap<>(summary.badByReason()));
    json.put("duplicates", summary.duplicates());
    json.put("out", to.toString());
    return json;
  }

  private static long rows(PointInTime.Summary summary) {
    return summary.transactions() + summary.badRows() + summary.duplicates();
  }

  private void row(String name, String format, Object... values) {
    PrintWriter to = console.out();
    to.printf(Locale.ROOT, "%-17s %s%n", name, String.format(Locale.ROOT, format, values));
  }

  private <T> T needed(String option, @Nullable T value) {
    if (value == null) {
      throw wrongUsage(option + " is missing");
    }
    return value;
  }

  private ParameterException wrongUsage(String message) {
    if (command == null) {
      throw new IllegalStateException("a command line calls this");
    }
    return new ParameterException(command.commandLine(), message);
  }

  private static double round(double value) {
    return Math.round(value * 1000) / 1000.0;
  }
}

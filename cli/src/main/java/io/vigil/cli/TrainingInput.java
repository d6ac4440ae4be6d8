package io.vigil.cli;

import io.vigil.cli.ingest.Ingested;
import io.vigil.cli.ingest.InputFiles;
import io.vigil.cli.local.DataDir;
import io.vigil.cli.train.HistoryReader;
import io.vigil.job.VigilOptions;
import io.vigil.job.feature.FactsReader;
import io.vigil.model.bundle.Bundle;
import io.vigil.model.evaluate.History;
import io.vigil.model.policy.Rates;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What training and evaluation read: a file, and the recipe that says how to learn from it. */
final class TrainingInput {
  @Mixin private InputOptions input = new InputOptions();
  @Mixin private OtherInputs others = new OtherInputs();
  @Mixin private DataOption data = new DataOption();

  @Option(
      names = "--recipe",
      paramLabel = "RECIPE",
      required = true,
      description = "How to learn: a file (docs/training.md) or a built-in name.")
  private String recipe = "";

  @Option(
      names = "--rates",
      paramLabel = "FILE",
      description = "The exchange rates (default: the built-in ones).")
  private @Nullable Path rates;

  /**
   * Reads the recipe.
   *
   * @throws CliException saying what is wrong, and where
   */
  RecipeSource source() {
    return RecipeSource.load(recipe);
  }

  /** The model file that networks begin with, as the recipe says, or null. */
  static byte @Nullable [] init(RecipeSource source) {
    String init = source.recipe().init();
    if (init == null) {
      return null;
    }
    Path path = source.folder().resolve(init);
    return ModelCommand.checked(() -> Files.exists(path) ? Bundle.read(path) : Bundle.named(init))
        .model();
  }

  /** The times of a file's first and last transaction. */
  record Span(long firstMs, long lastMs) {}

  /** Looks how far the file reaches. */
  Span span(Console console, String command) throws IOException {
    try (DataDir directory = DataDir.open(data.of(command));
        InputFiles reader = input.open(directory, console.err()::println, others)) {
      long firstMs = Long.MAX_VALUE;
      long lastMs = Long.MIN_VALUE;
      while (reader.hasNext()) {
        if (reader.next() instanceof Ingested.TransactionRow row) {
          firstMs = Math.min(firstMs, row.transaction().getEventTime());
          lastMs = Math.max(lastMs, row.transaction().getEventTime());
        }
      }
      if (firstMs > lastMs) {
        throw new CliException("expected transactions in the file, got none");
      }
      return new Span(firstMs, lastMs);
    }
  }

  /** Reads the file with the features of the recipe's spec. */
  History history(
      RecipeSource source, HistoryReader.@Nullable Desk desk, Console console, String command)
      throws IOException, InterruptedException {
    FactsReader facts =
        new FactsReader(
            rates == null
                ? Rates.builtIn()
                : Rates.read(Files.readString(rates), rates.toString()));
    long horizonMs = VigilOptions.DEDUPE_HORIZON.defaultValue().toMillis();
    try (DataDir directory = DataDir.open(data.of(command));
        InputFiles reader = input.open(directory, console.err()::println, others);
        Progress progress = Progress.of(console, "features", reader.rows())) {
      return HistoryReader.read(
          reader, source.spec().plan(), facts, horizonMs, desk, progress::update);
    }
  }

  /** What a model card says of the data. */
  String describe() {
    return input.describe();
  }
}

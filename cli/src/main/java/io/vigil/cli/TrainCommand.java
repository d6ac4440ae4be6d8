package io.vigil.cli;

import io.vigil.model.bundle.Bundle;
import io.vigil.model.evaluate.History;
import io.vigil.model.recipe.Recipe;
import io.vigil.model.recipe.RecipeTrainer;
import io.vigil.model.recipe.Trained;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code vigil train}: from a file with labels to a bundle. */
@Command(
    name = "train",
    mixinStandardHelpOptions = true,
    description = {
      "Learns a model from a file of labelled transactions and writes it as a bundle.",
      "Features are made by the job's own engine, each as of its transaction's time. The window of"
          + " the recipe ends its delay before the file does. On one machine the same file and"
          + " recipe give the same bundle, bit for bit."
    })
final class TrainCommand implements Callable<Integer> {

  private static final int THREADS = 2;

  @Mixin private Console console = new Console();
  @Mixin private TrainingInput input = new TrainingInput();

  @Option(
      names = "--out",
      paramLabel = "BUNDLE",
      required = true,
      description = "Gets the bundle: a folder, or a zip when it ends in .zip.")
  private Path out = Path.of("");

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description = "The bundle's name (default: the recipe's).")
  private @Nullable String name;

  @Option(
      names = "--model-version",
      paramLabel = "N",
      defaultValue = "1",
      description = "The bundle's version, at least 1 (default: ${DEFAULT-VALUE}).")
  private int version;

  @Option(
      names = "--until",
      paramLabel = "DATE",
      description =
          "Learns as if it were midnight UTC of that date: from nothing that happened or was known"
              + " later (default: the end of the file).")
  private @Nullable LocalDate until;

  @Mixin private InventoryOptions inventory = new InventoryOptions();

  @Override
  public Integer call() throws IOException, InterruptedException {
    RecipeSource source = input.source();
    Recipe recipe = source.recipe();
    if (recipe.feedback() != null) {
      throw new CliException(
          "recipe %s has feedback, which only evaluation can act out: leave it out, the labels of analysts in the file count anyway"
              .formatted(recipe.name()));
    }
    byte @Nullable [] init = TrainingInput.init(source);
    Stages stages = new Stages();
    History history = input.history(source, null, console, "train");
    stages.end("features");
    if (history.rows() == 0) {
      throw new CliException("expected transactions in the file, got none");
    }
    Trained trained = train(source, history, init);
    stages.end("training");
    Bundle bundle = trained.bundle();
    ModelCommand.checked(
        () -> {
          if (out.toString().endsWith(".zip")) {
            bundle.zipTo(out);
          } else {
            bundle.copyTo(out);
          }
          return bundle;
        });
    print(trained, stages);
    console.writeJson(json(trained, stages));
    return 0;
  }

  private Trained train(RecipeSource source, History history, byte @Nullable [] init) {
    Recipe recipe = source.recipe();
    long nowMs =
        until == null
            ? history.timeMs(history.rows() - 1) + 1
            : until.atStartOfDay(ZoneOffset.UTC).toInstant().toEpochMilli();
    long untilMs = nowMs - recipe.delayMs();
    long middleMs = untilMs - recipe.holdoutMs();
    long fromMs = untilMs - recipe.windowMs();
    Map<String, String> provenance = new LinkedHashMap<>();
    provenance.put("data", input.describe());
    provenance.put(
        "period",
        Instant.ofEpochMilli(Math.max(fromMs, history.timeMs(0)))
            + " to "
            + Instant.ofEpochMilli(untilMs));
    inventory.addTo(provenance);
    TrainingProgress progress = new TrainingProgress(console);
    RecipeTrainer trainer =
        new RecipeTrainer(
            recipe,
            name == null ? recipe.name() : name,
            version,
            source.spec().yaml(),
            provenance,
            init,
            THREADS,
            progress.of(recipe.name()));
    try {
      return ModelCommand.checked(
          () ->
              trainer.train(
                  history.window(fromMs, middleMs, nowMs),
                  history.window(middleMs, untilMs, nowMs)));
    } catch (IllegalStateException e) {
      throw new CliException(String.valueOf(e.getMessage()), e);
    } finally {
      progress.end();
    }
  }

  private void print(Trained trained, Stages stages) {
    row("bundle", "%s %d, %s", trained.bundle().manifest().name(), version, out);
    row("digest", "%s", trained.bundle().digest());
    row("engine", "%s", trained.bundle().manifest().goldenEngineClass());
    row("learnt from", "%,d rows, %,d of them frauds", trained.rows(), trained.frauds());
    Trained.Holdout holdout = trained.holdout();
    row(
        "on the holdout",
        "%,d rows, %,d frauds: average precision %.4f, AUC %.4f",
        holdout.rows(),
        holdout.frauds(),
        holdout.averagePrecision(),
        holdout.rocAuc());
    row("time", "%.1f s", stages.elapsed());
    console.out().flush();
  }

  private Map<String, Object> json(Trained trained, Stages stages) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("bundle", ModelCommand.json(trained.bundle()));
    json.put("out", out.toString());
    json.put("rows", trained.rows());
    json.put("frauds", trained.frauds());
    json.put("holdout", trained.holdout());
    json.put("curves", trained.curves());
    json.put("seconds", stages.seconds());
    return json;
  }

  private void row(String label, String format, Object... values) {
    PrintWriter to = console.out();
    to.printf(Locale.ROOT, "%-17s %s%n", label, String.format(Locale.ROOT, format, values));
  }
}

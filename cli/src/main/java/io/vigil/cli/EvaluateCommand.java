package io.vigil.cli;

import io.vigil.cli.train.HistoryReader;
import io.vigil.model.evaluate.Evaluation;
import io.vigil.model.evaluate.History;
import io.vigil.model.evaluate.Prequential;
import io.vigil.model.evaluate.Protocol;
import io.vigil.model.evaluate.ReportPage;
import io.vigil.model.evaluate.ReviewDesk;
import io.vigil.model.evaluate.Split;
import io.vigil.model.recipe.Recipe;
import io.vigil.model.recipe.RecipeTrainer;
import io.vigil.model.score.ScoringException;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code vigil evaluate}: what a recipe is worth, by a protocol. */
@Command(
    name = "evaluate",
    mixinStandardHelpOptions = true,
    description = {
      "Trains by a recipe as time goes on, and tests each model on the weeks after it.",
      "Figures of validation weeks, which hyper-parameters are chosen on, stand apart from those of"
          + " test weeks. Needs memory for the vectors of all transactions: VIGIL_JVM=-Xmx6g for"
          + " files of many millions."
    })
final class EvaluateCommand implements Callable<Integer> {
  private static final long VERDICT_SEED = 1;

  @Mixin private Console console = new Console();
  @Mixin private TrainingInput input = new TrainingInput();

  @Option(
      names = "--protocol",
      paramLabel = "P",
      defaultValue = "prequential",
      description =
          "handbook-4fold, handbook-single, handbook-anomaly, sparkov-2020-06-21, or prequential"
              + " (default): the last four weeks of any file.")
  private String protocol = "";

  @Option(
      names = "--predictions",
      paramLabel = "FILE.csv",
      description =
          "Gets each tested transaction: fold, transaction_id, day, account, label, score.")
  private @Nullable Path predictions;

  @Option(
      names = "--report",
      paramLabel = "FILE.html",
      description = "Gets a page with curves, for people.")
  private @Nullable Path report;

  @Option(
      names = "--alerts-per-day",
      paramLabel = "N",
      defaultValue = "100",
      description = "The budget of alerts that figures are given for (default: ${DEFAULT-VALUE}).")
  private int alertsPerDay;

  @Option(
      names = "--threads",
      paramLabel = "N",
      defaultValue = "2",
      description =
          "Models fitted at the same time, each on one thread; changes no figure (default:"
              + " ${DEFAULT-VALUE}).")
  private int threads;

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (threads < 1 || alertsPerDay < 1) {
      throw new CliException("--threads and --alerts-per-day: expected at least 1");
    }
    Protocol chosen = ModelCommand.checked(() -> Protocol.byId(protocol));
    RecipeSource source = input.source();
    Recipe recipe = source.recipe();
    byte @Nullable [] init = TrainingInput.init(source);
    Stages stages = new Stages();
    TrainingInput.Span span = input.span(console, "evaluate");
    List<Split> splits =
        ModelCommand.checked(() -> chosen.splits(span.firstMs(), span.lastMs(), recipe.delayMs()));
    stages.end("look");
    TrainingProgress progress = new TrainingProgress(console);
    Prequential prequential =
        new Prequential(
            recipe,
            recipe.feedback() == null
                ? splits
                : Prequential.withWarmUp(splits, span.firstMs(), recipe),
            (split, rows, holdout) ->
                new RecipeTrainer(
                        recipe,
                        recipe.name(),
                        1,
                        source.spec().yaml(),
                        Map.of("data", input.describe(), "split", split.name()),
                        init,
                        // Feedback fits one model after the other.
                        recipe.feedback() == null ? 1 : threads,
                        progress.of(split.name()))
                    .train(rows, holdout));
    Evaluation evaluation;
    try {
      History history = input.history(source, desk(recipe, prequential), console, "evaluate");
      stages.end("features");
      List<Prequential.Tested> tested = tested(prequential, history);
      tellWhatIsLeftOut(splits, tested);
      stages.end("training");
      evaluation = Evaluation.of(recipe, chosen, history, tested, alertsPerDay);
      writePredictions(evaluation, history);
    } catch (IllegalStateException e) {
      throw new CliException(String.valueOf(e.getMessage()), e);
    } finally {
      progress.end();
    }
    stages.end("metrics");
    if (report != null) {
      Files.writeString(report, ReportPage.of(evaluation, input.describe()));
    }
    print(evaluation, stages);
    Map<String, Object> json = evaluation.json();
    json.put("seconds", stages.seconds());
    console.writeJson(json);
    return 0;
  }

  private static HistoryReader.@Nullable Desk desk(Recipe recipe, Prequential prequential) {
    Recipe.Feedback feedback = recipe.feedback();
    if (feedback == null) {
      return null;
    }
    ReviewDesk desk = new ReviewDesk(feedback, VERDICT_SEED);
    return (history, from) -> {
      float[] logits = prequential.score(history, from, history.rows());
      return logits == null ? Map.of() : desk.review(history, from, logits);
    };
  }

  private List<Prequential.Tested> tested(Prequential prequential, History history)
      throws InterruptedException {
    try {
      return prequential.tested(history, threads);
    } catch (IllegalArgumentException | ScoringException e) {
      throw new CliException(String.valueOf(e.getMessage()), e);
    }
  }

  private void tellWhatIsLeftOut(List<Split> splits, List<Prequential.Tested> tested) {
    Set<Split> judged = tested.stream().map(Prequential.Tested::split).collect(Collectors.toSet());
    for (Split split : splits) {
      if (!judged.contains(split)) {
        console.err().printf("fold %s is left out: no fraud to find in it%n", split.name());
      }
    }
    if (judged.stream().allMatch(Split::validation)) {
      throw new CliException(
          "no test week has frauds and others: is the label mapped, and the file long enough?");
    }
  }

  private void writePredictions(Evaluation evaluation, History history) throws IOException {
    if (predictions == null) {
      return;
    }
    try (BufferedWriter out = Files.newBufferedWriter(predictions)) {
      out.write("fold,transaction_id,day,account,label,score\n");
      for (Prequential.Tested tested : evaluation.tested()) {
        for (int i = 0; i < tested.rows().length; i++) {
          int row = tested.rows()[i];
          out.write(
              "%s,%s,%d,%s,%d,%s\n"
                  .formatted(
                      tested.split().name(),
                      history.id(row),
                      tested.scored().days()[i],
                      history.accountName(row),
                      history.fraud(row) ? 1 : 0,
                      tested.scored().logits()[i]));
        }
      }
    }
  }

  private void print(Evaluation evaluation, Stages stages) {
    PrintWriter to = console.out();
    to.printf("%-14s %-10s %8s %8s %8s %9s%n", "fold", "", "AUC", "AP", "CP@100", "KS");
    for (Evaluation.Fold fold : evaluation.folds()) {
      line(to, fold.name(), fold.validation() ? "validation" : "test", fold.metrics().byName());
    }
    line(to, "mean", "validation", evaluation.mean(true));
    line(to, "mean", "test", evaluation.mean(false));
    to.printf(Locale.ROOT, "time %.1f s%n", stages.elapsed());
    to.flush();
  }

  private static void line(PrintWriter to, String fold, String kind, Map<String, Double> values) {
    if (!values.isEmpty()) {
      to.printf(
          Locale.ROOT,
          "%-14s %-10s %8.4f %8.4f %8.4f %9.4f%n",
          fold,
          kind,
          values.get("auc_roc"),
          values.get("average_precision"),
          values.get("card_precision_100"),
          values.get("kolmogorov_smirnov"));
    }
  }
}

package io.vigil.cli;

import io.vigil.cli.ingest.IngestException;
import io.vigil.cli.ingest.InputFiles;
import io.vigil.cli.ingest.Publisher;
import io.vigil.cli.local.ChildProcess;
import io.vigil.cli.local.DataDir;
import io.vigil.cli.local.JobSettings;
import io.vigil.cli.local.LocalStack;
import io.vigil.cli.local.ProcessUsage;
import io.vigil.cli.result.ResultFiles;
import io.vigil.cli.result.ResultsCollector;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code vigil run}: a file through the broker and the job to the end. */
@Command(
    name = "run",
    mixinStandardHelpOptions = true,
    description = {
      "Decides every transaction of a file, and counts what came out.",
      "The file goes through a broker of its own. What was interrupted goes on with --resume."
    })
final class RunCommand implements Callable<Integer> {

  private static final Duration WATCH = Duration.ofMillis(250);

  /** How many transactions the file has: known once all of it is in the log. */
  private static final String PUBLISHED = "published";

  @Mixin private Console console = new Console();
  @Mixin private DataOption data = new DataOption();
  @Mixin private ArtefactOptions artefacts = new ArtefactOptions();
  @Mixin private JobOptions job = new JobOptions();
  @Mixin private InputOptions input = new InputOptions();
  @Mixin private OtherInputs others = new OtherInputs();

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Gets decisions.avro, alerts.avro and dead-letters.avro.")
  private @Nullable Path out;

  /**
   * What the file held.
   *
   * @param transactions unreadable ones included
   * @param spanMs from the first event time to the last
   */
  private record History(long transactions, long spanMs) {}

  @Option(names = "--resume", description = "Goes on with the run that was interrupted.")
  private boolean resume;

  @Override
  public Integer call() throws InterruptedException, IOException {
    Stages stages = new Stages();
    JobSettings settings = job.settings(false, artefacts, resume);
    Map<String, String> asked = asked(settings);
    try (DataDir directory = DataDir.open(data.of("run"))) {
      Versions versions = Versions.of(settings);
      prepare(directory, asked);
      // Who reads a file with a vault makes entries for the people in it.
      try (@Nullable InputFiles reader =
              published(directory) == null
                  ? input.open(directory, console.err()::println, others)
                  : null;
          ProcessUsage usage = new ProcessUsage();
          LocalStack stack = LocalStack.start(directory, 0, usage)) {
        directory.announce(Map.of("bootstrap", stack.bootstrap()));
        // Its start takes as long as the import: they share the time.
        ChildProcess process = JobOptions.start(stack, settings);
        stages.end("start");
        History history = publish(reader, stack, directory, asked);
        stages.end("import");
        ResultsCollector.Result result =
            decide(
                stack,
                process,
                settings.forHistory(history.transactions, history.spanMs),
                history.transactions,
                directory);
        stages.end("job");
        RunReport.conclude(console, history.transactions, result, versions, stages, usage);
        return 0;
      }
    }
  }

  /** Publishes what is not in the log yet; once all of it is, the log is left alone. */
  private History publish(
      @Nullable InputFiles reader, LocalStack stack, DataDir directory, Map<String, String> asked) {
    String published = published(directory);
    if (reader == null && published != null) {
      int space = published.indexOf(' ');
      return new History(
          Long.parseLong(published.substring(0, space)),
          Long.parseLong(published.substring(space + 1)));
    }
    Publisher.Published sent;
    try {
      sent = input.publish(Objects.requireNonNull(reader), stack.brokers(), resume, console);
    } catch (IngestException e) {
      if (e.getCause() instanceof KafkaException) {
        // Whoever resumes counts what a partition holds, and takes it for the file's beginning.
        directory.forget();
        throw new CliException(
            e.getMessage() + "; the log may lack records, so this run cannot be resumed", e);
      }
      throw e;
    }
    History history =
        new History(
            sent.transactions() + sent.badRows(), sent.lastEventTimeMs() - sent.firstEventTimeMs());
    Map<String, String> now = new TreeMap<>(asked);
    now.put(PUBLISHED, history.transactions + " " + history.spanMs);
    directory.remember(now);
    return history;
  }

  /** What the run that is resumed has put into the log, if that was all; else null. */
  private @Nullable String published(DataDir directory) {
    Map<String, String> before = directory.remembered();
    return resume && before != null ? before.get(PUBLISHED) : null;
  }

  private ResultsCollector.Result decide(
      LocalStack stack,
      ChildProcess process,
      JobSettings settings,
      long transactions,
      DataDir directory)
      throws InterruptedException, IOException {
    ResultFiles files = out == null ? null : new ResultFiles(out);
    try (ResultsCollector results = new ResultsCollector(stack.brokers(), files, alert -> {});
        Progress progress = Progress.of(console, "deciding", transactions)) {
      JobOptions.run(stack, process, settings);
      Integer code = process.awaitExit(WATCH);
      while (code == null) {
        stack.check();
        progress.update(results.counts().settledTransactions());
        code = process.awaitExit(WATCH);
      }
      if (code != 0) {
        throw new CliException(
            "%s; go on with: vigil run --resume --data %s and the same options"
                .formatted(process.describeEnd(), directory.path()));
      }
      ResultsCollector.Result result = results.finish();
      progress.update(result.counts().settledTransactions());
      return result;
    }
  }

  /** What can change a decision, for comparison when the run is resumed. */
  private Map<String, String> asked(JobSettings settings) {
    Map<String, String> asked = new TreeMap<>(input.asked());
    asked.putAll(others.asked());
    asked.put("bound", settings.bound());
    settings.artefacts().forEach((kind, value) -> asked.put("artefact-" + kind, value));
    settings.extra().forEach((key, value) -> asked.put("option-" + key, value));
    return asked;
  }

  private void prepare(DataDir directory, Map<String, String> asked) {
    if (!resume) {
      directory.clear();
      directory.remember(asked);
      return;
    }
    Map<String, String> before = directory.remembered();
    if (before == null) {
      throw new CliException("there is no run to resume in " + directory.path());
    }
    before = new TreeMap<>(before);
    Map<String, String> wanted = new TreeMap<>(asked);
    if (before.remove(PUBLISHED) != null) {
      before.remove(InputOptions.ERASED);
      wanted.remove(InputOptions.ERASED);
    }
    if (!before.equals(wanted)) {
      Map<String, String> differ = new TreeMap<>(before);
      differ.entrySet().removeAll(wanted.entrySet());
      Map<String, String> now = new TreeMap<>(wanted);
      now.entrySet().removeAll(before.entrySet());
      throw new CliException(
          "the run in %s was asked for %s, now for %s: resume it with its own options"
              .formatted(directory.path(), differ, now));
    }
  }
}

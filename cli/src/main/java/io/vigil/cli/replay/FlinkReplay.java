package io.vigil.cli.replay;

import io.vigil.cli.CliException;
import io.vigil.cli.local.ChildProcess;
import io.vigil.cli.local.DataDir;
import io.vigil.job.VigilOptions;
import io.vigil.job.archive.ArchiveFolder;
import io.vigil.job.archive.KeptArtefacts;
import io.vigil.job.archive.Starts;
import io.vigil.job.archive.WhatIf;
import io.vigil.job.decide.Recorded;
import io.vigil.job.decide.RecordedFile;
import io.vigil.model.approval.Kind;
import io.vigil.model.torch.TorchRuntime;
import io.vigil.schema.Start;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.flink.configuration.Configuration;

/**
 * A period of an archive, decided again by a Flink job on this machine, from the beginning of the
 * archive. The same options run it on a cluster.
 */
public final class FlinkReplay {
  private static final Duration START = Duration.ofMinutes(2);
  private static final Duration WATCH = Duration.ofMillis(250);

  private FlinkReplay() {}

  /**
   * Decides.
   *
   * @param data for state, logs and the options
   * @param parallelism subtasks
   * @throws CliException when the archive has several starts, or the job fails
   */
  public static void run(
      ArchiveFolder archive, PeriodReplay.Settings settings, DataDir data, int parallelism)
      throws IOException, InterruptedException {
    List<Start> starts = Starts.read(archive);
    if (starts.size() > 1) {
      throw new CliException(
          "--parallelism: expected an archive whose job was started with the same options, got "
              + starts.size()
              + " different starts, which only a replay in one thread goes through");
    }
    WhatIf change = settings.change();
    if (!change.spec().isEmpty()) {
      throw new CliException(
          "--parallelism: expected no feature spec beside it, which only a replay in one thread"
              + " extends");
    }
    Path folder = data.path().resolve("replay");
    Configuration options =
        change.apply(
            Starts.options(starts.get(0), KeptArtefacts.of(archive), folder.resolve("artefacts")));
    Map<String, String> all = new LinkedHashMap<>(options.toMap());
    all.put(VigilOptions.MODE.key(), "bounded");
    all.put("parallelism.default", Integer.toString(parallelism));
    all.put(VigilOptions.REPLAY_ARCHIVE.key(), archive.root().toString());
    all.put(VigilOptions.REPLAY_FROM.key(), settings.from().toString());
    all.put(VigilOptions.REPLAY_UNTIL.key(), settings.to().toString());
    all.put(
        VigilOptions.REPLAY_WITHOUT.key(),
        change.kinds().stream().map(Kind::id).collect(Collectors.joining(";")));
    all.put(VigilOptions.REPLAY_RECORDED.key(), recorded(archive, settings, folder));
    all.put(VigilOptions.ARCHIVE_DIR.key(), settings.out().root().toString());
    all.put(VigilOptions.STATE_DIR.key(), data.state().toUri().toString());
    all.put("rest.port", Integer.toString(freePort()));
    Path conf = data.writeConf(all);
    Map<String, String> environment = new TreeMap<>(TorchRuntime.environment());
    environment.put("DJL_OFFLINE", "true");
    try (ChildProcess job =
        ChildProcess.start(
            new ChildProcess.Spec(
                "job",
                "io.vigil.job.LocalJob",
                List.of("--conf", conf.toString()),
                List.of(
                    "-Xms512m", "-Xmx1536m", "-XX:MaxDirectMemorySize=512m", "-XX:+UseParallelGC"),
                environment,
                data.logs()))) {
      var unused = job.awaitReady(START);
      job.tell("run");
      Integer code = job.awaitExit(WATCH);
      while (code == null) {
        code = job.awaitExit(WATCH);
      }
      if (code != 0) {
        throw new CliException(job.describeEnd());
      }
    }
  }

  private static String recorded(ArchiveFolder archive, PeriodReplay.Settings settings, Path folder)
      throws IOException {
    Files.createDirectories(folder);
    Path file = folder.resolve("recorded.tsv");
    try (BufferedWriter out = Files.newBufferedWriter(file, StandardCharsets.UTF_8)) {
      for (LocalDate day :
          archive.files("decisions").subMap(settings.from(), true, settings.to(), true).keySet()) {
        Verification.read(
            archive,
            day,
            decision -> {
              Recorded.Fallback fallback = Recorded.Fallback.of(decision);
              if (fallback != null) {
                write(
                    out, RecordedFile.line(decision.getTransaction().getTransactionId(), fallback));
              }
            });
      }
    }
    return file.toUri().toString();
  }

  private static void write(BufferedWriter out, String line) {
    try {
      out.write(line);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }
}

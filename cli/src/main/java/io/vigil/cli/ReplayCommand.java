package io.vigil.cli;

import io.vigil.cli.local.DataDir;
import io.vigil.cli.replay.DecisionPage;
import io.vigil.cli.replay.DecisionText;
import io.vigil.cli.replay.PeriodReplay;
import io.vigil.cli.replay.PeriodReport;
import io.vigil.cli.replay.ReplayedDecision;
import io.vigil.job.archive.ArchiveFolder;
import io.vigil.job.archive.ArchiveLog;
import io.vigil.job.archive.DecisionIndex;
import io.vigil.job.archive.WhatIf;
import io.vigil.schema.Decision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code vigil replay}: decisions made again from the archive alone. */
@Command(
    name = "replay",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Makes one decision of an archive again, or all of a period, with what was in force then, and"
          + " holds what comes out against the record, bit for bit.",
      "Needs nothing but the archive. See docs/replay.md."
    },
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {
      "0:the same, or made with a change",
      "1:something differs, or failure",
      "2:wrong usage"
    })
final class ReplayCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;
  @Mixin private Console console = new Console();
  @Mixin private DataOption data = new DataOption();
  @Mixin private ReplayChange change = new ReplayChange();

  @Option(
      names = "--archive",
      paramLabel = "DIR",
      required = true,
      description = "The job's archive (vigil.archive.dir), on any file system that Flink knows.")
  private String archive = "";

  @Option(
      names = "--decision",
      paramLabel = "ID",
      description = "The transaction whose decision is made again.")
  private @Nullable String decision;

  @Option(
      names = "--explain",
      description =
          "Steps through the decision: the events behind each feature, each rule's conditions.")
  private boolean explain;

  @Option(
      names = "--html",
      paramLabel = "FILE",
      description = "Writes the decision as a page for a regulator: one file, no script.")
  private @Nullable Path html;

  @Option(
      names = "--from",
      paramLabel = "DAY",
      description = "The period's first day of effective time, UTC (default: the archive's).")
  private @Nullable LocalDate from;

  @Option(
      names = "--to",
      paramLabel = "DAY",
      description = "The period's last day (default: the archive's).")
  private @Nullable LocalDate to;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Keeps the period's decisions, as an archive, for vigil diff.")
  private @Nullable Path out;

  @Option(
      names = "--parallelism",
      paramLabel = "P",
      description =
          "Replays the period as a Flink job of so many subtasks, from the beginning of the"
              + " archive; else in one thread, from the newest snapshot.")
  private @Nullable Integer parallelism;

  @Option(
      names = "--snapshots",
      description = "Keeps the state at the end of each day in the archive, for later replays.")
  private boolean snapshots;

  @Option(names = "--from-scratch", description = "Begins with no snapshot.")
  private boolean fromScratch;

  @Override
  public Integer call() throws Exception {
    boolean one = decision != null;
    boolean period = from != null || to != null || out != null || parallelism != null || snapshots;
    if (one && period) {
      throw wrong("--decision: expected none of --from, --to, --out, --parallelism, --snapshots");
    }
    if (!one && (explain || html != null)) {
      throw wrong("--explain, --html: expected --decision beside them");
    }
    if (snapshots && parallelism != null) {
      throw wrong("--snapshots: expected no --parallelism, for one thread keeps them");
    }
    ArchiveFolder folder = ArchiveFolder.of(archive);
    WhatIf whatIf = change.whatIf();
    if (snapshots && whatIf.any()) {
      throw wrong("--snapshots: expected no --with, for they are of what was");
    }
    return one ? one(folder, whatIf) : period(folder, whatIf);
  }

  private ParameterException wrong(String message) {
    if (spec == null) {
      throw new IllegalStateException(message);
    }
    return new ParameterException(spec.commandLine(), message);
  }

  private int one(ArchiveFolder folder, WhatIf whatIf) throws Exception {
    String id = String.valueOf(decision);
    List<DecisionIndex.Found> found = DecisionIndex.of(folder).find(id);
    if (found.isEmpty()) {
      throw new CliException("--decision: expected a decision of the archive, got none of " + id);
    }
    Decision recorded = found.get(found.size() - 1).decision();
    Path temporary = Files.createTempDirectory("vigil-replay");
    try {
      ReplayedDecision replayed =
          ReplayedDecision.of(folder, temporary, recorded, !fromScratch && !whatIf.any(), whatIf);
      if (found.size() > 1) {
        console
            .out()
            .printf(
                "%d decisions have this id, made beyond the horizon of deduplication: the newest is"
                    + " replayed%n",
                found.size());
      }
      DecisionText.print(replayed, explain, console.out());
      if (html != null) {
        Files.writeString(html, DecisionPage.of(replayed));
      }
      console.writeJson(replayed.json());
      return replayed.same() || replayed.sameButEngine() || whatIf.any() ? 0 : 1;
    } finally {
      delete(temporary);
    }
  }

  private int period(ArchiveFolder folder, WhatIf whatIf) throws Exception {
    NavigableSet<LocalDate> days = new TreeSet<>(folder.files(ArchiveLog.KIND).keySet());
    if (days.isEmpty()) {
      throw new CliException("--archive: expected an archive with inputs, got " + folder.root());
    }
    LocalDate first = from == null ? days.first() : from;
    LocalDate last = to == null ? days.last() : to;
    try (DataDir directory = DataDir.open(data.of("replay"))) {
      directory.clear();
      Path kept = out;
      ArchiveFolder again =
          ArchiveFolder.of(
              (kept == null ? directory.path().resolve("replay").resolve("again") : kept)
                  .toString());
      if (!again.files(DecisionIndex.KIND).isEmpty()) {
        throw new CliException("--out: expected a folder without decisions, got " + kept);
      }
      PeriodReplay.Settings settings =
          new PeriodReplay.Settings(
              first, last, again, !fromScratch && !whatIf.any(), snapshots, whatIf);
      PeriodReport report = new PeriodReport(folder, again, directory.path(), whatIf.any());
      if (parallelism == null) {
        try (Progress progress = Progress.of(console, "replaying", 0)) {
          report.oneThread(settings, progress::update);
        }
      } else {
        report.flink(settings, directory, parallelism);
      }
      report.print(console.out());
      console.writeJson(report.json());
      return report.differing() == 0 || whatIf.any() ? 0 : 1;
    }
  }

  private static void delete(Path folder) throws IOException {
    try (var all = Files.walk(folder)) {
      for (Path each : all.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    }
  }
}

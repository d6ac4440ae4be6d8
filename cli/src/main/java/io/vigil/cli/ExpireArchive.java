package io.vigil.cli;

import io.vigil.cli.local.DataDir;
import io.vigil.job.archive.ArchiveDay;
import io.vigil.job.archive.ArchiveFolder;
import io.vigil.job.archive.ArchiveLock;
import io.vigil.job.archive.Expiry;
import io.vigil.job.archive.RetentionPolicy;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableSet;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code vigil archive expire}: deletes what is over. */
@Command(
    name = "expire",
    mixinStandardHelpOptions = true,
    description = {
      "Deletes whole days that are older than their kind is kept, and writes down in the archive's"
          + " _journal what went. Kinds that are not named are kept for good, and so are the control"
          + " records among the inputs."
    })
final class ExpireArchive implements Callable<Integer> {

  @Mixin private Console console = new Console();
  @Mixin private DataOption data = new DataOption();

  @Spec private @Nullable CommandSpec command;

  @Option(
      names = "--archive",
      required = true,
      paramLabel = "DIR",
      description =
          "A job's archive (vigil.archive.dir): a folder, or a URI such as s3://BUCKET/archive.")
  private String archive = "";

  @ArgGroup(multiplicity = "1")
  private Policy policy = new Policy();

  /** How long what is kept. */
  private static final class Policy {
    @Option(
        names = "--policy",
        paramLabel = "FILE",
        description = "YAML with keep (kinds with ages), holds and loses_replay.")
    private @Nullable Path file;

    @Option(
        names = "--keep",
        paramLabel = "KIND=AGE,…",
        description = "In place of a file: such as inputs=7y,decisions=7y,receipts=18mo,cases=90d.")
    private @Nullable String keep;
  }

  @Option(
      names = "--hold",
      paramLabel = "FILE",
      description = "YAML with further holds: days that must stay, each with its reason.")
  private @Nullable Path hold;

  @Option(
      names = "--accept-replay-loss",
      description = "Deletes days too that replays of kept decisions need.")
  private boolean acceptReplayLoss;

  @Option(
      names = "--as-of",
      paramLabel = "DAY",
      description = "What is over on this day (default: today, UTC); a later one with --dry-run.")
  private @Nullable LocalDate asOf;

  @Option(
      names = "--by",
      paramLabel = "NAME",
      description = "Who does so, for the journal (default: the user at the machine).")
  private @Nullable String by;

  @Option(names = "--dry-run", description = "Says what would be deleted, and changes nothing.")
  private boolean dryRun;

  @Override
  public Integer call() {
    Instant now = Instant.now();
    LocalDate today = now.atZone(ZoneOffset.UTC).toLocalDate();
    LocalDate day = asOf == null ? today : asOf;
    CommandSpec given = command;
    if (given != null && day.isAfter(today) && !dryRun) {
      throw new ParameterException(
          given.commandLine(), "--as-of a day to come: expected --dry-run with it");
    }
    ArchiveFolder folder = ArchiveOptions.folder(archive);
    RetentionPolicy chosen = policy();
    try (DataDir directory = DataDir.open(data.of("archive"))) {
      Expiry expiry = ArchiveOptions.checked(() -> new Expiry(folder, directory.temporary()));
      Expiry.Plan plan = ArchiveOptions.checked(() -> expiry.plan(chosen, day));
      tell(plan);
      boolean refused =
          !plan.unreplayable().isEmpty() && !acceptReplayLoss && !chosen.losesReplay();
      if (!dryRun && !refused) {
        ArchiveOptions.checked(() -> run(folder, expiry, plan, now, chosen));
      }
      console
          .out()
          .println(
              "%d days %s, %d held"
                  .formatted(
                      plan.over().size(),
                      dryRun ? "to delete" : refused ? "not deleted" : "deleted",
                      plan.held().size()));
      console.out().flush();
      json(plan, day, refused);
      if (refused && !dryRun) {
        throw new CliException(
            ("nothing deleted: decisions of %d kept days could be replayed no more; keep a snapshot"
                    + " of the end of the last day that goes (replay --snapshots), or give"
                    + " --accept-replay-loss")
                .formatted(plan.unreplayable().size()));
      }
    }
    return 0;
  }

  @SuppressWarnings("try") // The lock is held, not used.
  private int run(
      ArchiveFolder folder, Expiry expiry, Expiry.Plan plan, Instant now, RetentionPolicy chosen)
      throws IOException {
    try (ArchiveLock lock = ArchiveLock.take(folder, "expire", ArchiveCommand.host(), now)) {
      expiry.run(plan, who(), now, chosen);
    }
    return plan.over().size();
  }

  private RetentionPolicy policy() {
    List<RetentionPolicy.Hold> holds = new ArrayList<>();
    if (hold != null) {
      Path file = hold;
      holds.addAll(
          ModelCommand.checked(
              () -> RetentionPolicy.readHolds(KeysCommand.text("holds", file), file.toString())));
    }
    Path file = policy.file;
    RetentionPolicy chosen =
        file != null
            ? ModelCommand.checked(
                () -> RetentionPolicy.read(KeysCommand.text("policy", file), file.toString()))
            : new RetentionPolicy(
                ModelCommand.checked(() -> RetentionPolicy.ages(String.valueOf(policy.keep))),
                List.of(),
                false);
    holds.addAll(chosen.holds());
    return new RetentionPolicy(chosen.keep(), holds, chosen.losesReplay());
  }

  private String who() {
    return by != null ? by : System.getProperty("user.name", "?") + "@" + ArchiveCommand.host();
  }

  private void tell(Expiry.Plan plan) {
    for (ArchiveDay day : plan.over()) {
      line(
          "%-14s %s  %d files, %,d bytes", day.kind(), day.date(), day.parts().size(), day.bytes());
    }
    for (Expiry.Held held : plan.held()) {
      line("%-14s %s  held: %s", held.kind(), held.day(), held.reason());
    }
    NavigableSet<LocalDate> lost = plan.unreplayable();
    if (!lost.isEmpty()) {
      line(
          "decisions of %d kept days, %s to %s, could be replayed no more",
          lost.size(), lost.first(), lost.last());
    }
  }

  private void json(Expiry.Plan plan, LocalDate day, boolean refused) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("as_of", day.toString());
    json.put("dry_run", dryRun);
    json.put("refused", refused);
    List<Map<String, Object>> over = new ArrayList<>();
    for (ArchiveDay one : plan.over()) {
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("kind", one.kind());
      entry.put("day", one.date().toString());
      entry.put("files", one.parts().size());
      entry.put("bytes", one.bytes());
      over.add(entry);
    }
    json.put("over", over);
    json.put(
        "held",
        plan.held().stream()
            .map(
                held ->
                    Map.of(
                        "kind", held.kind(),
                        "day", held.day().toString(),
                        "reason", held.reason()))
            .toList());
    json.put("unreplayable", plan.unreplayable().stream().map(LocalDate::toString).toList());
    console.writeJson(json);
  }

  private void line(String format, Object... values) {
    console.out().println(String.format(Locale.ROOT, format, values));
  }
}

package io.vigil.cli;

import io.vigil.cli.local.DataDir;
import io.vigil.job.archive.ArchiveDay;
import io.vigil.job.archive.ArchiveFolder;
import io.vigil.job.archive.ArchiveLock;
import io.vigil.job.archive.Compaction;
import io.vigil.job.archive.IndexWriter;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code vigil archive compact}: few files of many. */
@Command(
    name = "compact",
    mixinStandardHelpOptions = true,
    description = {
      "Makes few, sorted files of the many of each day that is over. Records are copied byte for"
          + " byte; whoever reads meanwhile, or after a crash, finds each of them once."
    })
final class CompactArchive implements Callable<Integer> {
  private static final Duration TOUCHED = Duration.ofDays(1);

  @Mixin private Console console = new Console();
  @Mixin private DataOption data = new DataOption();
  @Mixin private ArchiveOptions archive = new ArchiveOptions();

  @Option(
      names = "--before",
      paramLabel = "DAY",
      description =
          "Only days before this one (default: 8 days ago, for a job that is restored from a"
              + " checkpoint looks for the files that it finished since).")
  private @Nullable LocalDate before;

  @Option(names = "--dry-run", description = "Says what would be compacted, and changes nothing.")
  private boolean dryRun;

  @Override
  public Integer call() {
    Instant now = Instant.now();
    LocalDate limit =
        before != null
            ? before
            : now.atZone(ZoneOffset.UTC).toLocalDate().minusDays(Compaction.SETTLED_DAYS);
    ArchiveFolder folder = archive.folder();
    List<ArchiveDay> wanted = new ArrayList<>();
    List<Map<String, Object>> skipped = new ArrayList<>();
    for (ArchiveDay day : archive.days(folder)) {
      if (!day.date().isBefore(limit)
          || !Compaction.compacts(day.kind())
          || !Compaction.wanted(day)) {
        continue;
      }
      if (Compaction.beingWritten(day, now.minus(TOUCHED))) {
        line("%-14s %s  skipped: somebody writes a file of it", day.kind(), day.date());
        skipped.add(named(day));
      } else {
        wanted.add(day);
      }
    }
    List<Map<String, Object>> compacted = new ArrayList<>();
    if (dryRun) {
      for (ArchiveDay day : wanted) {
        line(
            "%-14s %s  %d files of %,d bytes",
            day.kind(), day.date(), day.parts().size(), day.bytes());
        compacted.add(named(day));
      }
    } else if (!wanted.isEmpty()) {
      ArchiveOptions.checked(() -> compact(folder, wanted, now, compacted));
    }
    line(
        "%d days %s, %d skipped",
        compacted.size(), dryRun ? "to compact" : "compacted", skipped.size());
    console.out().flush();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("before", limit.toString());
    json.put("dry_run", dryRun);
    json.put("compacted", compacted);
    json.put("skipped", skipped);
    console.writeJson(json);
    return 0;
  }

  @SuppressWarnings("try") // The lock is held, not used.
  private int compact(
      ArchiveFolder folder, List<ArchiveDay> days, Instant now, List<Map<String, Object>> compacted)
      throws IOException {
    try (DataDir directory = DataDir.open(data.of("archive"));
        ArchiveLock lock = ArchiveLock.take(folder, "compact", ArchiveCommand.host(), now);
        Progress progress = Progress.of(console, "compacting days", days.size())) {
      Compaction compaction = new Compaction(folder, directory.temporary());
      IndexWriter index = new IndexWriter(folder, directory.temporary());
      for (ArchiveDay day : days) {
        Compaction.Result result = compaction.compact(day);
        if (day.hasIndex()) { // It told of the files that went.
          for (ArchiveDay after : folder.days(day.kind(), day.date(), day.date()).values()) {
            index.write(after);
          }
        }
        line(
            "%-14s %s  %,d records, %d files -> %d, %,d bytes -> %,d",
            day.kind(),
            day.date(),
            result.records(),
            result.before(),
            result.after(),
            result.bytesBefore(),
            result.bytesAfter());
        Map<String, Object> json = named(day);
        json.put("records", result.records());
        json.put("files_before", result.before());
        json.put("files_after", result.after());
        json.put("bytes_before", result.bytesBefore());
        json.put("bytes_after", result.bytesAfter());
        compacted.add(json);
        progress.update(compacted.size());
      }
    }
    return compacted.size();
  }

  private static Map<String, Object> named(ArchiveDay day) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("kind", day.kind());
    json.put("day", day.date().toString());
    return json;
  }

  private void line(String format, Object... values) {
    console.out().println(String.format(Locale.ROOT, format, values));
  }
}

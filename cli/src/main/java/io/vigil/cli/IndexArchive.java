package io.vigil.cli;

import io.vigil.cli.local.DataDir;
import io.vigil.job.archive.ArchiveDay;
import io.vigil.job.archive.ArchiveFolder;
import io.vigil.job.archive.ArchiveLock;
import io.vigil.job.archive.DecisionIndex;
import io.vigil.job.archive.IndexWriter;
import java.io.IOException;
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

/** {@code vigil archive index}: where each transaction and entity stands. */
@Command(
    name = "index",
    mixinStandardHelpOptions = true,
    description = {
      "Writes an index for each day of decisions that has none, or an older one: by transaction and"
          + " by entity, so that a decision is found without reading years."
    })
final class IndexArchive implements Callable<Integer> {

  @Mixin private Console console = new Console();
  @Mixin private DataOption data = new DataOption();
  @Mixin private ArchiveOptions archive = new ArchiveOptions();

  @Option(
      names = "--before",
      paramLabel = "DAY",
      description = "Only days before this one (default: today, UTC).")
  private @Nullable LocalDate before;

  @Override
  public Integer call() {
    Instant now = Instant.now();
    LocalDate limit = before != null ? before : now.atZone(ZoneOffset.UTC).toLocalDate();
    ArchiveFolder folder = archive.folder();
    List<Map<String, Object>> indexed = new ArrayList<>();
    ArchiveOptions.checked(() -> index(folder, limit, now, indexed));
    line("%d days indexed", indexed.size());
    console.out().flush();
    console.writeJson(Map.of("before", limit.toString(), "indexed", indexed));
    return 0;
  }

  @SuppressWarnings("try") // The lock is held, not used.
  private int index(
      ArchiveFolder folder, LocalDate limit, Instant now, List<Map<String, Object>> indexed)
      throws IOException {
    List<ArchiveDay> days = new ArrayList<>();
    for (ArchiveDay day : archive.days(folder)) {
      if (day.kind().equals(DecisionIndex.KIND)
          && day.date().isBefore(limit)
          && !day.parts().isEmpty()
          && !isCurrent(folder, day)) {
        days.add(day);
      }
    }
    if (days.isEmpty()) {
      return 0;
    }
    try (DataDir directory = DataDir.open(data.of("archive"));
        ArchiveLock lock = ArchiveLock.take(folder, "index", ArchiveCommand.host(), now);
        Progress progress = Progress.of(console, "indexing days", days.size())) {
      IndexWriter writer = new IndexWriter(folder, directory.temporary());
      for (ArchiveDay day : days) {
        IndexWriter.Written written = writer.write(day);
        line(
            "%s  %,d decisions, %,d rows, %,d bytes",
            day.date(), written.records(), written.rows(), written.bytes());
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("day", day.date().toString());
        json.put("decisions", written.records());
        json.put("rows", written.rows());
        json.put("bytes", written.bytes());
        indexed.add(json);
        progress.update(indexed.size());
      }
    }
    return indexed.size();
  }

  /** A damaged index is written anew. */
  private static boolean isCurrent(ArchiveFolder folder, ArchiveDay day) {
    try {
      return folder.indexed(day);
    } catch (IOException e) {
      return false;
    }
  }

  private void line(String format, Object... values) {
    console.out().println(String.format(Locale.ROOT, format, values));
  }
}

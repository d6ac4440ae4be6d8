package io.vigil.cli.diff;

import io.vigil.job.archive.ArchiveDay;
import io.vigil.job.archive.ArchiveFolder;
import io.vigil.job.archive.DecisionBodies;
import io.vigil.job.archive.DecisionIndex;
import java.io.IOException;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;

/**
 * Decisions of a run or an archive: a file, a folder with {@code decisions.avro}, or an archive's
 * root, on any Flink file system. Immutable.
 */
public final class DecisionSource {
  private static final String FILE = "decisions.avro";

  private final String name;
  private final FileSystem files;
  private final List<ArchiveDay.Part> parts;
  private final long fromMs;
  private final long untilMs;

  private DecisionSource(
      String name, FileSystem files, List<ArchiveDay.Part> parts, long fromMs, long untilMs) {
    this.name = name;
    this.files = files;
    this.parts = List.copyOf(parts);
    this.fromMs = fromMs;
    this.untilMs = untilMs;
  }

  /**
   * Finds the files.
   *
   * @param given path or URI
   * @param from first day of effective time, UTC
   * @param to last day
   * @throws IOException when there are none
   */
  public static DecisionSource of(String given, LocalDate from, LocalDate to) throws IOException {
    ArchiveFolder folder = ArchiveFolder.of(given);
    FileSystem files = folder.files();
    Path root = folder.root();
    if (!files.exists(root)) {
      throw new IOException(given + ": expected decisions, got no such file or folder");
    }
    List<ArchiveDay.Part> parts = new ArrayList<>();
    FileStatus status = files.getFileStatus(root);
    Path inside = new Path(root, FILE);
    if (!status.isDir()) {
      parts.add(new ArchiveDay.Part(root, status.getLen()));
    } else if (files.exists(inside)) {
      parts.add(new ArchiveDay.Part(inside, files.getFileStatus(inside).getLen()));
    } else {
      folder.days(DecisionIndex.KIND, from, to).values().forEach(day -> parts.addAll(day.parts()));
      if (parts.isEmpty()) {
        throw new IOException(
            "%s: expected %s, or an archive with %s/%s… of these days, got neither"
                .formatted(given, FILE, DecisionIndex.KIND, ArchiveFolder.DAY));
      }
    }
    return new DecisionSource(
        given,
        files,
        parts,
        from.equals(LocalDate.MIN) ? Long.MIN_VALUE : startMs(from),
        to.equals(LocalDate.MAX) ? Long.MAX_VALUE : startMs(to.plusDays(1)));
  }

  private static long startMs(LocalDate day) {
    return day.atStartOfDay().toInstant(ZoneOffset.UTC).toEpochMilli();
  }

  /** As it was given. */
  public String name() {
    return name;
  }

  /** Bytes of its files. */
  long bytes() {
    return parts.stream().mapToLong(ArchiveDay.Part::bytes).sum();
  }

  /** Reads all decisions of its days. */
  void read(DecisionBodies.Sink out) throws IOException {
    for (ArchiveDay.Part part : parts) {
      DecisionBodies.read(
          files,
          part,
          (writer, bytes, from, length, timeMs) -> {
            if (timeMs >= fromMs && timeMs < untilMs) {
              out.decision(writer, bytes, from, length, timeMs);
            }
          });
    }
  }
}

package io.vigil.cli;

import io.vigil.job.archive.ArchiveDay;
import io.vigil.job.archive.ArchiveFolder;
import java.io.IOException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which archive, and which days of it. */
final class ArchiveOptions {

  @Option(
      names = "--archive",
      required = true,
      paramLabel = "DIR",
      description =
          "A job's archive (vigil.archive.dir): a folder, or a URI such as s3://BUCKET/archive.")
  private String archive = "";

  @Option(
      names = "--kind",
      split = ",",
      paramLabel = "KIND",
      description = "Only days of these kinds, such as inputs,decisions (default: all).")
  private List<String> kinds = List.of();

  @Option(names = "--from", paramLabel = "DAY", description = "First day, UTC (default: all).")
  private @Nullable LocalDate from;

  @Option(names = "--to", paramLabel = "DAY", description = "Last day, UTC (default: all).")
  private @Nullable LocalDate to;

  /** Something that reads or writes an archive. */
  interface Part<T> {
    T run() throws IOException;
  }

  /** Runs it, and says in one line what went wrong. */
  static <T> T checked(Part<T> part) {
    try {
      return part.run();
    } catch (IOException e) {
      throw new CliException(String.valueOf(e.getMessage()), e);
    }
  }

  /** The archive; it has a kind at least. */
  ArchiveFolder folder() {
    return folder(archive);
  }

  /** The archive at a place; it has a kind at least. */
  static ArchiveFolder folder(String place) {
    return checked(
        () -> {
          ArchiveFolder folder = ArchiveFolder.of(place);
          if (folder.kinds().isEmpty()) {
            throw new CliException(
                "archive: expected a folder with KIND/" + ArchiveFolder.DAY + "…, got " + place);
          }
          return folder;
        });
  }

  LocalDate from() {
    return from == null ? LocalDate.MIN : from;
  }

  LocalDate to() {
    return to == null ? LocalDate.MAX : to;
  }

  /** The days that were asked for, by kind and date. */
  List<ArchiveDay> days(ArchiveFolder folder) {
    return checked(
        () -> {
          List<ArchiveDay> days = new ArrayList<>();
          List<String> known = folder.kinds();
          for (String kind : kinds) {
            if (!known.contains(kind)) {
              throw new CliException(
                  "archive: expected a kind of %s, got '%s'".formatted(known, kind));
            }
          }
          for (String kind : kinds.isEmpty() ? known : kinds) {
            days.addAll(folder.days(kind, from(), to()).values());
          }
          return days;
        });
  }
}

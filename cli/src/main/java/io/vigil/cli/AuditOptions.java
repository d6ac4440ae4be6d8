package io.vigil.cli;

import io.vigil.job.VigilOptions;
import io.vigil.job.archive.ArchiveFolder;
import io.vigil.job.archive.Starts;
import io.vigil.schema.Start;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.util.TimeUtils;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What commands on a proved archive share. */
final class AuditOptions {
  @Option(
      names = "--archive",
      required = true,
      paramLabel = "DIR",
      description = "The job's archive, a path or a URI.")
  private String archive = "";

  @Option(
      names = "--temporary",
      paramLabel = "DIR",
      description = "Where what is sorted is spilled (default: the system's folder).")
  private @Nullable Path temporary;

  ArchiveFolder archive() {
    ArchiveFolder folder = ArchiveFolder.of(archive);
    try {
      if (!folder.files().exists(folder.root())) {
        throw new CliException("--archive: expected a folder, got " + archive + ", which is none");
      }
    } catch (IOException e) {
      throw new CliException("--archive " + archive + " cannot be read: " + e.getMessage(), e);
    }
    return folder;
  }

  /** Work on a folder of temporary files. */
  interface Work<T> {
    T in(Path temporary) throws IOException;
  }

  /** Does the work in a new folder, which is gone afterwards. */
  <T> T spilling(Work<T> work) {
    try {
      Path folder =
          temporary == null
              ? Files.createTempDirectory("vigil-audit")
              : Files.createTempDirectory(Files.createDirectories(temporary), "vigil-audit");
      try {
        return work.in(folder);
      } finally {
        List<Path> files;
        try (Stream<Path> all = Files.walk(folder)) {
          files = all.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path file : files) {
          Files.delete(file);
        }
      }
    } catch (IOException e) {
      throw new CliException(String.valueOf(e.getMessage()), e);
    }
  }

  /**
   * The job's disorder bound.
   *
   * @param given by whoever asks; null for what the archive says that its job was started with
   * @throws CliException when it is no time, or was not the same at all starts
   */
  static long boundMs(@Nullable String given, ArchiveFolder archive) {
    if (given != null) {
      try {
        return TimeUtils.parseDuration(given).toMillis();
      } catch (IllegalArgumentException e) {
        throw new CliException("--bound: expected a time such as 250ms, got " + given, e);
      }
    }
    Set<Long> bounds = new TreeSet<>();
    try {
      for (Start start : Starts.read(archive)) {
        Configuration options = Configuration.fromMap(start.getOptions());
        bounds.add(options.get(VigilOptions.ORDER_BOUND).toMillis());
      }
    } catch (IOException e) {
      return VigilOptions.ORDER_BOUND.defaultValue().toMillis(); // Of before starts were noted.
    }
    if (bounds.size() > 1) {
      throw new CliException(
          "--bound: expected one, for the job was started with several, "
              + bounds
              + " ms; effective times of the others will then show as findings");
    }
    return bounds.iterator().next();
  }
}

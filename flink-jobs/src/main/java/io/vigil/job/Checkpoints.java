package io.vigil.job;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;

/** Finds what an earlier start of the job left behind. */
final class Checkpoints {
  private Checkpoints() {}

  /**
   * The newest completed checkpoint or savepoint below the directory, of whatever start of the job:
   * {@code JOB/chk-N} or {@code savepoint-NAME}.
   */
  static Optional<String> newest(String directory) {
    try {
      Path root = new Path(directory);
      FileSystem files = root.getFileSystem();
      if (!files.exists(root)) {
        return Optional.empty();
      }
      List<FileStatus> candidates = new ArrayList<>();
      for (FileStatus entry : files.listStatus(root)) {
        if (!entry.isDir()) {
          continue;
        }
        if (entry.getPath().getName().startsWith("savepoint-")) {
          candidates.add(entry);
          continue;
        }
        for (FileStatus checkpoint : files.listStatus(entry.getPath())) {
          if (checkpoint.getPath().getName().startsWith("chk-")) {
            candidates.add(checkpoint);
          }
        }
      }
      Path newest = null;
      long newestMs = Long.MIN_VALUE;
      for (FileStatus candidate : candidates) {
        Path metadata = new Path(candidate.getPath(), "_metadata");
        if (files.exists(metadata)) {
          long writtenMs = files.getFileStatus(metadata).getModificationTime();
          if (writtenMs > newestMs) {
            newestMs = writtenMs;
            newest = candidate.getPath();
          }
        }
      }
      return Optional.ofNullable(newest).map(Path::toString);
    } catch (IOException e) {
      throw new UncheckedIOException("checkpoints: " + directory + " could not be read", e);
    }
  }
}

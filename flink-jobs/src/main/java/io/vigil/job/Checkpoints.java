package io.vigil.job;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;

/** Finds what an earlier start of the job left behind. */
final class Checkpoints {
  private Checkpoints() {}

  /** The newest completed checkpoint below the directory, of whatever start of the job. */
  static Optional<String> newest(String directory) {
    try {
      Path root = new Path(directory);
      FileSystem files = root.getFileSystem();
      if (!files.exists(root)) {
        return Optional.empty();
      }
      Path newest = null;
      long newestMs = Long.MIN_VALUE;
      for (FileStatus job : files.listStatus(root)) {
        if (!job.isDir()) {
          continue;
        }
        for (FileStatus checkpoint : files.listStatus(job.getPath())) {
          Path metadata = new Path(checkpoint.getPath(), "_metadata");
          if (checkpoint.getPath().getName().startsWith("chk-") && files.exists(metadata)) {
            long writtenMs = files.getFileStatus(metadata).getModificationTime();
            if (writtenMs > newestMs) {
              newestMs = writtenMs;
              newest = checkpoint.getPath();
            }
          }
        }
      }
      return Optional.ofNullable(newest).map(Path::toString);
    } catch (IOException e) {
      throw new UncheckedIOException("checkpoints: " + directory + " could not be read", e);
    }
  }
}

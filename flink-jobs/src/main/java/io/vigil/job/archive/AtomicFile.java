package io.vigil.job.archive;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import org.apache.flink.core.fs.FSDataOutputStream;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;

/** Small files that appear under their names when they are complete. */
final class AtomicFile {
  private static final int BUFFER_BYTES = 1 << 16;

  private AtomicFile() {}

  /** Writes what a file holds. */
  interface Content {
    void writeTo(OutputStream out) throws IOException;
  }

  /**
   * Writes a file under a hidden name and renames it. One of that name goes before, for not every
   * file system renames over it.
   */
  static void write(FileSystem files, Path path, Content content) throws IOException {
    Path hidden = new Path(path.getParent(), "." + path.getName() + ".tmp");
    try (FSDataOutputStream stream = files.create(hidden, FileSystem.WriteMode.OVERWRITE)) {
      OutputStream out = new BufferedOutputStream(stream, BUFFER_BYTES);
      content.writeTo(out);
      out.flush();
      sync(files, stream);
    }
    if (files.exists(path)) {
      files.delete(path, false);
    }
    if (!files.rename(hidden, path)) {
      throw new IOException(path + ": cannot be put in place");
    }
  }

  /** On a local disk what was written must be there before something else is deleted for it. */
  static void sync(FileSystem files, FSDataOutputStream stream) throws IOException {
    stream.flush();
    if (!files.isDistributedFS()) {
      stream.sync();
    }
  }
}

package io.vigil.job.archive;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import org.apache.flink.core.fs.FSDataOutputStream;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;

/**
 * Keeps those who rewrite an archive apart: a file {@code _lock} in its root that says who works,
 * and since when. A lock whose process is known to have ended, or that is older than a day, is
 * taken over. Readers, and the jobs that write, need none.
 */
public final class ArchiveLock implements Closeable {
  private static final String NAME = "_lock";
  private static final Duration FORGOTTEN = Duration.ofDays(1);
  private static final int WORDS = 4;

  private final FileSystem files;
  private final Path path;

  private ArchiveLock(FileSystem files, Path path) {
    this.files = files;
    this.path = path;
  }

  /**
   * Takes the lock.
   *
   * @param what is to be done, one word
   * @param host that this process runs on
   * @param now the wall clock's time
   * @throws IOException when somebody else works there, saying who
   */
  public static ArchiveLock take(ArchiveFolder archive, String what, String host, Instant now)
      throws IOException {
    FileSystem files = archive.files();
    Path path = archive.resolve(NAME);
    if (files.exists(path)) {
      String text;
      try (InputStream in = files.open(path)) {
        text = new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
      }
      if (!hasEnded(text, host, now)) {
        throw new IOException(
            "archive: somebody works on it: %s; if that has ended, remove %s"
                .formatted(text, path));
      }
      files.delete(path, false);
    }
    try (FSDataOutputStream out = files.create(path, FileSystem.WriteMode.NO_OVERWRITE)) {
      String text = what + " " + host + " " + ProcessHandle.current().pid() + " " + now;
      out.write(text.getBytes(StandardCharsets.UTF_8));
    }
    return new ArchiveLock(files, path);
  }

  private static boolean hasEnded(String text, String host, Instant now) {
    String[] words = text.split(" ", -1);
    if (words.length != WORDS) {
      return false;
    }
    try {
      boolean here = words[1].equals(host);
      return (here && ProcessHandle.of(Long.parseLong(words[2])).isEmpty())
          || Instant.parse(words[3]).plus(FORGOTTEN).isBefore(now);
    } catch (NumberFormatException | DateTimeParseException e) {
      return false;
    }
  }

  @Override
  public void close() throws IOException {
    files.delete(path, false);
  }
}

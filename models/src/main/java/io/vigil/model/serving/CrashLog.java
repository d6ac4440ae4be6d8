package io.vigil.model.serving;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Remembers, beyond the death of the process, which model was running when the JVM crashed. Each
 * scoring thread has a small mapped file that says what it runs; a later process that finds such a
 * mark of a dead process, and the fatal error log that its JVM left, writes the model down as the
 * cause. A process that was killed from outside leaves no such log, and no model is blamed. For
 * that the JVM must run with {@code -XX:ErrorFile=DIR/hs_err_pid%p.log}. Thread-safe.
 */
public final class CrashLog {
  /** So many crashes inside a model and it is run no more. */
  public static final int CRASHES_MOST = 2;

  private static final Logger LOG = LoggerFactory.getLogger(CrashLog.class);
  private static final String CRASHES = "crashes.log";
  private static final Pattern MARK = Pattern.compile("scoring-(\\d+)-(\\d+)-\\d+\\.mark");
  private static final int DIGEST_BYTES = 32;

  private final Path directory;
  private int marks;

  private CrashLog(Path directory) {
    this.directory = directory;
  }

  /** What a thread runs. Owned by that thread. */
  static final class Mark implements AutoCloseable {
    private final MappedByteBuffer bytes;
    private final Path file;

    private Mark(Path file) throws IOException {
      this.file = file;
      try (FileChannel channel =
          FileChannel.open(
              file,
              StandardOpenOption.CREATE_NEW,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE)) {
        bytes = channel.map(FileChannel.MapMode.READ_WRITE, 0, 1 + DIGEST_BYTES);
      }
    }

    void enter(byte[] digest) {
      bytes.put(1, digest);
      bytes.put(0, (byte) 1);
    }

    void leave() {
      bytes.put(0, (byte) 0);
    }

    @Override
    public void close() {
      try {
        Files.deleteIfExists(file);
      } catch (IOException e) {
        LOG.warn("a mark of this process cannot be removed", e);
      }
    }
  }

  /**
   * Opens the log and reads the marks of processes that are no more.
   *
   * @param directory made when it is not there
   * @throws UncheckedIOException when it cannot be read or written
   */
  public static synchronized CrashLog in(Path directory) {
    CrashLog log = new CrashLog(directory);
    try {
      Files.createDirectories(directory);
      try (Stream<Path> files = Files.list(directory)) {
        for (Path file : (Iterable<Path>) files.sorted()::iterator) {
          Matcher name = MARK.matcher(file.getFileName().toString());
          if (name.matches() && !alive(name.group(1), name.group(2))) {
            log.bury(file, name.group(1), Long.parseLong(name.group(2)));
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("crash log " + directory + ": cannot be used", e);
    }
    return log;
  }

  /** How often the process crashed inside a model. */
  public int crashes(String digest) {
    Path file = directory.resolve(CRASHES);
    try {
      return Files.exists(file)
          ? (int) Files.readAllLines(file).stream().filter(l -> l.endsWith(" " + digest)).count()
          : 0;
    } catch (IOException e) {
      throw new UncheckedIOException("crash log " + file + ": cannot be read", e);
    }
  }

  /** The file that says how often; remove it to let a quarantined model run again. */
  public Path file() {
    return directory.resolve(CRASHES);
  }

  synchronized Mark mark() {
    ProcessHandle self = ProcessHandle.current();
    String name = "scoring-%d-%d-%d.mark".formatted(self.pid(), startMs(self), marks++);
    // Services of several class loaders in one JVM do not know of each other.
    while (Files.exists(directory.resolve(name))) {
      name = "scoring-%d-%d-%d.mark".formatted(self.pid(), startMs(self), marks++);
    }
    try {
      return new Mark(directory.resolve(name));
    } catch (IOException e) {
      throw new UncheckedIOException("crash log " + directory + ": cannot be written", e);
    }
  }

  private void bury(Path mark, String pid, long startMs) throws IOException {
    byte[] bytes = Files.readAllBytes(mark);
    Path error = directory.resolve("hs_err_pid" + pid + ".log");
    boolean crashed = Files.exists(error) && Files.getLastModifiedTime(error).toMillis() >= startMs;
    if (crashed && bytes.length == 1 + DIGEST_BYTES && bytes[0] == 1) {
      String digest = HexFormat.of().formatHex(bytes, 1, bytes.length);
      Files.write(
          file(),
          List.of(
              Files.getLastModifiedTime(error) + " process " + pid + " crashed inside " + digest),
          StandardCharsets.UTF_8,
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
      LOG.error("the process crashed inside a model: pid={} model={} log={}", pid, digest, error);
    }
    Files.delete(mark);
  }

  /** Process numbers come again, in containers at once: the start tells them apart. */
  private static boolean alive(String pid, String startMs) {
    Optional<ProcessHandle> process = ProcessHandle.of(Long.parseLong(pid));
    return process.isPresent()
        && process.get().isAlive()
        && startMs(process.get()) == Long.parseLong(startMs);
  }

  private static long startMs(ProcessHandle process) {
    return process.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
  }
}

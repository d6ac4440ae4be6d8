package io.vigil.cli.local;

import io.vigil.cli.CliException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The directory where a local stack keeps what it must not forget: the broker's logs, the job's
 * checkpoints, the archive, and what the run was asked to do. One process at a time holds it.
 */
public final class DataDir implements AutoCloseable {

  private static final String LOCK = "vigil.lock";
  private static final String RUN = "run.properties";
  private static final String RUNNING = "running.properties";
  private static final String CLUSTER = "cluster";
  private static final List<String> DATA =
      List.of("kafka", "postgres", "state", "archive", "conf", "logs", "tmp", "replay", CLUSTER);

  private final Path path;
  private final FileChannel channel;

  private DataDir(Path path, FileChannel channel) {
    this.path = path;
    this.channel = channel;
  }

  /**
   * Takes hold of a directory, made when it is missing.
   *
   * @throws CliException when another process holds it, or it holds files that are not ours
   */
  public static DataDir open(Path given) {
    Path path = given.toAbsolutePath().normalize();
    try {
      Files.createDirectories(path);
      Path lockFile = path.resolve(LOCK);
      if (!Files.exists(lockFile)) {
        try (Stream<Path> files = Files.list(path)) {
          if (files.findAny().isPresent()) {
            throw new CliException(
                "data directory %s holds files that are not Vigil's; name an empty one with --data"
                    .formatted(path));
          }
        }
      }
      FileChannel channel =
          FileChannel.open(
              lockFile,
              StandardOpenOption.CREATE,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE);
      // Held until the channel is closed or the process ends, however it ends.
      FileLock lock = channel.tryLock();
      if (lock == null) {
        channel.close();
        throw new CliException(
            "data directory %s is in use by another vigil process; name another with --data"
                .formatted(path));
      }
      Files.deleteIfExists(path.resolve(RUNNING));
      DataDir data = new DataDir(path, channel);
      // Read by the logging configuration when the first logger is made, which comes later.
      System.setProperty("vigil.log.file", data.ownLog().toString());
      return data;
    } catch (IOException e) {
      throw new CliException("cannot use data directory " + path + ": " + e.getMessage(), e);
    }
  }

  /** The bootstrap address and more of the stack that runs on that directory, or null. */
  public static @Nullable Map<String, String> running(Path path) {
    Path file = path.resolve(RUNNING);
    Path lockFile = path.resolve(LOCK);
    if (!Files.exists(file) || !Files.exists(lockFile)) {
      return null;
    }
    try (FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.WRITE);
        FileLock lock = channel.tryLock()) {
      return lock == null ? load(file) : null;
    } catch (IOException e) {
      throw new CliException("cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  /** Whether the directory has a broker's logs in it. */
  public static boolean hasData(Path path) {
    return Files.exists(path.resolve("kafka"));
  }

  public Path path() {
    return path;
  }

  public Path kafka() {
    return path.resolve("kafka");
  }

  public Path state() {
    return path.resolve("state");
  }

  public Path archive() {
    return path.resolve("archive");
  }

  /** Of the job's own key; stays when the rest is cleared. */
  Path keys() {
    return path.resolve("keys");
  }

  /** The options that the job on that directory was last told. */
  public static Path conf(Path path) {
    return path.resolve("conf").resolve("job.yaml");
  }

  /** Of the console's database. */
  public Path postgres() {
    return path.resolve("postgres");
  }

  /** What a crash of the job leaves: the JVM's error log, and which model was running. */
  public Path crashes() {
    return path.resolve("crashes");
  }

  /** A directory for what is needed only while a command runs. */
  public Path temporary() {
    try {
      return Files.createDirectories(path.resolve("tmp"));
    } catch (IOException e) {
      throw new CliException("cannot use " + path + ": " + e.getMessage(), e);
    }
  }

  public Path logs() {
    return path.resolve("logs");
  }

  private Path ownLog() {
    return logs().resolve("cli.log");
  }

  /** Forgets an earlier run. */
  public void clear() {
    try {
      for (String name : DATA) {
        delete(path.resolve(name));
      }
      Files.deleteIfExists(path.resolve(RUN));
    } catch (IOException e) {
      throw new CliException("cannot clear " + path + ": " + e.getMessage(), e);
    }
  }

  /** Of a cluster's members, emptied: what a later start needs is in the job's own state. */
  Path emptyCluster() {
    Path cluster = path.resolve(CLUSTER);
    try {
      delete(cluster);
      return Files.createDirectories(cluster);
    } catch (IOException e) {
      throw new CliException("cannot clear " + cluster + ": " + e.getMessage(), e);
    }
  }

  private void delete(Path data) throws IOException {
    if (!Files.exists(data)) {
      return;
    }
    try (Stream<Path> files = Files.walk(data)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        // This process may be writing its own log already.
        if (!file.equals(logs()) && !file.equals(ownLog())) {
          Files.delete(file);
        }
      }
    }
  }

  /** What the run that filled this directory was asked to do, or null when there was none. */
  public @Nullable Map<String, String> remembered() {
    Path file = path.resolve(RUN);
    try {
      return Files.exists(file) ? load(file) : null;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Keeps what this run was asked to do, for a later {@code --resume}. */
  public void remember(Map<String, String> options) {
    store(path.resolve(RUN), options);
  }

  /** From now on there is nothing here that could be resumed. */
  public void forget() {
    try {
      Files.deleteIfExists(path.resolve(RUN));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Says where the running stack can be reached, until this directory is closed. */
  public void announce(Map<String, String> addresses) {
    store(path.resolve(RUNNING), addresses);
  }

  private static Map<String, String> load(Path file) throws IOException {
    Properties properties = new Properties();
    try (var reader = Files.newBufferedReader(file)) {
      properties.load(reader);
    }
    Map<String, String> map = new TreeMap<>();
    properties.forEach((key, value) -> map.put((String) key, (String) value));
    return map;
  }

  private static void store(Path file, Map<String, String> map) {
    StringBuilder text = new StringBuilder();
    new TreeMap<>(map)
        .forEach(
            (key, value) ->
                text.append(key)
                    .append('=')
                    .append(value.replace("\\", "\\\\").replace("\n", "\\n"))
                    .append('\n'));
    try {
      Files.writeString(file, text, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new CliException("cannot write " + file + ": " + e.getMessage(), e);
    }
  }

  /** Writes what the console is told, a properties file, and returns where it is. */
  Path writeConsoleConf(Map<String, String> options) {
    try {
      Path file = Files.createDirectories(path.resolve("conf")).resolve("console.properties");
      store(file, options);
      return file;
    } catch (IOException e) {
      throw new CliException("cannot use " + path + ": " + e.getMessage(), e);
    }
  }

  /** Writes a flat YAML file of the job's options and returns where it is. */
  public Path writeConf(Map<String, String> options) {
    return writeConf(path, options);
  }

  /**
   * Writes a flat YAML file of the options of the job on that directory, and returns where it is.
   */
  public static Path writeConf(Path path, Map<String, String> options) {
    StringBuilder text = new StringBuilder();
    // Single quotes: in YAML nothing inside them has a meaning but the quote itself.
    new LinkedHashMap<>(options)
        .forEach(
            (key, value) ->
                text.append(key).append(": '").append(value.replace("'", "''")).append("'\n"));
    Path file = conf(path);
    try {
      Files.createDirectories(path.resolve("conf"));
      return Files.writeString(file, text, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new CliException("cannot write " + file + ": " + e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    try {
      Files.deleteIfExists(path.resolve(RUNNING));
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

package io.vigil.console.store;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The PostgreSQL of the local stack: a real server from a Maven artifact, on 127.0.0.1 and a
 * directory of its own. When its process dies it is started again on the same port, and recovers by
 * its write-ahead log.
 */
public final class LocalPostgres implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(LocalPostgres.class);
  private static final long WATCH_MS = 500;
  private static final long POLL_MS = 50;
  private static final Duration STOP = Duration.ofSeconds(10);
  private static final Duration START = Duration.ofMinutes(2);
  private static final String LOCK = "postmaster.pid";
  private static final Path PROCESSES = Path.of("/proc");

  private final Path directory;
  private final FileChannel hold;
  private final int port;
  private final ScheduledExecutorService watch =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "postgres-watch");
            thread.setDaemon(true);
            return thread;
          });
  private EmbeddedPostgres server;
  private boolean closed;

  private LocalPostgres(Path directory, FileChannel hold) throws IOException {
    this.directory = directory;
    this.hold = hold;
    clear();
    this.server = launch(0);
    this.port = server.getPort();
    // Not the library's own hook: the watch would take what that stops for dead, and start it
    // again.
    Runtime.getRuntime().addShutdownHook(new Thread(this::close, "postgres-shutdown"));
    var unused =
        watch.scheduleWithFixedDelay(this::revive, WATCH_MS, WATCH_MS, TimeUnit.MILLISECONDS);
  }

  /**
   * Starts a server on a directory, which is made when it is missing.
   *
   * @throws IOException when another one that is not closed was started there, whose server this
   *     one would take for a dead console's, or when the server does not start
   */
  public static LocalPostgres start(Path given) throws IOException {
    Path directory = given.toAbsolutePath();
    Files.createDirectories(directory);
    FileChannel hold = hold(directory);
    try {
      return new LocalPostgres(directory, hold);
    } catch (IOException | RuntimeException e) {
      hold.close();
      throw e;
    }
  }

  /** Beside the directory: a server is made only in an empty one. Held as long as it is open. */
  private static FileChannel hold(Path directory) throws IOException {
    FileChannel channel =
        FileChannel.open(
            directory.resolveSibling(directory.getFileName() + ".lock"),
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE);
    try {
      if (channel.tryLock() != null) {
        return channel;
      }
    } catch (OverlappingFileLockException e) {
      // By this process itself.
    }
    channel.close();
    throw new IOException(
        directory + ": expected no other console, got one that has its database there and runs");
  }

  /** Where it listens. */
  public String url() {
    return "jdbc:postgresql://127.0.0.1:" + port + "/postgres";
  }

  /** The user that owns everything. */
  public String user() {
    return "postgres";
  }

  private EmbeddedPostgres launch(int port) throws IOException {
    EmbeddedPostgres.Builder builder =
        EmbeddedPostgres.builder()
            .setDataDirectory(directory)
            .setCleanDataDirectory(false)
            .setRegisterShutdownHook(false)
            // After a crash it first replays its log, which on a busy machine takes its time.
            .setPGStartupWait(START)
            .setLocaleConfig("locale", "C.UTF-8")
            // The library's defaults are for tests: what was committed would be lost with the
            // server.
            .setServerConfig("synchronous_commit", "on")
            .setServerConfig("fsync", "on")
            .setServerConfig("shared_buffers", "64MB")
            .setServerConfig("max_connections", "50");
    return port == 0 ? builder.start() : builder.setPort(port).start();
  }

  /**
   * Waits until nothing of an earlier server holds the directory: neither a server whose console
   * was killed, nor what starts one, nor the processes of a server that was killed itself. A new
   * one would find it taken and end at once, and the library waits for it all the same.
   */
  private void clear() throws IOException {
    long startNanos = System.nanoTime();
    boolean asked = false;
    for (List<ProcessHandle> left = leftovers(); !left.isEmpty(); left = leftovers()) {
      Optional<ProcessHandle> postmaster = postmaster().filter(left::contains);
      long waitedNanos = System.nanoTime() - startNanos;
      if (waitedNanos > START.toNanos()) {
        throw new IOException(
            directory + ": expected no server of before, got " + left + ", which do not end");
      } else if (waitedNanos > STOP.toNanos()) {
        left.forEach(ProcessHandle::destroyForcibly);
      } else if (!asked && postmaster.isPresent()) {
        // SIGTERM lets it end in order, now that nobody is connected to it any more.
        asked = postmaster.get().destroy();
      }
      try {
        Thread.sleep(POLL_MS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted while a postgres of before was stopping", e);
      }
    }
    // Its number is in use, but not by a server: one that is dead and that nobody has asked for its
    // end yet, or another program that came later. PostgreSQL would take either for a server.
    if (postmaster().isPresent() && Files.isDirectory(PROCESSES)) {
      Files.delete(directory.resolve(LOCK));
    }
  }

  /** Who has the number that the directory's lock names. */
  private Optional<ProcessHandle> postmaster() throws IOException {
    Path lock = directory.resolve(LOCK);
    List<String> lines = Files.exists(lock) ? Files.readAllLines(lock) : List.of();
    return lines.isEmpty()
        ? Optional.empty()
        : ProcessHandle.of(Long.parseLong(lines.get(0).strip()));
  }

  /** The processes of a server on the directory, and those that start or stop one there. */
  private List<ProcessHandle> leftovers() throws IOException {
    Optional<ProcessHandle> named = postmaster();
    return ProcessHandle.allProcesses()
        .filter(
            each -> {
              if (each.info().command().orElse("").endsWith("/postgres")) {
                // A number can be another server's by now, where nobody says where that works.
                return Files.isDirectory(PROCESSES)
                    ? worksIn(each)
                    : named.equals(Optional.of(each));
              }
              return List.of(each.info().arguments().orElse(new String[0]))
                  .containsAll(List.of("-D", directory.toString()));
            })
        .toList();
  }

  /** Whether the directory is a process's own, as it is of all that belong to its server. */
  private boolean worksIn(ProcessHandle process) {
    try {
      return Files.isSameFile(PROCESSES.resolve(process.pid() + "/cwd"), directory);
    } catch (IOException e) {
      return false; // It ended meanwhile, or this system does not say.
    }
  }

  private synchronized void revive() {
    if (closed) {
      return;
    }
    try (var connection = server.getPostgresDatabase().getConnection()) {
      if (connection.isValid(5)) {
        return;
      }
    } catch (java.sql.SQLException e) {
      LOG.warn("postgres does not answer, starting it again", e);
    }
    try {
      server.close();
    } catch (IOException | RuntimeException e) {
      LOG.info("what was left of postgres could not be stopped", e);
    }
    try {
      clear();
      server = launch(port);
    } catch (IOException | RuntimeException e) {
      LOG.error("postgres cannot be started again", e);
    }
  }

  /** Stops the server, and waits for it. */
  @Override
  public synchronized void close() {
    watch.shutdown();
    if (!closed) {
      closed = true;
      try {
        server.close();
        hold.close();
      } catch (IOException e) {
        LOG.warn("postgres could not be stopped", e);
      }
    }
  }
}

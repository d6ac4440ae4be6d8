package io.vigil.console.store;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
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
  private static final long STOP_S = 10;
  private static final Duration START = Duration.ofMinutes(2);

  private final Path directory;
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

  private LocalPostgres(Path directory) throws IOException {
    this.directory = directory;
    stopLeftover();
    this.server = launch(0);
    this.port = server.getPort();
    // Not the library's own hook: the watch would take what that stops for dead, and start it
    // again.
    Runtime.getRuntime().addShutdownHook(new Thread(this::close, "postgres-shutdown"));
    var unused =
        watch.scheduleWithFixedDelay(this::revive, WATCH_MS, WATCH_MS, TimeUnit.MILLISECONDS);
  }

  /** Starts a server on a directory, which is made when it is missing. */
  public static LocalPostgres start(Path directory) throws IOException {
    Files.createDirectories(directory);
    return new LocalPostgres(directory.toAbsolutePath());
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

  /** A server that outlived its console, which was killed, still holds the directory. */
  private void stopLeftover() throws IOException {
    Path lock = directory.resolve("postmaster.pid");
    if (!Files.exists(lock)) {
      return;
    }
    List<String> lines = Files.readAllLines(lock);
    Optional<ProcessHandle> leftover =
        lines.isEmpty()
            ? Optional.empty()
            : ProcessHandle.of(Long.parseLong(lines.get(0).strip()))
                .filter(process -> process.info().command().orElse("").endsWith("postgres"));
    if (leftover.isPresent()) {
      // SIGTERM lets it end in order, now that nobody is connected to it any more.
      leftover.get().destroy();
      try {
        leftover.get().onExit().get(STOP_S, TimeUnit.SECONDS);
      } catch (TimeoutException | ExecutionException e) {
        leftover.get().destroyForcibly();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted while a postgres of before was stopping", e);
      }
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
      } catch (IOException e) {
        LOG.warn("postgres could not be stopped", e);
      }
    }
  }
}

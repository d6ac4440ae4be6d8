package io.vigil.console.web;

import io.javalin.http.sse.SseClient;
import io.vigil.console.cases.CaseStore;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells open pages what has changed, as soon as it is committed, by whichever console: PostgreSQL
 * notifies. Changes of a quarter of a second are told together; a page that reads slower than
 * things change misses none that matters, since each event only says what to look at again.
 * Thread-safe.
 */
public final class LiveEvents implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(LiveEvents.class);
  private static final int ROUND_MS = 250;
  private static final long QUEUE_MS = 1_000;
  private static final long ALIVE_MS = 10_000;
  private static final long PAUSE_MS = 500;

  private final String url;
  private final Properties login = new Properties();
  private final Set<Page> pages = ConcurrentHashMap.newKeySet();
  private final ExecutorService senders = Executors.newCachedThreadPool(LiveEvents::daemon);
  private final Thread thread = daemon(this::run);
  private volatile boolean closed;

  public LiveEvents(String url, String user, @Nullable String password) {
    this.url = url;
    login.setProperty("user", user);
    login.setProperty("ApplicationName", "vigil-console-live");
    login.setProperty("tcpKeepAlive", "true");
    if (password != null) {
      login.setProperty("password", password);
    }
    thread.setName("live-events");
    thread.start();
  }

  private static Thread daemon(Runnable task) {
    Thread thread = new Thread(task, "live-sender");
    thread.setDaemon(true);
    return thread;
  }

  /** A page that listens. One task at a time sends to it; what comes meanwhile is joined. */
  private final class Page {
    private final SseClient client;
    private final BooleanSupplier allowed;
    private final Map<String, String> cases = new LinkedHashMap<>();
    private boolean queue;
    private boolean sending;
    private long queueToldMs;
    private long aliveMs = System.currentTimeMillis();

    Page(SseClient client, BooleanSupplier allowed) {
      this.client = client;
      this.allowed = allowed;
    }

    synchronized void changed(Map<String, String> changes) {
      cases.putAll(changes);
      queue = queue || !changes.isEmpty();
      send();
    }

    synchronized void send() {
      long nowMs = System.currentTimeMillis();
      boolean due =
          !cases.isEmpty()
              || (queue && nowMs - queueToldMs >= QUEUE_MS)
              || nowMs - aliveMs >= ALIVE_MS;
      if (due && !sending) {
        sending = true;
        senders.execute(this::deliver);
      }
    }

    private void deliver() {
      Map<String, String> now;
      boolean tellQueue;
      boolean alive;
      synchronized (this) {
        long nowMs = System.currentTimeMillis();
        now = new LinkedHashMap<>(cases);
        cases.clear();
        tellQueue = queue && nowMs - queueToldMs >= QUEUE_MS;
        if (tellQueue) {
          queue = false;
          queueToldMs = nowMs;
        }
        alive = nowMs - aliveMs >= ALIVE_MS;
        if (alive) {
          aliveMs = nowMs;
        }
      }
      try {
        if (alive && !allowed.getAsBoolean()) {
          client.close();
          return;
        }
        now.forEach(
            (id, version) ->
                client.sendEvent("case", "{\"case_id\":%s,\"version\":%s}".formatted(id, version)));
        if (tellQueue) {
          client.sendEvent("queue", "{}");
        }
        if (alive) {
          client.sendComment("alive");
        }
      } catch (RuntimeException e) {
        client.close();
      } finally {
        synchronized (this) {
          sending = false;
        }
      }
    }
  }

  /**
   * Sends events to a page until it goes.
   *
   * @param allowed whether its session still lasts; asked every 10 s
   */
  void add(SseClient client, BooleanSupplier allowed) {
    Page page = new Page(client, allowed);
    client.keepAlive();
    client.onClose(() -> pages.remove(page));
    client.sendEvent("hello", "{}");
    pages.add(page);
  }

  private void run() {
    while (!closed) {
      try (Connection connection = DriverManager.getConnection(url, login);
          Statement statement = connection.createStatement()) {
        statement.execute("listen " + CaseStore.CHANNEL);
        PGConnection postgres = connection.unwrap(PGConnection.class);
        // What happened while nobody listened is unknown: everybody looks again.
        tell(Map.of("0", "0"));
        while (!closed) {
          PGNotification[] notes = postgres.getNotifications(ROUND_MS);
          Map<String, String> changes = new LinkedHashMap<>();
          if (notes != null) {
            for (PGNotification note : notes) {
              String[] parts = note.getParameter().split(" ", 3);
              if (parts.length == 3 && parts[0].equals("case")) {
                changes.put(parts[1], parts[2]);
              }
            }
          }
          tell(changes);
          if (notes != null && notes.length > 0) {
            Thread.sleep(ROUND_MS);
          }
        }
      } catch (SQLException e) {
        if (!closed) {
          LOG.warn("no notifications from the database, trying again", e);
          pause();
        }
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private void tell(Map<String, String> changes) {
    for (Page page : pages) {
      page.changed(changes);
    }
  }

  private static void pause() {
    try {
      Thread.sleep(Duration.ofMillis(PAUSE_MS).toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    closed = true;
    thread.interrupt();
    pages.forEach(page -> page.client.close());
    senders.shutdownNow();
  }
}

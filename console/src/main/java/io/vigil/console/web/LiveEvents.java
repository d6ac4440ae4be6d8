package io.vigil.console.web;

import io.vigil.console.Refusal;
import io.vigil.console.cases.CaseStore;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
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

  /** Each holds a thread of the server. */
  private static final int PAGES = 300;

  private final String url;
  private final Properties login = new Properties();
  private final Set<Page> pages = ConcurrentHashMap.newKeySet();
  private final Thread thread = new Thread(this::run, "live-events");
  private volatile boolean closed;

  public LiveEvents(String url, String user, @Nullable String password) {
    this.url = url;
    login.setProperty("user", user);
    login.setProperty("ApplicationName", "vigil-console-live");
    login.setProperty("tcpKeepAlive", "true");
    if (password != null) {
      login.setProperty("password", password);
    }
    thread.setDaemon(true);
    thread.start();
  }

  /** What a page has not been told yet. */
  private static final class Page {
    private final Map<String, String> cases = new LinkedHashMap<>();
    private boolean queue;

    synchronized void changed(Map<String, String> changes) {
      cases.putAll(changes);
      queue = true;
      notifyAll();
    }

    /** Waits for something to tell, at most until a time. */
    synchronized void await(long untilMs) throws InterruptedException {
      long leftMs = untilMs - System.currentTimeMillis();
      while (cases.isEmpty() && leftMs > 0) {
        wait(leftMs);
        leftMs = untilMs - System.currentTimeMillis();
      }
    }

    synchronized Map<String, String> takeCases() {
      Map<String, String> taken = new LinkedHashMap<>(cases);
      cases.clear();
      return taken;
    }

    synchronized boolean takeQueue() {
      boolean taken = queue;
      queue = false;
      return taken;
    }
  }

  /**
   * Sends events to a page until it goes, on the request's own thread.
   *
   * @param allowed whether its session still lasts; asked every 10 s
   */
  void serve(HttpServletResponse response, BooleanSupplier allowed) {
    if (pages.size() >= PAGES) {
      throw new Refusal(
          Refusal.Kind.UNAVAILABLE, "too_many_pages", "more pages listen than this console serves");
    }
    Page page = new Page();
    pages.add(page);
    try {
      response.setContentType("text/event-stream; charset=utf-8");
      OutputStream out = response.getOutputStream();
      send(out, "event: hello\ndata: {}\n\n");
      long queueDueMs = 0;
      long aliveDueMs = System.currentTimeMillis() + ALIVE_MS;
      while (!closed) {
        page.await(Math.min(aliveDueMs, System.currentTimeMillis() + ROUND_MS));
        long nowMs = System.currentTimeMillis();
        StringBuilder text = new StringBuilder();
        page.takeCases()
            .forEach(
                (id, version) ->
                    text.append("event: case\ndata: {\"case_id\":")
                        .append(id)
                        .append(",\"version\":")
                        .append(version)
                        .append("}\n\n"));
        if (nowMs >= queueDueMs && page.takeQueue()) {
          text.append("event: queue\ndata: {}\n\n");
          queueDueMs = nowMs + QUEUE_MS;
        }
        if (nowMs >= aliveDueMs) {
          if (!allowed.getAsBoolean()) {
            return;
          }
          text.append(": alive\n\n");
          aliveDueMs = nowMs + ALIVE_MS;
        }
        send(out, text.toString());
      }
    } catch (IOException e) {
      // The page has gone; it asks anew when it comes back.
    } catch (InterruptedException e) {
      // The server stops.
      Thread.currentThread().interrupt();
    } finally {
      pages.remove(page);
    }
  }

  private static void send(OutputStream out, String text) throws IOException {
    if (!text.isEmpty()) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
      out.flush();
    }
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
    if (!changes.isEmpty()) {
      pages.forEach(page -> page.changed(changes));
    }
  }

  private static void pause() {
    try {
      Thread.sleep(Duration.ofMillis(PAUSE_MS).toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Lets go of all pages within 250 ms; they ask anew. May be repeated. */
  @Override
  public void close() {
    closed = true;
    thread.interrupt();
  }
}

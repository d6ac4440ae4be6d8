package io.vigil.console.metrics;

import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.instrumentation.jvm.JvmMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.vigil.console.store.Database;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the console tells Prometheus. Figures of the queue are the database's and the same on every
 * replica; the others are this process's own. Thread-safe.
 */
public final class ConsoleMetrics {

  private static final Logger LOG = LoggerFactory.getLogger(ConsoleMetrics.class);
  private static final long FRESH_MS = 5_000;

  private final PrometheusRegistry registry = new PrometheusRegistry();
  private final List<Described> described = new ArrayList<>();
  private final Histogram requests;
  private final Database database;
  private final Supplier<Map<String, Long>> lag;
  private final Clock clock;
  private @Nullable Figures figures;
  private long readMs;

  /**
   * A metric of the console's own.
   *
   * @param histogram whether it has buckets, a sum and a count
   */
  public record Described(String name, List<String> labels, boolean histogram, String help) {

    public Described {
      labels = List.copyOf(labels);
    }
  }

  /**
   * @param lag records of each topic that are not stored yet; the greatest long where nobody knows
   */
  public ConsoleMetrics(Database database, Supplier<Map<String, Long>> lag, Clock clock) {
    this.database = database;
    this.lag = lag;
    this.clock = clock;
    Described http =
        new Described(
            "vigil_console_http_request_duration_seconds",
            List.of("method", "route", "status"),
            true,
            "How long requests took, by method, route as it is declared, and status.");
    described.add(http);
    requests =
        Histogram.builder()
            .name(http.name())
            .help(http.help())
            .labelNames(http.labels().toArray(String[]::new))
            .classicOnly()
            .classicUpperBounds(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
            .register(registry);
    queue();
    streams();
    JvmMetrics.builder().register(registry);
  }

  /** Takes a request that was answered. */
  public void answered(String method, String route, int status, double seconds) {
    requests.labelValues(method, route, Integer.toString(status)).observe(seconds);
  }

  /** The metrics of the console's own, for the reference page. */
  public List<Described> described() {
    return List.copyOf(described);
  }

  /** Everything as it is now. */
  public MetricSnapshots scrape() {
    return registry.scrape();
  }

  private void queue() {
    labelled(
        "vigil_console_cases",
        "Cases by status; those that are open are the queue.",
        "status",
        now -> now.of().cases().forEach((status, n) -> now.call(n, status)));
    plain(
        "vigil_console_oldest_open_case_seconds",
        "How long the oldest open case has been open; 0 when none is.",
        Figures::oldestOpenSeconds);
    plain(
        "vigil_console_overdue_cases",
        "Open cases past the time in which they were to be decided.",
        Figures::overdue);
    labelled(
        "vigil_console_time_to_decide_seconds",
        "From a case's opening to its verdict, of the cases decided within the last hour; absent when none was.",
        "quantile",
        now ->
            now.of()
                .decideSeconds()
                .forEach(
                    (share, seconds) -> {
                      if (!seconds.isNaN()) {
                        now.call(seconds, share);
                      }
                    }));
  }

  private void streams() {
    plain(
        "vigil_console_outbox_records",
        "Verdicts and requests that wait to be sent to their topics.",
        Figures::outbox);
    plain(
        "vigil_console_undelivered_actions",
        "Actions that no other system has acknowledged.",
        Figures::undelivered);
    plain(
        "vigil_console_unreadable_records",
        "Records of the topics, and ranges of them that expired, that could not be stored.",
        Figures::unreadable);
    gauge(
            "vigil_console_ingest_lag_records",
            "Records of a topic that are not stored yet; absent while nobody knows.",
            "topic")
        .callback(
            out ->
                lag.get()
                    .forEach(
                        (topic, records) -> {
                          if (records < Long.MAX_VALUE / 2) {
                            out.call(records, topic);
                          }
                        }))
        .register(registry);
    gauge(
            "vigil_console_database_up",
            "1 when the database answers; without it every other figure of the queue is absent.")
        .callback(out -> out.call(figures() == null ? 0 : 1))
        .register(registry);
  }

  private GaugeWithCallback.Builder gauge(String name, String help, String... labels) {
    described.add(new Described(name, List.of(labels), false, help));
    return GaugeWithCallback.builder().name(name).help(help).labelNames(labels);
  }

  /** Figures, and where they go. */
  private record Now(Figures of, GaugeWithCallback.Callback out) {
    void call(double value, String label) {
      out.call(value, label);
    }
  }

  private void labelled(String name, String help, String label, Consumer<Now> values) {
    gauge(name, help, label)
        .callback(
            out -> {
              Figures now = figures();
              if (now != null) {
                values.accept(new Now(now, out));
              }
            })
        .register(registry);
  }

  /** One figure. */
  private interface Figure {
    double of(Figures figures);
  }

  private void plain(String name, String help, Figure figure) {
    gauge(name, help)
        .callback(
            out -> {
              Figures now = figures();
              if (now != null) {
                out.call(figure.of(now));
              }
            })
        .register(registry);
  }

  /** At most some seconds old, so that one scrape asks once; null while the database is away. */
  private synchronized @Nullable Figures figures() {
    long nowMs = clock.millis();
    if (nowMs - readMs >= FRESH_MS || nowMs < readMs) {
      try {
        figures = Figures.read(database, clock);
      } catch (RuntimeException e) {
        LOG.warn("no figures of the queue, the database does not answer", e);
        figures = null;
      }
      readMs = clock.millis();
    }
    return figures;
  }
}

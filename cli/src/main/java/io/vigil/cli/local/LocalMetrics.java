package io.vigil.cli.local;

import java.util.Map;

/** Where a local stack shows its metrics: the job at one port, the console at the next. */
public final class LocalMetrics {
  private static final String REPORTER = "metrics.reporter.prom.";

  private LocalMetrics() {}

  /**
   * What Flink is told.
   *
   * @param port at which the job answers Prometheus, at least 1; its neighbour is the console's
   */
  public static Map<String, String> options(int port) {
    return Map.of(
        REPORTER + "factory.class",
        "org.apache.flink.metrics.prometheus.PrometheusReporterFactory",
        REPORTER + "port",
        Integer.toString(port),
        // Bounds of buckets and partitions have dots and hyphens, which it would replace.
        REPORTER + "filterLabelValueCharacters",
        "false");
  }

  /** The console's port beside a job that was told so; -1 when it was not. */
  static int consolePort(JobSettings settings) {
    String port = settings.extra().get(REPORTER + "port");
    return port == null ? -1 : Integer.parseInt(port) + 1;
  }
}

package io.vigil.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.console.metrics.ConsoleMetrics;
import io.vigil.job.metrics.JobMetric;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class MetricsReferenceTest {
  private static final Path PAGE = Path.of("..", "docs", "reference", "metrics.md");
  private static final Set<String> UNITS =
      Set.of(
          "seconds", "bytes", "records", "rows", "batches", "entries", "cases", "actions", "total");

  /** Write it anew with {@code -Dvigil.docs.write=true}. */
  @Test
  void thePageSaysWhatTheCodeSays() throws IOException {
    StringBuilder page =
        new StringBuilder(
            """
            # Metrics

            Made from `io.vigil.job.metrics.JobMetric` and `io.vigil.console.metrics.ConsoleMetrics`; a test fails when it is stale, another holds the names against what a running stack exports. How they are collected, dashboards and alerts: [operations.md](../operations.md#seeing).

            Names stand here as Prometheus sees them. Flink's reporter puts `flink_taskmanager_job_task_operator_` before the job's own and a label's name into them ([why they stay so](../decisions/0027-metric-names-as-flink-exports-them.md)); of a histogram there are `_le_bucket`, `_sum` and `_count`, and `histogram_quantile` takes the first as it takes any. Flink adds `job_name`, `operator_name`, `subtask_index`, `host` and others. No label holds a person's data.

            ## The job

            All begin with `%s`, which the table leaves out.

            | name | kind | label | step | meaning |
            |---|---|---|---|---|
            """
                .formatted(JobMetric.PREFIX));
    for (JobMetric metric : JobMetric.values()) {
      page.append(
          "| `%s` | %s | %s | %s | %s |\n"
              .formatted(
                  metric.exported().substring(JobMetric.PREFIX.length()),
                  metric.kind().name().toLowerCase(java.util.Locale.ROOT),
                  metric.label().map(label -> "`" + label + "`").orElse(""),
                  metric.steps(),
                  metric.meaning()));
    }
    page.append(
        """

        ## The console

        Figures of the queue are the database's: the same on every replica, so take the `max`.

        | name | kind | label | meaning |
        |---|---|---|---|
        """);
    for (ConsoleMetrics.Described metric : Exported.console()) {
      page.append(
          "| `%s` | %s | %s | %s |\n"
              .formatted(
                  metric.name(),
                  metric.histogram() ? "histogram" : "gauge",
                  String.join(", ", metric.labels().stream().map(l -> "`" + l + "`").toList()),
                  metric.help()));
    }
    page.append(
        """

        Beside them `jvm_*`, of the console's JVM.

        ## Flink's and the JVM's own that dashboards and alerts use

        | name | meaning |
        |---|---|
        """);
    Exported.others()
        .forEach((name, meaning) -> page.append("| `%s` | %s |\n".formatted(name, meaning)));
    Generated.hold(PAGE, page.toString());
  }

  @Test
  void everyNameEndsInItsUnitOrCountsSomething() {
    List<String> none =
        List.of(
            "falling_back",
            "in_force",
            "met",
            "observed",
            "bound",
            "broken",
            "pending",
            "per_hour");
    for (String name : names()) {
      assertThat(name).matches("[a-z][a-z0-9_]*");
      assertThat(
              UNITS.stream().anyMatch(unit -> name.endsWith("_" + unit))
                  || none.stream().anyMatch(name::endsWith)
                  || name.equals("vigil_console_database_up"))
          .as(name)
          .isTrue();
    }
  }

  private static Set<String> names() {
    Set<String> names = new TreeSet<>();
    for (JobMetric metric : JobMetric.values()) {
      names.add(metric.exported());
      assertThat(metric.exported().endsWith("_total"))
          .as(metric.name())
          .isEqualTo(metric.kind() == JobMetric.Kind.COUNTER);
    }
    Exported.console().forEach(metric -> names.add(metric.name()));
    return names;
  }
}

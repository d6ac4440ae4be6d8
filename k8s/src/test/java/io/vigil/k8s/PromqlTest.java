package io.vigil.k8s;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class PromqlTest {

  @Test
  void findsMetricsAndNeitherFunctionsLabelsNorText() {
    assertThat(
            Promql.metrics(
                "histogram_quantile(0.99, sum by (le, route) (rate(a_bucket{x=~\"b_total|5..\"}[5m])))"
                    + " > 1e3 and on (job) max(c_total offset 5m) unless absent(d{e=\"(\"})"))
        .containsExactly("a_bucket", "c_total", "d");
    assertThat(Promql.metrics("sum(increase(a[1h])) / ignoring (o) group_left sum(b) * 3600"))
        .containsExactly("a", "b");
    assertThat(Promql.metrics("min_over_time(max(a)[10m:30s]) == bool 0 or vector(1)"))
        .containsExactly("a");
  }

  @Test
  void refusesBracketsThatDoNotMatch() {
    assertThatThrownBy(() -> Promql.metrics("sum(rate(a[5m])"))
        .hasMessageContaining("brackets are left open");
    assertThatThrownBy(() -> Promql.metrics("sum(rate(a[5m)])"))
        .hasMessageContaining("brackets do not match");
  }
}

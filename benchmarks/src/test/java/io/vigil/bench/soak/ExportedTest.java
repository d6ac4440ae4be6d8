package io.vigil.bench.soak;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ExportedTest {
  private static final String OPERATOR = "flink_taskmanager_job_task_operator_";

  @Test
  void figuresAreSumsOverStepsAndFamilies() {
    String sst = OPERATOR + "column_family_rocksdb_total_sst_files_size";
    String text =
        """
        # HELP %1$s a help text {not="a sample"} 1
        # TYPE %1$s gauge
        %1$s{column_family="entity",operator_name="a, \\"b\\" {c}",} 2097152.0
        %1$s{column_family="entity",operator_name="d",} 1048576.0
        %1$s{column_family="seen",operator_name="d",} 5.24288E5
        %2$scolumn_family_rocksdb_cur_size_all_mem_tables{column_family="seen",} 524288.0
        %2$scolumn_family_rocksdb_estimate_num_keys{column_family="seen",} 70.0
        %2$svigil_late_by_kind_total{operator_name="sequence",kind="transaction",} 3.0
        %2$svigil_fallbacks_total{operator_name="decide",} 4.0
        flink_jobmanager_job_numberOfFailedCheckpoints{job_id="x",} 1.0
        flink_jobmanager_job_lastCheckpointDuration{job_id="x",} 312.0
        infinite +Inf
        without_a_value NaN
        """
            .formatted(sst, OPERATOR);
    Exported exported = Exported.parse(text);

    Map<String, Double> figures = new LinkedHashMap<>();
    Probe.exported(exported, figures);

    assertThat(figures)
        .containsEntry("state_entity_mb", 3.0)
        .containsEntry("state_seen_mb", 1.0)
        .containsEntry("state_mb", 4.0)
        .containsEntry("state_keys_estimate", 70.0)
        .containsEntry("late_by_kind_total", 3.0)
        .containsEntry("fallbacks_total", 4.0)
        .containsEntry("alerts_total", 0.0)
        .containsEntry("checkpoints_failed_total", 1.0)
        .containsEntry("checkpoint_ms", 312.0);
    assertThat(exported.sum("infinite")).isInfinite();
    assertThat(exported.sum("without_a_value")).isNaN();
    assertThat(exported.samples().get(sst).get(0).labels())
        .containsEntry("operator_name", "a, \\\"b\\\" {c}");
  }
}

package io.vigil.bench.scoring;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vigil.bench.measure.CpuClock;
import io.vigil.model.bundle.Bundle;
import io.vigil.model.score.Scorer;
import io.vigil.schema.Decision;
import io.vigil.schema.codec.Codec;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.util.CloseableIterator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** That the sides do the same work, and that results hold what others read. */
@Timeout(300)
class ScoringTest {
  private static final String CPU = "cpu";

  /** A millisecond passes between two looks, whoever asks. */
  private static final class SteadyClock implements CpuClock {
    private long nowNs;

    @Override
    public long cpuNs() {
      nowNs += 1_000_000;
      return nowNs;
    }

    @Override
    public void settle() {}
  }

  @ParameterizedTest
  @EnumSource(Network.class)
  void allSidesGiveTheSameLogits(Network network) throws Exception {
    Bundle bundle = network.bundle(CPU);

    NetworkRun run = NetworkRun.of(network, bundle, CPU, 16, 2, 1, new SteadyClock());

    assertThat(run.logitDifferenceMax()).isLessThanOrEqualTo(1e-5);
    assertThat(run.rounds().sides())
        .containsExactly(
            "ours_8", "ours_64", "ours_256", "ours_1024", "batchifier", "record_at_a_time");
  }

  @ParameterizedTest
  @EnumSource(Network.class)
  void logitsDependOnEveryPartOfARow(Network network) {
    int width = network.shape().width();
    float[][] rows = network.rows(1, 1);
    float[] inputs = new float[(width + 1) * width];
    for (int row = 0; row <= width; row++) {
      System.arraycopy(rows[0], 0, inputs, row * width, width);
      if (row < width) {
        inputs[row * width + row] += 1;
      }
    }
    float[] logits = new float[width + 1];
    try (Scorer scorer = network.bundle(CPU).open(CPU)) {
      scorer.score(inputs, width + 1, logits);
    }
    // A GRU with random weights has forgotten what lies further back.
    int remembered = 8 * network.shape().fields();
    for (int i = 0; i < width; i++) {
      if (i >= network.shape().values() && i < width - remembered) {
        continue;
      }
      assertThat(logits[i]).as("input %d raised by one", i).isNotEqualTo(logits[width]);
    }
  }

  @Test
  void aJobGivesTheLogitsOfTheLoopInOrder() throws Exception {
    Network network = Network.MLP;
    Bundle bundle = network.bundle(CPU);
    int rows = 1_000;
    float[] expected = new float[rows];
    try (Scorer scorer = bundle.open(CPU)) {
      bundle
          .scoringModel(scorer, network.features())
          .score(StreamJobs.vectors(network), rows, expected);
    }
    List<Float> logits = new ArrayList<>();
    try (StreamJobs jobs = new StreamJobs(network, bundle, CPU, 64)) {
      StreamExecutionEnvironment env = StreamJobs.environment();
      try (CloseableIterator<Float> scored = jobs.scored(env, rows).executeAndCollect()) {
        scored.forEachRemaining(logits::add);
      }
      assertThat(jobs.score(rows).rows()).isEqualTo(rows);
    }
    assertThat(logits).hasSize(rows);
    for (int row = 0; row < rows; row++) {
      assertThat(logits.get(row)).as("row %d", row).isEqualTo(expected[row]);
    }
  }

  @Test
  void theDecideJobScoresEveryTransactionAndExplainsNone(@TempDir Path temporary) throws Exception {
    Network network = Network.MLP;
    Bundle bundle = network.bundle(CPU);
    Path folder = temporary.resolve("bundle");
    bundle.copyTo(folder);
    Codec<Decision> codec = Codec.of(Decision.class);
    List<Decision> decisions = new ArrayList<>();
    try (StreamJobs jobs = new StreamJobs(network, bundle, CPU, 64)) {
      StreamExecutionEnvironment env = StreamJobs.environment();
      try (var decided = jobs.decided(env, 500, folder).executeAndCollect()) {
        while (decided.hasNext()) {
          decisions.add(codec.decode(decided.next().value()));
        }
      }
    }
    assertThat(decisions).hasSize(500);
    assertThat(decisions)
        .allSatisfy(
            decision -> {
              assertThat(decision.getLogitBits()).isNotNull();
              assertThat(decision.getFallbackCause()).isNull();
              assertThat(decision.getAlertId()).isNull();
            });
  }

  @Test
  void bitsAreComparedOverBatchesThreadsAndStarts() throws Exception {
    Map<String, Object> found = SameBits.check(Network.MLP, Network.MLP.bundle(CPU), CPU, 1_100);

    assertThat(found).containsEntry("differing_rows", 0).containsEntry("rows", 1_100);
  }

  @Test
  void memoryIsWatchedWhileRowsAreScored() throws Exception {
    Map<String, Object> found = Leak.rows(Network.MLP, Network.MLP.bundle(CPU), CPU, 256, 10_000);

    assertThat(found).containsEntry("rows", 10_000L);
    assertThat((List<?>) found.get("resident_kib_every_tenth")).hasSize(10);
    assertThat((Double) found.get("growth_percent")).isBetween(-50.0, 50.0);
  }

  @Test
  void resultsHoldWhatOthersRead(@TempDir Path temporary) throws Exception {
    Network network = Network.MLP;
    Bundle bundle = network.bundle(CPU);
    Path folder = temporary.resolve("bundle");
    bundle.copyTo(folder);
    ScoringReport report = new ScoringReport(new PrintWriter(new StringWriter()), Map.of());
    report.network(NetworkRun.of(network, bundle, CPU, 32, 2, 1, new SteadyClock()));
    report.streams(StreamRun.of(network, bundle, folder, CPU, 256, 1_000, 1, 0));

    JsonNode json = new ObjectMapper().valueToTree(report.json());

    // By the steady clock a round costs the same for all; who did its slice more often was cheaper.
    assertThat(json.get("cpu_ratio_record_at_a_time").asDouble()).isEqualTo(16);
    assertThat(json.get("cpu_ratio_batchifier").asDouble()).isEqualTo(4);
    assertThat(json.get("flink_vs_bare_loop").asDouble()).isPositive();
    assertThat(json.get("decide_vs_bare_loop").asDouble()).isPositive();
    assertThat(json.get("asyncfunction_vs_ours").asDouble()).isPositive();
    assertThat(json.at("/streams/decide_alerts").asLong()).isZero();
    JsonNode ours = json.at("/networks/mlp/sides/ours_64");
    assertThat(ours.get("batch").asInt()).isEqualTo(64);
    assertThat(ours.at("/cpu_us_per_row/median").asDouble()).isPositive();
    assertThat(ours.at("/rows_per_s/median").asDouble()).isPositive();
    assertThat(ours.get("call_us_p99").asDouble())
        .isGreaterThanOrEqualTo(ours.get("call_us_p50").asDouble());
  }
}

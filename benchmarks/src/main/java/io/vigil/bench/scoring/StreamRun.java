package io.vigil.bench.scoring;

import io.vigil.bench.measure.Spread;
import io.vigil.model.bundle.Bundle;
import io.vigil.model.score.Scorer;
import io.vigil.model.score.ScoringModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Jobs beside a bare loop over the same vectors: what is left of the model's speed in a stream. */
final class StreamRun {
  static final String LOOP = "bare_loop";
  static final String SCORE = "flink";
  static final String DECIDE = "decide";
  static final String ASYNC = "asyncfunction";

  /** A job's share of {@code --stream-rows}, by what a row costs it. */
  private static final Map<String, Integer> DIVISORS =
      Map.of(LOOP, 1, SCORE, 1, DECIDE, 4, ASYNC, 10);

  private static final List<String> SIDES = List.of(LOOP, SCORE, DECIDE, ASYNC);

  private final Map<String, List<Passage>> passages = new LinkedHashMap<>();
  private final int warmUpRounds;
  private long alerts;

  private StreamRun(int warmUpRounds) {
    this.warmUpRounds = warmUpRounds;
  }

  /**
   * @param folder of the bundle
   * @param rows of the loop and of the job that scores; others do a fraction of them
   * @param rounds in each of which every side runs once, the first of them rotating
   * @param warmUpRounds first rounds that do not count
   */
  static StreamRun of(
      Network network,
      Bundle bundle,
      Path folder,
      String device,
      int batchSize,
      long rows,
      int rounds,
      int warmUpRounds)
      throws Exception {
    StreamRun run = new StreamRun(warmUpRounds);
    float[][] vectors = StreamJobs.vectors(network);
    try (StreamJobs jobs = new StreamJobs(network, bundle, device, batchSize);
        Scorer scorer = bundle.open(device)) {
      ScoringModel model = bundle.scoringModel(scorer, network.features());
      for (int round = 0; round < rounds; round++) {
        for (int turn = 0; turn < SIDES.size(); turn++) {
          String side = SIDES.get((round + turn) % SIDES.size());
          long share = Math.max(1, rows / DIVISORS.getOrDefault(side, 1));
          Passage passage =
              switch (side) {
                case LOOP -> loop(model, vectors, batchSize, share);
                case SCORE -> jobs.score(share);
                case DECIDE -> jobs.decide(share, folder);
                default -> jobs.async(share);
              };
          if (passage.rows() != share) {
            throw new IllegalStateException(
                "%s: expected %d rows to come out, came %d".formatted(side, share, passage.rows()));
          }
          if (side.equals(DECIDE)) {
            run.alerts += StreamJobs.alerts();
          }
          run.passages.computeIfAbsent(side, name -> new ArrayList<>()).add(passage);
        }
      }
    }
    return run;
  }

  private static Passage loop(ScoringModel model, float[][] vectors, int batchSize, long rows) {
    float[][] batch = new float[batchSize][];
    float[] logits = new float[batchSize];
    Passage.begin();
    for (long at = 0; at < rows; ) {
      int count = (int) Math.min(batchSize, rows - at);
      for (int i = 0; i < count; i++) {
        batch[i] = vectors[(int) (at++ % vectors.length)];
      }
      model.score(batch, count, logits);
    }
    Passage.end(rows);
    return Passage.last();
  }

  /** The loop first. */
  List<String> sides() {
    return SIDES;
  }

  /** Alerts of all rounds of the decide job: each costs an explanation. */
  long alerts() {
    return alerts;
  }

  Spread rowsPerSecond(String side) {
    return Spread.of(counted(side).stream().mapToDouble(Passage::rowsPerSecond).toArray());
  }

  Spread cpuUsPerRow(String side) {
    return Spread.of(counted(side).stream().mapToDouble(Passage::cpuUsPerRow).toArray());
  }

  /** Rows a second of one side, divided by the other's of the same round. */
  Spread speed(String side, String other) {
    double[] ratios = new double[counted(side).size()];
    for (int i = 0; i < ratios.length; i++) {
      ratios[i] = counted(side).get(i).rowsPerSecond() / counted(other).get(i).rowsPerSecond();
    }
    return Spread.of(ratios);
  }

  /** Processor time of a row of one side, divided by the other's of the same round. */
  Spread cpu(String side, String other) {
    double[] ratios = new double[counted(side).size()];
    for (int i = 0; i < ratios.length; i++) {
      ratios[i] = counted(side).get(i).cpuUsPerRow() / counted(other).get(i).cpuUsPerRow();
    }
    return Spread.of(ratios);
  }

  /** Every round, the warm-up too. */
  List<Passage> passages(String side) {
    return List.copyOf(passages.getOrDefault(side, List.of()));
  }

  private List<Passage> counted(String side) {
    List<Passage> all = passages(side);
    return all.subList(Math.min(warmUpRounds, all.size()), all.size());
  }
}

package io.vigil.cli.model;

import io.vigil.cli.features.PointInTime;
import io.vigil.cli.ingest.Ingested;
import io.vigil.cli.plan.JointSpec;
import io.vigil.cli.train.OfflineFeatures;
import io.vigil.job.feature.FactsReader;
import io.vigil.model.bundle.Bundle;
import io.vigil.model.feature.FeaturePlan;
import io.vigil.model.feature.FeatureSpec;
import io.vigil.model.plan.Sample;
import io.vigil.model.score.Scorer;
import io.vigil.model.score.ScoringModel;
import io.vigil.schema.Transaction;
import java.io.IOException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.function.LongConsumer;
import java.util.stream.IntStream;

/**
 * How differently two models score the same transactions.
 *
 * @param sample what was scored, in words
 * @param rows of it
 * @param meanDifference of the calibrated probabilities, absolute, 0 to 1
 * @param greatestDifference the same, of the row where it is greatest
 * @param rankCorrelation Spearman's, by logit, -1 to 1; equal logits rank by row
 * @param sharedTop share of the highest percent of the one that is also the other's, 0 to 1
 */
public record Behaviour(
    String sample,
    int rows,
    double meanDifference,
    double greatestDifference,
    double rankCorrelation,
    double sharedTop) {
  private static final int SAMPLED = 20_000;
  private static final int BATCH = 1_024;
  private static final long SEED = 1;

  /** On the golden vectors of the first, which must have all that the second reads. */
  public static Behaviour onGolden(Bundle a, Bundle b) {
    List<float[]> vectors = a.goldenVectors();
    float[][] rows = vectors.toArray(float[][]::new);
    return of(
        "A's golden ones",
        logits(a, rows, a.manifest().features()),
        logits(b, rows, a.manifest().features()),
        a,
        b);
  }

  /** On a seeded sample of a file's transactions, as of their own time each. */
  public static Behaviour onFile(
      Bundle a,
      Bundle b,
      Iterator<Ingested> records,
      FactsReader facts,
      long horizonMs,
      LongConsumer progress)
      throws IOException, InterruptedException {
    FeatureSpec of = FeatureSpec.read(a.featureSpec(), a.manifest().name());
    FeatureSpec to = FeatureSpec.read(b.featureSpec(), b.manifest().name());
    JointSpec joint = JointSpec.of(of, to);
    Sample<float[]> sample = new Sample<>(SAMPLED, SEED);
    new PointInTime(new OfflineFeatures(joint.plans(), facts), facts, horizonMs)
        .run(
            records,
            new PointInTime.Receiver() {
              @Override
              public void transaction(Transaction transaction, boolean fraud, float[] vector) {
                sample.add(transaction.getTransactionId(), vector);
              }
            },
            progress);
    List<float[]> rows = sample.rows();
    return of(
        "the file",
        logits(a, own(rows, joint.champion()), FeaturePlan.compile(of).names()),
        logits(b, own(rows, joint.candidate()), FeaturePlan.compile(to).names()),
        a,
        b);
  }

  private static float[][] own(List<float[]> joint, int[] places) {
    return joint.stream()
        .map(
            vector -> {
              float[] own = new float[places.length];
              for (int i = 0; i < own.length; i++) {
                own[i] = vector[places[i]];
              }
              return own;
            })
        .toArray(float[][]::new);
  }

  private static float[] logits(Bundle bundle, float[][] vectors, List<String> names) {
    try (Scorer scorer = bundle.open("cpu")) {
      ScoringModel model = bundle.scoringModel(scorer, names);
      float[] logits = new float[vectors.length];
      float[] batch = new float[BATCH];
      for (int from = 0; from < logits.length; from += BATCH) {
        int count = Math.min(BATCH, logits.length - from);
        model.score(Arrays.copyOfRange(vectors, from, from + count), count, batch);
        System.arraycopy(batch, 0, logits, from, count);
      }
      return logits;
    }
  }

  private static Behaviour of(String sample, float[] one, float[] other, Bundle a, Bundle b) {
    int rows = one.length;
    if (rows == 0) {
      throw new IllegalArgumentException("expected transactions to score, got none");
    }
    double sum = 0;
    double most = 0;
    for (int row = 0; row < rows; row++) {
      double difference =
          Math.abs(
              a.manifest().calibration().probability(one[row])
                  - b.manifest().calibration().probability(other[row]));
      sum += difference;
      most = Math.max(most, difference);
    }
    int[] first = descending(one);
    int[] second = descending(other);
    int top = Math.max(1, rows / 100);
    Set<Integer> highest = new HashSet<>();
    Arrays.stream(first).limit(top).forEach(highest::add);
    long shared = Arrays.stream(second).limit(top).filter(highest::contains).count();
    return new Behaviour(
        sample, rows, sum / rows, most, correlation(first, second), shared / (double) top);
  }

  private static int[] descending(float[] logits) {
    return IntStream.range(0, logits.length)
        .boxed()
        .sorted(Comparator.comparingDouble(row -> -logits[row]))
        .mapToInt(Integer::intValue)
        .toArray();
  }

  private static double correlation(int[] first, int[] second) {
    int rows = first.length;
    int[] ranks = new int[rows];
    for (int rank = 0; rank < rows; rank++) {
      ranks[first[rank]] = rank;
    }
    double squares = 0;
    for (int rank = 0; rank < rows; rank++) {
      double difference = ranks[second[rank]] - rank;
      squares += difference * difference;
    }
    return rows < 2 ? 1 : 1 - 6 * squares / ((double) rows * ((double) rows * rows - 1));
  }
}

package io.vigil.model.evaluate;

import io.vigil.model.score.RankingMetrics;
import io.vigil.model.score.Scorer;
import io.vigil.model.score.ScoringModel;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * What a model would lose without a feature: its values change hands among the rows, and the
 * average precision falls (Breiman, "Random forests", 2001, there of accuracy). Features that say
 * the same thing stand in for each other, so each may look unimportant.
 */
final class Importance {
  private static final int OTHERS = 10_000;
  private static final long SEED = 1;

  private Importance() {}

  /** By feature, the greatest first: all frauds of the test and up to 10,000 other rows. */
  static Map<String, Double> of(History history, Prequential.Tested tested) {
    Random random = new Random(SEED);
    double share = Math.min(1, OTHERS / (double) tested.rows().length);
    List<float[]> vectors = new ArrayList<>();
    List<Boolean> labels = new ArrayList<>();
    for (int row : tested.rows()) {
      if (history.fraud(row) || random.nextDouble() < share) {
        vectors.add(history.vector(row));
        labels.add(history.fraud(row));
      }
    }
    boolean[] frauds = new boolean[labels.size()];
    for (int i = 0; i < frauds.length; i++) {
      frauds[i] = labels.get(i);
    }
    Map<String, Double> found = new LinkedHashMap<>();
    try (Scorer scorer = tested.trained().bundle().open("cpu")) {
      ScoringModel model = tested.trained().bundle().scoringModel(scorer, history.features());
      double whole = averagePrecision(model, vectors.toArray(float[][]::new), frauds);
      List<String> used = tested.trained().bundle().manifest().features();
      for (String feature : used) {
        float[][] shuffled = shuffled(vectors, history.features().indexOf(feature), random);
        found.put(feature, whole - averagePrecision(model, shuffled, frauds));
      }
    }
    Map<String, Double> sorted = new LinkedHashMap<>();
    found.entrySet().stream()
        .sorted(Map.Entry.<String, Double>comparingByValue().reversed())
        .forEach(entry -> sorted.put(entry.getKey(), entry.getValue()));
    return sorted;
  }

  private static double averagePrecision(ScoringModel model, float[][] vectors, boolean[] frauds) {
    float[] logits = new float[vectors.length];
    model.score(vectors, logits.length, logits);
    return RankingMetrics.averagePrecision(logits, frauds);
  }

  private static float[][] shuffled(List<float[]> vectors, int feature, Random random) {
    float[][] copies = new float[vectors.size()][];
    for (int i = 0; i < copies.length; i++) {
      copies[i] = vectors.get(i).clone();
    }
    for (int i = copies.length - 1; i > 0; i--) {
      int other = random.nextInt(i + 1);
      float swapped = copies[i][feature];
      copies[i][feature] = copies[other][feature];
      copies[other][feature] = swapped;
    }
    return copies;
  }
}

package io.vigil.model.evaluate;

import io.vigil.model.recipe.Recipe;
import io.vigil.model.score.RankingMetrics;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What came of testing a recipe.
 *
 * @param recipe that was followed
 * @param protocol that placed the tests
 * @param alertsPerDay the budget that metrics and thresholds are for
 * @param folds in order of time
 * @param tested what the folds were reckoned from, as many
 * @param importance of features, the greatest first: by how much the average precision of the last
 *     test falls when the feature's values change hands among the rows
 */
public record Evaluation(
    Recipe recipe,
    Protocol protocol,
    int alertsPerDay,
    List<Fold> folds,
    List<Prequential.Tested> tested,
    Map<String, Double> importance) {
  /** As the Handbook's card precision. */
  public static final int CARDS = 100;

  private static final int REPLICATES = 100;
  private static final long SEED = 1;
  private static final int[] FALSE_FOR_TRUE = {1, 3, 5};

  /**
   * One test.
   *
   * @param name of the split
   * @param validation whether hyper-parameters may be chosen on it
   * @param rows tested
   * @param frauds among them
   * @param metrics of them
   * @param intervals 90 % bootstrap intervals, by name
   * @param thresholds on the probability, by what they keep
   */
  public record Fold(
      String name,
      boolean validation,
      int rows,
      int frauds,
      Metrics metrics,
      Map<String, RankingMetrics.Interval> intervals,
      Map<String, Double> thresholds) {}

  /**
   * Reckons the metrics of all tests.
   *
   * @param alertsPerDay at least 1
   */
  public static Evaluation of(
      Recipe recipe,
      Protocol protocol,
      History history,
      List<Prequential.Tested> tested,
      int alertsPerDay) {
    List<Fold> folds = new ArrayList<>();
    for (Prequential.Tested test : tested) {
      Scored scored = test.scored();
      int frauds = 0;
      for (boolean fraud : scored.frauds()) {
        frauds += fraud ? 1 : 0;
      }
      Map<String, Double> thresholds = new LinkedHashMap<>();
      thresholds.put(
          alertsPerDay + "_alerts_a_day", Metrics.thresholdForBudget(scored, alertsPerDay));
      for (int ratio : FALSE_FOR_TRUE) {
        thresholds.put(
            ratio + "_false_for_each_true", Metrics.thresholdForFalsePositiveRatio(scored, ratio));
      }
      folds.add(
          new Fold(
              test.split().name(),
              test.split().validation(),
              scored.frauds().length,
              frauds,
              Metrics.of(scored, CARDS, alertsPerDay),
              Metrics.intervals(scored, CARDS, REPLICATES, SEED),
              thresholds));
    }
    Prequential.Tested last = tested.get(tested.size() - 1);
    return new Evaluation(
        recipe, protocol, alertsPerDay, folds, tested, Importance.of(history, last));
  }

  /** The mean of each metric over the validation or the test folds; empty when there are none. */
  public Map<String, Double> mean(boolean validation) {
    List<Fold> chosen = folds.stream().filter(fold -> fold.validation() == validation).toList();
    Map<String, Double> mean = new LinkedHashMap<>();
    for (Fold fold : chosen) {
      fold.metrics()
          .byName()
          .forEach((name, value) -> mean.merge(name, value / chosen.size(), Double::sum));
    }
    return mean;
  }

  /** For machines: test folds and their mean on top, validation apart. */
  public Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("recipe", recipe.name());
    json.put("recipe_digest", recipe.digest());
    json.put("protocol", protocol.id());
    json.put("alerts_per_day", alertsPerDay);
    json.put("folds", json(false));
    json.put("mean", mean(false));
    json.put("validation", Map.of("folds", json(true), "mean", mean(true)));
    json.put("importance", importance);
    return json;
  }

  private List<Map<String, Object>> json(boolean validation) {
    List<Map<String, Object>> all = new ArrayList<>();
    for (int i = 0; i < folds.size(); i++) {
      Fold fold = folds.get(i);
      if (fold.validation() == validation) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("fold", fold.name());
        json.put("rows", fold.rows());
        json.put("frauds", fold.frauds());
        json.putAll(fold.metrics().byName());
        json.put("interval_90", fold.intervals());
        json.put("thresholds", fold.thresholds());
        json.put("learnt_rows", tested.get(i).trained().rows());
        json.put("learnt_frauds", tested.get(i).trained().frauds());
        all.add(json);
      }
    }
    return all;
  }
}

package io.vigil.bench.reasons;

import io.vigil.cli.simulate.FraudKind;
import io.vigil.model.reason.ReasonCode;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.DoublePredicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** What one method's reasons are worth, alert by alert. Not thread-safe. */
final class Figures {
  private static final int NAMING = 2;
  private static final int NEUTRALISED = 3;

  /** How often reasons came first or second for frauds of one kind. */
  private static final class Naming {
    private final Map<ReasonCode, Integer> firstTwo = new TreeMap<>();
    private int alerts;
    private int named;
  }

  private final DoublePredicate alert;
  private final Map<FraudKind, Naming> naming = new EnumMap<>(FraudKind.class);
  private int alerts;
  private int cleared;
  private double errorMax;
  private double distanceSum;
  private int compared;

  /**
   * @param alert whether a logit raises one
   */
  Figures(DoublePredicate alert) {
    this.alert = alert;
  }

  /**
   * @param causes with the alert present
   * @param values of the method, one for each cause
   * @param exact Shapley values of the same causes; null when they were not reckoned
   */
  void add(Alerts.Alert alert, Causes causes, double[] values, double @Nullable [] exact) {
    int[] strongest =
        IntStream.range(0, values.length)
            .boxed()
            .sorted(Comparator.comparingDouble((Integer i) -> -values[i]))
            .mapToInt(i -> i)
            .toArray();
    int left = causes.all();
    for (int i = 0; i < Math.min(NEUTRALISED, values.length); i++) {
      // What does not speak for fraud is no reason.
      if (values[strongest[i]] > 0) {
        left &= ~(1 << strongest[i]);
      }
    }
    double[] logits = causes.logits(new int[] {0, causes.all(), left});
    alerts++;
    if (!this.alert.test(logits[2])) {
      cleared++;
    }
    errorMax = Math.max(errorMax, Math.abs(logits[0] + Arrays.stream(values).sum() - logits[1]));
    if (exact != null) {
      compared++;
      for (int i = 0; i < values.length; i++) {
        distanceSum += Math.abs(values[i] - exact[i]) / values.length;
      }
    }
    if (alert.kind() != null) {
      name(alert.kind(), causes, values, strongest);
    }
  }

  private void name(FraudKind kind, Causes causes, double[] values, int[] strongest) {
    Naming of = naming.computeIfAbsent(kind, k -> new Naming());
    of.alerts++;
    boolean named = false;
    for (int i = 0; i < Math.min(NAMING, strongest.length); i++) {
      if (values[strongest[i]] > 0) {
        ReasonCode code = causes.code(strongest[i]);
        named |= PlantedCauses.of(kind).contains(code);
        of.firstTwo.merge(code, 1, Integer::sum);
      }
    }
    if (named) {
      of.named++;
    }
  }

  double clearedShare() {
    return cleared / (double) alerts;
  }

  /** Of the kind that is named least often. */
  double namedShareMin() {
    return naming.values().stream().mapToDouble(n -> n.named / (double) n.alerts).min().orElse(1);
  }

  double additivityErrorMax() {
    return errorMax;
  }

  double distanceToExact() {
    return compared == 0 ? Double.NaN : distanceSum / compared;
  }

  Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("alerts", alerts);
    json.put("additivity_error_max", errorMax);
    json.put("cleared_by_top_three", clearedShare());
    json.put("named_min", namedShareMin());
    if (compared > 0) {
      json.put("mean_distance_to_exact_shapley", distanceToExact());
    }
    Map<String, Object> kinds = new LinkedHashMap<>();
    naming.forEach((kind, of) -> kinds.put(kind.id(), kind(kind, of)));
    json.put("by_kind", kinds);
    return json;
  }

  private static Map<String, Object> kind(FraudKind kind, Naming of) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("true_alerts", of.alerts);
    json.put("named", of.named / (double) of.alerts);
    json.put("accepted", List.copyOf(PlantedCauses.of(kind)));
    json.put("first_two", of.firstTwo);
    return json;
  }
}

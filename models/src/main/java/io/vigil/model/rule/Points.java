package io.vigil.model.rule;

import io.vigil.model.artefact.YamlMap;
import io.vigil.model.policy.Outcome;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What the sum of the weights of the rules that hold asks for: the strictest outcome whose
 * threshold it reaches. Immutable and thread-safe.
 */
final class Points {
  static final int WEIGHT_MAX = 1_000;
  private static final int THRESHOLD_MAX = 500_000;

  private final Map<Outcome, Integer> thresholds;

  private Points(Map<Outcome, Integer> thresholds) {
    this.thresholds = thresholds;
  }

  /** Asks for nothing, whatever the sum. */
  static Points none() {
    return new Points(Map.of());
  }

  /**
   * @param map thresholds by outcome, of which a stricter one's must be greater
   */
  static Points read(YamlMap map) {
    Map<Outcome, Integer> thresholds = new LinkedHashMap<>();
    int least = 1;
    for (Map.Entry<String, Outcome> each : Outcome.byId(Outcome.STEP_UP).entrySet()) {
      if (map.has(each.getKey())) {
        int threshold = map.integer(each.getKey(), least, THRESHOLD_MAX);
        thresholds.put(each.getValue(), threshold);
        least = threshold + 1;
      }
    }
    if (thresholds.isEmpty()) {
      throw map.wrong("", "at least one of step_up, review, decline");
    }
    return new Points(thresholds);
  }

  Outcome asks(int sum) {
    Outcome asked = Outcome.APPROVE;
    for (Map.Entry<Outcome, Integer> each : thresholds.entrySet()) {
      asked = sum >= each.getValue() ? each.getKey() : asked;
    }
    return asked;
  }

  /** From mild to strict. */
  Map<Outcome, Integer> thresholds() {
    return thresholds;
  }
}

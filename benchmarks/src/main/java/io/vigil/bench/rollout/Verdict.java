package io.vigil.bench.rollout;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * What the topics say of a rollout, held against what the activated records allow.
 *
 * @param faults what is not as it must be, in words; empty when all is
 * @param figures by name
 */
record Verdict(List<String> faults, Map<String, Object> figures) {

  /**
   * Looks at every decision.
   *
   * @param live by the job under the stream
   * @param reference by the first model alone; the same transactions
   * @param initial digest of the first model
   * @param newFeatures that the first activation brings
   */
  static Verdict of(
      Decided live,
      Decided reference,
      List<History.Activation> activations,
      String initial,
      List<Desk.NewFeature> newFeatures) {
    History history = new History(initial, activations);
    Map<String, Long> counts = new LinkedHashMap<>();
    for (String count :
        List.of(
            "missing",
            "by_another_model",
            "scored_by_others_beside",
            "accounts_with_two_models_at_once",
            "with_something_missing",
            "warming_otherwise",
            "not_as_the_first_model_alone")) {
      counts.put(count, 0L);
    }
    Map<String, Long> by = new TreeMap<>();
    Map<String, Long> warming = new TreeMap<>();
    long broughtMs =
        activations.stream().mapToLong(History.Activation::fromMs).min().orElse(Long.MAX_VALUE);
    long seenAgain = 0;
    Map<History.State, Map<String, String>> accounts = new HashMap<>();
    long lastFromMs =
        activations.stream().mapToLong(History.Activation::fromMs).max().orElse(Long.MIN_VALUE);
    long compared = 0;
    long comparedAfter = 0;
    for (int number = 1; number <= live.transactions(); number++) {
      Decided.One one = live.get(number);
      if (one == null) {
        counts.merge("missing", 1L, Long::sum);
        continue;
      }
      by.merge(one.model(), 1L, Long::sum);
      one.warming().forEach(feature -> warming.merge(feature, 1L, Long::sum));
      History.State state = history.at(one.effectiveMs());
      if (!one.model().equals(history.model(one.account(), one.effectiveMs()))) {
        counts.merge("by_another_model", 1L, Long::sum);
      }
      if (!one.scoredBeside().equals(List.copyOf(state.shadows()))) {
        counts.merge("scored_by_others_beside", 1L, Long::sum);
      }
      String before =
          accounts
              .computeIfAbsent(state, s -> new HashMap<>())
              .putIfAbsent(one.account(), one.model());
      seenAgain += before == null ? 0 : 1;
      if (before != null && !before.equals(one.model())) {
        counts.merge("accounts_with_two_models_at_once", 1L, Long::sum);
      }
      if (one.fallback()) {
        counts.merge("with_something_missing", 1L, Long::sum);
      }
      List<String> expected = new ArrayList<>();
      for (Desk.NewFeature feature : newFeatures) {
        // The window (t - w, t] lacks nothing once t - w lies before all that is known.
        if (one.effectiveMs() >= broughtMs && one.eventMs() - feature.windowMs() < broughtMs - 1) {
          expected.add(feature.name());
        }
      }
      if (!one.warming().equals(expected)) {
        counts.merge("warming_otherwise", 1L, Long::sum);
      }
      if (one.model().equals(initial)) {
        compared++;
        comparedAfter += one.effectiveMs() >= lastFromMs ? 1 : 0;
        Decided.One alone = reference.get(number);
        if (alone == null
            || alone.content() != one.content()
            || alone.effectiveMs() != one.effectiveMs()) {
          counts.merge("not_as_the_first_model_alone", 1L, Long::sum);
        }
      }
    }
    List<String> faults = new ArrayList<>();
    counts.forEach(
        (name, count) -> {
          if (count > 0) {
            faults.add(name + " " + count);
          }
        });
    Map<String, Object> figures = new LinkedHashMap<>(counts);
    figures.put("decisions_by_model", by);
    figures.put("decisions_warming_by_feature", warming);
    figures.put("compared_with_the_first_model_alone", compared);
    figures.put("of_these_after_the_last_activation", comparedAfter);
    figures.put("decisions_of_accounts_seen_before_in_the_same_state", seenAgain);
    figures.put("activations", edges(live, activations));
    return new Verdict(faults, figures);
  }

  /** For each activation and subtask: the last decision before it and the first from it on. */
  private static List<Map<String, Object>> edges(
      Decided live, List<History.Activation> activations) {
    List<Map<String, Object>> all = new ArrayList<>();
    for (History.Activation activation : activations) {
      Map<Integer, long[]> bySubtask = new TreeMap<>();
      for (int number = 1; number <= live.transactions(); number++) {
        Decided.One one = live.get(number);
        if (one == null) {
          continue;
        }
        long[] edge =
            bySubtask.computeIfAbsent(
                one.subtask(), s -> new long[] {Long.MIN_VALUE, Long.MAX_VALUE});
        if (one.effectiveMs() < activation.fromMs()) {
          edge[0] = Math.max(edge[0], one.effectiveMs());
        } else {
          edge[1] = Math.min(edge[1], one.effectiveMs());
        }
      }
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("place", activation.place().name().toLowerCase(Locale.ROOT));
      json.put("model", activation.model());
      json.put("share_basis_points", activation.share());
      json.put("effective_time", activation.fromMs());
      Map<String, Object> subtasks = new LinkedHashMap<>();
      bySubtask.forEach(
          (subtask, edge) ->
              subtasks.put(
                  "subtask_" + subtask,
                  Map.of(
                      "last_before_ms", edge[0] - activation.fromMs(),
                      "first_from_ms", edge[1] - activation.fromMs())));
      json.put("decisions_around_it", subtasks);
      all.add(json);
    }
    return all;
  }
}

package io.vigil.model.watch;

import io.vigil.model.artefact.ArtefactException;
import io.vigil.model.artefact.YamlMap;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a rollout must hold while it runs, as data: part of the gates, of the plan that persons
 * sign, and of the record that puts the rollout in force. Immutable.
 *
 * @param stretch limits look at the candidate's last decisions: so many at the least once there
 *     are, and never twice as many
 * @param successAfter decisions without a broken limit after which the rollout reads met; 0 for
 *     never
 * @param afterPromotion what becomes champion is watched against what decided before it, for so
 *     many decisions; 0 for not at all
 * @param limits at most one of a signal, in the order of {@link Signal}
 */
public record WatchPlan(int stretch, int successAfter, int afterPromotion, List<Limit> limits) {
  private static final int STRETCH = 20_000;
  private static final int DECISIONS_MAX = 1_000_000_000;

  /** Keys of the section, for whoever reads the file that it stands in. */
  private static final String[] KEYS = keys();

  /**
   * A failure limit.
   *
   * @param bound see {@link Signal}
   * @param least decisions (of the reference too, where there is one) or labels below which nothing
   *     is said, at least 1
   */
  public record Limit(Signal signal, double bound, int least) {}

  public WatchPlan {
    limits = List.copyOf(limits);
  }

  private static String[] keys() {
    List<String> keys = new ArrayList<>(List.of("stretch", "success_after", "after_promotion"));
    for (Signal signal : Signal.values()) {
      keys.add(signal.id());
    }
    return keys.toArray(String[]::new);
  }

  /**
   * Reads the section {@code watch} of a file.
   *
   * @return null when it has none
   * @throws ArtefactException at the first thing that is wrong
   */
  public static @Nullable WatchPlan in(YamlMap file) {
    return file.has("watch") ? of(file.map("watch", KEYS)) : null;
  }

  /**
   * Reads what {@link #text} wrote.
   *
   * @throws ArtefactException when it is something else
   */
  public static WatchPlan read(String text, String origin) {
    return of(YamlMap.read(text, origin, KEYS));
  }

  private static WatchPlan of(YamlMap map) {
    int stretch = map.has("stretch") ? map.integer("stretch", 1, 10_000_000) : STRETCH;
    List<Limit> limits = new ArrayList<>();
    for (Signal signal : Signal.values()) {
      if (map.has(signal.id())) {
        YamlMap limit = map.map(signal.id(), signal.boundKey, signal.countKey);
        // More decisions than a stretch has would never be there.
        int most = signal == Signal.PRECISION ? DECISIONS_MAX : stretch;
        limits.add(
            new Limit(
                signal,
                limit.decimal(signal.boundKey, signal.lowest, signal.highest),
                limit.integer(signal.countKey, 1, most)));
      }
    }
    if (limits.isEmpty()) {
      throw map.because("", "expected at least one limit, got none");
    }
    return new WatchPlan(
        stretch, count(map, "success_after"), count(map, "after_promotion"), limits);
  }

  private static int count(YamlMap map, String key) {
    return map.has(key) ? map.integer(key, 1, DECISIONS_MAX) : 0;
  }

  /** The limit on that signal, or null. */
  public @Nullable Limit limit(Signal signal) {
    for (Limit limit : limits) {
      if (limit.signal == signal) {
        return limit;
      }
    }
    return null;
  }

  /** The section in its one canonical form, a line for each thing; {@link #read} reads it. */
  public String text() {
    StringBuilder out = new StringBuilder();
    out.append("stretch: ").append(stretch).append('\n');
    if (successAfter > 0) {
      out.append("success_after: ").append(successAfter).append('\n');
    }
    if (afterPromotion > 0) {
      out.append("after_promotion: ").append(afterPromotion).append('\n');
    }
    for (Limit limit : limits) {
      out.append(
          "%s: {%s: %s, %s: %d}\n"
              .formatted(
                  limit.signal.id(),
                  limit.signal.boundKey,
                  number(limit.bound),
                  limit.signal.countKey,
                  limit.least));
    }
    return out.toString();
  }

  static String number(double value) {
    return BigDecimal.valueOf(value).stripTrailingZeros().toPlainString();
  }
}

package io.vigil.model.drift;

import io.vigil.model.policy.Outcome;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One model in the period.
 *
 * @param digest of its bundle
 * @param known what its bundle says; null when the archive has not kept it
 * @param role what control says of it last: champion, challenger or shadow
 * @param decisions for which it was in force
 * @param beside decisions that it scored beside another
 * @param firstDay that it decided or scored, days since the epoch
 * @param lastDay the same
 * @param outcomes of its decisions
 * @param alerts of its decisions
 * @param fallbacks its decisions by the cause of what is missing
 * @param score against the reference; null without one, or when it scored nothing there
 * @param calibration of matured decisions, those that it scored beside too
 */
public record ModelUse(
    String digest,
    @Nullable Known known,
    String role,
    long decisions,
    long beside,
    long firstDay,
    long lastDay,
    Map<Outcome, Long> outcomes,
    long alerts,
    Map<String, Long> fallbacks,
    @Nullable Drifted score,
    Calibrated calibration) {
  /**
   * What a bundle says of itself.
   *
   * @param engine that runs it
   * @param features that it reads
   */
  public record Known(String name, int version, String engine, List<String> features) {
    public Known {
      features = List.copyOf(features);
    }
  }

  /** How people call it. */
  public String title() {
    return known == null
        ? "model " + digest.substring(0, 12)
        : known.name() + " " + known.version();
  }

  /** Decisions by rules alone: something of the score itself is missing. */
  public long withoutScore() {
    return fallbacks.entrySet().stream()
        .filter(entry -> SCORELESS.contains(entry.getKey()))
        .mapToLong(Map.Entry::getValue)
        .sum();
  }

  private static final List<String> SCORELESS =
      List.of("deadline", "error", "invalid_output", "quarantine");
}

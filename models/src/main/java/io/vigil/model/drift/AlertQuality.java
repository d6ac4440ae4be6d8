package io.vigil.model.drift;

import java.util.List;
import java.util.Map;

/**
 * What became of alerts, as far as labels say.
 *
 * @param decisions matured
 * @param alerts among them
 * @param labelled alerts with a label in force that says fraud or genuine
 * @param precision frauds among these alerts; one that nobody labelled in time counts as genuine
 * @param ofLabelled frauds among the labelled ones
 * @param frauds known among all matured decisions
 * @param caughtMinor amounts of known frauds with an alert, by currency
 * @param missedMinor amounts of known frauds without one, by currency
 * @param parts days or weeks, in order
 */
public record AlertQuality(
    long decisions,
    long alerts,
    long labelled,
    Share precision,
    Share ofLabelled,
    long frauds,
    Map<String, Long> caughtMinor,
    Map<String, Long> missedMinor,
    List<Part> parts) {
  /**
   * A day, or a week from Monday on.
   *
   * @param day its first, days since the epoch
   * @param precision frauds among its alerts
   */
  public record Part(long day, long alerts, Share precision) {}
}

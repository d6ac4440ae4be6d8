package io.vigil.model.drift;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How the models did in a period. Immutable.
 *
 * @param decisions of the period
 * @param days of the period that have decisions, in order
 * @param models in force or scoring, champion first, then by decisions
 * @param features of the reference, those that moved farthest first; empty without a reference
 * @param added features that the reference lacks, by name
 * @param alerts what became of them; null when no label could tell
 * @param groups a key each
 * @param findings those of most weight first
 * @param gaps what could not be said
 */
public record ModelReport(
    Settings settings,
    long decisions,
    List<Day> days,
    List<ModelUse> models,
    List<Drifted> features,
    List<String> added,
    @Nullable AlertQuality alerts,
    List<GroupRates> groups,
    List<Finding> findings,
    List<Finding.Gap> gaps) {
  /**
   * A day's counts.
   *
   * @param day days since the epoch
   */
  public record Day(long day, long decisions, long alerts) {}

  /** Alerts of the period. */
  public long alertsRaised() {
    return days.stream().mapToLong(Day::alerts).sum();
  }

  /** Alerts on a day of the period on average, days without a decision too. */
  public double alertsPerDay() {
    return alertsRaised() / (double) settings.period().days();
  }

  /** The finding of all findings in one sentence. */
  public String verdict() {
    String open =
        gaps.isEmpty()
            ? ""
            : " %d %s not assessed."
                .formatted(gaps.size(), gaps.size() == 1 ? "part was" : "parts were");
    return (findings.isEmpty()
            ? "Nothing found in what was assessed."
            : findings.size() == 1 ? "1 finding." : findings.size() + " findings.")
        + open;
  }
}

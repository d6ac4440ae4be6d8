package io.vigil.model.drift;

import io.vigil.model.drift.GroupRates.Measure;
import io.vigil.model.policy.Outcome;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Counts of the groups of one key. Not thread-safe. */
final class GroupCounts {
  private static final String NONE = "(none)";
  private static final int GROUPS_MOST = 10_000;
  private static final double Z95 = 1.959963984540054;

  private final String key;
  private final Map<String, Counts> groups = new HashMap<>();

  /** What is counted of a group. */
  private static final class Counts {
    private long decisions;
    private long alerts;
    private long declines;
    private long matured;
    private long caught;
    private long scoredFrauds;
    private double expected;
    private double variance;

    void add(Counts other) {
      decisions += other.decisions;
      alerts += other.alerts;
      declines += other.declines;
      matured += other.matured;
      caught += other.caught;
      scoredFrauds += other.scoredFrauds;
      expected += other.expected;
      variance += other.variance;
    }
  }

  GroupCounts(String key) {
    this.key = key;
  }

  private Counts counts(@Nullable String group) {
    String name = group == null ? NONE : group;
    Counts known = groups.get(name);
    if (known == null) {
      if (groups.size() == GROUPS_MOST) {
        throw new IllegalArgumentException(
            "--group %s: expected at most %,d groups, got more".formatted(key, GROUPS_MOST));
      }
      known = new Counts();
      groups.put(name, known);
    }
    return known;
  }

  void period(@Nullable String group, Observation row) {
    Counts counts = counts(group);
    counts.decisions++;
    counts.alerts += row.alert() ? 1 : 0;
    counts.declines += row.outcome() == Outcome.DECLINE ? 1 : 0;
  }

  void matured(@Nullable String group, Observation row) {
    Counts counts = counts(group);
    if (row.alert()) {
      counts.matured++;
      counts.caught += row.fraud() ? 1 : 0;
    }
    Observation.Score score = row.scores().get(row.model());
    if (score != null && !Double.isNaN(score.probability())) {
      counts.scoredFrauds += row.fraud() ? 1 : 0;
      counts.expected += score.probability();
      counts.variance += score.probability() * (1 - score.probability());
    }
  }

  /**
   * The rates.
   *
   * @param least groups with fewer decisions are merged
   * @param ratio within it, and its inverse, a difference is small
   */
  GroupRates rates(long least, double ratio) {
    Map<String, Counts> large = new HashMap<>();
    Counts small = new Counts();
    int merged = 0;
    Counts all = new Counts();
    for (Map.Entry<String, Counts> group : groups.entrySet()) {
      all.add(group.getValue());
      if (group.getValue().decisions < least) {
        small.add(group.getValue());
        merged++;
      } else {
        large.put(group.getKey(), group.getValue());
      }
    }
    List<Map.Entry<String, Counts>> sorted = new ArrayList<>(large.entrySet());
    sorted.sort(
        Comparator.<Map.Entry<String, Counts>>comparingLong(group -> -group.getValue().decisions)
            .thenComparing(Map.Entry::getKey));
    if (merged > 0) {
      sorted.add(Map.entry("%,d smaller ones".formatted(merged), small));
    }
    int tests = sorted.size() * Measure.values().length;
    List<GroupRates.Group> found = new ArrayList<>();
    for (Map.Entry<String, Counts> group : sorted) {
      found.add(
          new GroupRates.Group(
              group.getKey(),
              group.getValue().decisions,
              rates(group.getValue(), all, tests, ratio)));
    }
    return new GroupRates(key, found, tests);
  }

  private static List<GroupRates.Rate> rates(Counts its, Counts all, int tests, double ratio) {
    double of = its.expected;
    double value = of == 0 ? Double.NaN : its.scoredFrauds / of;
    // Of a sum of rare events: its variance is what was predicted of it.
    double half = of == 0 ? Double.NaN : Z95 * StrictMath.sqrt(its.variance) / of;
    double chance = Chance.asPredicted(its.scoredFrauds, its.expected, its.variance);
    return List.of(
        rate(
            Measure.ALERT_RATE, its.alerts, its.decisions, all.alerts, all.decisions, tests, ratio),
        rate(
            Measure.DECLINE_RATE,
            its.declines,
            its.decisions,
            all.declines,
            all.decisions,
            tests,
            ratio),
        rate(Measure.PRECISION, its.caught, its.matured, all.caught, all.matured, tests, ratio),
        rate(
            Measure.CALIBRATION,
            its.scoredFrauds,
            of,
            value,
            new Chance.Interval(Math.max(0, value - half), value + half),
            of == 0 ? Double.NaN : 1,
            chance * tests,
            ratio));
  }

  private static GroupRates.Rate rate(
      Measure measure, long count, long of, long allCount, long allOf, int tests, double ratio) {
    double value = of == 0 ? Double.NaN : count / (double) of;
    double others = allOf == of ? Double.NaN : (allCount - count) / (double) (allOf - of);
    double chance = Chance.sameShare(count, of, allCount - count, allOf - of) * tests;
    return rate(
        measure, count, (double) of, value, Chance.interval(count, of), others, chance, ratio);
  }

  private static GroupRates.Rate rate(
      Measure measure,
      long count,
      double of,
      double value,
      Chance.Interval interval,
      double others,
      double chance,
      double ratio) {
    boolean differs =
        chance < GroupRates.SELDOM && (value > others * ratio || value < others / ratio);
    return new GroupRates.Rate(
        measure,
        count,
        of,
        value,
        interval.low(),
        interval.high(),
        others,
        Math.min(1, chance),
        differs);
  }
}

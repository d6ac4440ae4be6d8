package io.vigil.model.watch;

import io.vigil.model.watch.Reading.State;
import io.vigil.model.watch.WatchPlan.Limit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Holds counts against limits. A pure function. A limit is broken when what was seen lies beyond it
 * by more than {@value #ERRORS} standard errors: it is looked at again and again, so that without a
 * margin chance alone would return, sooner or later, what only comes near to a bound.
 */
public final class WatchJudge {
  /** Standard errors that chance is allowed. */
  static final double ERRORS = 3;

  /** Of {@link Signal#LATENCY}: so many rows may take longer. */
  static final double SLOW_SHARE = 0.01;

  private static final int GROUPS = 10;

  private final String reference;

  /**
   * @param reference whose counts are compared with, as it stands in reasons: "the champion's"
   */
  public WatchJudge(String reference) {
    this.reference = reference;
  }

  /**
   * Judges.
   *
   * @param candidate its last decisions, and all labels of its alerts
   * @param reference the decisions that they are compared with
   * @return a reading for each limit, in their order
   */
  public List<Reading> judge(WatchPlan plan, WatchCounts candidate, WatchCounts reference) {
    List<Reading> readings = new ArrayList<>();
    for (Limit limit : plan.limits()) {
      readings.add(
          switch (limit.signal()) {
            case ALERT_RATE, ALERT_RATE_DROP -> alerts(limit, candidate, reference);
            case SCORE_SHIFT -> shift(limit, candidate, reference);
            case LATENCY ->
                share(
                    limit,
                    candidate.slow(),
                    candidate.decisions(),
                    SLOW_SHARE,
                    1,
                    "expected at most 1 %% slower than "
                        + WatchPlan.number(limit.bound())
                        + " ms, got %.2f %% over %,d decisions");
            case FALLBACKS ->
                share(
                    limit,
                    candidate.fallbacks(),
                    candidate.decisions(),
                    limit.bound(),
                    1,
                    "expected at most "
                        + percent(limit.bound())
                        + " %%, got %.2f %% over %,d decisions");
            case PRECISION ->
                share(
                    limit,
                    candidate.frauds(),
                    candidate.labels(),
                    limit.bound(),
                    -1,
                    "expected at least "
                        + percent(limit.bound())
                        + " %% frauds, got %.2f %% over %,d labelled alerts");
          });
    }
    return List.copyOf(readings);
  }

  /**
   * Two counts of rare events: of all alerts the candidate's are binomial with p = r n1 / (r n1 +
   * n0) when the ratio of the rates is r (Przyborowski and Wilenski, "Homogeneity of results in
   * testing samples from Poisson series", 1940); here by its normal approximation.
   */
  private Reading alerts(Limit limit, WatchCounts candidate, WatchCounts reference) {
    boolean most = limit.signal() == Signal.ALERT_RATE;
    long n1 = candidate.decisions();
    long n0 = reference.decisions();
    double rate1 = candidate.alerts() / (double) n1;
    double rate0 = reference.alerts() / (double) n0;
    double ratio = candidate.alerts() + reference.alerts() == 0 ? 1 : rate1 / rate0;
    String text =
        format(
            "expected at %s %s times %s, got %.2f over %,d decisions",
            most ? "most" : "least", WatchPlan.number(limit.bound()), this.reference, ratio, n1);
    if (Math.min(n1, n0) < limit.least()) {
      return notYet(limit, ratio, n1, n0, "decisions");
    }
    double odds = limit.bound() * n1 / n0;
    double p = odds / (1 + odds);
    double all = (double) (candidate.alerts() + reference.alerts());
    return reading(
        limit,
        ratio,
        beyond(
            (double) candidate.alerts(),
            all * p,
            StrictMath.sqrt(all * p * (1 - p)),
            most ? 1 : -1),
        text);
  }

  /** A share of what was seen against a bound: binomial when it is just the bound. */
  private Reading share(
      Limit limit, long count, long of, double bound, int direction, String format) {
    double share = count / (double) of;
    if (of < limit.least()) {
      return notYet(
          limit,
          share,
          of,
          Long.MAX_VALUE,
          limit.signal() == Signal.PRECISION ? "labelled alerts" : "decisions");
    }
    double error = StrictMath.sqrt(of * bound * (1 - bound));
    return reading(
        limit,
        share,
        beyond((double) count, of * bound, error, direction),
        format(format, 100 * share, of));
  }

  /**
   * Population stability index over tenths of the reference's scores, sum of (p - q) ln(p / q)
   * (Siddiqi, "Credit Risk Scorecards", 2006). Of equal distributions it is, times 1 / (1/n1 +
   * 1/n0), a chi-square of one degree less than groups (Yurdakul, "Statistical properties of
   * population stability index", 2018): that much is chance.
   */
  private Reading shift(Limit limit, WatchCounts candidate, WatchCounts reference) {
    long n1 = candidate.scored();
    long n0 = reference.scored();
    if (Math.min(n1, n0) < limit.least()) {
      return notYet(limit, Double.NaN, n1, n0, "scores");
    }
    double index = 0;
    int groups = 0;
    long ofReference = 0;
    long ofCandidate = 0;
    for (int bin = 0; bin <= WatchCounts.BINS; bin++) {
      boolean end = bin == WatchCounts.BINS;
      // A bin that is a tenth by itself stands alone, lest what moved below it hides in its group.
      boolean full = ofReference * GROUPS >= n0;
      if (end || full || reference.score(bin) * GROUPS >= n0) {
        if (ofReference + ofCandidate > 0) {
          // Half a row in place of none keeps the logarithm finite.
          double p = Math.max(0.5, (double) ofReference) / n0;
          double q = Math.max(0.5, (double) ofCandidate) / n1;
          index += (q - p) * StrictMath.log(q / p);
          groups++;
        }
        ofReference = 0;
        ofCandidate = 0;
      }
      if (!end) {
        ofReference += reference.score(bin);
        ofCandidate += candidate.score(bin);
      }
    }
    int free = Math.max(1, groups - 1);
    double chance = (1.0 / n1 + 1.0 / n0) * (free + ERRORS * StrictMath.sqrt(2.0 * free));
    return reading(
        limit,
        index,
        index > limit.bound() + chance,
        format(
            "expected an index of at most %s against %s, got %.3f over %,d scores",
            WatchPlan.number(limit.bound()), this.reference, index, n1));
  }

  private static boolean beyond(double count, double expected, double error, int direction) {
    return direction * (count - expected) > ERRORS * error;
  }

  private static Reading reading(Limit limit, double observed, boolean broken, String text) {
    return new Reading(limit, observed, broken ? State.BROKEN : State.KEPT, text);
  }

  private static Reading notYet(Limit limit, double observed, long n1, long n0, String what) {
    return new Reading(
        limit,
        observed,
        State.NOT_YET,
        n1 < limit.least()
            ? format("expected %,d %s to say something, got %,d", limit.least(), what, n1)
            : format("expected %,d %s to compare with, got %,d", limit.least(), what, n0));
  }

  private static String percent(double share) {
    return WatchPlan.number(StrictMath.rint(share * 1e6) / 1e4);
  }

  private static String format(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}

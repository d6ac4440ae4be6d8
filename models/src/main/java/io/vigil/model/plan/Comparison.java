package io.vigil.model.plan;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Both sides over a period. Deterministic: the same rows give the same figures, intervals and
 * order. Immutable but for the rows, which are read again for curves.
 */
public final class Comparison {
  private static final int REPLICATES = 200;
  private static final long SEED = 1;
  private static final int SEGMENTS_MOST = 12;

  private final PlanRows rows;
  private final Measured measured;
  private final Ranking championRanking;
  private final Ranking candidateRanking;
  private final Figures champion;
  private final Figures candidate;
  private final PairedBootstrap intervals;
  private final Flips flips;
  private final List<Segment> segments;
  private final List<GroupRate> groups;
  private final List<GateResult> gates;

  private Comparison(PlanRows rows, Measured measured, Gates gates) {
    this.rows = rows;
    this.measured = measured;
    championRanking = new Ranking(rows, rows.champion());
    candidateRanking = new Ranking(rows, rows.candidate());
    champion = Figures.of(rows, rows.champion(), championRanking);
    candidate = Figures.of(rows, rows.candidate(), candidateRanking);
    intervals = PairedBootstrap.of(rows, championRanking, candidateRanking, REPLICATES, SEED);
    flips = Flips.of(rows, measured.examples());
    segments = Segment.of(rows, championRanking, candidateRanking);
    Gates.Fairness fairness = gates.fairness();
    groups =
        fairness == null || measured.fairnessDimension() < 0
            ? List.of()
            : GroupRate.of(rows, measured.fairnessDimension(), fairness.minRows());
    this.gates = GateCheck.of(gates, this);
  }

  /**
   * Compares.
   *
   * @param rows at least one
   */
  public static Comparison of(PlanRows rows, Measured measured, Gates gates) {
    if (rows.rows() == 0) {
      throw new IllegalArgumentException("expected transactions in the period, got none");
    }
    return new Comparison(rows, measured, gates);
  }

  /** Transactions compared. */
  public int rows() {
    return rows.rows();
  }

  /** Of these how many are known to be frauds in the end. */
  public int frauds() {
    return rows.fraudRows();
  }

  /** Rows whose ruling differs in anything. */
  public long differing() {
    return rows.differing();
  }

  public Figures champion() {
    return champion;
  }

  public Figures candidate() {
    return candidate;
  }

  public PairedBootstrap intervals() {
    return intervals;
  }

  public Flips flips() {
    return flips;
  }

  public Measured measured() {
    return measured;
  }

  public List<GateResult> gates() {
    return gates;
  }

  /** Those that lose most, and that are large enough to say so. */
  public List<Segment> worstSegments() {
    return segments.stream().limit(SEGMENTS_MOST).toList();
  }

  /** False alerts of the fairness gate's groups; empty without that gate or labels. */
  public List<GroupRate> groups() {
    return groups;
  }

  PlanRows data() {
    return rows;
  }

  Ranking championRanking() {
    return championRanking;
  }

  Ranking candidateRanking() {
    return candidateRanking;
  }

  /**
   * The candidate's lowest probability from which on rows keep a budget of alerts, in words.
   *
   * @param perDay 0 or more
   */
  String thresholdFor(double perDay) {
    double[] sorted = new double[rows.rows()];
    for (int row = 0; row < sorted.length; row++) {
      sorted[row] = rows.candidate().probability(row);
    }
    Arrays.sort(sorted);
    int most = (int) Math.min(sorted.length, perDay * rows.days());
    int at = sorted.length - most;
    // Equal probabilities alert together, so a group that does not fit is left out.
    while (at > 0 && at < sorted.length && sorted[at] == sorted[at - 1]) {
      at++;
    }
    return at >= sorted.length
        ? "no threshold"
        : String.format(Locale.ROOT, "a probability of %.4f", sorted[at]);
  }

  /** For machines. */
  public Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("rows", rows());
    json.put("frauds", frauds());
    json.put("days", rows.days());
    json.put("differing", differing());
    json.put("champion", side(champion, intervals.champion()));
    json.put("candidate", side(candidate, intervals.candidate()));
    json.put("difference_interval_90", intervals.difference());
    json.put("flips", flips.counts());
    json.put("flips_stricter", flips.stricter());
    json.put("flips_milder", flips.milder());
    json.put("alerts_new", flips.newAlerts());
    json.put("alerts_lost", flips.lostAlerts());
    json.put("flip_examples", flips.examples());
    json.put("worst_segments", worstSegments());
    json.put("drift_basis", measured.driftBasis());
    json.put("drift", measured.drift());
    json.put("groups", groups);
    json.put("robustness", measured.robustness());
    json.put("cost", measured.cost());
    List<Map<String, Object>> all = new ArrayList<>();
    for (GateResult gate : gates) {
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("gate", gate.gate());
      one.put("observed", gate.observed());
      one.put("required", gate.required());
      one.put("verdict", gate.verdict().id());
      one.put("mend", gate.mend());
      all.add(one);
    }
    json.put("gates", all);
    return json;
  }

  private static Map<String, Object> side(Figures figures, Map<String, ?> intervals) {
    Map<String, Object> json = new LinkedHashMap<>();
    // JSON has no NaN.
    figures.byName().forEach((name, value) -> json.put(name, Double.isNaN(value) ? null : value));
    json.put("interval_90", intervals);
    json.put("outcomes", figures.outcomes());
    json.put("unscored", figures.unscored());
    return json;
  }
}

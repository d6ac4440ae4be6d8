package io.vigil.model.evaluate;

import io.vigil.model.score.RankingMetrics;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How well a model ranks and how far its probabilities hold.
 *
 * <p>Rows of equal score are one group: where a threshold or a budget cuts, a group counts in
 * proportion to the part of it that fits, so the order of rows matters to card precision and to the
 * calibration of the top percent alone. Ranks are by logit.
 *
 * @param averagePrecision area under the precision-recall curve as a step function, 0 to 1; the
 *     share of frauds for chance
 * @param rocAuc area under the ROC curve, ties counting half, 0 to 1; 0.5 for chance
 * @param cardPrecision {@link #cardPrecision}, 0 to 1
 * @param precisionAtBudget frauds among the alerts of the budget / these alerts, 0 to 1
 * @param recallAtBudget frauds among the alerts of the budget / all frauds, 0 to 1
 * @param valueDetectionRate the same by amount, 0 to 1
 * @param falsePositiveRatio false alerts of the budget for each true one, 0 or more; infinite when
 *     none is true
 * @param kolmogorovSmirnov the greatest difference between the shares of frauds and of others above
 *     a score, 0 to 1
 * @param calibrationErrorTop among the top percent by probability: the mean over ten groups of
 *     equal count of |mean probability - share of frauds|, 0 to 1
 * @param brier mean squared difference of probability and outcome, 0 to 1
 */
public record Metrics(
    double averagePrecision,
    double rocAuc,
    double cardPrecision,
    double precisionAtBudget,
    double recallAtBudget,
    double valueDetectionRate,
    double falsePositiveRatio,
    double kolmogorovSmirnov,
    double calibrationErrorTop,
    double brier) {
  private static final double TOP = 0.01;
  private static final int TOP_GROUPS = 10;

  /** By their names in results, in order. */
  public Map<String, Double> byName() {
    Map<String, Double> names = new LinkedHashMap<>();
    names.put("auc_roc", rocAuc);
    names.put("average_precision", averagePrecision);
    names.put("card_precision_100", cardPrecision);
    names.put("precision_at_budget", precisionAtBudget);
    names.put("recall_at_budget", recallAtBudget);
    names.put("value_detection_rate", valueDetectionRate);
    names.put("false_positive_ratio", falsePositiveRatio);
    names.put("kolmogorov_smirnov", kolmogorovSmirnov);
    names.put("calibration_error_top_percent", calibrationErrorTop);
    names.put("brier", brier);
    return names;
  }

  /**
   * All of them.
   *
   * @param cards reviewed a day, for card precision
   * @param alertsPerDay the budget of alerts
   */
  public static Metrics of(Scored scored, int cards, int alertsPerDay) {
    List<Group> groups = Group.descending(scored);
    double budget = (double) alertsPerDay * scored.dayCount();
    Totals all = new Totals();
    Totals alerts = new Totals();
    double furthest = 0;
    Totals end = new Totals();
    groups.forEach(group -> end.add(group, 1));
    for (Group group : groups) {
      double fits = Math.max(0, Math.min(1, (budget - all.rows) / group.rows()));
      alerts.add(group, fits);
      all.add(group, 1);
      double recall = all.frauds / end.frauds;
      double falseAlarms = (all.rows - all.frauds) / (end.rows - end.frauds);
      furthest = Math.max(furthest, Math.abs(recall - falseAlarms));
    }
    return new Metrics(
        RankingMetrics.averagePrecision(scored.logits(), scored.frauds()),
        RankingMetrics.rocAuc(scored.logits(), scored.frauds()),
        cardPrecision(scored, cards),
        alerts.frauds / alerts.rows,
        alerts.frauds / end.frauds,
        end.fraudAmount == 0 ? 0 : alerts.fraudAmount / end.fraudAmount,
        alerts.frauds == 0
            ? Double.POSITIVE_INFINITY
            : (alerts.rows - alerts.frauds) / alerts.frauds,
        furthest,
        calibrationErrorTop(scored),
        brier(scored));
  }

  /** Rows of one score. */
  private record Group(float logit, int rows, int frauds, double fraudAmount) {

    static List<Group> descending(Scored scored) {
      Map<Float, Totals> totals = new HashMap<>();
      for (int i = 0; i < scored.logits().length; i++) {
        // Adding zero joins the two zeros.
        Totals total = totals.computeIfAbsent(scored.logits()[i] + 0f, logit -> new Totals());
        total.rows++;
        if (scored.frauds()[i]) {
          total.frauds++;
          total.fraudAmount += scored.amounts()[i];
        }
      }
      return totals.entrySet().stream()
          .map(
              entry ->
                  new Group(
                      entry.getKey(),
                      (int) entry.getValue().rows,
                      (int) entry.getValue().frauds,
                      entry.getValue().fraudAmount))
          .sorted(Comparator.comparingDouble(Group::logit).reversed())
          .toList();
    }
  }

  private static final class Totals {
    private double rows;
    private double frauds;
    private double fraudAmount;

    void add(Group group, double share) {
      rows += share * group.rows();
      frauds += share * group.frauds();
      fraudAmount += share * group.fraudAmount();
    }
  }

  /**
   * Card precision: each day an account has its highest score, and those with the highest are
   * reviewed; the share of them with a fraud that day, of as many as may be reviewed. An account
   * that was found is left out on the days after. The mean over days, of which each counts (Le
   * Borgne et al., "Reproducible machine learning for credit card fraud detection: practical
   * handbook", 2022, chapter 4.4). Equal scores are reviewed in the order of their rows.
   *
   * @param cards reviewed a day, at least 1
   */
  public static double cardPrecision(Scored scored, int cards) {
    return cardPrecision(Card.ranked(scored), cards, null);
  }

  private static double cardPrecision(List<List<Card>> days, int cards, int @Nullable [] copies) {
    Set<Integer> found = new HashSet<>();
    double sum = 0;
    for (List<Card> ranked : days) {
      int left = cards;
      for (Card card : ranked) {
        if (left == 0) {
          break;
        }
        int there = copies == null ? 1 : copies[card.account];
        if (there == 0 || found.contains(card.account)) {
          continue;
        }
        int taken = Math.min(left, there);
        left -= taken;
        if (card.fraud) {
          sum += taken / (double) cards;
          found.add(card.account);
        }
      }
    }
    return sum / days.size();
  }

  /** What is known of an account on one day. */
  private static final class Card {
    private static final Comparator<Card> RISKIEST_FIRST =
        Comparator.<Card>comparingDouble(card -> card.highest)
            .reversed()
            .thenComparingInt(card -> card.row);

    private final int account;
    private float highest = Float.NEGATIVE_INFINITY;
    private int row;
    private boolean fraud;

    Card(int account) {
      this.account = account;
    }

    /** The cards of each day, riskiest first. */
    static List<List<Card>> ranked(Scored scored) {
      List<Map<Integer, Card>> days =
          Stream.<Map<Integer, Card>>generate(HashMap::new).limit(scored.dayCount()).toList();
      for (int row = 0; row < scored.days().length; row++) {
        days.get(scored.days()[row])
            .computeIfAbsent(scored.accounts()[row], Card::new)
            .add(row, scored.logits()[row], scored.frauds()[row]);
      }
      return days.stream()
          .map(cards -> cards.values().stream().sorted(RISKIEST_FIRST).toList())
          .toList();
    }

    void add(int of, float logit, boolean isFraud) {
      if (logit > highest) {
        highest = logit;
        row = of;
      }
      fraud |= isFraud;
    }
  }

  private static double calibrationErrorTop(Scored scored) {
    Integer[] order = order(scored.probabilities());
    int top = Math.max(1, (int) (order.length * TOP));
    List<Bin> bins = bins(scored, Arrays.copyOfRange(order, 0, top), TOP_GROUPS);
    return bins.stream()
            .mapToDouble(bin -> bin.rows() * Math.abs(bin.probability() - bin.share()))
            .sum()
        / top;
  }

  private static double brier(Scored scored) {
    double sum = 0;
    for (int i = 0; i < scored.frauds().length; i++) {
      double difference = scored.probabilities()[i] - (scored.frauds()[i] ? 1 : 0);
      sum += difference * difference;
    }
    return sum / scored.frauds().length;
  }

  /**
   * Rows of similar probability.
   *
   * @param rows how many
   * @param probability their mean, 0 to 1
   * @param share of frauds among them, 0 to 1
   */
  public record Bin(int rows, double probability, double share) {}

  /**
   * The reliability diagram where frauds are rare: the lower half of the rows by probability, the
   * lower half of the rest, and so on.
   */
  public static List<Bin> halving(Scored scored, int groups) {
    Integer[] order = order(scored.probabilities());
    List<Bin> found = new ArrayList<>();
    int to = order.length;
    for (int group = 1; group <= groups && to > 0; group++) {
      int from = group == groups ? 0 : to / 2;
      found.addAll(bins(scored, Arrays.copyOfRange(order, from, to), 1));
      to = from;
    }
    return found;
  }

  private static List<Bin> bins(Scored scored, Integer[] order, int groups) {
    return IntStream.range(0, Math.min(groups, order.length))
        .mapToObj(
            group -> {
              int from = (int) ((long) order.length * group / Math.min(groups, order.length));
              int to = (int) ((long) order.length * (group + 1) / Math.min(groups, order.length));
              double probability = 0;
              double frauds = 0;
              for (int i = from; i < to; i++) {
                probability += scored.probabilities()[order[i]];
                frauds += scored.frauds()[order[i]] ? 1 : 0;
              }
              return new Bin(to - from, probability / (to - from), frauds / (to - from));
            })
        .toList();
  }

  /** Highest first, equal ones by row. */
  private static Integer[] order(double[] probabilities) {
    Integer[] order = new Integer[probabilities.length];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, Comparator.comparingDouble((Integer i) -> -probabilities[i]));
    return order;
  }

  /**
   * The lowest probability from which on alerts keep a budget.
   *
   * @param alertsPerDay on average over the test, at least 1
   * @return above 0; rows of it and above are at most as many as the budget. 2, which no row
   *     reaches, when the first group is too many already
   */
  public static double thresholdForBudget(Scored scored, double alertsPerDay) {
    double budget = alertsPerDay * scored.dayCount();
    return threshold(scored, (rows, frauds) -> rows <= budget);
  }

  /**
   * The lowest probability from which on there are at most so many false alerts for each true one.
   *
   * @param ratio 0 or more
   * @return 2, which no row reaches, when no threshold keeps it
   */
  public static double thresholdForFalsePositiveRatio(Scored scored, double ratio) {
    return threshold(scored, (rows, frauds) -> rows - frauds <= ratio * frauds);
  }

  private interface Kept {
    boolean by(int rows, int frauds);
  }

  private static double threshold(Scored scored, Kept kept) {
    Integer[] order = order(scored.probabilities());
    double threshold = 2;
    int frauds = 0;
    for (int i = 0; i < order.length; i++) {
      frauds += scored.frauds()[order[i]] ? 1 : 0;
      double probability = scored.probabilities()[order[i]];
      boolean last = i == order.length - 1 || scored.probabilities()[order[i + 1]] < probability;
      if (last && kept.by(i + 1, frauds)) {
        threshold = probability;
      }
    }
    return threshold;
  }

  /**
   * 90 % bootstrap percentile intervals, by name. Accounts are drawn, not rows, because the rows of
   * an account are not independent; one that is drawn twice counts twice, in card precision as two
   * cards.
   *
   * @param replicates drawn, at least 20
   * @param seed names them
   */
  public static Map<String, RankingMetrics.Interval> intervals(
      Scored scored, int cards, int replicates, long seed) {
    int[] drawnFrom = Arrays.stream(scored.accounts()).distinct().sorted().toArray();
    int most = drawnFrom[drawnFrom.length - 1];
    Random random = new Random(seed);
    double[] precisions = new double[replicates];
    double[] areas = new double[replicates];
    double[] found = new double[replicates];
    WeightedRanking ranking = new WeightedRanking(scored);
    List<List<Card>> days = Card.ranked(scored);
    for (int replicate = 0; replicate < replicates; replicate++) {
      int[] copies = new int[most + 1];
      for (int i = 0; i < drawnFrom.length; i++) {
        copies[drawnFrom[random.nextInt(drawnFrom.length)]]++;
      }
      ranking.weigh(copies);
      precisions[replicate] = ranking.averagePrecision();
      areas[replicate] = ranking.rocAuc();
      found[replicate] = cardPrecision(days, cards, copies);
    }
    Map<String, RankingMetrics.Interval> intervals = new LinkedHashMap<>();
    intervals.put("auc_roc", interval(areas));
    intervals.put("average_precision", interval(precisions));
    intervals.put("card_precision_100", interval(found));
    return intervals;
  }

  private static RankingMetrics.Interval interval(double[] values) {
    Arrays.sort(values);
    int tail = values.length / 20;
    return new RankingMetrics.Interval(values[tail], values[values.length - 1 - tail]);
  }
}

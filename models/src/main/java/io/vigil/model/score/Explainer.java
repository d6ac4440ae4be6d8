package io.vigil.model.score;

import io.vigil.model.reason.ReasonCode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;

/**
 * Splits the logit of a transaction into contributions of causes: features of one {@link
 * ReasonCode} are one cause, put back to their baselines together. Contributions and the logit at
 * the baseline add up to the logit: those of networks within 1e-9, those that a model reckons by
 * itself within the rounding of float32, which {@link #ADDITIVITY_ERROR} bounds.
 *
 * <p>For networks they are the causes' Shapley values (Shapley, "A value for n-person games",
 * 1953): what a cause adds, averaged over all orders in which causes can be put in place. Up to
 * {@value #EXACT_CAUSES_MAX} causes every one of their combinations is scored and the values are
 * exact; with more it is an average over orders drawn once and for all, each with its reverse
 * (Mitchell et al., "Sampling permutations for Shapley value estimation", 2022), which adds up as
 * exactly. See docs/decisions/0012. The same vector gives the same bits, within an engine class.
 *
 * <p>Costs one call of at most {@code 2^EXACT_CAUSES_MAX + inputs} rows, less in memory when rows
 * are wide. Not thread-safe.
 */
public final class Explainer {
  /** How far contributions and the baseline's logit may lie from the logit, relative above 1. */
  public static final double ADDITIVITY_ERROR = 1e-4;

  /** Combinations double with each. */
  static final int EXACT_CAUSES_MAX = 10;

  /** Rows of a sample, as many as the exact values of ten causes take. */
  private static final int SAMPLED_ROWS = 1 << EXACT_CAUSES_MAX;

  /** Bounds the buffer: 16 MiB. */
  private static final int FLOATS_MAX = 1 << 22;

  private static final long SEED = 1;

  private static final Comparator<Cause> STRONGEST_FIRST =
      Comparator.comparingDouble(Cause::contribution).reversed().thenComparing(Cause::code);

  private final ScoringModel model;
  private final List<ReasonCode> causes;
  private final int[] causeOf;
  private final int[][] orders;
  private final int[] coalitions;

  /**
   * @param codes of the features by their names; a feature without one is {@link ReasonCode#OTHER}
   */
  public Explainer(ScoringModel model, Map<String, ReasonCode> codes) {
    this.model = model;
    List<ReasonCode> ofInputs =
        model.inputs().stream()
            .map(input -> codes.getOrDefault(input.feature(), ReasonCode.OTHER))
            .toList();
    this.causes = List.copyOf(new TreeSet<>(ofInputs));
    this.causeOf = ofInputs.stream().mapToInt(causes::indexOf).toArray();
    this.orders = causes.size() <= EXACT_CAUSES_MAX ? new int[0][] : orders(causes.size());
    this.coalitions = orders.length == 0 ? allOf(causes.size()) : prefixes(orders);
  }

  /**
   * Why a logit is what it is.
   *
   * @param logit of the transaction
   * @param baselineLogit of a transaction that is typical in everything
   * @param causes all of them, strongest for fraud first, equal ones by code; their contributions
   *     and {@code baselineLogit} add up to {@code logit} within {@link #ADDITIVITY_ERROR}
   */
  public record Explanation(double logit, double baselineLogit, List<Cause> causes) {}

  /**
   * What features of one code add to the logit of one transaction.
   *
   * @param feature the one among them that moves the logit most in the cause's direction
   * @param value of that feature in the transaction, in its unit; NaN when missing
   * @param baseline its typical value, in the same unit
   * @param contribution natural-log odds; above 0 speaks for fraud
   */
  public record Cause(
      ReasonCode code, String feature, float value, float baseline, double contribution) {}

  /**
   * Explains one transaction.
   *
   * @param vector a feature vector in spec order
   * @throws ScoringException when the model fails
   */
  public Explanation explain(float[] vector) {
    int width = causeOf.length;
    float[] present = new float[width];
    model.prepare(vector, present, 0);
    return model.scorer() instanceof AttributingScorer scorer
        ? attributed(scorer, vector, present)
        : coalitional(vector, present);
  }

  private Explanation attributed(AttributingScorer scorer, float[] vector, float[] present) {
    int width = causeOf.length;
    float[] split = new float[width + 1];
    scorer.attribute(present, 1, split);
    float[] logit = new float[1];
    scorer.score(present, 1, logit);
    double[] contributions = new double[causes.size()];
    double[] single = new double[width];
    for (int i = 0; i < width; i++) {
      single[i] = split[i];
      contributions[causeOf[i]] += split[i];
    }
    return explanation(vector, logit[0], split[width], contributions, single);
  }

  /** Rows: first the coalitions, then the transaction without one feature each. */
  private Explanation coalitional(float[] vector, float[] present) {
    int width = causeOf.length;
    float[] absent = new float[width];
    for (int i = 0; i < width; i++) {
      ModelInput input = model.inputs().get(i);
      absent[i] = input.normalise((float) input.baseline());
    }
    int rows = coalitions.length + width;
    int most = Math.max(1, Math.min(rows, FLOATS_MAX / width));
    float[] prepared = new float[most * width];
    float[] chunk = new float[most];
    double[] logits = new double[rows];
    for (int from = 0; from < rows; from += most) {
      int count = Math.min(most, rows - from);
      for (int row = 0; row < count; row++) {
        fill(prepared, row * width, from + row, present, absent);
      }
      model.scorer().score(prepared, count, chunk);
      for (int row = 0; row < count; row++) {
        logits[from + row] = chunk[row];
      }
    }
    double[] contributions = orders.length == 0 ? exact(logits) : sampled(logits);
    // Both lists of coalitions begin with none and end with all.
    double baselineLogit = logits[0];
    double logit = logits[coalitions.length - 1];
    double[] single = new double[width];
    for (int i = 0; i < width; i++) {
      single[i] = logit - logits[coalitions.length + i];
    }
    return explanation(vector, logit, baselineLogit, contributions, single);
  }

  private void fill(float[] prepared, int offset, int row, float[] present, float[] absent) {
    int width = causeOf.length;
    if (row < coalitions.length) {
      for (int i = 0; i < width; i++) {
        boolean in = (coalitions[row] >> causeOf[i] & 1) == 1;
        prepared[offset + i] = in ? present[i] : absent[i];
      }
    } else {
      int without = row - coalitions.length;
      System.arraycopy(present, 0, prepared, offset, width);
      prepared[offset + without] = absent[without];
    }
  }

  private double[] exact(double[] logits) {
    int n = causes.size();
    // Of a coalition of k others: k! (n - 1 - k)! / n!
    double[] weights = new double[n];
    weights[0] = 1.0 / n;
    for (int k = 1; k < n; k++) {
      weights[k] = weights[k - 1] * k / (n - k);
    }
    double[] values = new double[n];
    for (int coalition = 0; coalition < coalitions.length; coalition++) {
      double weight = weights[Math.min(Integer.bitCount(coalition), n - 1)];
      for (int i = 0; i < n; i++) {
        int with = coalition | 1 << i;
        if (with != coalition) {
          values[i] += weight * (logits[with] - logits[coalition]);
        }
      }
    }
    return values;
  }

  private double[] sampled(double[] logits) {
    int n = causes.size();
    double[] values = new double[n];
    int row = 1;
    for (int[] order : orders) {
      double before = logits[0];
      for (int position = 0; position < n; position++) {
        boolean last = position == n - 1;
        double after = logits[last ? coalitions.length - 1 : row++];
        values[order[position]] += (after - before) / orders.length;
        before = after;
      }
    }
    return values;
  }

  private Explanation explanation(
      float[] vector, double logit, double baselineLogit, double[] contributions, double[] single) {
    int[] strongest = new int[contributions.length];
    double[] strength = new double[contributions.length];
    Arrays.fill(strength, Double.NEGATIVE_INFINITY);
    for (int i = 0; i < single.length; i++) {
      int cause = causeOf[i];
      double towards = contributions[cause] < 0 ? -single[i] : single[i];
      if (towards > strength[cause]) {
        strongest[cause] = i;
        strength[cause] = towards;
      }
    }
    List<Cause> found = new ArrayList<>(contributions.length);
    for (int cause = 0; cause < contributions.length; cause++) {
      int i = strongest[cause];
      ModelInput input = model.inputs().get(i);
      found.add(
          new Cause(
              causes.get(cause),
              input.feature(),
              model.value(vector, i),
              (float) input.baseline(),
              // Adding zero turns -0 into 0, so that equal contributions sort by code.
              contributions[cause] + 0.0));
    }
    found.sort(STRONGEST_FIRST);
    return new Explanation(logit, baselineLogit, List.copyOf(found));
  }

  private static int[] allOf(int causes) {
    int[] all = new int[1 << causes];
    for (int i = 0; i < all.length; i++) {
      all[i] = i;
    }
    return all;
  }

  /** An even number of orders, each followed by its reverse. */
  private static int[][] orders(int causes) {
    int[][] orders = new int[Math.max(2, (SAMPLED_ROWS - 2) / (causes - 1) / 2 * 2)][causes];
    // Its numbers are defined by Java to the bit.
    Random random = new Random(SEED);
    for (int pair = 0; pair < orders.length; pair += 2) {
      int[] order = orders[pair];
      for (int i = 0; i < causes; i++) {
        int j = random.nextInt(i + 1);
        order[i] = order[j];
        order[j] = i;
      }
      for (int i = 0; i < causes; i++) {
        orders[pair + 1][i] = order[causes - 1 - i];
      }
    }
    return orders;
  }

  private static int[] prefixes(int[][] orders) {
    int causes = orders[0].length;
    int[] prefixes = new int[2 + orders.length * (causes - 1)];
    int row = 1;
    for (int[] order : orders) {
      int coalition = 0;
      for (int position = 0; position < causes - 1; position++) {
        coalition |= 1 << order[position];
        prefixes[row++] = coalition;
      }
    }
    prefixes[row] = (1 << causes) - 1;
    return prefixes;
  }
}

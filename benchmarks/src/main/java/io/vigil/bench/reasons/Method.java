package io.vigil.bench.reasons;

import java.util.Arrays;
import java.util.Random;

/** A way to split a logit among causes. */
interface Method {

  String id();

  /** Natural-log odds for each cause of the transaction that is present. */
  double[] contributions(Causes causes);

  /** What the logit loses when one cause is put back to its baseline and all others stay. */
  record Ablation(String id) implements Method {
    @Override
    public double[] contributions(Causes causes) {
      int all = causes.all();
      int[] coalitions = new int[causes.count() + 1];
      coalitions[0] = all;
      for (int i = 0; i < causes.count(); i++) {
        coalitions[i + 1] = all & ~(1 << i);
      }
      double[] logits = causes.logits(coalitions);
      double[] values = new double[causes.count()];
      for (int i = 0; i < values.length; i++) {
        values[i] = logits[0] - logits[i + 1];
      }
      return values;
    }
  }

  /** Ablation that goes on: the strongest first, then the next strongest without it, and so on. */
  record Greedy() implements Method {
    @Override
    public String id() {
      return "greedy";
    }

    @Override
    public double[] contributions(Causes causes) {
      double[] values = new double[causes.count()];
      int left = causes.all();
      double logit = causes.logits(new int[] {left})[0];
      while (left != 0) {
        int[] members = members(left);
        int coalition = left;
        double[] without =
            causes.logits(Arrays.stream(members).map(i -> coalition & ~(1 << i)).toArray());
        int lowest = 0;
        for (int i = 1; i < members.length; i++) {
          lowest = without[i] < without[lowest] ? i : lowest;
        }
        values[members[lowest]] = logit - without[lowest];
        logit = without[lowest];
        left &= ~(1 << members[lowest]);
      }
      return values;
    }

    private static int[] members(int coalition) {
      int[] members = new int[Integer.bitCount(coalition)];
      int left = coalition;
      for (int i = 0; i < members.length; i++) {
        members[i] = Integer.numberOfTrailingZeros(left);
        left &= left - 1;
      }
      return members;
    }
  }

  /** Shapley values from all combinations. */
  record ExactShapley() implements Method {
    @Override
    public String id() {
      return "shapley_exact";
    }

    @Override
    public double[] contributions(Causes causes) {
      int n = causes.count();
      int[] coalitions = new int[1 << n];
      Arrays.setAll(coalitions, i -> i);
      double[] logits = causes.logits(coalitions);
      double[] values = new double[n];
      for (int coalition = 0; coalition < coalitions.length; coalition++) {
        double weight = 1.0 / n / choose(n - 1, Integer.bitCount(coalition));
        for (int i = 0; i < n; i++) {
          int with = coalition | 1 << i;
          if (with != coalition) {
            values[i] += weight * (logits[with] - logits[coalition]);
          }
        }
      }
      return values;
    }

    private static double choose(int n, int k) {
      double ways = 1;
      for (int i = 1; i <= k; i++) {
        ways = ways * (n + 1 - i) / i;
      }
      return ways;
    }
  }

  /** Shapley values averaged over orders, each with its reverse; the same for all alerts. */
  record SampledShapley(int pairs) implements Method {
    @Override
    public String id() {
      return "shapley_" + pairs + "_pairs";
    }

    @Override
    public double[] contributions(Causes causes) {
      int n = causes.count();
      Random random = new Random(1);
      int[][] orders = new int[2 * pairs][n];
      int[] coalitions = new int[2 * pairs * (n + 1)];
      for (int row = 0; row < orders.length; row++) {
        for (int i = 0; i < n; i++) {
          if (row % 2 == 1) {
            orders[row][i] = orders[row - 1][n - 1 - i];
          } else {
            int j = random.nextInt(i + 1);
            orders[row][i] = orders[row][j];
            orders[row][j] = i;
          }
        }
        for (int i = 0; i < n; i++) {
          int at = row * (n + 1) + i;
          coalitions[at + 1] = coalitions[at] | 1 << orders[row][i];
        }
      }
      double[] logits = causes.logits(coalitions);
      double[] values = new double[n];
      for (int row = 0; row < orders.length; row++) {
        for (int i = 0; i < n; i++) {
          int at = row * (n + 1) + i;
          values[orders[row][i]] += (logits[at + 1] - logits[at]) / orders.length;
        }
      }
      return values;
    }
  }

  /** Gradients by finite differences, summed up on the straight line from the baseline. */
  record IntegratedGradients(int steps) implements Method {
    private static final double HALF_WIDTH = 0.01;

    @Override
    public String id() {
      return "gradients_" + steps + "_steps";
    }

    @Override
    public double[] contributions(Causes causes) {
      int n = causes.count();
      double[][] degrees = new double[2 * n * steps][n];
      for (int step = 0; step < steps; step++) {
        for (int i = 0; i < n; i++) {
          for (int side = 0; side < 2; side++) {
            double[] row = degrees[2 * (step * n + i) + side];
            Arrays.fill(row, (step + 0.5) / steps);
            row[i] += side == 0 ? HALF_WIDTH : -HALF_WIDTH;
          }
        }
      }
      double[] logits = causes.logits(degrees.length, (row, cause) -> degrees[row][cause]);
      double[] values = new double[n];
      for (int step = 0; step < steps; step++) {
        for (int i = 0; i < n; i++) {
          int at = 2 * (step * n + i);
          values[i] += (logits[at] - logits[at + 1]) / (2 * HALF_WIDTH) / steps;
        }
      }
      return values;
    }
  }
}

package io.vigil.model.expression;

import io.vigil.model.event.Facts;
import io.vigil.model.event.Field;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A compiled expression: a tree whose nodes know their types, so that evaluation checks nothing,
 * reflects on nothing, and allocates nothing. Immutable.
 */
sealed interface Node {

  /** Yields a finite number, or NaN for missing. */
  sealed interface Numeric extends Node {
    double number(Facts facts, double[] values, Context context);
  }

  /** Yields a text, or null for missing. */
  sealed interface Textual extends Node {
    @Nullable String text(Facts facts, double[] values, Context context);
  }

  /** Yields true or false; missing operands make a comparison false. */
  sealed interface Logical extends Node {
    boolean test(Facts facts, double[] values, Context context);
  }

  /** An infinite result has no meaning as a feature or a bound, so it counts as missing. */
  private static double finiteOrMissing(double number) {
    return Double.isFinite(number) ? number : Double.NaN;
  }

  record NumberConstant(double value) implements Numeric {
    @Override
    public double number(Facts facts, double[] values, Context context) {
      return value;
    }
  }

  record NumberField(Field field) implements Numeric {
    @Override
    public double number(Facts facts, double[] values, Context context) {
      return facts.number(field);
    }
  }

  record Value(String name, int index) implements Numeric {
    @Override
    public double number(Facts facts, double[] values, Context context) {
      return values[index];
    }
  }

  /** The calibrated probability; missing when the model did not score. */
  record Score() implements Numeric {
    @Override
    public double number(Facts facts, double[] values, Context context) {
      return context.score();
    }
  }

  record Negation(Numeric operand) implements Numeric {
    @Override
    public double number(Facts facts, double[] values, Context context) {
      return -operand.number(facts, values, context);
    }
  }

  enum Operator {
    ADD,
    SUBTRACT,
    MULTIPLY,
    DIVIDE,
    MIN,
    MAX
  }

  record Arithmetic(Operator operator, Numeric left, Numeric right) implements Numeric {
    @Override
    public double number(Facts facts, double[] values, Context context) {
      double a = left.number(facts, values, context);
      double b = right.number(facts, values, context);
      return finiteOrMissing(
          switch (operator) {
            case ADD -> a + b;
            case SUBTRACT -> a - b;
            case MULTIPLY -> a * b;
            case DIVIDE -> a / b;
            case MIN -> Math.min(a, b);
            case MAX -> Math.max(a, b);
          });
    }
  }

  enum Function {
    HOUR,
    WEEKDAY,
    ABS,
    LOG1P
  }

  record Call(Function function, Numeric operand) implements Numeric {
    private static final long HOUR_MS = 3_600_000;
    private static final long DAY_MS = 24 * HOUR_MS;

    /** 1 January 1970 was a Thursday, three days after a Monday. */
    private static final int EPOCH_DAYS_SINCE_MONDAY = 3;

    @Override
    public double number(Facts facts, double[] values, Context context) {
      double x = operand.number(facts, values, context);
      if (Double.isNaN(x)) {
        return Double.NaN;
      }
      return switch (function) {
        case HOUR -> Math.floorMod(Math.floorDiv(wholeMs(x), HOUR_MS), 24);
        case WEEKDAY ->
            Math.floorMod(Math.floorDiv(wholeMs(x), DAY_MS) + EPOCH_DAYS_SINCE_MONDAY, 7) + 1;
        case ABS -> Math.abs(x);
        case LOG1P -> finiteOrMissing(StrictMath.log1p(x));
      };
    }

    private static long wholeMs(double ms) {
      return (long) StrictMath.floor(ms);
    }
  }

  record TextConstant(String value) implements Textual {
    @Override
    public String text(Facts facts, double[] values, Context context) {
      return value;
    }
  }

  record TextField(Field field) implements Textual {
    @Override
    public @Nullable String text(Facts facts, double[] values, Context context) {
      return facts.text(field);
    }
  }

  record Attribute(String key) implements Textual {
    @Override
    public @Nullable String text(Facts facts, double[] values, Context context) {
      return facts.attribute(key);
    }
  }

  enum Comparator {
    EQUAL,
    NOT_EQUAL,
    LESS,
    AT_MOST,
    GREATER,
    AT_LEAST
  }

  record NumberComparison(Comparator comparator, Numeric left, Numeric right) implements Logical {
    @Override
    public boolean test(Facts facts, double[] values, Context context) {
      double a = left.number(facts, values, context);
      double b = right.number(facts, values, context);
      return switch (comparator) {
        case EQUAL -> a == b;
        // Java's != holds for NaN; a comparison with a missing value must not.
        case NOT_EQUAL -> a < b || a > b;
        case LESS -> a < b;
        case AT_MOST -> a <= b;
        case GREATER -> a > b;
        case AT_LEAST -> a >= b;
      };
    }
  }

  record TextComparison(boolean equal, Textual left, Textual right) implements Logical {
    @Override
    public boolean test(Facts facts, double[] values, Context context) {
      String a = left.text(facts, values, context);
      String b = right.text(facts, values, context);
      return a != null && b != null && a.equals(b) == equal;
    }
  }

  /**
   * @param member whether it holds for what is among them, or for what is not
   */
  record TextIn(Textual operand, Set<String> members, boolean member) implements Logical {
    @Override
    public boolean test(Facts facts, double[] values, Context context) {
      String text = operand.text(facts, values, context);
      return text != null && members.contains(text) == member;
    }
  }

  /**
   * @param member whether it holds for what the list has, or for what it has not
   */
  record InList(Textual operand, String list, boolean member) implements Logical {
    @Override
    public boolean test(Facts facts, double[] values, Context context) {
      String text = operand.text(facts, values, context);
      return text != null && context.lists().contains(list, text) == member;
    }
  }

  /** A class and not a record because a record would hand out the array. */
  final class NumberIn implements Logical {
    private final Numeric operand;
    private final double[] sorted;
    private final boolean member;

    /**
     * @param member whether it holds for what is among them, or for what is not
     */
    NumberIn(Numeric operand, double[] members, boolean member) {
      this.operand = operand;
      this.member = member;
      this.sorted = members.clone();
      Arrays.sort(sorted);
    }

    @Override
    public boolean test(Facts facts, double[] values, Context context) {
      // Adding 0.0 turns -0.0 into 0.0, which the search would tell apart.
      double number = operand.number(facts, values, context) + 0.0;
      return !Double.isNaN(number) && Arrays.binarySearch(sorted, number) >= 0 == member;
    }

    Numeric operand() {
      return operand;
    }

    boolean member() {
      return member;
    }

    List<Double> members() {
      return Arrays.stream(sorted).boxed().toList();
    }
  }

  record NumberExists(Numeric operand) implements Logical {
    @Override
    public boolean test(Facts facts, double[] values, Context context) {
      return !Double.isNaN(operand.number(facts, values, context));
    }
  }

  record TextExists(Textual operand) implements Logical {
    @Override
    public boolean test(Facts facts, double[] values, Context context) {
      return operand.text(facts, values, context) != null;
    }
  }

  record Not(Logical operand) implements Logical {
    @Override
    public boolean test(Facts facts, double[] values, Context context) {
      return !operand.test(facts, values, context);
    }
  }

  record And(Logical left, Logical right) implements Logical {
    @Override
    public boolean test(Facts facts, double[] values, Context context) {
      return left.test(facts, values, context) && right.test(facts, values, context);
    }
  }

  record Or(Logical left, Logical right) implements Logical {
    @Override
    public boolean test(Facts facts, double[] values, Context context) {
      return left.test(facts, values, context) || right.test(facts, values, context);
    }
  }
}

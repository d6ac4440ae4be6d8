package io.vigil.model.expression;

import io.vigil.model.event.Facts;
import io.vigil.model.event.Field;
import java.util.Arrays;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A compiled expression: a tree whose nodes know their types, so that evaluation checks nothing,
 * reflects on nothing, and allocates nothing. Immutable.
 */
sealed interface Node {

  /** Yields a finite number, or NaN for missing. */
  sealed interface Numeric extends Node {
    double number(Facts facts, double[] values);
  }

  /** Yields a text, or null for missing. */
  sealed interface Textual extends Node {
    @Nullable String text(Facts facts, double[] values);
  }

  /** Yields true or false; missing operands make a comparison false. */
  sealed interface Logical extends Node {
    boolean test(Facts facts, double[] values);
  }

  /** An infinite result has no meaning as a feature or a bound, so it counts as missing. */
  private static double finiteOrMissing(double number) {
    return Double.isFinite(number) ? number : Double.NaN;
  }

  record NumberConstant(double value) implements Numeric {
    @Override
    public double number(Facts facts, double[] values) {
      return value;
    }
  }

  record NumberField(Field field) implements Numeric {
    @Override
    public double number(Facts facts, double[] values) {
      return facts.number(field);
    }
  }

  record Value(int index) implements Numeric {
    @Override
    public double number(Facts facts, double[] values) {
      return values[index];
    }
  }

  record Negation(Numeric operand) implements Numeric {
    @Override
    public double number(Facts facts, double[] values) {
      return -operand.number(facts, values);
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
    public double number(Facts facts, double[] values) {
      double a = left.number(facts, values);
      double b = right.number(facts, values);
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
    public double number(Facts facts, double[] values) {
      double x = operand.number(facts, values);
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
    public String text(Facts facts, double[] values) {
      return value;
    }
  }

  record TextField(Field field) implements Textual {
    @Override
    public @Nullable String text(Facts facts, double[] values) {
      return facts.text(field);
    }
  }

  record Attribute(String key) implements Textual {
    @Override
    public @Nullable String text(Facts facts, double[] values) {
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
    public boolean test(Facts facts, double[] values) {
      double a = left.number(facts, values);
      double b = right.number(facts, values);
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
    public boolean test(Facts facts, double[] values) {
      String a = left.text(facts, values);
      String b = right.text(facts, values);
      return a != null && b != null && a.equals(b) == equal;
    }
  }

  record TextIn(Textual operand, Set<String> members) implements Logical {
    @Override
    public boolean test(Facts facts, double[] values) {
      String text = operand.text(facts, values);
      return text != null && members.contains(text);
    }
  }

  /** A class and not a record because a record would hand out the array. */
  final class NumberIn implements Logical {
    private final Numeric operand;
    private final double[] sorted;

    NumberIn(Numeric operand, double[] members) {
      this.operand = operand;
      this.sorted = members.clone();
      Arrays.sort(sorted);
    }

    @Override
    public boolean test(Facts facts, double[] values) {
      // Adding 0.0 turns -0.0 into 0.0, which the search would tell apart.
      double number = operand.number(facts, values) + 0.0;
      return !Double.isNaN(number) && Arrays.binarySearch(sorted, number) >= 0;
    }
  }

  record NumberExists(Numeric operand) implements Logical {
    @Override
    public boolean test(Facts facts, double[] values) {
      return !Double.isNaN(operand.number(facts, values));
    }
  }

  record TextExists(Textual operand) implements Logical {
    @Override
    public boolean test(Facts facts, double[] values) {
      return operand.text(facts, values) != null;
    }
  }

  record Not(Logical operand) implements Logical {
    @Override
    public boolean test(Facts facts, double[] values) {
      return !operand.test(facts, values);
    }
  }

  record And(Logical left, Logical right) implements Logical {
    @Override
    public boolean test(Facts facts, double[] values) {
      return left.test(facts, values) && right.test(facts, values);
    }
  }

  record Or(Logical left, Logical right) implements Logical {
    @Override
    public boolean test(Facts facts, double[] values) {
      return left.test(facts, values) || right.test(facts, values);
    }
  }
}

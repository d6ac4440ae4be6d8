package io.vigil.model.expression;

import io.vigil.model.event.Facts;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A typed expression over the facts of a transaction and a vector of named values, as rules and
 * derived features write it: {@code amount > 500 and country in ("BR", "NG") and hour(event_time) <
 * 6}.
 *
 * <p>From loose to tight: {@code or}; {@code and}; {@code not}; {@code == != < <= > >=} and {@code
 * x in (constants)} or {@code x not in (constants)}, which do not chain; {@code + -}; {@code * /};
 * unary {@code -}; parentheses. Texts stand in double or single quotes and know only {@code ==},
 * {@code !=} and {@code in}.
 *
 * <p>A name is, in this order: a {@link io.vigil.model.event.Field}'s id; {@code attributes.KEY} or
 * {@code attributes."any key"}, a text; one of the value names, a number. {@code amount} is in
 * major units of the base currency. In rules ({@link #ofRule}) also {@code score}, the calibrated
 * probability, unless a value has that name; and {@code x in list("name")} or {@code not in list},
 * for a text x: whether the list of that name in force has it.
 *
 * <p>Functions: {@code hour(ms)} 0 to 23 and {@code weekday(ms)} 1 (Monday) to 7, both in UTC;
 * {@code abs(x)}, {@code min(x, y)}, {@code max(x, y)}, {@code log1p(x)}, {@code clip(x, low,
 * high)}; {@code exists(name)}.
 *
 * <p>Missing values: arithmetic on a missing number is missing (NaN), and so is a result that is
 * not finite, as after a division by zero. Every comparison with a missing number or text is false,
 * {@code !=}, {@code in} and {@code not in} too, so {@code not (x == 1)} holds for a missing x
 * where {@code x != 1} does not.
 *
 * <p>Immutable and thread-safe. Evaluation allocates nothing, and throws only for a list that is
 * not in force.
 */
public final class Expression {

  /** What an expression yields. */
  public enum Type {
    NUMBER,
    TEXT,
    BOOLEAN
  }

  private final String source;
  private final Node root;
  private final List<String> reads;
  private final List<ListUse> listUses;

  private Expression(String source, Parser.Parsed parsed) {
    this.source = source;
    this.root = parsed.root();
    this.reads = parsed.reads();
    this.listUses = parsed.listUses();
  }

  /**
   * Reads and type-checks an expression.
   *
   * @param source at most 2,000 characters, nested at most 50 deep
   * @param valueNames names of the values by their index in the array given at evaluation; a name
   *     that is also a field's means the field
   * @throws ExpressionException at the first thing that cannot be read
   */
  public static Expression parse(String source, List<String> valueNames)
      throws ExpressionException {
    return new Expression(source, Parser.parse(source, valueNames, false));
  }

  /**
   * Reads and type-checks an expression of a rule, which may also name the score and lists.
   *
   * @param source as in {@link #parse}
   * @param featureNames names of the features by index
   * @throws ExpressionException at the first thing that cannot be read
   */
  public static Expression ofRule(String source, List<String> featureNames)
      throws ExpressionException {
    return new Expression(source, Parser.parse(source, featureNames, true));
  }

  /** The value names that it reads, each once, in the order in which they first come. */
  public List<String> reads() {
    return reads;
  }

  /** Where it asks lists, in the order of the source. */
  public List<ListUse> listUses() {
    return listUses;
  }

  /** Everything that it reads. */
  public Reads allReads() {
    return Shown.reads(root);
  }

  public Type type() {
    if (root instanceof Node.Numeric) {
      return Type.NUMBER;
    }
    return root instanceof Node.Textual ? Type.TEXT : Type.BOOLEAN;
  }

  /**
   * The value of a number expression, finite or NaN for missing; of a boolean one, 1 or 0.
   *
   * @param values as many as there were value names, each finite or NaN for missing
   * @throws IllegalStateException for a text expression
   */
  public double number(Facts facts, double[] values) {
    return number(facts, values, Context.NONE);
  }

  /** As {@link #number(Facts, double[])}, of a rule. */
  public double number(Facts facts, double[] values, Context context) {
    if (root instanceof Node.Numeric numeric) {
      return numeric.number(facts, values, context);
    }
    if (root instanceof Node.Logical logical) {
      return logical.test(facts, values, context) ? 1 : 0;
    }
    throw new IllegalStateException("expected a number or boolean expression, got " + source);
  }

  /**
   * The value of a boolean expression.
   *
   * @param values as many as there were value names, each finite or NaN for missing
   * @throws IllegalStateException for another type
   */
  public boolean test(Facts facts, double[] values) {
    return test(facts, values, Context.NONE);
  }

  /**
   * As {@link #test(Facts, double[])}, of a rule.
   *
   * @throws IllegalArgumentException when it asks a list that is not in force
   */
  public boolean test(Facts facts, double[] values, Context context) {
    if (root instanceof Node.Logical logical) {
      return logical.test(facts, values, context);
    }
    throw new IllegalStateException("expected a boolean expression, got " + source);
  }

  /**
   * The value of a text expression, or null for missing.
   *
   * @param values as many as there were value names, each finite or NaN for missing
   * @throws IllegalStateException for another type
   */
  public @Nullable String text(Facts facts, double[] values) {
    return text(facts, values, Context.NONE);
  }

  /** As {@link #text(Facts, double[])}, of a rule. */
  public @Nullable String text(Facts facts, double[] values, Context context) {
    if (root instanceof Node.Textual textual) {
      return textual.text(facts, values, context);
    }
    throw new IllegalStateException("expected a text expression, got " + source);
  }

  /**
   * The whole condition and its parts, and which of them held: all are looked at, also those that
   * evaluation passes over. Costly: for people.
   *
   * @throws IllegalStateException for another type
   */
  public List<Step> steps(Facts facts, double[] values, Context context) {
    if (root instanceof Node.Logical logical) {
      return Trace.of(logical, facts, values, context);
    }
    throw new IllegalStateException("expected a boolean expression, got " + source);
  }

  /** The source as it was given. */
  @Override
  public String toString() {
    return source;
  }
}

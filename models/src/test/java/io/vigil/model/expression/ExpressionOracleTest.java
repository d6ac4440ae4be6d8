package io.vigil.model.expression;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.BiPredicate;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/**
 * Random expressions are built as source and, side by side, as their meaning by three-valued
 * arithmetic on {@link Optional}, which shares no code with the parser and the nodes.
 */
class ExpressionOracleTest {
  private static final List<String> NAMES = List.of("x", "y");
  private static final List<Double> NUMBERS = List.of(-2.0, -1.0, -0.0, 0.0, 0.5, 1.0, 3.0, 1e200);
  private static final List<String> CHANNELS = List.of("pos", "ecom", "atm");

  record Inputs(Optional<Double> x, Optional<Double> y, Optional<String> channel) {}

  interface Meaning<T> {
    T of(Inputs inputs);
  }

  record Pair<T>(String source, Meaning<T> meaning) {}

  record Case<T>(Pair<T> expression, Inputs inputs) {}

  @Provide
  Arbitrary<Case<Optional<Double>>> numbers() {
    return Arbitraries.randomValue(random -> new Case<>(number(random, 4), inputs(random)));
  }

  @Provide
  Arbitrary<Case<Boolean>> conditions() {
    return Arbitraries.randomValue(random -> new Case<>(condition(random, 4), inputs(random)));
  }

  @Property(tries = 20_000)
  void numbersAgree(@ForAll("numbers") Case<Optional<Double>> sample) throws ExpressionException {
    Pair<Optional<Double>> pair = sample.expression();
    Inputs inputs = sample.inputs();
    double actual = Expression.parse(pair.source(), NAMES).number(facts(inputs), values(inputs));

    // Adding 0.0 makes the two zeros one: they are equal to every operator of the language.
    Double expected = pair.meaning().of(inputs).orElse(Double.NaN) + 0.0;
    assertThat(actual + 0.0).as(pair.source()).isEqualTo(expected);
  }

  @Property(tries = 20_000)
  void conditionsAgree(@ForAll("conditions") Case<Boolean> sample) throws ExpressionException {
    Pair<Boolean> pair = sample.expression();
    Inputs inputs = sample.inputs();
    boolean actual = Expression.parse(pair.source(), NAMES).test(facts(inputs), values(inputs));

    assertThat(actual).as(pair.source()).isEqualTo(pair.meaning().of(inputs));
  }

  @Property(tries = 5_000)
  void whatIsShownMeansTheSame(@ForAll("conditions") Case<Boolean> sample)
      throws ExpressionException {
    Inputs inputs = sample.inputs();
    Expression condition = Expression.parse(sample.expression().source(), NAMES);
    List<Step> steps = condition.steps(facts(inputs), values(inputs), Context.NONE);

    for (Step step : steps) {
      boolean shown = Expression.parse(step.condition(), NAMES).test(facts(inputs), values(inputs));
      assertThat(shown).as(step.condition()).isEqualTo(step.held());
    }
    assertThat(steps.get(0).held()).isEqualTo(sample.expression().meaning().of(inputs));
  }

  private static FakeFacts facts(Inputs inputs) {
    return inputs.channel().map(c -> FakeFacts.of("channel", c)).orElseGet(FakeFacts::of);
  }

  private static double[] values(Inputs inputs) {
    return new double[] {inputs.x().orElse(Double.NaN), inputs.y().orElse(Double.NaN)};
  }

  private static Inputs inputs(Random random) {
    return new Inputs(maybe(random, NUMBERS), maybe(random, NUMBERS), maybe(random, CHANNELS));
  }

  private static <T> Optional<T> maybe(Random random, List<T> choices) {
    return random.nextInt(5) == 0
        ? Optional.empty()
        : Optional.of(choices.get(random.nextInt(choices.size())));
  }

  private static Pair<Optional<Double>> number(Random random, int depth) {
    return switch (random.nextInt(depth == 0 ? 5 : 15)) {
      case 0 -> new Pair<>("x", Inputs::x);
      case 1 -> new Pair<>("y", Inputs::y);
      case 2 -> new Pair<>("0", inputs -> Optional.of(0.0));
      case 3 -> new Pair<>("2.5", inputs -> Optional.of(2.5));
      case 4 -> new Pair<>("mcc", inputs -> Optional.empty());
      case 5 -> binary(random, depth, "(%s + %s)", (a, b) -> a + b);
      case 6 -> binary(random, depth, "(%s - %s)", (a, b) -> a - b);
      case 7 -> binary(random, depth, "(%s) * (%s)", (a, b) -> a * b);
      case 8 -> binary(random, depth, "(%s) / (%s)", (a, b) -> a / b);
      case 9 -> binary(random, depth, "min(%s, %s)", (a, b) -> a < b ? a : b);
      case 10 -> binary(random, depth, "max(%s, %s)", (a, b) -> a < b ? b : a);
      case 11 -> unary(random, depth, "-(%s)", v -> -v);
      case 12 -> unary(random, depth, "abs(%s)", v -> v < 0 ? -v : v);
      case 13 -> unary(random, depth, "clip(%s, -1, 2)", v -> v < -1 ? -1 : v > 2 ? 2 : v);
      default -> unary(random, depth, "log1p(%s)", StrictMath::log1p);
    };
  }

  private static Pair<Optional<Double>> unary(
      Random random, int depth, String pattern, DoubleUnaryOperator function) {
    Pair<Optional<Double>> a = number(random, depth - 1);
    return new Pair<>(
        pattern.formatted(a.source()),
        i -> a.meaning().of(i).map(function::applyAsDouble).filter(Double::isFinite));
  }

  private static Pair<Optional<Double>> binary(
      Random random, int depth, String pattern, DoubleBinaryOperator function) {
    Pair<Optional<Double>> a = number(random, depth - 1);
    Pair<Optional<Double>> b = number(random, depth - 1);
    return new Pair<>(
        pattern.formatted(a.source(), b.source()),
        i ->
            a.meaning()
                .of(i)
                .flatMap(v -> b.meaning().of(i).map(w -> function.applyAsDouble(v, w)))
                .filter(Double::isFinite));
  }

  private static Pair<Boolean> condition(Random random, int depth) {
    return switch (random.nextInt(depth == 0 ? 12 : 20)) {
      case 0 -> comparison(random, "==", (a, b) -> a.doubleValue() == b.doubleValue());
      case 1 -> comparison(random, "!=", (a, b) -> a.doubleValue() != b.doubleValue());
      case 2 -> comparison(random, "<", (a, b) -> a < b);
      case 3 -> comparison(random, "<=", (a, b) -> a <= b);
      case 4 -> comparison(random, ">", (a, b) -> a > b);
      case 5 -> comparison(random, ">=", (a, b) -> a >= b);
      case 6 -> {
        Pair<Optional<Double>> a = number(random, 2);
        yield new Pair<>(
            "(%s) in (-2, 0, 2.5)".formatted(a.source()),
            i -> a.meaning().of(i).map(v -> v == -2 || v == 0 || v == 2.5).orElse(false));
      }
      case 7 -> new Pair<>("channel == 'pos'", i -> i.channel().map("pos"::equals).orElse(false));
      case 8 ->
          new Pair<>("channel != 'pos'", i -> i.channel().map(c -> !c.equals("pos")).orElse(false));
      case 9 ->
          new Pair<>(
              "channel in ('pos', 'atm')",
              i -> i.channel().map(c -> !c.equals("ecom")).orElse(false));
      case 10 -> new Pair<>("exists(channel)", i -> i.channel().isPresent());
      case 11 -> new Pair<>("exists(x)", i -> i.x().isPresent());
      case 12, 13 -> {
        Pair<Boolean> a = condition(random, depth - 1);
        yield new Pair<>("not (%s)".formatted(a.source()), i -> !a.meaning().of(i));
      }
      case 14, 15, 16 -> {
        Pair<Boolean> a = condition(random, depth - 1);
        Pair<Boolean> b = condition(random, depth - 1);
        yield new Pair<>(
            "(%s) and (%s)".formatted(a.source(), b.source()),
            i -> a.meaning().of(i) && b.meaning().of(i));
      }
      default -> {
        Pair<Boolean> a = condition(random, depth - 1);
        Pair<Boolean> b = condition(random, depth - 1);
        yield new Pair<>(
            "(%s) or (%s)".formatted(a.source(), b.source()),
            i -> a.meaning().of(i) || b.meaning().of(i));
      }
    };
  }

  private static Pair<Boolean> comparison(
      Random random, String operator, BiPredicate<Double, Double> function) {
    Pair<Optional<Double>> a = number(random, 2);
    Pair<Optional<Double>> b = number(random, 2);
    return new Pair<>(
        a.source() + " " + operator + " " + b.source(),
        i ->
            a.meaning()
                .of(i)
                .flatMap(v -> b.meaning().of(i).map(w -> function.test(v, w)))
                .orElse(false));
  }
}

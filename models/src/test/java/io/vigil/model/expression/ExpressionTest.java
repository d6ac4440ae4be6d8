package io.vigil.model.expression;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ExpressionTest {
  private static final List<String> NAMES = List.of("count_1h", "ratio", "amount");

  /** 2024-02-29 was a Thursday. */
  private static final FakeFacts FACTS =
      FakeFacts.of(
          "event_time", Instant.parse("2024-02-29T23:59:59.999Z").toEpochMilli(),
          "amount", 12.5,
          "mcc", 5411,
          "channel", "ecom",
          "country", "FR",
          "attributes.plan", "gold",
          "attributes.sub-plan", "in");

  /** The third value stands behind a field of the same name, so it must never be read. */
  private static final double[] VALUES = {3, Double.NaN, -1};

  private static boolean test(String source) throws ExpressionException {
    return Expression.parse(source, NAMES).test(FACTS, VALUES);
  }

  private static double number(String source) throws ExpressionException {
    return Expression.parse(source, NAMES).number(FACTS, VALUES);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "amount == 12.5",
        "count_1h >= 3 and mcc != 5412",
        "channel == 'ecom' and country in (\"DE\", 'FR')",
        "'FR' == country",
        "mcc in (1, 5411) and -count_1h in (-3, 4)",
        "mcc not in (1, 2) and channel not in ('pos', 'atm') and not channel not in ('ecom')",
        "not device not in ('d1') and not ratio not in (1)",
        "0 in (-0)",
        "not mcc in (1, 2) and not (channel == \"pos\")",
        "not not amount > 1",
        "amount < 1 or amount > 1 and count_1h == 3",
        "not amount < 1 and count_1h == 3",
        "hour(event_time) == 23 and weekday(event_time) == 4",
        "hour(event_time + 1) == 0 and weekday(event_time + 1) == 5",
        "attributes.plan == 'gold' and attributes.\"sub-plan\" == \"in\"",
        "exists(mcc) and exists(channel) and exists(count_1h) and exists(attributes.plan)",
        "((amount)) == (12.5)"
      })
  void holds(String source) throws ExpressionException {
    assertThat(test(source)).isTrue();
    assertThat(test("not (" + source + ")")).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ratio == 1",
        "ratio != 1",
        "ratio < 1",
        "ratio <= 1",
        "ratio > 1",
        "ratio >= 1",
        "ratio == ratio",
        "ratio in (1)",
        "ratio * 0 == 0",
        "min(ratio, 1) <= 1",
        "clip(ratio, 0, 1) >= 0",
        "hour(latitude) >= 0",
        "1 / 0 > 0",
        "log1p(-1) < 0",
        "log1p(-2) < 0",
        "1e308 * 10 > 0",
        "device == 'a'",
        "device != 'a'",
        "device == device",
        "device in ('a')",
        "attributes.none != 'a'",
        "exists(ratio)",
        "exists(latitude)",
        "exists(device)",
        "exists(attributes.none)"
      })
  void missingMakesComparisonsFalse(String source) throws ExpressionException {
    assertThat(test(source)).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "mcc in list('a')          | 1  | expected a text, got a number",
        "country in list(a)        | 17 | expected a list's name in quotes: lower-case letters, digits, - and _, got 'a'",
        "country in list('A b')    | 17 | expected a list's name in quotes: lower-case letters, digits, - and _, got the text \"A b\"",
        "country in list('a', 'b') | 20 | expected ')' after the list's name, got ','",
        "country in list 'a'       | 17 | expected '(' and a list's name in quotes, got the text \"a\"",
        "scores > 0.5              | 1  | got 'scores'; closest: score",
        "score == 'a'              | 10 | expected a number, got a text"
      })
  void refusesOfRules(String source, int column, String message) {
    ExpressionException thrown =
        catchThrowableOfType(ExpressionException.class, () -> Expression.ofRule(source, NAMES));

    assertThat(thrown).hasMessageContaining(message);
    assertThat(thrown.column()).isEqualTo(column);
  }

  @Test
  void rulesReadTheScoreAndLists() throws ExpressionException {
    Context context = new Context(0.75, (list, text) -> list.equals("l") && text.equals("FR"));
    String source =
        "score > 0.7 and country in list('l') and channel not in list(\"l\")"
            + " and not (device in list('l') or device not in list('l'))";
    Expression rule = Expression.ofRule(source, NAMES);

    assertThat(rule.test(FACTS, VALUES, context)).isTrue();
    assertThat(rule.test(FACTS, VALUES, new Context(Double.NaN, context.lists()))).isFalse();
    assertThat(rule.listUses())
        .containsExactly(
            new ListUse("l", "country", 33),
            new ListUse("l", "channel", 62),
            new ListUse("l", "device", 91),
            new ListUse("l", "device", 118));
    assertThat(Expression.ofRule("exists(score)", NAMES).test(FACTS, VALUES, context)).isTrue();
    assertThat(Expression.ofRule("exists(score)", NAMES).test(FACTS, VALUES)).isFalse();
    assertThatThrownBy(() -> rule.test(FACTS, VALUES, new Context(0.75, Context.NONE.lists())))
        .hasMessage("expected a list in force, got l");
  }

  @Test
  void aFeatureCalledScoreIsThatFeature() throws ExpressionException {
    Expression rule = Expression.ofRule("score > 0.5", List.of("score"));
    Context context = new Context(0, Context.NONE.lists());

    assertThat(rule.test(FACTS, new double[] {0.9}, context)).isTrue();
    assertThat(rule.allReads()).isEqualTo(new Reads(List.of(), List.of("score"), List.of(), false));
  }

  @Test
  void saysWhatItReads() throws ExpressionException {
    Expression rule =
        Expression.ofRule(
            "clip(amount, 0, count_1h) / ratio > hour(event_time) or attributes.\"sub-plan\" in"
                + " list(\"b\") and not (score in (1) or exists(device) or country == 'FR'"
                + " or -amount < 1 or 'x' in list(\"a\"))",
            NAMES);

    assertThat(rule.allReads())
        .isEqualTo(
            new Reads(
                List.of("amount", "event_time", "attributes.\"sub-plan\"", "device", "country"),
                List.of("count_1h", "ratio"),
                List.of("b", "a"),
                true));
    assertThat(rule.listUses()).last().isEqualTo(new ListUse("a", "a constant", 181));
  }

  @Test
  void stepsThroughACondition() throws ExpressionException {
    Expression rule =
        Expression.ofRule(
            "amount > 10 and mcc == 5411 and not (channel in ('pos') or score > 0.5)", NAMES);

    assertThat(rule.steps(FACTS, VALUES, Context.NONE))
        .containsExactly(
            new Step(
                0,
                "amount > 10 and mcc == 5411 and not (channel in (\"pos\") or score > 0.5)",
                true,
                List.of()),
            new Step(1, "amount > 10", true, List.of("amount = 12.5")),
            new Step(1, "mcc == 5411", true, List.of("mcc = 5411")),
            new Step(1, "not (channel in (\"pos\") or score > 0.5)", true, List.of()),
            new Step(2, "channel in (\"pos\") or score > 0.5", false, List.of()),
            new Step(3, "channel in (\"pos\")", false, List.of("channel = \"ecom\"")),
            new Step(3, "score > 0.5", false, List.of("score = missing")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "1 - 2 - 3        | -4",
        "2 + 3 * 4        | 14",
        "(2 + 3) * 4      | 20",
        "12 / 3 / 2       | 2",
        "--count_1h       | 3",
        "-2 - -3          | 1",
        "abs(-1.5e1)      | 15",
        "min(4, 1 + 1)    | 2",
        "max(4, count_1h) | 4",
        "clip(9, 0, 5)    | 5",
        "clip(-9, 0, 5)   | 0",
        "log1p(0)         | 0",
        "amount * 2       | 25",
        "amount > 2       | 1",
        "amount > 20      | 0"
      })
  void computes(String source, double expected) throws ExpressionException {
    assertThat(number(source)).isEqualTo(expected);
  }

  @Test
  void knowsItsType() throws ExpressionException {
    assertThat(Expression.parse("amount", NAMES).type()).isEqualTo(Expression.Type.NUMBER);
    assertThat(Expression.parse("channel", NAMES).type()).isEqualTo(Expression.Type.TEXT);
    assertThat(Expression.parse("amount > 1", NAMES).type()).isEqualTo(Expression.Type.BOOLEAN);
    assertThat(Expression.parse("attributes.plan", NAMES).text(FACTS, VALUES)).isEqualTo("gold");
    assertThatThrownBy(() -> Expression.parse("channel", NAMES).number(FACTS, VALUES))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> test("channel")).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> Expression.parse("amount", NAMES).text(FACTS, VALUES))
        .isInstanceOf(IllegalStateException.class);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "``               | 1  | expected a name, a number, a quoted text or '(', got the end",
        "amount >         | 9  | expected a name, a number, a quoted text or '(', got the end",
        "amout > 1        | 1  | expected the name of a field, attribute or value, got 'amout'; closest: amount",
        "1 < count_1      | 5  | got 'count_1'; closest: count_1h",
        "hours(event_time)| 1  | expected a function, got 'hours'; closest: hour",
        "amount = 1       | 8  | expected '==', got '='",
        "a && b           | 3  | expected 'and', got '&'",
        "`a || b`         | 3  | expected 'or', got '|'",
        "!exists(mcc)     | 1  | expected 'not' or '!=', got '!'",
        "amount > 1 AND 2 | 12 | expected an operator or the end, got 'AND'",
        "amount > 'a'     | 10 | expected a number, got a text",
        "channel == 1     | 12 | expected a text, got a number",
        "channel < 'a'    | 9  | expected '==', '!=' or 'in' after a text, got '<'",
        "channel + 1      | 1  | expected a number, got a text",
        "amount and 1     | 1  | expected a condition, got a number",
        "amount > 1 or 2  | 15 | expected a condition, got a number",
        "not amount       | 5  | expected a condition, got a number",
        "-channel         | 2  | expected a number, got a text",
        "(amount>1) == 1  | 1  | expected a number, got a condition",
        "1 < amount < 3   | 12 | two comparisons, which do not chain, got '<'",
        "mcc in ()        | 9  | expected a number, got ')'",
        "mcc in ('a')     | 9  | expected a number, got the text \"a\"",
        "channel in (1)   | 13 | expected a quoted text, got the number 1",
        "channel in ('a'  | 16 | expected ',' or ')', got the end",
        "mcc in 3         | 8  | expected '(' and a list of constants, got the number 3",
        "mcc not (3)      | 9  | expected 'in' after 'not', got '('",
        "mcc in list('a') | 8  | expected '(' and a list of constants, got 'list'",
        "score > 0.5      | 1  | expected the name of a field, attribute or value, got 'score'",
        "(amount > 1      | 12 | expected an operator or ')', got the end",
        "amount > 1)      | 11 | expected an operator or the end, got ')'",
        "channel == 'ab   | 12 | expected a closing ', got the end",
        "1.               | 1  | expected a number such as 12, 0.5 or 1e6, got '1.'",
        "1e               | 1  | expected a number such as 12, 0.5 or 1e6, got '1e'",
        "3d > 1           | 1  | expected a number such as 12, 0.5 or 1e6, got '3d'",
        "1e999 > 1        | 1  | expected a number of magnitude at most 1.7e308, got the number 1e999",
        "amount # 1       | 8  | expected a name, a number, a quoted text or an operator, got '#'",
        "min(1)           | 6  | expected ',' and a further argument, got ')'",
        "abs(1, 2)        | 6  | expected ')' after the last argument of abs, got ','",
        "exists(1)        | 8  | expected the name of a field, attribute or value, got the number 1",
        "attributes > 1   | 12 | expected '.' and an attribute's key, got '>'",
        "attributes.(     | 12 | expected an attribute's key, got '('"
      })
  void refuses(String source, int column, String message) {
    ExpressionException thrown =
        catchThrowableOfType(ExpressionException.class, () -> Expression.parse(source, NAMES));

    assertThat(thrown.column()).isEqualTo(column);
    assertThat(thrown)
        .hasMessageStartingWith("column " + column + ": ")
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"(", "-", "not ", "abs("})
  void boundsNesting(String opening) {
    assertThatThrownBy(() -> Expression.parse(opening.repeat(200) + "1", NAMES))
        .isInstanceOf(ExpressionException.class)
        .hasMessageContaining("expected at most 50 levels of nesting");
  }

  @Test
  void boundsLengthAndEvaluatesTheLongestChain() throws ExpressionException {
    assertThat(number("1" + "+1".repeat(999))).isEqualTo(1000);
    assertThatThrownBy(() -> Expression.parse("1" + "+1".repeat(1000), NAMES))
        .isInstanceOf(ExpressionException.class)
        .hasMessageContaining("expected at most 2000 characters, got 2001");
  }

  @Property
  void calendarAgreesWithJavaTime(
      @ForAll @LongRange(min = -4_000_000_000_000L, max = 4_000_000_000_000L) long ms)
      throws ExpressionException {
    var utc = Instant.ofEpochMilli(ms).atZone(ZoneOffset.UTC);
    FakeFacts facts = FakeFacts.of("event_time", ms);

    assertThat(Expression.parse("hour(event_time)", List.of()).number(facts, new double[0]))
        .isEqualTo(utc.getHour());
    assertThat(Expression.parse("weekday(event_time)", List.of()).number(facts, new double[0]))
        .isEqualTo(utc.getDayOfWeek().getValue());
  }

  @Property
  void everyDoubleSurvivesAsAConstant(@ForAll @DoubleRange(min = 0, max = 1e300) double value)
      throws ExpressionException {
    assertThat(number(Double.toString(value))).isEqualTo(value);
  }
}

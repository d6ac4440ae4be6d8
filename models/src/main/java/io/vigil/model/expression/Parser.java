package io.vigil.model.expression;

import io.vigil.model.event.Field;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Recursive descent, one method for each level of precedence, types checked on the way. */
final class Parser {
  private static final int LENGTH_MAX = 2_000;
  private static final int DEPTH_MAX = 50;
  private static final int SUGGESTIONS = 5;
  private static final String ATTRIBUTES = "attributes";
  private static final String SCORE = "score";
  private static final Pattern LIST_NAME = Pattern.compile("[a-z][a-z0-9_-]{0,63}");

  private static final Map<String, Node.Comparator> COMPARATORS =
      Map.of(
          "==", Node.Comparator.EQUAL,
          "!=", Node.Comparator.NOT_EQUAL,
          "<", Node.Comparator.LESS,
          "<=", Node.Comparator.AT_MOST,
          ">", Node.Comparator.GREATER,
          ">=", Node.Comparator.AT_LEAST);
  private static final List<String> FUNCTIONS =
      List.of("hour", "weekday", "abs", "log1p", "min", "max", "clip", "exists");
  private static final Set<String> WORDS = Set.of("and", "or", "not", "in");

  private final List<Token> tokens;
  private final Map<String, Integer> valueIndexes;
  private final boolean ofRule;
  private final Set<String> reads = new LinkedHashSet<>();
  private final List<ListUse> listUses = new ArrayList<>();
  private int at;
  private int depth;

  /** What a source means, the names of the values that it reads, each once, and its lists. */
  record Parsed(Node root, List<String> reads, List<ListUse> listUses) {}

  private Parser(List<Token> tokens, Map<String, Integer> valueIndexes, boolean ofRule) {
    this.tokens = tokens;
    this.valueIndexes = valueIndexes;
    this.ofRule = ofRule;
  }

  /**
   * @param ofRule whether it may name the score and lists
   */
  static Parsed parse(String source, List<String> valueNames, boolean ofRule)
      throws ExpressionException {
    if (source.length() > LENGTH_MAX) {
      throw new ExpressionException(
          LENGTH_MAX + 1, "at most " + LENGTH_MAX + " characters", source.length() + "");
    }
    Map<String, Integer> valueIndexes = new HashMap<>();
    for (int index = 0; index < valueNames.size(); index++) {
      valueIndexes.putIfAbsent(valueNames.get(index), index);
    }
    Parser parser = new Parser(Lexer.tokens(source), valueIndexes, ofRule);
    Node root = parser.disjunction();
    if (parser.peek().kind() != Token.Kind.END) {
      throw parser.unexpected("an operator or the end");
    }
    return new Parsed(root, List.copyOf(parser.reads), List.copyOf(parser.listUses));
  }

  private Node disjunction() throws ExpressionException {
    int column = enter();
    Node left = conjunction();
    while (accept("or")) {
      Node.Logical first = logical(left, column);
      int right = peek().column();
      left = new Node.Or(first, logical(conjunction(), right));
    }
    depth--;
    return left;
  }

  private Node conjunction() throws ExpressionException {
    int column = peek().column();
    Node left = negatable();
    while (accept("and")) {
      Node.Logical first = logical(left, column);
      int right = peek().column();
      left = new Node.And(first, logical(negatable(), right));
    }
    return left;
  }

  private Node negatable() throws ExpressionException {
    if (!peek().is("not")) {
      return comparison();
    }
    enter();
    next();
    int column = peek().column();
    Node.Logical operand = logical(negatable(), column);
    depth--;
    return new Node.Not(operand);
  }

  private Node comparison() throws ExpressionException {
    int column = peek().column();
    Node left = sum();
    Token token = peek();
    if (accept("in")) {
      return membership(left, column, true);
    }
    if (token.is("not")) {
      next();
      expect("in", "'in' after 'not'");
      return membership(left, column, false);
    }
    Node.Comparator comparator = comparator(token);
    if (comparator == null) {
      return left;
    }
    next();
    int rightColumn = peek().column();
    Node right = sum();
    if (comparator(peek()) != null || peek().is("in")) {
      throw unexpected("'and' or 'or' between two comparisons, which do not chain");
    }
    if (left instanceof Node.Textual first) {
      if (comparator != Node.Comparator.EQUAL && comparator != Node.Comparator.NOT_EQUAL) {
        throw new ExpressionException(
            token.column(), "'==', '!=' or 'in' after a text", token.shown());
      }
      return new Node.TextComparison(
          comparator == Node.Comparator.EQUAL, first, textual(right, rightColumn));
    }
    return new Node.NumberComparison(
        comparator, numeric(left, column), numeric(right, rightColumn));
  }

  private static Node.@Nullable Comparator comparator(Token token) {
    return token.kind() == Token.Kind.SYMBOL ? COMPARATORS.get(token.text()) : null;
  }

  /**
   * @param member false after {@code not in}
   */
  private Node membership(Node operand, int column, boolean member) throws ExpressionException {
    if (ofRule && accept("list")) {
      return new Node.InList(textual(operand, column), list(operand), member);
    }
    expect("(", "'(' and a list of constants");
    Set<String> texts = new HashSet<>();
    List<Double> numbers = new ArrayList<>();
    boolean ofTexts = operand instanceof Node.Textual;
    do {
      if (ofTexts) {
        if (peek().kind() != Token.Kind.TEXT) {
          throw unexpected("a quoted text");
        }
        texts.add(next().text());
      } else {
        boolean negative = accept("-");
        if (peek().kind() != Token.Kind.NUMBER) {
          throw unexpected("a number");
        }
        double number = constant(next());
        numbers.add(negative ? 0.0 - number : number);
      }
    } while (accept(","));
    expect(")", "',' or ')'");
    if (operand instanceof Node.Textual textual) {
      return new Node.TextIn(textual, Set.copyOf(texts), member);
    }
    return new Node.NumberIn(
        numeric(operand, column),
        numbers.stream().mapToDouble(Double::doubleValue).toArray(),
        member);
  }

  /** The list's name, in parentheses. */
  private String list(Node operand) throws ExpressionException {
    String expected = "a list's name in quotes: lower-case letters, digits, - and _";
    expect("(", "'(' and a list's name in quotes");
    Token name = peek();
    if (name.kind() != Token.Kind.TEXT || !LIST_NAME.matcher(name.text()).matches()) {
      throw unexpected(expected);
    }
    next();
    expect(")", "')' after the list's name");
    listUses.add(new ListUse(name.text(), Shown.asked(operand), name.column()));
    return name.text();
  }

  private Node sum() throws ExpressionException {
    int column = peek().column();
    Node left = product();
    while (peek().is("+") || peek().is("-")) {
      Node.Operator operator = next().is("+") ? Node.Operator.ADD : Node.Operator.SUBTRACT;
      Node.Numeric first = numeric(left, column);
      int right = peek().column();
      left = new Node.Arithmetic(operator, first, numeric(product(), right));
    }
    return left;
  }

  private Node product() throws ExpressionException {
    int column = peek().column();
    Node left = signed();
    while (peek().is("*") || peek().is("/")) {
      Node.Operator operator = next().is("*") ? Node.Operator.MULTIPLY : Node.Operator.DIVIDE;
      Node.Numeric first = numeric(left, column);
      int right = peek().column();
      left = new Node.Arithmetic(operator, first, numeric(signed(), right));
    }
    return left;
  }

  private Node signed() throws ExpressionException {
    if (!peek().is("-")) {
      return primary();
    }
    enter();
    next();
    int column = peek().column();
    Node.Numeric operand = numeric(signed(), column);
    depth--;
    return new Node.Negation(operand);
  }

  private Node primary() throws ExpressionException {
    Token token = peek();
    if (token.kind() == Token.Kind.NUMBER) {
      return new Node.NumberConstant(constant(next()));
    }
    if (token.kind() == Token.Kind.TEXT) {
      return new Node.TextConstant(next().text());
    }
    if (token.kind() == Token.Kind.NAME && !WORDS.contains(token.text())) {
      next();
      return peek().is("(") ? call(token) : named(token);
    }
    if (accept("(")) {
      Node inner = disjunction();
      expect(")", "an operator or ')'");
      return inner;
    }
    throw unexpected("a name, a number, a quoted text or '('");
  }

  private Node call(Token name) throws ExpressionException {
    next();
    Node result =
        switch (name.text()) {
          case "hour" -> new Node.Call(Node.Function.HOUR, argument());
          case "weekday" -> new Node.Call(Node.Function.WEEKDAY, argument());
          case "abs" -> new Node.Call(Node.Function.ABS, argument());
          case "log1p" -> new Node.Call(Node.Function.LOG1P, argument());
          case "min" -> new Node.Arithmetic(Node.Operator.MIN, argument(), furtherArgument());
          case "max" -> new Node.Arithmetic(Node.Operator.MAX, argument(), furtherArgument());
          case "clip" ->
              new Node.Arithmetic(
                  Node.Operator.MIN,
                  new Node.Arithmetic(Node.Operator.MAX, argument(), furtherArgument()),
                  furtherArgument());
          case "exists" -> exists();
          default ->
              throw new ExpressionException(
                  name.column(),
                  "a function",
                  name.shown(),
                  Nearest.to(name.text(), FUNCTIONS, SUGGESTIONS));
        };
    expect(")", "')' after the last argument of " + name.text());
    return result;
  }

  private Node.Numeric furtherArgument() throws ExpressionException {
    expect(",", "',' and a further argument");
    return argument();
  }

  private Node.Numeric argument() throws ExpressionException {
    int column = peek().column();
    return numeric(disjunction(), column);
  }

  private Node exists() throws ExpressionException {
    if (peek().kind() != Token.Kind.NAME) {
      throw unexpected("the name of a field, attribute or value");
    }
    Node node = named(next());
    return node instanceof Node.Textual textual
        ? new Node.TextExists(textual)
        : new Node.NumberExists((Node.Numeric) node);
  }

  private Node named(Token name) throws ExpressionException {
    Field field = Field.byId(name.text());
    if (field != null) {
      return field.type() == Field.Type.NUMBER
          ? new Node.NumberField(field)
          : new Node.TextField(field);
    }
    if (name.is(ATTRIBUTES)) {
      expect(".", "'.' and an attribute's key");
      if (peek().kind() != Token.Kind.NAME && peek().kind() != Token.Kind.TEXT) {
        throw unexpected("an attribute's key");
      }
      return new Node.Attribute(next().text());
    }
    Integer index = valueIndexes.get(name.text());
    if (index == null && ofRule && name.is(SCORE)) {
      return new Node.Score();
    }
    if (index == null) {
      List<String> legal = new ArrayList<>(valueIndexes.keySet());
      if (ofRule) {
        legal.add(SCORE);
      }
      for (Field known : Field.values()) {
        legal.add(known.id());
      }
      throw new ExpressionException(
          name.column(),
          "the name of a field, attribute or value",
          name.shown(),
          Nearest.to(name.text(), legal, SUGGESTIONS));
    }
    reads.add(name.text());
    return new Node.Value(name.text(), index);
  }

  private static double constant(Token token) throws ExpressionException {
    double number = Double.parseDouble(token.text());
    if (Double.isInfinite(number)) {
      throw new ExpressionException(
          token.column(), "a number of magnitude at most 1.7e308", token.shown());
    }
    return number;
  }

  private static Node.Numeric numeric(Node node, int column) throws ExpressionException {
    if (node instanceof Node.Numeric numeric) {
      return numeric;
    }
    throw new ExpressionException(column, "a number", described(node));
  }

  private static Node.Textual textual(Node node, int column) throws ExpressionException {
    if (node instanceof Node.Textual textual) {
      return textual;
    }
    throw new ExpressionException(column, "a text", described(node));
  }

  private static Node.Logical logical(Node node, int column) throws ExpressionException {
    if (node instanceof Node.Logical logical) {
      return logical;
    }
    throw new ExpressionException(column, "a condition", described(node));
  }

  private static String described(Node node) {
    if (node instanceof Node.Numeric) {
      return "a number";
    }
    return node instanceof Node.Textual ? "a text" : "a condition";
  }

  /** Counts one level of nesting; the column it starts at. */
  private int enter() throws ExpressionException {
    int column = peek().column();
    depth++;
    if (depth > DEPTH_MAX) {
      throw new ExpressionException(
          column, "at most " + DEPTH_MAX + " levels of nesting", "one more");
    }
    return column;
  }

  private Token peek() {
    return tokens.get(at);
  }

  private Token next() {
    return tokens.get(at++);
  }

  private boolean accept(String symbolOrWord) {
    if (peek().is(symbolOrWord)) {
      at++;
      return true;
    }
    return false;
  }

  private void expect(String symbol, String expected) throws ExpressionException {
    if (!accept(symbol)) {
      throw unexpected(expected);
    }
  }

  private ExpressionException unexpected(String expected) {
    return new ExpressionException(peek().column(), expected, peek().shown());
  }
}

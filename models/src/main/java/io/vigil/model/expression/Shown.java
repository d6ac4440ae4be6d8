package io.vigil.model.expression;

import io.vigil.model.event.Facts;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Nodes in words: as one would write them, what they read, and what that was. */
final class Shown {
  private static final int OR = 1;
  private static final int AND = 2;
  private static final int NOT = 3;
  private static final int COMPARISON = 4;
  private static final int SUM = 5;
  private static final int PRODUCT = 6;
  private static final int SIGN = 7;

  /** Whole numbers up to here are shown without a decimal point. */
  private static final double WHOLE_MAX = 1e15;

  private Shown() {}

  /** What a list is asked about, see {@link ListUse}. */
  static String asked(Node operand) {
    return operand instanceof Node.TextConstant ? "a constant" : text(operand);
  }

  static Reads reads(Node root) {
    Set<String> fields = new LinkedHashSet<>();
    Set<String> values = new LinkedHashSet<>();
    Set<String> lists = new LinkedHashSet<>();
    boolean score = false;
    for (Node node : nodes(root)) {
      if (node instanceof Node.Value value) {
        values.add(value.name());
      } else if (node instanceof Node.Score) {
        score = true;
      } else if (node instanceof Node.InList in) {
        lists.add(in.list());
      } else if (isName(node)) {
        fields.add(text(node));
      }
    }
    return new Reads(List.copyOf(fields), List.copyOf(values), List.copyOf(lists), score);
  }

  /** What the names in it stood for, such as {@code amount = 12.5}, each once. */
  static List<String> values(Node root, Facts facts, double[] values, Context context) {
    Set<String> shown = new LinkedHashSet<>();
    for (Node node : nodes(root)) {
      if (isName(node)) {
        shown.add(text(node) + " = " + value(node, facts, values, context));
      }
    }
    return List.copyOf(shown);
  }

  private static String value(Node name, Facts facts, double[] values, Context context) {
    if (name instanceof Node.Textual textual) {
      String text = textual.text(facts, values, context);
      return text == null ? "missing" : quoted(text);
    }
    double number = ((Node.Numeric) name).number(facts, values, context);
    return Double.isNaN(number) ? "missing" : number(number);
  }

  private static boolean isName(Node node) {
    return node instanceof Node.NumberField
        || node instanceof Node.TextField
        || node instanceof Node.Attribute
        || node instanceof Node.Value
        || node instanceof Node.Score;
  }

  /** The node and all within it, from left to right. */
  private static List<Node> nodes(Node root) {
    List<Node> nodes = new ArrayList<>();
    collect(root, nodes);
    return nodes;
  }

  private static void collect(Node node, List<Node> into) {
    into.add(node);
    for (Node part : parts(node)) {
      collect(part, into);
    }
  }

  private static List<Node> parts(Node node) {
    if (node instanceof Node.Negation negation) {
      return List.of(negation.operand());
    }
    if (node instanceof Node.Arithmetic arithmetic) {
      return List.of(arithmetic.left(), arithmetic.right());
    }
    if (node instanceof Node.Call call) {
      return List.of(call.operand());
    }
    if (node instanceof Node.NumberComparison comparison) {
      return List.of(comparison.left(), comparison.right());
    }
    if (node instanceof Node.TextComparison comparison) {
      return List.of(comparison.left(), comparison.right());
    }
    if (node instanceof Node.TextIn in) {
      return List.of(in.operand());
    }
    if (node instanceof Node.InList in) {
      return List.of(in.operand());
    }
    if (node instanceof Node.NumberIn in) {
      return List.of(in.operand());
    }
    if (node instanceof Node.NumberExists exists) {
      return List.of(exists.operand());
    }
    if (node instanceof Node.TextExists exists) {
      return List.of(exists.operand());
    }
    if (node instanceof Node.Not not) {
      return List.of(not.operand());
    }
    if (node instanceof Node.And and) {
      return List.of(and.left(), and.right());
    }
    if (node instanceof Node.Or or) {
      return List.of(or.left(), or.right());
    }
    return List.of();
  }

  /** As one would write it. */
  static String text(Node node) {
    return text(node, 0);
  }

  /**
   * @param around how tight what stands around it binds; in parentheses if that is tighter
   */
  private static String text(Node node, int around) {
    if (node instanceof Node.Or or) {
      return within(OR, around, text(or.left(), OR) + " or " + text(or.right(), OR + 1));
    }
    if (node instanceof Node.And and) {
      return within(AND, around, text(and.left(), AND) + " and " + text(and.right(), AND + 1));
    }
    if (node instanceof Node.Not not) {
      return within(NOT, around, "not " + text(not.operand(), NOT));
    }
    if (node instanceof Node.Logical logical) {
      return comparison(logical, around);
    }
    if (node instanceof Node.Textual textual) {
      return name(textual);
    }
    return number((Node.Numeric) node, around);
  }

  private static String comparison(Node.Logical node, int around) {
    if (node instanceof Node.NumberComparison comparison) {
      String symbol =
          switch (comparison.comparator()) {
            case EQUAL -> " == ";
            case NOT_EQUAL -> " != ";
            case LESS -> " < ";
            case AT_MOST -> " <= ";
            case GREATER -> " > ";
            case AT_LEAST -> " >= ";
          };
      String left = text(comparison.left(), SUM);
      return within(COMPARISON, around, left + symbol + text(comparison.right(), SUM));
    }
    if (node instanceof Node.TextComparison comparison) {
      String symbol = comparison.equal() ? " == " : " != ";
      return within(
          COMPARISON, around, text(comparison.left()) + symbol + text(comparison.right()));
    }
    if (node instanceof Node.TextIn in) {
      String members = in.members().stream().sorted().map(Shown::quoted).collect(LISTED);
      return within(COMPARISON, around, text(in.operand()) + in(in.member()) + members);
    }
    if (node instanceof Node.InList in) {
      String list = "list(" + quoted(in.list()) + ")";
      return within(COMPARISON, around, text(in.operand()) + in(in.member()) + list);
    }
    if (node instanceof Node.NumberIn in) {
      String members = in.members().stream().map(Shown::number).collect(LISTED);
      return within(COMPARISON, around, text(in.operand(), SUM) + in(in.member()) + members);
    }
    if (node instanceof Node.NumberExists exists) {
      return "exists(" + text(exists.operand()) + ")";
    }
    return "exists(" + text(((Node.TextExists) node).operand()) + ")";
  }

  private static final java.util.stream.Collector<CharSequence, ?, String> LISTED =
      Collectors.joining(", ", "(", ")");

  private static String in(boolean member) {
    return member ? " in " : " not in ";
  }

  private static String name(Node.Textual node) {
    if (node instanceof Node.TextField field) {
      return field.field().id();
    }
    if (node instanceof Node.Attribute attribute) {
      boolean plain = attribute.key().matches("[A-Za-z_][A-Za-z0-9_]*");
      return "attributes." + (plain ? attribute.key() : quoted(attribute.key()));
    }
    return quoted(((Node.TextConstant) node).value());
  }

  private static String number(Node.Numeric node, int around) {
    if (node instanceof Node.NumberConstant constant) {
      return number(constant.value());
    }
    if (node instanceof Node.NumberField field) {
      return field.field().id();
    }
    if (node instanceof Node.Value value) {
      return value.name();
    }
    if (node instanceof Node.Score) {
      return "score";
    }
    if (node instanceof Node.Negation negation) {
      return within(SIGN, around, "-" + text(negation.operand(), SIGN));
    }
    if (node instanceof Node.Call call) {
      String function =
          switch (call.function()) {
            case HOUR -> "hour(";
            case WEEKDAY -> "weekday(";
            case ABS -> "abs(";
            case LOG1P -> "log1p(";
          };
      return function + text(call.operand()) + ")";
    }
    Node.Arithmetic arithmetic = (Node.Arithmetic) node;
    Node left = arithmetic.left();
    Node right = arithmetic.right();
    return switch (arithmetic.operator()) {
      case ADD -> within(SUM, around, text(left, SUM) + " + " + text(right, PRODUCT));
      case SUBTRACT -> within(SUM, around, text(left, SUM) + " - " + text(right, PRODUCT));
      case MULTIPLY -> within(PRODUCT, around, text(left, PRODUCT) + " * " + text(right, SIGN));
      case DIVIDE -> within(PRODUCT, around, text(left, PRODUCT) + " / " + text(right, SIGN));
      case MIN -> "min(" + text(left) + ", " + text(right) + ")";
      case MAX -> "max(" + text(left) + ", " + text(right) + ")";
    };
  }

  private static String within(int own, int around, String text) {
    return own < around ? "(" + text + ")" : text;
  }

  private static String number(double number) {
    return number == Math.rint(number) && Math.abs(number) < WHOLE_MAX
        ? Long.toString((long) number)
        : Double.toString(number);
  }

  private static String quoted(@Nullable String text) {
    String quote = text != null && text.indexOf('"') >= 0 ? "'" : "\"";
    return quote + text + quote;
  }
}

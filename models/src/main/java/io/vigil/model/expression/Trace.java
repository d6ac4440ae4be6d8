package io.vigil.model.expression;

import io.vigil.model.event.Facts;
import java.util.ArrayList;
import java.util.List;

/** Walks a condition part by part. */
final class Trace {
  private final Facts facts;
  private final double[] values;
  private final Context context;
  private final List<Step> steps = new ArrayList<>();

  private Trace(Facts facts, double[] values, Context context) {
    this.facts = facts;
    this.values = values;
    this.context = context;
  }

  static List<Step> of(Node.Logical root, Facts facts, double[] values, Context context) {
    Trace trace = new Trace(facts, values, context);
    trace.walk(root, 0);
    return List.copyOf(trace.steps);
  }

  private void walk(Node.Logical node, int depth) {
    List<Node.Logical> parts = new ArrayList<>();
    if (node instanceof Node.And) {
      conjuncts(node, parts);
    } else if (node instanceof Node.Or) {
      disjuncts(node, parts);
    } else if (node instanceof Node.Not not) {
      parts.add(not.operand());
    }
    List<String> read = parts.isEmpty() ? Shown.values(node, facts, values, context) : List.of();
    steps.add(new Step(depth, Shown.text(node), node.test(facts, values, context), read));
    parts.forEach(part -> walk(part, depth + 1));
  }

  private static void conjuncts(Node.Logical node, List<Node.Logical> into) {
    if (node instanceof Node.And and) {
      conjuncts(and.left(), into);
      conjuncts(and.right(), into);
    } else {
      into.add(node);
    }
  }

  private static void disjuncts(Node.Logical node, List<Node.Logical> into) {
    if (node instanceof Node.Or or) {
      disjuncts(or.left(), into);
      disjuncts(or.right(), into);
    } else {
      into.add(node);
    }
  }
}

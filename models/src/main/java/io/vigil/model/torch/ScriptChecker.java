package io.vigil.model.torch;

import io.vigil.model.torch.ScriptLexer.Kind;
import io.vigil.model.torch.ScriptLexer.Line;
import io.vigil.model.torch.ScriptLexer.Token;
import io.vigil.model.torch.ScriptModule.ScriptClass;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Looks at one function of an archive's code: every name in it must be a variable, an allowed
 * operator, or something that the archive defines. Calls on objects are only let through when the
 * object's class is known, for on a tensor any operator can be called as a method.
 */
final class ScriptChecker {
  private static final Set<String> KEYWORDS =
      Set.of(
          "if", "elif", "else", "for", "in", "return", "pass", "None", "True", "False", "and", "or",
          "not", "is");
  private static final Set<String> OTHER_KEYWORDS =
      Set.of(
          "assert",
          "async",
          "await",
          "break",
          "class",
          "continue",
          "def",
          "del",
          "except",
          "exec",
          "finally",
          "from",
          "global",
          "import",
          "lambda",
          "nonlocal",
          "print",
          "raise",
          "try",
          "while",
          "with",
          "yield");
  private static final Set<String> CALLS =
      Set.of(
          "annotate",
          "unchecked_cast",
          "uninitialized",
          "getattr",
          "isinstance",
          "int",
          "float",
          "bool",
          "range");
  private static final Set<String> VALUES = Set.of("inf", "nan");
  // A variable of such a name could be taken for what the name means elsewhere.
  private static final Set<String> RESERVED =
      Set.of(
          "torch",
          "ops",
          "prim",
          "aten",
          "CONSTANTS",
          "__torch__",
          "fork",
          "awaitable",
          "annotate",
          "unchecked_cast",
          "uninitialized",
          "getattr",
          "hasattr",
          "setattr",
          "isinstance",
          "print",
          "open",
          "exec",
          "eval");
  private static final long ELEMENTS_MAX = 1 << 24;
  private static final String FUNCTION = "function";

  private final ScriptModule module;
  private final ScriptModule.Function function;
  private final String file;
  private final Set<String> variables = new HashSet<>();

  /** Classes of the variables that hold objects, or {@link #FUNCTION}; empty for all others. */
  private final Map<String, String> kinds = new HashMap<>();

  ScriptChecker(ScriptModule module, ScriptModule.Function function) {
    this.module = module;
    this.function = function;
    this.file = function.file();
  }

  /**
   * Looks at all of it.
   *
   * @throws IllegalArgumentException naming the file, the line, the name and what is allowed
   */
  void check() {
    header(function.header());
    for (Line line : function.body()) {
      int equals = assignment(line);
      targets(line, equals);
    }
    for (Line line : function.body()) {
      int equals = assignment(line);
      expression(line, equals + 1, line.tokens().size());
      if (equals > 0) {
        kind(line, equals);
      }
    }
  }

  /** {@code def name(a: Type, b: Type=value) -> Type:}. */
  private void header(Line line) {
    int end = line.tokens().size();
    int depth = 0;
    int i = 2;
    for (; i < end; i++) {
      Token token = line.token(i);
      depth += token.nesting();
      if (depth == 0) {
        break;
      }
      boolean parameter =
          depth == 1 && token.isName() && (line.token(i - 1).is("(") || line.token(i - 1).is(","));
      if (parameter) {
        i = parameter(line, i) - 1;
      } else if (!(token.is("(") || token.is(",")) || depth != 1) {
        throw problem(token, "expected a parameter, came '" + token.text() + "'");
      }
    }
    boolean typed = line.token(i + 1).is("->");
    int colon = end - 1;
    if (!line.token(i).is(")") || !line.token(colon).is(":") || (!typed && colon != i + 1)) {
      throw problem(line.token(0), "expected def NAME(parameters) -> Type:");
    }
    if (typed) {
      module.requireType(file, line, i + 2, colon);
    }
  }

  /** Where the parameter ends: at a comma or the closing bracket. */
  private int parameter(Line line, int at) {
    String name = line.token(at).text();
    bind(line.token(at));
    int depth = 0;
    int equals = -1;
    int i = at + 1;
    for (; i < line.tokens().size(); i++) {
      Token token = line.token(i);
      if (depth == 0 && (token.is(",") || token.is(")"))) {
        break;
      }
      depth += token.nesting();
      if (depth == 0 && token.is("=")) {
        equals = i;
      }
    }
    int typeEnd = equals < 0 ? i : equals;
    ScriptClass owner = function.owner();
    if (line.token(at + 1).is(":")) {
      module.requireType(file, line, at + 2, typeEnd);
      String type = ScriptModule.path(line, at + 2);
      boolean whole = typeEnd == at + 3 + 2 * ScriptModule.dots(type);
      kinds.put(name, whole && module.hasClass(type) ? type : "");
    } else if (typeEnd == at + 1) {
      kinds.put(name, owner != null && variables.size() == 1 ? owner.name() : "");
    } else {
      throw problem(line.token(at), "expected a type for '" + name + "'");
    }
    if (equals >= 0) {
      expression(line, equals + 1, i);
    }
    return i;
  }

  /** Where the {@code =} of an assignment stands, else -1. */
  private static int assignment(Line line) {
    int depth = 0;
    for (int i = 0; i < line.tokens().size(); i++) {
      Token token = line.token(i);
      depth += token.nesting();
      if (depth == 0 && token.is("=")) {
        return i;
      }
    }
    return -1;
  }

  private void targets(Line line, int equals) {
    if (line.token(0).text().equals("for") && line.token(0).isName()) {
      for (int i = 1; !line.token(i).text().equals("in"); i++) {
        target(line, i);
      }
      return;
    }
    for (int i = 0; i < equals; i++) {
      if (line.token(i).is(":") && i == 1) {
        module.requireType(file, line, 2, equals);
        return;
      }
      target(line, i);
    }
  }

  private void target(Line line, int at) {
    Token token = line.token(at);
    if (token.isName()) {
      bind(token);
    } else if (!token.is(",")) {
      throw problem(
          line.token(0),
          "changes something else than a variable: a network must keep nothing from row to row");
    }
  }

  private void bind(Token name) {
    String text = name.text();
    if (RESERVED.contains(text) || KEYWORDS.contains(text) || OTHER_KEYWORDS.contains(text)) {
      throw problem(name, "has a variable named '" + text + "'");
    }
    variables.add(text);
  }

  private void expression(Line line, int from, int end) {
    for (int i = from; i < end; i++) {
      Token token = line.token(i);
      if (token.isName()) {
        i = name(line, i, i == from);
      } else if (token.is("(") && (line.token(i - 1).is(")") || line.token(i - 1).is("]"))) {
        throw problem(
            token, "calls an expression: only named operators and functions may be called");
      } else if (token.is(".")) {
        i = member(line, i);
      }
    }
  }

  /** A name that begins an expression; returns the last token that belongs to it. */
  private int name(Line line, int at, boolean first) {
    Token token = line.token(at);
    String name = token.text();
    boolean called = line.token(at + 1).is("(");
    boolean keyword = line.token(at + 1).is("=") && !first && !line.token(at - 1).is(":");
    if (keyword || KEYWORDS.contains(name)) {
      return at;
    }
    switch (name) {
      case "torch", "ops", "CONSTANTS", "__torch__" -> {
        return path(line, at);
      }
      default -> {
        if (called) {
          call(line, at);
        } else if (line.token(at + 1).is(".")) {
          return member(line, at, at + 1);
        } else if (!variables.contains(name)
            && !VALUES.contains(name)
            && !ScriptModule.isType(name)) {
          throw problem(token, "uses '" + name + "', which is no variable of the function");
        }
        return at;
      }
    }
  }

  private int path(Line line, int at) {
    String path = ScriptModule.path(line, at);
    int last = at + 2 * ScriptModule.dots(path);
    boolean called = line.token(last + 1).is("(");
    Token token = line.token(at);
    String[] parts = path.split("\\.", -1);
    boolean allowed =
        switch (parts[0]) {
          case "torch" -> called && parts.length == 2 && Operators.TORCH.contains(parts[1]);
          case "ops" ->
              called
                  && parts.length == 3
                  && parts[1].equals("prim")
                  && Operators.PRIM.contains(parts[2]);
          case "CONSTANTS" -> parts.length == 2 && parts[1].matches("c\\d{1,9}");
          default ->
              !path.startsWith("__torch__.torch.classes.")
                  && (module.hasClass(path) || module.hasFunction(path));
        };
    if (!allowed) {
      throw problem(
          token,
          "uses %s: a network may call the %d operators of torch and %d of ops.prim that docs/models.md lists, and what its archive defines"
              .formatted(path, Operators.TORCH.size(), Operators.PRIM.size()));
    }
    if (parts[0].equals("torch")) {
      arguments(line, last + 1, parts[1]);
    }
    return last;
  }

  /** Looks at the constants among the arguments of an operator. */
  private void arguments(Line line, int open, String operator) {
    boolean dropout = Operators.DROPOUT.contains(operator);
    boolean allocating = Operators.ALLOCATING.contains(operator);
    if (!dropout && !allocating) {
      return;
    }
    int depth = 0;
    double elements = 1;
    for (int i = open; i < line.tokens().size(); i++) {
      Token token = line.token(i);
      depth += token.is("(") ? 1 : token.is(")") ? -1 : 0;
      if (depth == 0) {
        break;
      }
      if (dropout && depth == 1 && token.text().equals("True")) {
        throw problem(
            token,
            "uses torch.%s in training, which is random: call model.eval() before it is exported"
                .formatted(operator));
      }
      if (allocating && depth == 1 && token.kind() == Kind.NUMBER && token.text().matches("\\d+")) {
        elements *= Math.max(1, Double.parseDouble(token.text()));
      }
    }
    if (elements > ELEMENTS_MAX) {
      throw problem(
          line.token(open),
          "asks torch.%s for %.0f elements: expected at most %d"
              .formatted(operator, elements, ELEMENTS_MAX));
    }
  }

  private void call(Line line, int at) {
    Token token = line.token(at);
    String name = token.text();
    if (name.equals("getattr")) {
      boolean constant =
          line.token(at + 2).isName()
              && line.token(at + 3).is(",")
              && line.token(at + 4).kind() == Kind.TEXT
              && line.token(at + 5).is(")");
      if (!constant) {
        throw problem(token, "expected getattr of a variable and a constant name");
      }
      requireMember(line.token(at + 2), line.token(at + 4).text(), false);
    } else if (!CALLS.contains(name) && !FUNCTION.equals(kinds.get(name))) {
      throw problem(
          token,
          "calls '%s': a network may call the operators that docs/models.md lists and what its archive defines"
              .formatted(name));
    }
  }

  /** {@code (variable).member}. */
  private int member(Line line, int dot) {
    boolean plain =
        line.token(dot - 1).is(")")
            && line.token(dot - 2).isName()
            && line.token(dot - 3).is("(")
            && line.token(dot - 4).kind() != Kind.NAME
            && !line.token(dot - 4).is(")")
            && !line.token(dot - 4).is("]");
    boolean afterKeyword =
        line.token(dot - 3).is("(") && KEYWORDS.contains(line.token(dot - 4).text());
    if (!plain && !(afterKeyword && line.token(dot - 1).is(")") && line.token(dot - 2).isName())) {
      throw problem(
          line.token(dot),
          "uses .%s of an expression: expected it of a variable"
              .formatted(line.token(dot + 1).text()));
    }
    return member(line, dot - 2, dot);
  }

  private int member(Line line, int variable, int dot) {
    boolean called = line.token(dot + 2).is("(");
    requireMember(line.token(variable), line.token(dot + 1).text(), called);
    if (line.token(dot + 2).is(".")) {
      throw problem(line.token(dot), "uses a member of a member: expected a variable between them");
    }
    return dot + 1;
  }

  private void requireMember(Token variable, String member, boolean called) {
    ScriptClass owner = module.scriptClass(kinds.getOrDefault(variable.text(), ""));
    boolean known =
        owner != null
            && (called ? owner.methods().contains(member) : owner.attributes().containsKey(member));
    if (!known) {
      throw problem(
          variable,
          "%s .%s of '%s', which is no object of a class of the archive that defines it"
              .formatted(called ? "calls" : "uses", member, variable.text()));
    }
  }

  /** Remembers what a variable holds when it is an object or a function of the archive. */
  private void kind(Line line, int equals) {
    String kind = equals == 1 ? kindOf(line, equals + 1) : "";
    for (int i = 0; i < equals; i++) {
      if (line.token(i).isName()) {
        String name = line.token(i).text();
        String before = kinds.putIfAbsent(name, kind);
        if (before != null && !before.equals(kind)) {
          kinds.put(name, "");
        }
      }
      if (line.token(i).is(":")) {
        break;
      }
    }
  }

  private String kindOf(Line line, int from) {
    int end = line.tokens().size();
    Token first = line.token(from);
    if (first.text().equals("__torch__")) {
      String path = ScriptModule.path(line, from);
      int after = from + 2 * ScriptModule.dots(path) + 1;
      boolean whole = after == end;
      if (module.hasFunction(path)) {
        return whole ? FUNCTION : "";
      }
      return line.token(after).is("(") && line.token(end - 1).is(")") ? path : "";
    }
    boolean attribute = end == from + 3 && line.token(from + 1).is(".");
    boolean getattr = end == from + 6 && first.text().equals("getattr");
    if (attribute || getattr) {
      Token variable = line.token(getattr ? from + 2 : from);
      ScriptClass owner = module.scriptClass(kinds.getOrDefault(variable.text(), ""));
      String member = line.token(getattr ? from + 4 : from + 2).text();
      return owner == null ? "" : owner.attributes().getOrDefault(member, "");
    }
    return end == from + 1 ? kinds.getOrDefault(first.text(), "") : "";
  }

  private IllegalArgumentException problem(Token token, String what) {
    return ScriptModule.problem(file, token.line(), what);
  }
}

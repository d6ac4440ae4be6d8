package io.vigil.model.torch;

import io.vigil.model.torch.ScriptLexer.Line;
import io.vigil.model.torch.ScriptLexer.Token;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the code of an archive defines: classes with their attributes and methods, and functions, by
 * qualified name such as {@code __torch__.torch.nn.modules.linear.Linear}.
 */
final class ScriptModule {
  private static final Set<String> BASES = Set.of("Module", "NamedTuple");
  private static final Set<String> CLASS_LISTS =
      Set.of("__parameters__", "__buffers__", "__annotations__");
  private static final Set<String> TYPES =
      Set.of(
          "Tensor",
          "Optional",
          "List",
          "Dict",
          "Tuple",
          "Union",
          "int",
          "float",
          "bool",
          "str",
          "complex",
          "number",
          "NoneType",
          "Device",
          "Any",
          "Final");

  /**
   * A class.
   *
   * @param attributes by name; the value is the class of an attribute that is an object of one of
   *     the archive's classes, else empty
   */
  record ScriptClass(String name, Map<String, String> attributes, Set<String> methods) {}

  /**
   * A function or method.
   *
   * @param owner its class, or null
   * @param header the line that begins it
   * @param body its statements
   */
  record Function(
      String file, @Nullable ScriptClass owner, String name, Line header, List<Line> body) {}

  private final Map<String, ScriptClass> classes = new HashMap<>();
  private final Set<String> functions = new HashSet<>();
  private final List<Function> bodies = new ArrayList<>();
  private final List<TypeUse> types = new ArrayList<>();

  /** A type that stands in a class, to be looked at when all classes are known. */
  private record TypeUse(String file, Line line, int from, int to) {}

  /**
   * Takes up a file's definitions.
   *
   * @param file its name in the archive, {@code code/__torch__/a/b.py}
   * @throws IllegalArgumentException naming file and line, when something else stands in it
   */
  void define(String file, String source) {
    String qualifier =
        file.substring("code/".length(), file.length() - ".py".length()).replace('/', '.');
    ScriptClass current = null;
    int classIndent = 0;
    List<Line> lines = ScriptLexer.lines(file, source);
    for (int i = 0; i < lines.size(); i++) {
      Line line = lines.get(i);
      if (line.indent() == 0) {
        current = null;
        classIndent = 0;
      }
      String first = line.token(0).text();
      if (first.equals("class") && line.indent() == 0) {
        current = classOf(file, qualifier, line);
        classIndent = i + 1 < lines.size() ? lines.get(i + 1).indent() : 0;
      } else if (first.equals("def") && line.indent() == classIndent) {
        int end = i + 1;
        while (end < lines.size() && lines.get(end).indent() > line.indent()) {
          end++;
        }
        String name = line.token(1).text();
        boolean added =
            current == null ? functions.add(qualifier + "." + name) : current.methods().add(name);
        if (!added || !line.token(1).isName() || !line.token(2).is("(")) {
          throw problem(file, line.number(), "defines '" + name + "' twice or wrongly");
        }
        bodies.add(new Function(file, current, name, line, List.copyOf(lines.subList(i + 1, end))));
        i = end - 1;
      } else if (current != null && line.indent() == classIndent) {
        attribute(file, current, line);
      } else {
        throw problem(file, line.number(), "has '%s' outside of a function".formatted(first));
      }
    }
  }

  private ScriptClass classOf(String file, String qualifier, Line line) {
    String name = line.token(1).text();
    boolean based =
        line.tokens().size() == 6
            && line.token(2).is("(")
            && BASES.contains(line.token(3).text())
            && line.token(4).is(")")
            && line.token(5).is(":");
    boolean plain = line.tokens().size() == 3 && line.token(2).is(":");
    if (!line.token(1).isName() || !(based || plain)) {
      throw problem(file, line.number(), "expected class NAME, of Module or NamedTuple");
    }
    ScriptClass defined = new ScriptClass(qualifier + "." + name, new HashMap<>(), new HashSet<>());
    if (classes.put(defined.name(), defined) != null) {
      throw problem(file, line.number(), "defines the class '" + name + "' twice");
    }
    return defined;
  }

  /** {@code name : Type}, {@code name : Final[Type] = value}, or a list of parameters. */
  private void attribute(String file, ScriptClass owner, Line line) {
    String name = line.token(0).text();
    int from = 2;
    int to = line.tokens().size();
    if (CLASS_LISTS.contains(name)) {
      boolean annotation = line.token(1).is("[");
      boolean legal =
          annotation
              ? line.token(2).kind() == ScriptLexer.Kind.TEXT
                  && line.token(3).is("]")
                  && line.token(4).is("=")
              : line.token(1).is("=")
                  && line.tokens().stream()
                      .skip(2)
                      .allMatch(
                          token ->
                              token.kind() == ScriptLexer.Kind.TEXT
                                  || token.is("[")
                                  || token.is("]")
                                  || token.is(","));
      if (!legal) {
        throw problem(file, line.number(), "expected a list of names or a type in " + name);
      }
      if (!annotation) {
        return;
      }
      name = line.token(2).text();
      from = 5;
    } else if (!line.token(0).isName() || !line.token(1).is(":")) {
      if (line.tokens().size() == 1 && name.equals("pass")) {
        return;
      }
      throw problem(file, line.number(), "expected an attribute and its type, came '" + name + "'");
    }
    for (int i = from; i < to; i++) {
      if (line.token(i).is("=")) {
        requireConstant(file, line, i + 1);
        to = i;
      }
    }
    String type = path(line, from);
    boolean object =
        type.startsWith("__torch__") && line.token(from + 2 * dots(type) + 1).text().isEmpty();
    owner.attributes().put(name, object ? type : "");
    types.add(new TypeUse(file, line, from, to));
  }

  private static void requireConstant(String file, Line line, int from) {
    for (int i = from; i < line.tokens().size(); i++) {
      Token token = line.token(i);
      boolean word = token.isName();
      if (word
          && !Set.of("True", "False", "None", "inf", "nan", "annotate").contains(token.text())
          && !TYPES.contains(token.text())) {
        throw problem(file, token.line(), "expected a constant, came '" + token.text() + "'");
      }
    }
  }

  /** Whether all that the classes name as types is there. */
  void requireTypes() {
    types.forEach(use -> requireType(use.file(), use.line(), use.from(), use.to()));
  }

  /**
   * Checks the type that stands at a place of a line.
   *
   * @throws IllegalArgumentException naming a type that neither torch nor the archive has
   */
  void requireType(String file, Line line, int from, int to) {
    for (int i = from; i < to; i++) {
      Token token = line.token(i);
      if (token.isName()) {
        String path = path(line, i);
        if (!TYPES.contains(path) && !classes.containsKey(path)) {
          throw problem(file, token.line(), "names the type '" + path + "', which is not allowed");
        }
        i += 2 * dots(path);
      } else if (!token.is("[")
          && !token.is("]")
          && !token.is(",")
          && !token.is("(")
          && !token.is(")")) {
        throw problem(file, token.line(), "expected a type, came '" + token.text() + "'");
      }
    }
  }

  /** The dotted name that begins at a token. */
  static String path(Line line, int at) {
    StringBuilder path = new StringBuilder(line.token(at).text());
    for (int i = at + 1; line.token(i).is(".") && line.token(i + 1).isName(); i += 2) {
      path.append('.').append(line.token(i + 1).text());
    }
    return path.toString();
  }

  static int dots(String path) {
    return (int) path.chars().filter(c -> c == '.').count();
  }

  static boolean isType(String name) {
    return TYPES.contains(name);
  }

  @Nullable ScriptClass scriptClass(String name) {
    return classes.get(name);
  }

  boolean hasClass(String name) {
    return classes.containsKey(name);
  }

  boolean hasFunction(String name) {
    return functions.contains(name);
  }

  List<Function> functions() {
    return bodies;
  }

  static IllegalArgumentException problem(String file, int line, String what) {
    return new IllegalArgumentException("%s, line %d: %s".formatted(file, line, what));
  }
}

package io.vigil.model.torch;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Cuts TorchScript source as torch prints it into logical lines of tokens. What torch never prints,
 * such as comments (which may carry types), continued lines and long strings, is refused.
 */
final class ScriptLexer {
  private static final Pattern TOKEN =
      Pattern.compile(
          "(?<name>[A-Za-z_][A-Za-z0-9_]*)"
              + "|(?<number>(?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][+-]?\\d+)?j?)"
              + "|(?<text>\"(?:[^\"\\\\\\n]|\\\\.)*\"|'(?:[^'\\\\\\n]|\\\\.)*')"
              + "|(?<sign>->|\\*\\*|//|==|!=|<=|>=|<<|>>|[-+*/%@&|^~<>()\\[\\]{},:.=])");

  private ScriptLexer() {}

  /** What a token is. */
  enum Kind {
    NAME,
    NUMBER,
    TEXT,
    SIGN
  }

  /**
   * A token.
   *
   * @param text as it stands; without its quotes when it is a text
   */
  record Token(Kind kind, String text, int line) {
    boolean is(String sign) {
      return kind == Kind.SIGN && text.equals(sign);
    }

    /** 1 for a bracket that opens, -1 for one that closes, else 0. */
    int nesting() {
      if (kind != Kind.SIGN) {
        return 0;
      }
      return switch (text) {
        case "(", "[", "{" -> 1;
        case ")", "]", "}" -> -1;
        default -> 0;
      };
    }

    boolean isName() {
      return kind == Kind.NAME;
    }
  }

  /**
   * A statement: brackets make one of several lines.
   *
   * @param indent blanks before it
   * @param tokens at least one
   */
  record Line(int indent, List<Token> tokens) {
    int number() {
      return tokens.get(0).line();
    }

    Token token(int at) {
      // Beyond the end stands something that is nothing that anybody asks for.
      return at >= 0 && at < tokens.size() ? tokens.get(at) : NOTHING;
    }
  }

  private static final Token NOTHING = new Token(Kind.SIGN, "", 0);

  /**
   * The statements of a file.
   *
   * @throws IllegalArgumentException naming the file, the line and what is no TorchScript
   */
  static List<Line> lines(String file, String source) {
    List<Line> lines = new ArrayList<>();
    List<Token> tokens = new ArrayList<>();
    Matcher matcher = TOKEN.matcher(source);
    int depth = 0;
    int number = 1;
    int at = 0;
    int lineStart = 0;
    int indent = 0;
    while (at < source.length()) {
      char c = source.charAt(at);
      if (c == '\n') {
        if (depth == 0 && !tokens.isEmpty()) {
          lines.add(new Line(indent, List.copyOf(tokens)));
          tokens.clear();
        }
        number++;
        at++;
        lineStart = at;
        continue;
      }
      if (c == ' ') {
        at++;
        continue;
      }
      if (!matcher.region(at, source.length()).lookingAt()) {
        throw new IllegalArgumentException(
            "%s, line %d: has the character '%s', which torch does not print there"
                .formatted(file, number, c >= ' ' && c < 127 ? c : "\\u%04x".formatted((int) c)));
      }
      Token token = token(matcher, number);
      at = matcher.end();
      boolean joined =
          token.kind() == Kind.TEXT
              && at < source.length()
              && (source.charAt(at) == '"' || source.charAt(at) == '\'');
      if (joined) {
        throw new IllegalArgumentException(
            "%s, line %d: has a long string, which torch does not print".formatted(file, number));
      }
      if (tokens.isEmpty()) {
        indent = matcher.start() - lineStart;
      }
      depth += token.nesting();
      if (depth < 0) {
        throw new IllegalArgumentException(
            "%s, line %d: closes a bracket that is not open".formatted(file, number));
      }
      tokens.add(token);
    }
    if (depth > 0) {
      throw new IllegalArgumentException(file + " ends within brackets");
    }
    if (!tokens.isEmpty()) {
      lines.add(new Line(indent, List.copyOf(tokens)));
    }
    return lines;
  }

  private static Token token(Matcher matcher, int line) {
    String text = matcher.group();
    if (matcher.group("name") != null) {
      return new Token(Kind.NAME, text, line);
    }
    if (matcher.group("number") != null) {
      return new Token(Kind.NUMBER, text, line);
    }
    if (matcher.group("text") != null) {
      return new Token(Kind.TEXT, text.substring(1, text.length() - 1), line);
    }
    return new Token(Kind.SIGN, text, line);
  }
}

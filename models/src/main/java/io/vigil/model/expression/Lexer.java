package io.vigil.model.expression;

import java.util.ArrayList;
import java.util.List;

/** Cuts a source into tokens. */
final class Lexer {
  private static final List<String> SYMBOLS =
      List.of("==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "(", ")", ",", ".");

  private final String source;
  private final List<Token> tokens = new ArrayList<>();
  private int at;

  private Lexer(String source) {
    this.source = source;
  }

  /** The tokens of the source; the last one is the end. */
  static List<Token> tokens(String source) throws ExpressionException {
    Lexer lexer = new Lexer(source);
    lexer.run();
    return lexer.tokens;
  }

  private void run() throws ExpressionException {
    while (at < source.length()) {
      char first = source.charAt(at);
      if (first == ' ' || first == '\t' || first == '\n' || first == '\r') {
        at++;
      } else if (isLetter(first)) {
        int end = at;
        while (end < source.length() && (isLetter(source.charAt(end)) || isDigit(end))) {
          end++;
        }
        add(Token.Kind.NAME, end);
      } else if (isDigit(at)) {
        add(Token.Kind.NUMBER, endOfNumber());
      } else if (first == '"' || first == '\'') {
        quoted(first);
      } else {
        symbol(first);
      }
    }
    tokens.add(new Token(Token.Kind.END, "", at + 1));
  }

  private void add(Token.Kind kind, int end) {
    tokens.add(new Token(kind, source.substring(at, end), at + 1));
    at = end;
  }

  private int endOfNumber() throws ExpressionException {
    int end = digits(at);
    if (end < source.length() && source.charAt(end) == '.') {
      end = digits(end + 1);
    }
    if (end < source.length() && (source.charAt(end) == 'e' || source.charAt(end) == 'E')) {
      int exponent = end + 1;
      if (exponent < source.length() && "+-".indexOf(source.charAt(exponent)) >= 0) {
        exponent++;
      }
      end = digits(exponent);
    }
    if (!isDigit(end - 1) || (end < source.length() && isLetter(source.charAt(end)))) {
      int stop = Math.min(end + 1, source.length());
      throw new ExpressionException(
          at + 1, "a number such as 12, 0.5 or 1e6", "'" + source.substring(at, stop) + "'");
    }
    return end;
  }

  /** The first position from {@code from} on that holds no digit. */
  private int digits(int from) {
    int end = from;
    while (isDigit(end)) {
      end++;
    }
    return end;
  }

  private void quoted(char quote) throws ExpressionException {
    int end = source.indexOf(quote, at + 1);
    if (end < 0) {
      throw new ExpressionException(at + 1, "a closing " + quote, "the end");
    }
    tokens.add(new Token(Token.Kind.TEXT, source.substring(at + 1, end), at + 1));
    at = end + 1;
  }

  private void symbol(char first) throws ExpressionException {
    for (String symbol : SYMBOLS) {
      if (source.startsWith(symbol, at)) {
        add(Token.Kind.SYMBOL, at + symbol.length());
        return;
      }
    }
    String expected =
        switch (first) {
          case '=' -> "'=='";
          case '&' -> "'and'";
          case '|' -> "'or'";
          case '!' -> "'not' or '!='";
          default -> "a name, a number, a quoted text or an operator";
        };
    String found = new String(Character.toChars(source.codePointAt(at)));
    throw new ExpressionException(at + 1, expected, "'" + found + "'");
  }

  private static boolean isLetter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  }

  private boolean isDigit(int position) {
    return position < source.length()
        && source.charAt(position) >= '0'
        && source.charAt(position) <= '9';
  }
}

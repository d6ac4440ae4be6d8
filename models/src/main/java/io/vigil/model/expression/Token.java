package io.vigil.model.expression;

/**
 * One word of an expression.
 *
 * @param text the characters of a name or symbol, the content of a quoted text, the digits of a
 *     number; empty at the end
 * @param column of the first character; the first column is 1
 */
record Token(Kind kind, String text, int column) {

  enum Kind {
    NAME,
    NUMBER,
    TEXT,
    SYMBOL,
    END
  }

  boolean is(String symbolOrWord) {
    return (kind == Kind.SYMBOL || kind == Kind.NAME) && text.equals(symbolOrWord);
  }

  /** How a message names it. */
  String shown() {
    return switch (kind) {
      case END -> "the end";
      case TEXT -> "the text \"" + text + "\"";
      case NUMBER -> "the number " + text;
      case NAME, SYMBOL -> "'" + text + "'";
    };
  }
}

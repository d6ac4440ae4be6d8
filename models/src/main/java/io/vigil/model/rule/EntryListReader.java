package io.vigil.model.rule;

import io.vigil.model.artefact.ArtefactException;
import io.vigil.model.event.Field;
import io.vigil.model.expression.Expression;
import io.vigil.model.expression.ExpressionException;
import io.vigil.model.expression.Nearest;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Reads the text form of an {@link EntryList}, UTF-8, lines that end with LF:
 *
 * <pre>
 * # Devices that chargebacks came from.
 * name: blocked-devices
 * version: 3
 * of: device
 *
 * 5f1d0c7be1
 * 99aa0b0c1d
 * </pre>
 *
 * <p>Lines that are empty or begin with {@code #} say nothing. The first three others are the head,
 * in this order; {@code of} names the fields whose values the entries are, separated by commas, or
 * is {@code any}. Each further line is an entry: 1 to 256 bytes, no blank at either end, no control
 * character, each once.
 */
final class EntryListReader {
  private static final int FILE_BYTES_MAX = 1 << 30;
  private static final int ENTRY_BYTES_MAX = 256;
  private static final int SHOWN_MAX = 60;
  private static final int SUGGESTIONS = 5;
  private static final int CARD_DIGITS_MIN = 13;
  private static final int CARD_DIGITS_MAX = 19;
  private static final String ANY = "any";
  private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_-]{0,63}");
  private static final Pattern VERSION = Pattern.compile("[1-9]\\d{0,8}");

  private final byte[] file;
  private final String origin;

  /** The line at hand: its number, the first is 1, where it begins, and where its LF is. */
  private int line;

  private int from;
  private int to = -1;

  EntryListReader(byte[] file, String origin) {
    this.file = file;
    this.origin = origin;
  }

  EntryList read(String digest, EntryList.Hashing hashing) {
    if (file.length > FILE_BYTES_MAX) {
      throw new ArtefactException(
          origin, 1, "expected a list of at most 1 GiB, got " + file.length + " bytes");
    }
    String name = head("name", NAME, "a name of lower-case letters, digits, - and _");
    String version = head("version", VERSION, "a whole number from 1 to 999999999");
    List<String> of = of();
    EntryList list = new EntryList(name, Integer.parseInt(version), of, digest, file, hashing);
    list.reserve(lines(to));
    boolean cards = of.contains(Field.CARD.id());
    while (next()) {
      check(cards);
      if (!list.add(from, to)) {
        throw problem("each entry once", "it again: " + shown());
      }
      if (list.size() > EntryList.ENTRIES_MAX) {
        throw problem("at most " + EntryList.ENTRIES_MAX + " entries", "one more");
      }
    }
    return list;
  }

  /** Lines after a position, those that say nothing left out. */
  private int lines(int after) {
    int lines = 0;
    for (int at = after + 1; at < file.length; at++) {
      boolean begins = file[at - 1] == '\n';
      lines += begins && file[at] != '\n' && file[at] != '#' ? 1 : 0;
    }
    return lines;
  }

  /** Goes to the next line that says something; false at the end. */
  private boolean next() {
    while (to + 1 < file.length) {
      from = to + 1;
      to = from;
      while (to < file.length && file[to] != '\n') {
        to++;
      }
      line++;
      if (to > from && file[from] != '#') {
        return true;
      }
    }
    from = file.length;
    to = file.length;
    return false;
  }

  private String head(String key, Pattern pattern, String expected) {
    String value = head(key);
    if (!pattern.matcher(value).matches()) {
      throw problem("'" + key + ": ' and " + expected, shown());
    }
    return value;
  }

  private String head(String key) {
    if (!next()) {
      line++;
      throw problem("'" + key + ": '", "the end");
    }
    check(false);
    String text = text();
    if (!text.startsWith(key + ": ")) {
      throw problem("'" + key + ": '", shown());
    }
    return text.substring(key.length() + 2).strip();
  }

  private List<String> of() {
    String fields = head("of");
    if (fields.equals(ANY)) {
      return List.of();
    }
    List<String> of = new ArrayList<>();
    for (String field : fields.split(",", -1)) {
      of.add(field(field.strip()));
    }
    return of;
  }

  /** The field as conditions write it. */
  private String field(String source) {
    try {
      Expression read = Expression.parse(source, List.of());
      if (read.type() == Expression.Type.TEXT && read.allReads().fields().size() == 1) {
        return read.allReads().fields().get(0);
      }
    } catch (ExpressionException e) {
      // Said below, in words that fit a list.
    }
    List<String> legal = new ArrayList<>(List.of(ANY, "attributes.KEY"));
    Arrays.stream(Field.values())
        .filter(field -> field.type() == Field.Type.TEXT)
        .forEach(field -> legal.add(field.id()));
    throw problem(
        "'of: ' and text fields, or any",
        source + "; closest: " + String.join(", ", Nearest.to(source, legal, SUGGESTIONS)));
  }

  /** Refuses a line that no entry can be. */
  private void check(boolean cards) {
    if (to - from > ENTRY_BYTES_MAX) {
      throw problem("at most " + ENTRY_BYTES_MAX + " bytes a line", to - from + "");
    }
    boolean ascii = true;
    for (int at = from; at < to; at++) {
      ascii &= file[at] >= 0;
      if (file[at] == '\r') {
        throw problem("a line that ends with LF", "CR before it");
      }
      if ((file[at] >= 0 && file[at] < ' ') || file[at] == 0x7F) {
        throw problem("no control character", "0x%02x".formatted(file[at]));
      }
    }
    if (file[from] == ' ' || file[to - 1] == ' ') {
      throw problem("no blank at the ends of a line", shown());
    }
    if (!ascii) {
      text();
    }
    if (cards && isCardNumber()) {
      throw problem("tokens of cards", "a card number, not shown");
    }
  }

  /** As many digits as card numbers have, and nothing else, with a right check digit (Luhn). */
  private boolean isCardNumber() {
    int digits = to - from;
    if (digits < CARD_DIGITS_MIN || digits > CARD_DIGITS_MAX) {
      return false;
    }
    int sum = 0;
    for (int at = from; at < to; at++) {
      int digit = file[at] - '0';
      if (digit < 0 || digit > 9) {
        return false;
      }
      boolean doubled = (to - 1 - at) % 2 == 1;
      sum += doubled && digit > 4 ? 2 * digit - 9 : doubled ? 2 * digit : digit;
    }
    return sum % 10 == 0;
  }

  private String text() {
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(file, from, to - from))
          .toString();
    } catch (CharacterCodingException e) {
      throw problem("UTF-8", "other bytes");
    }
  }

  private String shown() {
    String text = text();
    return text.length() <= SHOWN_MAX ? text : text.substring(0, SHOWN_MAX) + "…";
  }

  private ArtefactException problem(String expected, String found) {
    return new ArtefactException(origin, line, "expected " + expected + ", got " + found);
  }
}

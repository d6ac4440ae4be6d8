package io.vigil.cli.ingest;

import de.siegmar.fastcsv.reader.CsvRecord;
import io.vigil.cli.ingest.Mapping.LabelRule;
import io.vigil.cli.ingest.Source.Tokenise;
import io.vigil.schema.Channel;
import io.vigil.schema.EntryMode;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.PanMask;
import io.vigil.schema.vault.TransactionSeal;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Makes transactions of a file's rows by a mapping. Thread-confined. */
final class RowMapper {
  private static final int SHOWN_CHARS_MAX = 40;
  private static final Target[] TEXTS = {
    Target.CARD, Target.CARD_REFERENCE, Target.MERCHANT, Target.TERMINAL,
    Target.DEVICE, Target.IP, Target.COUNTERPARTY, Target.COUNTRY
  };

  /** Fields that a vault takes out of a transaction. */
  private static final Set<String> IDENTIFYING =
      Set.of(
          Target.ACCOUNT.id(),
          Target.CARD.id(),
          Target.CARD_REFERENCE.id(),
          Target.DEVICE.id(),
          Target.IP.id(),
          Target.COUNTERPARTY.id());

  /** A source bound to the file: a constant, or else a column. */
  private record Cell(
      String field,
      int index,
      @Nullable String constant,
      Tokenise tokenise,
      boolean identifies,
      TimeFormat time) {}

  private final int columns;
  private final Map<Target, Cell> cells = new EnumMap<>(Target.class);
  private final Map<String, Cell> attributes = new LinkedHashMap<>();
  private final BadRows badRows;
  private final @Nullable LabelRule label;
  private final @Nullable Cell labelColumn;
  private final @Nullable Cell labelTime;
  private final @Nullable Cell labelScheme;
  private final Set<String> fraudValues;
  private final @Nullable Tokeniser tokeniser;
  private final @Nullable TransactionSeal seal;
  private final Money money = new Money();
  private long lastTimeMs = Long.MIN_VALUE;

  /**
   * @param tokeniser asked only when the mapping needs one
   * @param seal takes people out of transactions; null without a vault
   * @throws IngestException when a column is missing
   */
  RowMapper(
      Mapping mapping,
      CsvRows rows,
      String fileName,
      Supplier<Tokeniser> tokeniser,
      @Nullable TransactionSeal seal) {
    this.columns = rows.header().size();
    this.badRows = new BadRows(fileName, mapping.separator(), columns, seal != null);
    mapping
        .fields()
        .forEach((target, source) -> cells.put(target, cell(mapping, rows, target.id(), source)));
    mapping
        .attributes()
        .forEach(
            (key, source) -> attributes.put(key, cell(mapping, rows, "attributes." + key, source)));
    label = mapping.label();
    labelColumn = label == null ? null : cell(mapping, rows, "label", label.column());
    labelTime = optional(mapping, rows, "label_time", label == null ? null : label.time());
    labelScheme = optional(mapping, rows, "label_scheme", label == null ? null : label.scheme());
    fraudValues = label == null ? Set.of() : Set.copyOf(label.fraudValues());
    this.tokeniser = mapping.tokenises() ? tokeniser.get() : null;
    this.seal = seal;
  }

  /** The row's event time alone, or the latest good one's when it cannot be read. */
  long timeMs(CsvRecord row) {
    if (row.getFieldCount() == columns) {
      try {
        lastTimeMs = time(row, required(Target.EVENT_TIME));
      } catch (BadCellException e) {
        return lastTimeMs;
      }
    }
    return lastTimeMs;
  }

  /** The row as a transaction, or as a dead letter that says why it is none. */
  Row map(CsvRecord row) {
    try {
      if (row.getFieldCount() != columns) {
        throw new BadCellException(
            "wrong_cell_count", "row: expected " + columns + " cells, got " + row.getFieldCount());
      }
      Transaction transaction = transaction(row);
      Row.@Nullable LabelDraft draft = label(row, transaction.getEventTime());
      if (seal != null) {
        seal.seal(transaction, attributes(row, true));
      }
      lastTimeMs = transaction.getEventTime();
      return new Row.Good(row.getStartingLineNumber(), transaction, draft);
    } catch (BadCellException e) {
      return new Row.Bad(lastTimeMs, row.getStartingLineNumber(), badRows.deadLetter(row, e));
    }
  }

  private Transaction transaction(CsvRecord row) throws BadCellException {
    Transaction t = new Transaction();
    @Nullable Cell id = cells.get(Target.TRANSACTION_ID);
    t.setTransactionId(id == null ? "" : needed(row, id));
    t.setEventTime(time(row, required(Target.EVENT_TIME)));
    t.setAccount(needed(row, required(Target.ACCOUNT)));
    for (Target target : TEXTS) {
      @Nullable Cell cell = cells.get(target);
      @Nullable String value = cell == null ? null : text(row, cell);
      if (value != null) {
        set(t, target, value);
      }
    }
    String currency = needed(row, required(Target.CURRENCY)).strip();
    t.setCurrency(currency);
    t.setAmountMinor(minor(row, required(Target.AMOUNT), currency));
    @Nullable Cell billing = cells.get(Target.BILLING_AMOUNT);
    if (billing == null) {
      t.setBillingCurrency(currency);
      t.setBillingAmountMinor(t.getAmountMinor());
    } else {
      String billingCurrency = needed(row, required(Target.BILLING_CURRENCY)).strip();
      t.setBillingCurrency(billingCurrency);
      t.setBillingAmountMinor(minor(row, billing, billingCurrency));
    }
    t.setMcc(mcc(row));
    t.setChannel(symbol(row, Target.CHANNEL, Channel.class, Channel.UNKNOWN));
    t.setEntryMode(symbol(row, Target.ENTRY_MODE, EntryMode.class, EntryMode.UNKNOWN));
    t.setLatitude(degrees(row, Target.LATITUDE));
    t.setLongitude(degrees(row, Target.LONGITUDE));
    t.setAttributes(attributes(row, false));
    return t;
  }

  private static void set(Transaction t, Target target, String value) throws BadCellException {
    switch (target) {
      case CARD -> t.setCard(noCardNumber(target, value));
      case CARD_REFERENCE -> t.setCardReference(noCardNumber(target, value));
      case MERCHANT -> t.setMerchant(value);
      case TERMINAL -> t.setTerminal(value);
      case DEVICE -> t.setDevice(value);
      case IP -> t.setIp(value);
      case COUNTERPARTY -> t.setCounterparty(value);
      case COUNTRY -> t.setCountry(value);
      default -> throw new IllegalStateException(target + " is no text of its own");
    }
  }

  /** A mapping that forgot to tokenise must not let card numbers into the log. */
  private static String noCardNumber(Target target, String value) throws BadCellException {
    byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
    byte[] masked = PanMask.mask(bytes);
    if (masked != bytes
        && value.chars().allMatch(c -> (c >= '0' && c <= '9') || c == ' ' || c == '-')) {
      throw new BadCellException(
          "card_number",
          target.id()
              + ": expected a token, got what looks like a card number; map it with tokenise: pan");
    }
    return value;
  }

  private Map<String, String> attributes(CsvRecord row, boolean identifying)
      throws BadCellException {
    Map<String, String> values = new LinkedHashMap<>();
    for (Map.Entry<String, Cell> attribute : attributes.entrySet()) {
      if (attribute.getValue().identifies() != identifying) {
        continue;
      }
      @Nullable String value = text(row, attribute.getValue());
      if (value != null) {
        values.put(attribute.getKey(), value);
      }
    }
    return values;
  }

  private Row.@Nullable LabelDraft label(CsvRecord row, long eventTimeMs) throws BadCellException {
    if (label == null || labelColumn == null) {
      return null;
    }
    @Nullable String value = text(row, labelColumn);
    if (value == null || !fraudValues.contains(value)) {
      return null;
    }
    if (labelTime != null && text(row, labelTime) == null) {
      // A fraud that nobody has reported: the truth is in the file, but no label ever came.
      return null;
    }
    long timeMs = labelTime == null ? eventTimeMs + label.delayMs() : time(row, labelTime);
    // Nobody knows of a fraud before it happens; a label that gives only its day would say so.
    return new Row.LabelDraft(
        Math.max(timeMs, eventTimeMs + 1), labelScheme == null ? null : text(row, labelScheme));
  }

  private long minor(CsvRecord row, Cell cell, String currency) throws BadCellException {
    int decimals = money.decimals(cell.field(), currency);
    return Money.minor(cell.field(), needed(row, cell).strip(), decimals);
  }

  private static long time(CsvRecord row, Cell cell) throws BadCellException {
    return cell.time().parse(cell.field(), rawNeeded(row, cell).strip());
  }

  private @Nullable Integer mcc(CsvRecord row) throws BadCellException {
    @Nullable String text = optionalText(row, Target.MCC);
    try {
      return text == null ? null : Integer.valueOf(text);
    } catch (NumberFormatException e) {
      throw badNumber(Target.MCC, "a number of four digits", text);
    }
  }

  private @Nullable Double degrees(CsvRecord row, Target target) throws BadCellException {
    @Nullable String text = optionalText(row, target);
    try {
      double degrees = text == null ? 0 : Double.parseDouble(text);
      if (Double.isFinite(degrees)) {
        return text == null ? null : degrees;
      }
    } catch (NumberFormatException e) {
      // Told below, like a number that is not finite.
    }
    throw badNumber(target, "degrees", text);
  }

  private <E extends Enum<E>> E symbol(CsvRecord row, Target target, Class<E> type, E missing)
      throws BadCellException {
    @Nullable String text = optionalText(row, target);
    if (text == null) {
      return missing;
    }
    for (E symbol : type.getEnumConstants()) {
      if (symbol.name().equalsIgnoreCase(text)) {
        return symbol;
      }
    }
    throw new BadCellException(
        "unknown_value",
        "%s: expected one of %s, got '%s'"
            .formatted(
                target.id(),
                Arrays.toString(type.getEnumConstants()).toLowerCase(Locale.ROOT),
                shown(text)));
  }

  private static BadCellException badNumber(Target target, String expected, @Nullable String text) {
    return new BadCellException(
        "bad_number",
        target.id() + ": expected " + expected + ", got '" + shown(String.valueOf(text)) + "'");
  }

  private @Nullable String optionalText(CsvRecord row, Target target) throws BadCellException {
    @Nullable Cell cell = cells.get(target);
    @Nullable String text = cell == null ? null : text(row, cell);
    return text == null || text.isBlank() ? null : text.strip();
  }

  private String needed(CsvRecord row, Cell cell) throws BadCellException {
    @Nullable String text = text(row, cell);
    if (text == null) {
      throw missing(cell);
    }
    return text;
  }

  /** As the file has it: for times, which are ASCII or wrong. */
  private static String rawNeeded(CsvRecord row, Cell cell) throws BadCellException {
    String raw = cell.constant() != null ? cell.constant() : row.getField(cell.index());
    if (raw.isEmpty()) {
      throw missing(cell);
    }
    return raw;
  }

  private static BadCellException missing(Cell cell) {
    return new BadCellException("missing_value", cell.field() + ": expected a value, got none");
  }

  /** The cell's value, a token where the mapping says so; null when the cell is empty. */
  private @Nullable String text(CsvRecord row, Cell cell) throws BadCellException {
    if (cell.constant() != null) {
      return cell.constant();
    }
    String raw = row.getField(cell.index());
    if (raw.isEmpty()) {
      return null;
    }
    String text = utf8(cell.field(), raw);
    return tokeniser == null || cell.tokenise() == Tokenise.NONE
        ? text
        : tokeniser.token(cell.tokenise(), text);
  }

  static String utf8(String field, String raw) throws BadCellException {
    for (int i = 0; i < raw.length(); i++) {
      if (raw.charAt(i) >= 0x80) {
        try {
          return StandardCharsets.UTF_8
              .newDecoder()
              .decode(ByteBuffer.wrap(raw.getBytes(StandardCharsets.ISO_8859_1)))
              .toString();
        } catch (CharacterCodingException e) {
          throw new BadCellException("bad_encoding", field + ": expected UTF-8 text");
        }
      }
    }
    return raw;
  }

  /** For messages: short, and without card numbers. */
  static String shown(String text) {
    byte[] masked = PanMask.mask(text.getBytes(StandardCharsets.UTF_8));
    String safe = new String(masked, StandardCharsets.UTF_8).replaceAll("\\p{Cntrl}", " ");
    return safe.length() <= SHOWN_CHARS_MAX ? safe : safe.substring(0, SHOWN_CHARS_MAX) + "…";
  }

  private Cell required(Target target) {
    @Nullable Cell cell = cells.get(target);
    if (cell == null) {
      throw new IllegalStateException("A mapping always has " + target.id());
    }
    return cell;
  }

  private @Nullable Cell optional(
      Mapping mapping, CsvRows rows, String field, Source.@Nullable Column column) {
    return column == null ? null : cell(mapping, rows, field, column);
  }

  private Cell cell(Mapping mapping, CsvRows rows, String field, Source source) {
    if (source instanceof Source.Constant constant) {
      return new Cell(field, -1, constant.value(), Tokenise.NONE, false, TimeFormat.ISO);
    }
    Source.Column column = (Source.Column) source;
    int index = rows.column(column.column(), mapping.origin(), column.line());
    if (column.tokenise() != Tokenise.NONE) {
      badRows.hide(index);
    }
    if (column.identifies() || IDENTIFYING.contains(field)) {
      badRows.person(index);
    } else {
      badRows.know(index);
    }
    return new Cell(field, index, null, column.tokenise(), column.identifies(), column.time());
  }
}

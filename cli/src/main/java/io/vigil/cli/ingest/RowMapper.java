package io.vigil.cli.ingest;

import io.vigil.cli.ingest.Mapping.LabelRule;
import io.vigil.cli.ingest.Source.Tokenise;
import io.vigil.job.source.CardNumbers;
import io.vigil.model.event.Entity;
import io.vigil.schema.Channel;
import io.vigil.schema.EntryMode;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.PanMask;
import io.vigil.schema.vault.TransactionSeal;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Makes transactions of records by a mapping, whatever their form. Thread-confined.
 *
 * @param <R> a record as its source gives it
 */
final class RowMapper<R> implements SourceMapper {
  private static final int SHOWN_CHARS_MAX = 40;
  private static final Target[] TEXTS = {
    Target.CARD,
    Target.CARD_REFERENCE,
    Target.MERCHANT,
    Target.TERMINAL,
    Target.DEVICE,
    Target.IP,
    Target.COUNTERPARTY,
    Target.CUSTOMER,
    Target.COUNTRY
  };

  private static final List<Target> ENTITIES =
      Stream.of(Entity.values())
          .map(entity -> Target.byId(entity.field().id()))
          .filter(Objects::nonNull)
          .toList();

  /** Fields that a vault takes out of a transaction. */
  private static final Set<String> IDENTIFYING =
      Set.of(
          Target.ACCOUNT.id(),
          Target.CARD.id(),
          Target.CARD_REFERENCE.id(),
          Target.DEVICE.id(),
          Target.IP.id(),
          Target.COUNTERPARTY.id(),
          Target.CUSTOMER.id());

  /** A source bound to the records: a constant, or else where its values are found. */
  private record Cell(
      String field,
      @Nullable String source,
      int index,
      @Nullable String constant,
      Tokenise tokenise,
      boolean identifies,
      TimeFormat time) {}

  private final Fields<R> rows;
  private final Map<Target, Cell> cells = new EnumMap<>(Target.class);
  private final Map<String, Cell> attributes = new LinkedHashMap<>();
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
      Fields<R> rows,
      Supplier<Tokeniser> tokeniser,
      @Nullable TransactionSeal seal) {
    this.rows = rows;
    mapping.fields().forEach((target, source) -> cells.put(target, cell(target.id(), source)));
    mapping
        .attributes()
        .forEach((key, source) -> attributes.put(key, cell("attributes." + key, source)));
    label = mapping.label();
    labelColumn = label == null ? null : cell("label", label.column());
    labelTime = optional("label_time", label == null ? null : label.time());
    labelScheme = optional("label_scheme", label == null ? null : label.scheme());
    fraudValues = label == null ? Set.of() : Set.copyOf(label.fraudValues());
    this.tokeniser = mapping.tokenises() ? tokeniser.get() : null;
    this.seal = seal;
  }

  /** The row's event time alone, or the latest good one's when it cannot be read. */
  long timeMs(R row) {
    try {
      rows.open(row);
      lastTimeMs = time(required(Target.EVENT_TIME));
    } catch (BadCellException e) {
      return lastTimeMs;
    }
    return lastTimeMs;
  }

  /** The row as a transaction, or as a dead letter that says why it is none. */
  Row map(R row) {
    try {
      rows.open(row);
      Transaction transaction = transaction();
      Row.@Nullable LabelDraft draft = label(transaction.getEventTime());
      requireNoCardNumber(transaction);
      if (seal != null) {
        seal.seal(transaction, attributes(true));
      }
      lastTimeMs = transaction.getEventTime();
      return new Row.Good(rows.position(row), transaction, draft);
    } catch (BadCellException e) {
      return new Row.Bad(lastTimeMs, rows.position(row), rows.deadLetter(row, e));
    }
  }

  private Transaction transaction() throws BadCellException {
    Transaction t = new Transaction();
    @Nullable Cell id = cells.get(Target.TRANSACTION_ID);
    t.setTransactionId(id == null ? "" : needed(id));
    t.setEventTime(time(required(Target.EVENT_TIME)));
    t.setAccount(needed(required(Target.ACCOUNT)));
    for (Target target : TEXTS) {
      @Nullable Cell cell = cells.get(target);
      @Nullable String value = cell == null ? null : text(cell);
      if (value != null) {
        set(t, target, value);
      }
    }
    String currency = needed(required(Target.CURRENCY)).strip();
    t.setCurrency(currency);
    t.setAmountMinor(minor(required(Target.AMOUNT), currency));
    @Nullable Cell billing = cells.get(Target.BILLING_AMOUNT);
    if (billing == null) {
      t.setBillingCurrency(currency);
      t.setBillingAmountMinor(t.getAmountMinor());
    } else {
      String billingCurrency = needed(required(Target.BILLING_CURRENCY)).strip();
      t.setBillingCurrency(billingCurrency);
      t.setBillingAmountMinor(minor(billing, billingCurrency));
    }
    t.setMcc(mcc());
    t.setChannel(symbol(Target.CHANNEL, Channel.class, Channel.UNKNOWN));
    t.setEntryMode(symbol(Target.ENTRY_MODE, EntryMode.class, EntryMode.UNKNOWN));
    t.setLatitude(degrees(Target.LATITUDE));
    t.setLongitude(degrees(Target.LONGITUDE));
    t.setAttributes(attributes(false));
    t.setNextTokens(nextTokens());
    return t;
  }

  /** What its tokens will be under the next key; null when no key is being changed. */
  private @Nullable Map<String, String> nextTokens() throws BadCellException {
    Map<String, String> next = new TreeMap<>();
    for (Target target : tokeniser == null ? List.<Target>of() : ENTITIES) {
      @Nullable Cell cell = cells.get(target);
      if (cell != null && cell.tokenise() != Tokenise.NONE) {
        @Nullable String text = rows.text(cell.field(), cell.index());
        @Nullable String token =
            text == null || tokeniser == null ? null : tokeniser.nextToken(cell.tokenise(), text);
        if (token != null) {
          next.put(target.id(), token);
        }
      }
    }
    return next.isEmpty() ? null : next;
  }

  @Override
  public List<SeenSource> seen() {
    return Stream.concat(
            Stream.concat(cells.values().stream(), attributes.values().stream()),
            Stream.of(labelColumn, labelTime, labelScheme).filter(Objects::nonNull))
        .map(cell -> new SeenSource(cell.field(), cell.source(), seen(cell)))
        .toList();
  }

  @Override
  public Set<String> unmapped() {
    return rows.unmapped();
  }

  private @Nullable String seen(Cell cell) {
    try {
      @Nullable String text =
          cell.constant() != null ? cell.constant() : rows.text(cell.field(), cell.index());
      return seen(text, cell.tokenise());
    } catch (BadCellException e) {
      return null;
    }
  }

  /** A source's value as a person may see it. */
  static @Nullable String seen(@Nullable String text, Tokenise tokenise) {
    if (text == null) {
      return null;
    }
    return tokenise == Tokenise.NONE ? shown(text) : "(hidden)";
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
      case CUSTOMER -> t.setCustomer(value);
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

  /** The job would refuse it, but by then it would stand in a topic. */
  private static void requireNoCardNumber(Transaction t) throws BadCellException {
    requireNoCardNumber("transaction_id", t.getTransactionId());
    requireNoCardNumber("account", t.getAccount());
    requireNoCardNumber("merchant", t.getMerchant());
    requireNoCardNumber("terminal", t.getTerminal());
    requireNoCardNumber("device", t.getDevice());
    requireNoCardNumber("ip", t.getIp());
    requireNoCardNumber("counterparty", t.getCounterparty());
    requireNoCardNumber("customer", t.getCustomer());
    requireNoCardNumber("country", t.getCountry());
    for (Map.Entry<String, String> attribute : t.getAttributes().entrySet()) {
      requireNoCardNumber("attributes." + attribute.getKey(), attribute.getValue());
    }
  }

  private static void requireNoCardNumber(String field, @Nullable String value)
      throws BadCellException {
    if (value != null && CardNumbers.in(value)) {
      throw new BadCellException(
          "card_number", field + ": expected no card number, got digits that pass the Luhn check");
    }
  }

  private Map<String, String> attributes(boolean identifying) throws BadCellException {
    Map<String, String> values = new LinkedHashMap<>();
    for (Map.Entry<String, Cell> attribute : attributes.entrySet()) {
      if (attribute.getValue().identifies() != identifying) {
        continue;
      }
      @Nullable String value = text(attribute.getValue());
      if (value != null) {
        values.put(attribute.getKey(), value);
      }
    }
    return values;
  }

  private Row.@Nullable LabelDraft label(long eventTimeMs) throws BadCellException {
    if (label == null || labelColumn == null) {
      return null;
    }
    @Nullable String value = text(labelColumn);
    if (value == null || !fraudValues.contains(value)) {
      return null;
    }
    if (labelTime != null && text(labelTime) == null) {
      // A fraud that nobody has reported: the truth is in the file, but no label ever came.
      return null;
    }
    long timeMs = labelTime == null ? eventTimeMs + label.delayMs() : time(labelTime);
    // Nobody knows of a fraud before it happens; a label that gives only its day would say so.
    return new Row.LabelDraft(
        Math.max(timeMs, eventTimeMs + 1), labelScheme == null ? null : text(labelScheme));
  }

  private long minor(Cell cell, String currency) throws BadCellException {
    int decimals = money.decimals(cell.field(), currency);
    return Money.minor(cell.field(), needed(cell).strip(), decimals);
  }

  private long time(Cell cell) throws BadCellException {
    @Nullable Long instant = cell.constant() == null ? rows.instantMs(cell.index()) : null;
    return instant != null ? instant : cell.time().parse(cell.field(), needed(cell).strip());
  }

  private @Nullable Integer mcc() throws BadCellException {
    @Nullable String text = optionalText(Target.MCC);
    try {
      return text == null ? null : Integer.valueOf(text);
    } catch (NumberFormatException e) {
      throw badNumber(Target.MCC, "a number of four digits", text);
    }
  }

  private @Nullable Double degrees(Target target) throws BadCellException {
    @Nullable String text = optionalText(target);
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

  private <E extends Enum<E>> E symbol(Target target, Class<E> type, E missing)
      throws BadCellException {
    @Nullable String text = optionalText(target);
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

  private @Nullable String optionalText(Target target) throws BadCellException {
    @Nullable Cell cell = cells.get(target);
    @Nullable String text = cell == null ? null : text(cell);
    return text == null || text.isBlank() ? null : text.strip();
  }

  private String needed(Cell cell) throws BadCellException {
    @Nullable String text = text(cell);
    if (text == null) {
      throw missing(cell);
    }
    return text;
  }

  private static BadCellException missing(Cell cell) {
    return new BadCellException("missing_value", cell.field() + ": expected a value, got none");
  }

  /** The cell's value, a token where the mapping says so; null when the cell is empty. */
  private @Nullable String text(Cell cell) throws BadCellException {
    if (cell.constant() != null) {
      return cell.constant();
    }
    @Nullable String text = rows.text(cell.field(), cell.index());
    return text == null || tokeniser == null || cell.tokenise() == Tokenise.NONE
        ? text
        : tokeniser.token(cell.tokenise(), text);
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

  private @Nullable Cell optional(String field, Source.@Nullable Column column) {
    return column == null ? null : cell(field, column);
  }

  private Cell cell(String field, Source source) {
    if (source instanceof Source.Constant constant) {
      return new Cell(field, null, -1, constant.value(), Tokenise.NONE, false, TimeFormat.ISO);
    }
    Source.Column column = (Source.Column) source;
    int index = rows.bind(field, column, column.identifies() || IDENTIFYING.contains(field));
    return new Cell(
        field, column.column(), index, null, column.tokenise(), column.identifies(), column.time());
  }
}

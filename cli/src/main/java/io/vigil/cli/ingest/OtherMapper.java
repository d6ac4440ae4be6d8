package io.vigil.cli.ingest;

import de.siegmar.fastcsv.reader.CsvRecord;
import io.vigil.cli.ingest.Source.Tokenise;
import io.vigil.job.record.Rejection;
import io.vigil.job.source.TransactionValidator;
import io.vigil.schema.Event;
import io.vigil.schema.FactValue;
import io.vigil.schema.Profile;
import io.vigil.schema.vault.EventSeal;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Makes events or profiles of a file's rows by a mapping. Thread-confined. */
final class OtherMapper {
  /** What a vault takes out of them. */
  private static final Set<String> IDENTIFYING =
      Set.of("account", "card", "device", "ip", "counterparty", "entity_id");

  /** Stands for the id of a row that has none until it has its place in the stream. */
  private static final String NO_ID = "";

  /** A source bound to the file: a constant, or else a column. */
  private record Cell(
      String field, int index, @Nullable String constant, Tokenise tokenise, TimeFormat time) {}

  private final OtherMapping mapping;
  private final int columns;
  private final BadRows badRows;
  private final Map<String, Cell> fields = new LinkedHashMap<>();

  /** In the order of their names, so that equal rows have equal bytes. */
  private final Map<String, Cell> named = new TreeMap<>();

  private final @Nullable Tokeniser tokeniser;
  private final @Nullable EventSeal seal;
  private final TransactionValidator validator = new TransactionValidator();
  private long lastTimeMs = Long.MIN_VALUE;

  OtherMapper(
      OtherMapping mapping,
      CsvRows rows,
      String fileName,
      Supplier<Tokeniser> tokeniser,
      @Nullable EventSeal seal) {
    this.mapping = mapping;
    this.columns = rows.header().size();
    // Its topic before the file's name tells that no transaction was lost.
    badRows =
        new BadRows(
            OtherReader.source(mapping.record(), fileName),
            mapping.separator(),
            columns,
            seal != null);
    mapping.fields().forEach((field, source) -> fields.put(field, cell(rows, field, source)));
    mapping.named().forEach((name, source) -> named.put(name, cell(rows, name, source)));
    this.tokeniser = mapping.tokenises() ? tokeniser.get() : null;
    this.seal = seal;
  }

  /** The event time of the row that was mapped last, of a bad one that of the good one before. */
  long timeMs() {
    return lastTimeMs;
  }

  /** The row as an event or a profile, or as a dead letter that says why it is none. */
  Object map(CsvRecord row) {
    try {
      if (row.getFieldCount() != columns) {
        throw new BadCellException(
            "wrong_cell_count", "row: expected " + columns + " cells, got " + row.getFieldCount());
      }
      Cell time = required("event_time");
      String raw = time.constant() != null ? time.constant() : row.getField(time.index());
      if (raw.isEmpty()) {
        throw missing(time);
      }
      long timeMs = time.time().parse(time.field(), raw.strip());
      Object mapped =
          mapping.record() == OtherMapping.Kind.EVENT ? event(row, timeMs) : profile(row, timeMs);
      lastTimeMs = timeMs;
      return mapped;
    } catch (BadCellException e) {
      return badRows.deadLetter(row, e);
    }
  }

  private Event event(CsvRecord row, long timeMs) throws BadCellException {
    Map<String, String> attributes = new LinkedHashMap<>();
    for (Map.Entry<String, Cell> attribute : named.entrySet()) {
      String value = text(row, attribute.getValue());
      if (value != null) {
        attributes.put(attribute.getKey(), value);
      }
    }
    String id = optional(row, "event_id");
    Event event =
        Event.newBuilder()
            .setEventId(id == null ? "-" : id)
            .setEventTime(timeMs)
            .setAccount(needed(row, "account"))
            .setKind(needed(row, "kind"))
            .setCard(optional(row, "card"))
            .setMerchant(optional(row, "merchant"))
            .setTerminal(optional(row, "terminal"))
            .setDevice(optional(row, "device"))
            .setIp(optional(row, "ip"))
            .setCounterparty(optional(row, "counterparty"))
            .setAttributes(attributes)
            .build();
    if (seal == null) {
      accept(validator.check(event));
    } else {
      accept(validator.check(withoutTokens(event)));
      seal.seal(event);
    }
    event.setEventId(id == null ? NO_ID : id);
    return event;
  }

  /** With a vault the file has cards and addresses as they are; tokens come from the vault. */
  private static Event withoutTokens(Event event) {
    return Event.newBuilder(event).setCard(null).setIp(null).build();
  }

  private Profile profile(CsvRecord row, long timeMs) throws BadCellException {
    Map<String, FactValue> facts = new LinkedHashMap<>();
    for (Map.Entry<String, Cell> fact : named.entrySet()) {
      // An empty cell says that there is none now.
      facts.put(fact.getKey(), new FactValue(null, text(row, fact.getValue())));
    }
    String id = optional(row, "profile_id");
    Profile profile =
        Profile.newBuilder()
            .setProfileId(id == null ? "-" : id)
            .setEventTime(timeMs)
            .setEntity(needed(row, "entity"))
            .setEntityId(needed(row, "entity_id"))
            .setFacts(facts)
            .build();
    accept(validator.check(profile));
    if (seal != null) {
      seal(profile, seal);
    }
    profile.setProfileId(id == null ? NO_ID : id);
    return profile;
  }

  private static void seal(Profile profile, EventSeal seal) throws BadCellException {
    switch (profile.getEntity()) {
      case "account", "counterparty" -> profile.setEntityId(seal.account(profile.getEntityId()));
      case "merchant", "terminal" -> {
        // They are no people.
      }
      default ->
          throw new BadCellException(
              "entity_without_owner",
              "entity: expected account, counterparty, merchant or terminal with a vault, got "
                  + profile.getEntity()
                  + ", whose owner a profile does not say");
    }
  }

  /** What the job would refuse does not reach the log. */
  private static void accept(@Nullable Rejection rejection) throws BadCellException {
    if (rejection != null) {
      throw new BadCellException(rejection.reason(), rejection.message());
    }
  }

  private String needed(CsvRecord row, String field) throws BadCellException {
    Cell cell = required(field);
    String text = text(row, cell);
    if (text == null) {
      throw missing(cell);
    }
    return text;
  }

  private @Nullable String optional(CsvRecord row, String field) throws BadCellException {
    Cell cell = fields.get(field);
    return cell == null ? null : text(row, cell);
  }

  private Cell required(String field) {
    Cell cell = fields.get(field);
    if (cell == null) {
      throw new IllegalStateException("A mapping of " + mapping.record() + " always has " + field);
    }
    return cell;
  }

  private static BadCellException missing(Cell cell) {
    return new BadCellException("missing_value", cell.field() + ": expected a value, got none");
  }

  private @Nullable String text(CsvRecord row, Cell cell) throws BadCellException {
    if (cell.constant() != null) {
      return cell.constant();
    }
    String raw = row.getField(cell.index());
    if (raw.isEmpty()) {
      return null;
    }
    String text = RowMapper.utf8(cell.field(), raw);
    return tokeniser == null || cell.tokenise() == Tokenise.NONE
        ? text
        : tokeniser.token(cell.tokenise(), text);
  }

  private Cell cell(CsvRows rows, String field, Source source) {
    if (source instanceof Source.Constant constant) {
      return new Cell(field, -1, constant.value(), Tokenise.NONE, TimeFormat.ISO);
    }
    Source.Column column = (Source.Column) source;
    int index = rows.column(column.column(), mapping.origin(), column.line());
    if (column.tokenise() != Tokenise.NONE) {
      badRows.hide(index);
    }
    if (IDENTIFYING.contains(field)) {
      badRows.person(index);
    } else {
      badRows.know(index);
    }
    return new Cell(field, index, null, column.tokenise(), column.time());
  }
}

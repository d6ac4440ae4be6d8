package io.vigil.cli.ingest;

import io.vigil.cli.ingest.Source.Tokenise;
import io.vigil.job.record.Rejection;
import io.vigil.job.source.TransactionValidator;
import io.vigil.model.event.Entity;
import io.vigil.schema.Event;
import io.vigil.schema.FactValue;
import io.vigil.schema.Profile;
import io.vigil.schema.vault.EventSeal;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Makes events or profiles of records by a mapping, whatever their form. Thread-confined.
 *
 * @param <R> a record as its source gives it
 */
final class OtherMapper<R> implements SourceMapper {
  /** What a vault takes out of them. */
  private static final Set<String> IDENTIFYING =
      Set.of("account", "card", "device", "ip", "counterparty", "customer", "entity_id");

  /** Stands for the id of a row that has none until it has its place in the stream. */
  private static final String NO_ID = "";

  /** A source bound to the records: a constant, or else where its values are found. */
  private record Cell(
      String field,
      @Nullable String source,
      int index,
      @Nullable String constant,
      Tokenise tokenise,
      TimeFormat time) {}

  private final OtherMapping mapping;
  private final Fields<R> rows;
  private final Map<String, Cell> fields = new LinkedHashMap<>();

  /** In the order of their names, so that equal rows have equal bytes. */
  private final Map<String, Cell> named = new TreeMap<>();

  private final @Nullable Tokeniser tokeniser;
  private final @Nullable EventSeal seal;
  private final TransactionValidator validator = new TransactionValidator();
  private long lastTimeMs = Long.MIN_VALUE;

  OtherMapper(
      OtherMapping mapping,
      Fields<R> rows,
      Supplier<Tokeniser> tokeniser,
      @Nullable EventSeal seal) {
    this.mapping = mapping;
    this.rows = rows;
    mapping.fields().forEach((field, source) -> fields.put(field, cell(field, source)));
    String named = mapping.record().named() + ".";
    mapping.named().forEach((name, source) -> this.named.put(name, cell(named + name, source)));
    this.tokeniser = mapping.tokenises() ? tokeniser.get() : null;
    this.seal = seal;
  }

  /** The event time of the row that was mapped last, of a bad one that of the good one before. */
  long timeMs() {
    return lastTimeMs;
  }

  /** The row as an event or a profile, or as a dead letter that says why it is none. */
  Object map(R row) {
    try {
      rows.open(row);
      Cell time = required("event_time");
      @Nullable Long instant = time.constant() == null ? rows.instantMs(time.index()) : null;
      long timeMs =
          instant != null ? instant : time.time().parse(time.field(), needed("event_time").strip());
      Object mapped = mapping.record() == OtherMapping.Kind.EVENT ? event(timeMs) : profile(timeMs);
      lastTimeMs = timeMs;
      return mapped;
    } catch (BadCellException e) {
      return rows.deadLetter(row, e);
    }
  }

  private Event event(long timeMs) throws BadCellException {
    Map<String, String> attributes = new LinkedHashMap<>();
    for (Map.Entry<String, Cell> attribute : named.entrySet()) {
      String value = text(attribute.getValue());
      if (value != null) {
        attributes.put(attribute.getKey(), value);
      }
    }
    String id = optional("event_id");
    Event event =
        Event.newBuilder()
            .setEventId(id == null ? "-" : id)
            .setEventTime(timeMs)
            .setAccount(needed("account"))
            .setKind(needed("kind"))
            .setCard(optional("card"))
            .setMerchant(optional("merchant"))
            .setTerminal(optional("terminal"))
            .setDevice(optional("device"))
            .setIp(optional("ip"))
            .setCounterparty(optional("counterparty"))
            .setCustomer(optional("customer"))
            .setAttributes(attributes)
            .setNextTokens(nextTokens())
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
    return Event.newBuilder(event).setCard(null).setIp(null).setNextTokens(null).build();
  }

  private Profile profile(long timeMs) throws BadCellException {
    Map<String, FactValue> facts = new LinkedHashMap<>();
    for (Map.Entry<String, Cell> fact : named.entrySet()) {
      // An empty cell says that there is none now.
      facts.put(fact.getKey(), new FactValue(null, text(fact.getValue())));
    }
    String id = optional("profile_id");
    Profile profile =
        Profile.newBuilder()
            .setProfileId(id == null ? "-" : id)
            // No stream is older than that: facts of before hold for all of it.
            .setEventTime(Math.max(0, timeMs))
            .setEntity(needed("entity"))
            .setEntityId(needed("entity_id"))
            .setFacts(facts)
            .build();
    String next = nextToken(fields.get("entity_id"));
    profile.setNextTokens(next == null ? null : Map.of(profile.getEntity(), next));
    accept(validator.check(profile));
    if (seal != null) {
      seal(profile, seal);
    }
    profile.setProfileId(id == null ? NO_ID : id);
    return profile;
  }

  private static void seal(Profile profile, EventSeal seal) throws BadCellException {
    switch (profile.getEntity()) {
      case "account", "counterparty" -> {
        Map<String, String> next = profile.getNextTokens();
        profile.setEntityId(
            seal.account(
                profile.getEntityId(), next == null ? null : next.get(profile.getEntity())));
        profile.setNextTokens(null);
      }
      case "customer" -> {
        Map<String, String> next = profile.getNextTokens();
        profile.setEntityId(
            seal.customer(profile.getEntityId(), next == null ? null : next.get("customer")));
        profile.setNextTokens(null);
      }
      case "merchant", "terminal" -> {
        // They are no people.
      }
      default ->
          throw new BadCellException(
              "entity_without_owner",
              "entity: expected account, counterparty, customer, merchant or terminal with a vault, got "
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

  private String needed(String field) throws BadCellException {
    Cell cell = required(field);
    String text = text(cell);
    if (text == null) {
      throw missing(cell);
    }
    return text;
  }

  private @Nullable String optional(String field) throws BadCellException {
    Cell cell = fields.get(field);
    return cell == null ? null : text(cell);
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

  private @Nullable String text(Cell cell) throws BadCellException {
    if (cell.constant() != null) {
      return cell.constant();
    }
    String text = rows.text(cell.field(), cell.index());
    return text == null || tokeniser == null || cell.tokenise() == Tokenise.NONE
        ? text
        : tokeniser.token(cell.tokenise(), text);
  }

  /** What its tokens will be under the next key; null when no key is being changed. */
  private @Nullable Map<String, String> nextTokens() throws BadCellException {
    Map<String, String> next = new TreeMap<>();
    for (Entity entity : Entity.values()) {
      String token = nextToken(fields.get(entity.field().id()));
      if (token != null) {
        next.put(entity.field().id(), token);
      }
    }
    return next.isEmpty() ? null : next;
  }

  private @Nullable String nextToken(@Nullable Cell cell) throws BadCellException {
    if (cell == null || tokeniser == null || cell.tokenise() == Tokenise.NONE) {
      return null;
    }
    String text = rows.text(cell.field(), cell.index());
    return text == null ? null : tokeniser.nextToken(cell.tokenise(), text);
  }

  @Override
  public List<SeenSource> seen() {
    return Stream.concat(fields.values().stream(), named.values().stream())
        .map(cell -> new SeenSource(cell.field(), cell.source(), seen(cell)))
        .toList();
  }

  private @Nullable String seen(Cell cell) {
    try {
      String text =
          cell.constant() != null ? cell.constant() : rows.text(cell.field(), cell.index());
      return RowMapper.seen(text, cell.tokenise());
    } catch (BadCellException e) {
      return null;
    }
  }

  @Override
  public Set<String> unmapped() {
    return rows.unmapped();
  }

  private Cell cell(String field, Source source) {
    if (source instanceof Source.Constant constant) {
      return new Cell(field, null, -1, constant.value(), Tokenise.NONE, TimeFormat.ISO);
    }
    Source.Column column = (Source.Column) source;
    int index = rows.bind(field, column, IDENTIFYING.contains(field));
    return new Cell(field, column.column(), index, null, column.tokenise(), column.time());
  }
}

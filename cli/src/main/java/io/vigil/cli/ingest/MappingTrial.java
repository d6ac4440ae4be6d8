package io.vigil.cli.ingest;

import io.vigil.schema.DeadLetter;
import io.vigil.schema.Transaction;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * Shows what a mapping makes of records, source by source. Attributes that identify people are left
 * out, as they are sealed where a vault is. Thread-confined.
 */
public final class MappingTrial {

  /**
   * One source of the mapping beside one record.
   *
   * @param field what is filled, such as {@code amount} or {@code attributes.branch}
   * @param source the column or path; null for a constant
   * @param value what stands there, without card numbers, and hidden where a token replaces it;
   *     null when nothing does
   * @param mapped what it became; null when nothing did
   */
  public record Line(
      String field, @Nullable String source, @Nullable String value, @Nullable String mapped) {}

  /**
   * One record.
   *
   * @param origin file:line, or topic-partition@offset
   * @param reason the code why it cannot be mapped; null when it can
   * @param message likewise, in words, beginning with the field
   */
  public record Tried(
      String origin, List<Line> lines, @Nullable String reason, @Nullable String message) {}

  private final List<Tried> tried = new ArrayList<>();
  private final Set<String> unmapped = new TreeSet<>();
  private final Map<String, String> absent = new LinkedHashMap<>();
  private final Set<String> present = new TreeSet<>();

  /** Tries the first records of a file. */
  public static MappingTrial ofFile(
      Path file, Mapping mapping, Supplier<Tokeniser> tokeniser, int records) throws IOException {
    MappingTrial trial = new MappingTrial();
    try (MappedFile<?> rows = MappedFile.open(file, mapping, tokeniser, null)) {
      while (trial.tried.size() < records && rows.advance()) {
        Row row = rows.map();
        trial.add(file.getFileName() + ":" + row.line(), row, rows.mapper());
      }
    }
    return trial;
  }

  /**
   * Tries records of a topic.
   *
   * @param schemas where Avro's schemas are; null when the mapping is of JSON
   */
  public static MappingTrial ofTopic(
      List<ConsumerRecord<byte[], byte[]>> records,
      Mapping mapping,
      @Nullable SchemaSource schemas,
      Supplier<Tokeniser> tokeniser) {
    MappingTrial trial = new MappingTrial();
    RecordBody body = schemas == null ? new JsonBody() : new AvroBody(schemas);
    RowMapper<ConsumerRecord<byte[], byte[]>> mapper =
        new RowMapper<>(mapping, new TopicFields(body, mapping, false), tokeniser, null);
    for (ConsumerRecord<byte[], byte[]> record : records) {
      String origin = record.topic() + "-" + record.partition() + "@" + record.offset();
      trial.add(origin, mapper.map(record), mapper);
    }
    return trial;
  }

  private void add(String origin, Row row, RowMapper<?> mapper) {
    Map<String, String> mapped =
        row instanceof Row.Good good ? values(good.transaction()) : Map.of();
    List<Line> lines = new ArrayList<>();
    for (SeenSource seen : mapper.seen()) {
      String source = seen.source();
      lines.add(new Line(seen.field(), source, seen.value(), mapped.get(seen.field())));
      if (seen.value() != null) {
        present.add(seen.field());
      } else if (source != null) {
        absent.put(seen.field(), source);
      }
    }
    if (row instanceof Row.Bad bad) {
      DeadLetter why = bad.deadLetter();
      tried.add(new Tried(origin, lines, why.getReason(), why.getMessage()));
      // Of what cannot be read at all nothing is known to be left over.
      if (lines.stream().allMatch(line -> line.value() == null || line.source() == null)) {
        return;
      }
    } else {
      tried.add(new Tried(origin, lines, null, null));
    }
    unmapped.addAll(mapper.unmapped());
  }

  private static Map<String, String> values(Transaction t) {
    Map<String, @Nullable Object> all = new LinkedHashMap<>();
    all.put(Target.TRANSACTION_ID.id(), t.getTransactionId());
    all.put(Target.EVENT_TIME.id(), Instant.ofEpochMilli(t.getEventTime()));
    all.put(Target.ACCOUNT.id(), t.getAccount());
    all.put(Target.CARD.id(), t.getCard());
    all.put(Target.CARD_REFERENCE.id(), t.getCardReference());
    all.put(Target.MERCHANT.id(), t.getMerchant());
    all.put(Target.TERMINAL.id(), t.getTerminal());
    all.put(Target.DEVICE.id(), t.getDevice());
    all.put(Target.IP.id(), t.getIp());
    all.put(Target.COUNTERPARTY.id(), t.getCounterparty());
    all.put(Target.AMOUNT.id(), t.getAmountMinor() + " minor units");
    all.put(Target.CURRENCY.id(), t.getCurrency());
    all.put(Target.BILLING_AMOUNT.id(), t.getBillingAmountMinor() + " minor units");
    all.put(Target.BILLING_CURRENCY.id(), t.getBillingCurrency());
    all.put(Target.MCC.id(), t.getMcc());
    all.put(Target.CHANNEL.id(), t.getChannel());
    all.put(Target.ENTRY_MODE.id(), t.getEntryMode());
    all.put(Target.COUNTRY.id(), t.getCountry());
    all.put(Target.LATITUDE.id(), t.getLatitude());
    all.put(Target.LONGITUDE.id(), t.getLongitude());
    t.getAttributes().forEach((key, value) -> all.put("attributes." + key, value));
    Map<String, String> texts = new LinkedHashMap<>();
    all.forEach(
        (key, value) -> {
          if (value != null) {
            texts.put(key, RowMapper.shown(value.toString()));
          }
        });
    return texts;
  }

  /** The records, in order. */
  public List<Tried> tried() {
    return List.copyOf(tried);
  }

  /** Columns, or pointers into records, that the mapping does not name. */
  public Set<String> unmapped() {
    return unmapped;
  }

  /** Fields whose source none of the records has, and that source. */
  public Map<String, String> absent() {
    Map<String, String> never = new LinkedHashMap<>(absent);
    never.keySet().removeAll(present);
    return never;
  }
}

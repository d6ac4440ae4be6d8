package io.vigil.cli.ingest;

import io.vigil.schema.DeadLetter;
import io.vigil.schema.Event;
import io.vigil.schema.Profile;
import java.io.IOException;
import java.nio.file.Path;
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
      Path file, RecordMapping mapping, Supplier<Tokeniser> tokeniser, int records)
      throws IOException {
    MappingTrial trial = new MappingTrial();
    trial.read(FileRecords.open(file, mapping, "", false), file, mapping, tokeniser, records);
    return trial;
  }

  private <R> void read(
      FileRecords<R> records,
      Path file,
      RecordMapping mapping,
      Supplier<Tokeniser> tokeniser,
      int count)
      throws IOException {
    try (FileRecords.Rows<R> rows = records.rows()) {
      Trier<R> trier = trier(mapping, records.fields(), tokeniser);
      for (R row = rows.next(); row != null && tried.size() < count; row = rows.next()) {
        trier.attempt(file.getFileName() + ":" + records.fields().position(row), row);
      }
    }
  }

  /**
   * Tries records of a topic.
   *
   * @param schemas where Avro's schemas are; null when the mapping is of JSON
   */
  public static MappingTrial ofTopic(
      List<ConsumerRecord<byte[], byte[]>> records,
      RecordMapping mapping,
      @Nullable SchemaSource schemas,
      Supplier<Tokeniser> tokeniser) {
    MappingTrial trial = new MappingTrial();
    Trier<ConsumerRecord<byte[], byte[]>> trier =
        trial.trier(mapping, TopicMapper.fields(mapping, schemas, "", false), tokeniser);
    for (ConsumerRecord<byte[], byte[]> record : records) {
      trier.attempt(record.topic() + "-" + record.partition() + "@" + record.offset(), record);
    }
    return trial;
  }

  /** Maps one record and keeps what came of it. */
  private interface Trier<R> {
    void attempt(String origin, R row);
  }

  private <R> Trier<R> trier(
      RecordMapping mapping, Fields<R> fields, Supplier<Tokeniser> tokeniser) {
    if (mapping instanceof Mapping transactions) {
      RowMapper<R> mapper = new RowMapper<>(transactions, fields, tokeniser, null);
      return (origin, row) -> {
        Row mapped = mapper.map(row);
        add(
            origin,
            mapped instanceof Row.Bad bad ? bad.deadLetter() : null,
            mapped instanceof Row.Good good ? MappedValues.of(good.transaction()) : Map.of(),
            mapper);
      };
    }
    OtherMapper<R> mapper = new OtherMapper<>((OtherMapping) mapping, fields, tokeniser, null);
    return (origin, row) -> {
      Object mapped = mapper.map(row);
      add(
          origin,
          mapped instanceof DeadLetter letter ? letter : null,
          mapped instanceof Event event
              ? MappedValues.of(event)
              : mapped instanceof Profile profile ? MappedValues.of(profile) : Map.of(),
          mapper);
    };
  }

  private void add(
      String origin, @Nullable DeadLetter why, Map<String, String> mapped, SourceMapper mapper) {
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
    if (why != null) {
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

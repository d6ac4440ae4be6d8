package io.vigil.cli.ingest;

import io.vigil.cli.ingest.Source.Tokenise;
import io.vigil.schema.DeadLetter;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/**
 * Paths in the records of a topic, JSON or Avro, and what the log says of them: {@code $key},
 * {@code $timestamp} (milliseconds), {@code $position} (topic-partition@offset), {@code
 * $header.NAME}.
 */
final class TopicFields implements Fields<ConsumerRecord<byte[], byte[]>> {
  static final String KEY = "$key";

  /** What is made of a larger one might not fit into our topics. */
  private static final int RECORD_BYTES_MAX = 8 << 20;

  private static final String TIMESTAMP = "$timestamp";
  private static final String POSITION = "$position";
  private static final String HEADER = "$header.";

  private record Place(Source.Column source, RecordPath path) {}

  private final RecordBody body;
  private final String mappingOrigin;
  private final BadRecords badRecords;
  private final List<Place> places = new ArrayList<>();
  private @Nullable ConsumerRecord<byte[], byte[]> current;
  private @Nullable Object root;

  /**
   * @param source what stands before the name of the topic or file in the origin of dead letters
   * @param knownOnly a dead letter shows only what is known to identify nobody: with a vault
   */
  TopicFields(RecordBody body, RecordMapping mapping, String source, boolean knownOnly) {
    this.body = body;
    this.mappingOrigin = mapping.origin();
    this.badRecords = new BadRecords(source, body, mapping.tokenises(), knownOnly);
  }

  @Override
  public int bind(String field, Source.Column source, boolean person) {
    String name = source.column();
    if (name.startsWith("$")
        && !Set.of(KEY, TIMESTAMP, POSITION).contains(name)
        && !(name.startsWith(HEADER) && name.length() > HEADER.length())) {
      throw new IngestException(
          "%s:%d: %s: expected %s, %s, %s or %sNAME, got %s"
              .formatted(
                  mappingOrigin, source.line(), field, KEY, TIMESTAMP, POSITION, HEADER, name));
    }
    RecordPath path = RecordPath.parse(name);
    places.add(new Place(source, path));
    badRecords.know(path, source.tokenise() != Tokenise.NONE, person);
    return places.size() - 1;
  }

  @Override
  public void open(ConsumerRecord<byte[], byte[]> record) throws BadCellException {
    current = record;
    root = null;
    if (record.value() == null) {
      throw new BadCellException("no_value", "record: expected a value, got none");
    }
    if (record.value().length > RECORD_BYTES_MAX) {
      throw new BadCellException(
          "record_too_large",
          "record: expected at most %d bytes, got %d"
              .formatted(RECORD_BYTES_MAX, record.value().length));
    }
    Object read = body.read(record.value());
    root = read;
    if (!(read instanceof Map)) {
      throw new BadCellException(
          "not_a_record", "record: expected named fields, got " + kind(read));
    }
  }

  @Override
  public @Nullable String text(String field, int index) throws BadCellException {
    Place place = places.get(index);
    String name = place.source().column();
    @Nullable Object value = name.startsWith("$") ? told(field, name) : found(place);
    if (value instanceof Map || value instanceof List || value instanceof byte[]) {
      throw new BadCellException(
          "not_a_value",
          "%s: expected a single value at %s, got %s".formatted(field, name, kind(value)));
    }
    String text = value == null ? "" : value.toString();
    return text.isEmpty() ? null : text;
  }

  @Override
  public @Nullable Long instantMs(int index) {
    return found(places.get(index)) instanceof Instant instant ? instant.toEpochMilli() : null;
  }

  @Override
  public long position(ConsumerRecord<byte[], byte[]> record) {
    return record.offset();
  }

  @Override
  public DeadLetter deadLetter(ConsumerRecord<byte[], byte[]> record, BadCellException problem) {
    return badRecords.deadLetter(record, record == current ? root : null, problem);
  }

  @Override
  public Set<String> unmapped() {
    Set<String> all = new LinkedHashSet<>();
    if (root != null) {
      leaves(root, new ArrayList<>(), all);
    }
    return all;
  }

  private void leaves(Object node, List<String> at, Set<String> into) {
    if (places.stream().anyMatch(place -> place.path().steps().equals(at))) {
      return;
    }
    if (node instanceof Map<?, ?> map) {
      map.forEach((name, value) -> leaf(String.valueOf(name), value, at, into));
    } else if (node instanceof List<?> list) {
      for (int i = 0; i < list.size(); i++) {
        leaf(Integer.toString(i), list.get(i), at, into);
      }
    } else {
      into.add(RecordPath.pointer(at));
    }
  }

  private void leaf(String name, @Nullable Object value, List<String> at, Set<String> into) {
    at.add(name);
    if (value != null) {
      leaves(value, at, into);
    }
    at.remove(at.size() - 1);
  }

  private @Nullable Object found(Place place) {
    return root == null ? null : place.path().find(root);
  }

  private @Nullable Object told(String field, String name) throws BadCellException {
    ConsumerRecord<byte[], byte[]> record = current;
    if (record == null) {
      throw new IllegalStateException("no record is open");
    }
    return switch (name) {
      case KEY -> utf8(field, record.key());
      case TIMESTAMP -> record.timestamp() < 0 ? null : record.timestamp();
      case POSITION -> record.topic() + "-" + record.partition() + "@" + record.offset();
      default -> {
        @Nullable Header header = record.headers().lastHeader(name.substring(HEADER.length()));
        yield header == null ? null : utf8(field, header.value());
      }
    };
  }

  private static @Nullable String utf8(String field, byte @Nullable [] bytes)
      throws BadCellException {
    try {
      return bytes == null
          ? null
          : StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new BadCellException("bad_encoding", field + ": expected UTF-8 text");
    }
  }

  private static String kind(Object value) {
    return value instanceof Map
        ? "a record"
        : value instanceof List ? "a list" : value instanceof byte[] ? "bytes" : "a single value";
  }
}

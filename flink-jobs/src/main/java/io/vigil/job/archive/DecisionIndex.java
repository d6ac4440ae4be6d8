package io.vigil.job.archive;

import io.vigil.model.event.Entity;
import io.vigil.schema.Decision;
import java.io.IOException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DatumReader;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.flink.core.fs.FileSystem;
import org.jspecify.annotations.Nullable;

/**
 * Finds decisions in an archive by transaction, and by entity. Of a day with an index it reads the
 * blocks that the index names; files that the index does not know, for they were written since or
 * there is none, it reads whole. Sees the files that were there when it was made; a file that has
 * been replaced since then makes a lookup fail. Not thread-safe.
 */
public final class DecisionIndex {
  /** The kind of which it tells. */
  public static final String KIND = "decisions";

  private final FileSystem files;
  private final NavigableMap<LocalDate, ArchiveDay> days;
  private final Map<LocalDate, IndexFile> indexes = new HashMap<>();
  private final LookupKeys keys = new LookupKeys();
  private BinaryDecoder decoder = DecoderFactory.get().binaryDecoder(new byte[0], null);
  private long blocksRead;
  private long filesScanned;

  /**
   * A decision and where it stands.
   *
   * @param day of its effective time
   * @param file that holds it
   * @param block where its block begins in the file, bytes
   */
  public record Found(LocalDate day, ArchiveDay.Part file, long block, Decision decision) {}

  private DecisionIndex(FileSystem files, NavigableMap<LocalDate, ArchiveDay> days) {
    this.files = files;
    this.days = days;
  }

  /** Lists the decisions of an archive. */
  public static DecisionIndex of(ArchiveFolder archive) throws IOException {
    return new DecisionIndex(archive.files(), archive.days(KIND, LocalDate.MIN, LocalDate.MAX));
  }

  /** Blocks that were read so far, those of files without an index included. */
  public long blocksRead() {
    return blocksRead;
  }

  /** Files that were read whole so far, for lack of an index that knows them. */
  public long filesScanned() {
    return filesScanned;
  }

  /**
   * The decisions about a transaction, by effective time. There may be several: an id may come
   * again after the deduplication horizon, and a restart may have repeated a decision; equal ones
   * are told once.
   */
  public List<Found> find(String transactionId) throws IOException {
    return find(transactionId, LocalDate.MIN, LocalDate.MAX);
  }

  /**
   * As above, looking only into some days.
   *
   * @param from first day of effective time, UTC
   * @param to last day
   */
  public List<Found> find(String transactionId, LocalDate from, LocalDate to) throws IOException {
    List<Found> found = new ArrayList<>();
    for (ArchiveDay day : between(from, to)) {
      found.addAll(find(day, null, transactionId));
    }
    return found;
  }

  /**
   * The decisions about an entity's transactions, day by day, within a day by effective time.
   *
   * @param value the entity's key, such as the account's pseudonym
   * @param from first day of effective time, UTC
   * @param to last day
   * @param out gets each
   */
  public void findEntity(
      Entity entity, String value, LocalDate from, LocalDate to, Consumer<Found> out)
      throws IOException {
    for (ArchiveDay day : between(from, to)) {
      find(day, entity, value).forEach(out);
    }
  }

  private Iterable<ArchiveDay> between(LocalDate from, LocalDate to) {
    return from.isAfter(to) ? List.of() : days.subMap(from, true, to, true).values();
  }

  private List<Found> find(ArchiveDay day, @Nullable Entity entity, String key) throws IOException {
    List<Found> found = new ArrayList<>();
    Map<ArchiveDay.Part, List<Long>> places = new HashMap<>();
    Set<ArchiveDay.Part> known = new HashSet<>();
    if (day.hasIndex()) {
      look(day, entity, key, known, places);
    }
    for (ArchiveDay.Part part : day.parts()) {
      List<Long> blocks = places.get(part);
      if (!known.contains(part)) {
        filesScanned++;
        read(day, part, null, entity, key, found);
      } else if (blocks != null) {
        read(day, part, blocks, entity, key, found);
      }
    }
    found.sort(
        Comparator.<Found>comparingLong(one -> one.decision.getEffectiveTime())
            .thenComparing(one -> one.decision.getTransaction().getTransactionId()));
    return distinct(found);
  }

  private void look(
      ArchiveDay day,
      @Nullable Entity entity,
      String key,
      Set<ArchiveDay.Part> known,
      Map<ArchiveDay.Part, List<Long>> places)
      throws IOException {
    IndexFile index = indexes.get(day.date());
    if (index == null) {
      index = IndexFile.open(files, day);
      indexes.put(day.date(), index);
    }
    known.addAll(index.files()); // Only those whose length is the same are known.
    long bits = keys.bits(entity == null ? LookupKeys.TRANSACTION : entity.code(), key);
    for (IndexFile.Place place : index.find(bits)) {
      places.computeIfAbsent(place.file(), file -> new ArrayList<>()).add(place.position());
    }
  }

  /**
   * @param blocks where to look, null for the whole file
   */
  private void read(
      ArchiveDay day,
      ArchiveDay.Part part,
      @Nullable List<Long> blocks,
      @Nullable Entity entity,
      String key,
      List<Found> found)
      throws IOException {
    try (BlockReader reader = BlockReader.open(files, part)) {
      GenericDatumReader<GenericRecord> projection = Projections.of(reader.schema(), part);
      DatumReader<Decision> decisions =
          new SpecificDatumReader<>(reader.schema(), Decision.getClassSchema());
      if (blocks == null) {
        while (reader.next()) {
          match(day, part, reader, projection, decisions, entity, key, found);
        }
        return;
      }
      for (long block : blocks) {
        reader.seek(block);
        if (!reader.next()) {
          throw new IOException(
              part.path() + ": the index names a block at " + block + ", past its end");
        }
        match(day, part, reader, projection, decisions, entity, key, found);
      }
    }
  }

  private void match(
      ArchiveDay day,
      ArchiveDay.Part part,
      BlockReader reader,
      GenericDatumReader<GenericRecord> projection,
      DatumReader<Decision> decisions,
      @Nullable Entity entity,
      String key,
      List<Found> found)
      throws IOException {
    blocksRead++;
    int end = reader.from() + reader.length();
    int at = reader.from();
    try {
      decoder = DecoderFactory.get().binaryDecoder(reader.bytes(), at, end - at, decoder);
      GenericRecord record = null;
      List<Integer> starts = new ArrayList<>();
      for (long i = 0; i < reader.records(); i++) {
        record = projection.read(record, decoder);
        if (Objects.equals(LookupKeys.key(record, entity), key)) {
          starts.add(at);
        }
        at = end - decoder.inputStream().available();
      }
      for (int start : starts) {
        decoder = DecoderFactory.get().binaryDecoder(reader.bytes(), start, end - start, decoder);
        Decision decision = decisions.read(null, decoder);
        found.add(new Found(day.date(), part, reader.position(), decision));
      }
    } catch (AvroRuntimeException e) {
      throw new IOException(part.path() + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /** Equal decisions stand next to each other but for those that a restart made differ. */
  private static List<Found> distinct(List<Found> sorted) {
    Set<Decision> seen = new HashSet<>();
    return sorted.stream().filter(found -> seen.add(found.decision())).toList();
  }
}

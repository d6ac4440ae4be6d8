package io.vigil.cli.ingest;

import io.vigil.job.Topics;
import io.vigil.job.archive.SpillingSort;
import io.vigil.schema.DeadLetter;
import io.vigil.schema.Event;
import io.vigil.schema.Profile;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.codec.DecodeException;
import io.vigil.schema.vault.EventSeal;
import io.vigil.schema.vault.Vault;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.apache.avro.specific.SpecificRecordBase;
import org.jspecify.annotations.Nullable;

/**
 * Reads a file of events or profiles, of CSV or JSON lines, plain or gzip, or an Avro container, by
 * event time, equal times in the order of the file. The same file, mapping and key always give the
 * same stream.
 *
 * <p>The whole file is mapped and sorted when it is opened; memory holds a run of rows at most.
 * Thread-confined.
 */
public final class OtherReader implements Iterator<Ingested>, Closeable {
  private static final int RUN_ROWS = 200_000;
  private static final int VAULT_ROWS = 4_096;
  private static final char FILE_OF_TOPIC = '/';
  private static final byte BAD = 0;
  private static final byte EVENT = 1;
  private static final byte PROFILE = 2;

  private final SpillingSort sort;
  private final Codec<Event> events = Codec.of(Event.class);
  private final Codec<Profile> profiles = Codec.of(Profile.class);
  private final Codec<DeadLetter> deadLetters = Codec.of(DeadLetter.class);
  private final Map<String, Integer> occurrences = new HashMap<>();
  private final boolean ownIds;
  private long occurrencesTimeMs;
  private long rows;
  private SpillingSort.@Nullable Entry ahead;

  private OtherReader(
      Path file,
      OtherMapping mapping,
      Supplier<Tokeniser> tokeniser,
      Path temporary,
      @Nullable Vault vault)
      throws IOException {
    ownIds = !mapping.fields().containsKey(mapping.record().id() + "_id");
    sort = new SpillingSort(temporary, RUN_ROWS);
    // Its topic before the file's name tells that no transaction was lost.
    read(
        FileRecords.open(file, mapping, source(mapping.record(), ""), vault != null),
        mapping,
        tokeniser,
        vault);
    if (vault != null) {
      // Pseudonyms are on the disk before the first record leaves.
      vault.commit();
    }
    ahead = sort.next();
  }

  private <R> void read(
      FileRecords<R> records,
      OtherMapping mapping,
      Supplier<Tokeniser> tokeniser,
      @Nullable Vault vault)
      throws IOException {
    try (FileRecords.Rows<R> from = records.rows()) {
      OtherMapper<R> mapper =
          new OtherMapper<>(
              mapping, records.fields(), tokeniser, vault == null ? null : new EventSeal(vault));
      for (R row = from.next(); row != null; row = from.next()) {
        Object mapped = mapper.map(row);
        sort.add(mapper.timeMs(), records.fields().position(row), packed(mapped));
        rows++;
        if (vault != null && rows % VAULT_ROWS == 0) {
          vault.commit();
        }
      }
    }
  }

  /**
   * Opens a file.
   *
   * @param tokeniser asked only when the mapping needs one
   * @param temporary directory for the runs of a file
   * @param vault gives pseudonyms and is left open; null for none
   * @throws IngestException when the file is missing, empty, of another form, or lacks a column
   */
  public static OtherReader open(
      Path file,
      OtherMapping mapping,
      Supplier<Tokeniser> tokeniser,
      Path temporary,
      @Nullable Vault vault)
      throws IOException {
    return new OtherReader(file, mapping, tokeniser, temporary, vault);
  }

  /** What the dead letters of such a file name as their source: its topic, then the file. */
  static String source(OtherMapping.Kind kind, String fileName) {
    String topic = kind == OtherMapping.Kind.EVENT ? Topics.EVENTS : Topics.PROFILES;
    return topic + FILE_OF_TOPIC + fileName;
  }

  /**
   * Whether a dead letter's source is a file of events or profiles, so that no payment was lost.
   */
  public static boolean isSource(String source) {
    return source.startsWith(Topics.EVENTS + FILE_OF_TOPIC)
        || source.startsWith(Topics.PROFILES + FILE_OF_TOPIC);
  }

  /** Rows below the header, bad ones too. */
  public long rows() {
    return rows;
  }

  @Override
  public boolean hasNext() {
    return ahead != null;
  }

  /** The next event, profile or bad row. */
  @Override
  public Ingested next() {
    SpillingSort.Entry entry = ahead;
    if (entry == null) {
      throw new NoSuchElementException("The file is read to its end");
    }
    byte[] bytes = entry.bytes();
    byte[] body = Arrays.copyOfRange(bytes, 1, bytes.length);
    try {
      ahead = sort.next();
      return switch (bytes[0]) {
        case BAD -> new Ingested.BadRow(deadLetters.decode(body));
        case EVENT -> {
          Event event = events.decode(body);
          if (ownIds) {
            // As they were mapped; what was decoded has lost its order.
            event.setAttributes(new TreeMap<>(event.getAttributes()));
            event.setEventId(contentId(entry.timeMs(), ContentId.of(event, events)));
          }
          yield new Ingested.EventRow(event);
        }
        default -> {
          Profile profile = profiles.decode(body);
          if (ownIds) {
            profile.setFacts(new TreeMap<>(profile.getFacts()));
            profile.setProfileId(contentId(entry.timeMs(), ContentId.of(profile, profiles)));
          }
          yield new Ingested.ProfileRow(profile);
        }
      };
    } catch (DecodeException e) {
      throw new IllegalStateException("a row is read as it was written", e);
    } catch (IOException e) {
      throw new UncheckedIOException("Could not read sorted rows", e);
    }
  }

  private byte[] packed(Object mapped) {
    if (mapped instanceof Event event) {
      return packed(EVENT, events, event);
    }
    if (mapped instanceof Profile profile) {
      return packed(PROFILE, profiles, profile);
    }
    return packed(BAD, deadLetters, (DeadLetter) mapped);
  }

  private static <T extends SpecificRecordBase> byte[] packed(byte kind, Codec<T> codec, T record) {
    byte[] body = codec.encode(record);
    byte[] packed = new byte[1 + body.length];
    packed[0] = kind;
    System.arraycopy(body, 0, packed, 1, body.length);
    return packed;
  }

  /** As transactions without ids have it: of everything mapped, and for equal rows which one. */
  private String contentId(long timeMs, String id) {
    if (timeMs != occurrencesTimeMs) {
      occurrences.clear();
      occurrencesTimeMs = timeMs;
    }
    int occurrence = occurrences.merge(id, 1, Integer::sum);
    return occurrence == 1 ? id : id + "-" + occurrence;
  }

  @Override
  public void close() throws IOException {
    sort.close();
  }
}

package io.vigil.job.archive;

import io.vigil.job.control.Change;
import io.vigil.job.decide.ReplayMemory;
import io.vigil.job.feature.SpecTimeline;
import io.vigil.job.record.SpecChange;
import io.vigil.job.record.Wire;
import io.vigil.model.feature.HeapStore;
import io.vigil.schema.StateChunk;
import io.vigil.schema.StateEntry;
import io.vigil.schema.StatePlace;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.function.BiPredicate;
import org.apache.avro.file.CodecFactory;
import org.apache.avro.file.DataFileWriter;
import org.apache.avro.specific.SpecificDatumWriter;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;
import org.jspecify.annotations.Nullable;

/**
 * The state at the end of days of effective time, as a replay leaves it, in the archive: {@code
 * snapshots/day=…}. Pieces lie in buckets by their keys, in the order of the keys, so the same
 * state gives the same bytes, and a few keys are found without reading all. Immutable.
 */
public final class Snapshots {
  /** Name of the archive's folder. */
  public static final String KIND = "snapshots";

  private static final int BUCKETS = 64;
  private static final int ZSTD_LEVEL = 3;

  /** Written last: a snapshot without it is none. */
  private static final String IN_FORCE = "in-force.avro";

  /** The same content is to have the same bytes. */
  private static final byte[] SYNC =
      "vigil snapshot 1".getBytes(java.nio.charset.StandardCharsets.US_ASCII);

  private final ArchiveFolder archive;

  public Snapshots(ArchiveFolder archive) {
    this.archive = archive;
  }

  /** The days at whose ends there is one. */
  public NavigableSet<LocalDate> days() throws IOException {
    NavigableSet<LocalDate> days = new TreeSet<>();
    for (Map.Entry<LocalDate, List<Path>> day : archive.files(KIND).entrySet()) {
      if (day.getValue().stream().anyMatch(file -> file.getName().equals(IN_FORCE))) {
        days.add(day.getKey());
      }
    }
    return days;
  }

  /**
   * The last one before a day from which decisions follow: features that came into force with their
   * history need one that was made with that.
   *
   * @param from the first day
   * @param to the last day
   * @return null for the beginning of the archive
   */
  public @Nullable LocalDate before(LocalDate from, LocalDate to) throws IOException {
    NavigableSet<LocalDate> all = days();
    LocalDate found = before(from, to, all);
    NavigableSet<LocalDate> deleted = new ArchiveJournal(archive).deleted(ArchiveLog.KIND);
    if (found == null && all.lower(from) != null && deleted.lower(from) != null) {
      throw new IOException(
          "snapshots: expected one before "
              + from
              + " that was made with the features which came into force with their history, for"
              + " days until "
              + deleted.lower(from)
              + " are deleted; got only older ones");
    }
    return found;
  }

  /** As above, of some days; null when there is none, whatever was deleted. */
  @Nullable LocalDate before(LocalDate from, LocalDate to, NavigableSet<LocalDate> of)
      throws IOException {
    List<SpecChange> backfills =
        Starts.backfills(archive, to.equals(LocalDate.MAX) ? Long.MAX_VALUE : lastMs(to));
    for (LocalDate each : of.headSet(from, false).descendingSet()) {
      if (backfills.isEmpty()
          || read(each, List.of(), List.of()).inForce().specs().changes().containsAll(backfills)) {
        return each;
      }
    }
    return null;
  }

  /** Writes the state at the end of a day, in place of what is there. */
  public void write(LocalDate day, ReplayMemory memory) throws IOException {
    FileSystem files = archive.files();
    Path folder = archive.day(KIND, day);
    if (files.exists(folder)) {
      files.delete(folder, true);
    }
    files.mkdirs(folder);
    writeAll(
        folder,
        StatePlace.SEEN,
        memory.seen().keySet(),
        key -> entry(StatePlace.SEEN, key, memory.seen().get(key)));
    writeAll(
        folder,
        StatePlace.LABELS,
        memory.labels().keySet(),
        key -> entry(StatePlace.LABELS, key, memory.labels().get(key)));
    writeAll(
        folder,
        StatePlace.ENTITY,
        memory.entities().keySet(),
        key -> entity(memory.entities().get(key)));
    AtomicFile.write(
        files,
        new Path(folder, IN_FORCE),
        stream -> {
          DataFileWriter<StateEntry> out = open(stream);
          for (StateEntry entry : inForce(memory.inForce())) {
            out.append(entry);
          }
          out.flush(); // Its owner closes the stream, when it is safe on the disk.
        });
  }

  private interface Entries {
    @Nullable StateEntry of(String key);
  }

  private static void writeAll(
      Path folder, StatePlace place, Collection<String> keys, Entries entries) throws IOException {
    List<List<String>> buckets = new ArrayList<>();
    for (int i = 0; i < BUCKETS; i++) {
      buckets.add(new ArrayList<>());
    }
    keys.forEach(key -> buckets.get(bucket(key)).add(key));
    for (int i = 0; i < BUCKETS; i++) {
      List<String> bucket = buckets.get(i);
      if (bucket.isEmpty()) {
        continue;
      }
      bucket.sort(null);
      AtomicFile.write(
          folder.getFileSystem(),
          new Path(folder, name(place, i)),
          stream -> {
            DataFileWriter<StateEntry> out = open(stream);
            for (String key : bucket) {
              StateEntry entry = entries.of(key);
              if (entry != null) {
                out.append(entry);
              }
            }
            out.flush();
          });
    }
  }

  private static String name(StatePlace place, int bucket) {
    return "%s-%02d.avro".formatted(place.name().toLowerCase(Locale.ROOT), bucket);
  }

  private static int bucket(String key) {
    int hash = key.hashCode();
    return Math.floorMod(hash ^ hash >>> 16, BUCKETS);
  }

  private static DataFileWriter<StateEntry> open(OutputStream out) throws IOException {
    return new DataFileWriter<>(new SpecificDatumWriter<>(StateEntry.class))
        .setCodec(CodecFactory.zstandardCodec(ZSTD_LEVEL))
        .create(StateEntry.getClassSchema(), out, SYNC);
  }

  private static StateEntry entry(StatePlace place, String key, byte @Nullable [] value) {
    return new StateEntry(
        place, key, 0L, ByteBuffer.wrap(value == null ? new byte[0] : value), List.of());
  }

  private static @Nullable StateEntry entity(@Nullable HeapStore store) {
    byte[] hot = store == null ? null : store.hot();
    if (store == null || hot == null) {
      return null;
    }
    List<StateChunk> chunks = new ArrayList<>();
    store
        .chunks()
        .forEach((number, value) -> chunks.add(new StateChunk(number, ByteBuffer.wrap(value))));
    return new StateEntry(StatePlace.ENTITY, store.key(), 0L, ByteBuffer.wrap(hot), chunks);
  }

  private static List<StateEntry> inForce(ReplayMemory.InForce inForce) throws IOException {
    List<StateEntry> entries = new ArrayList<>();
    SpecTimeline.Past specs = inForce.specs();
    specs
        .specs()
        .forEach(
            (text, untilMs) ->
                entries.add(
                    new StateEntry(
                        StatePlace.SPEC, text, untilMs, ByteBuffer.allocate(0), List.of())));
    if (specs.start() != null) {
      entries.add(
          new StateEntry(
              StatePlace.SPEC_START,
              specs.start(),
              specs.foldedMs(),
              ByteBuffer.allocate(0),
              List.of()));
    }
    for (SpecChange change : specs.changes().stream().sorted(SpecChange.ORDER).toList()) {
      entries.add(entry(StatePlace.SPEC_CHANGE, change.id(), bytes(SpecChange.WIRE, change)));
    }
    for (Change change : inForce.changes()) {
      entries.add(entry(StatePlace.CHANGE, change.id(), bytes(Change.WIRE, change)));
    }
    return entries;
  }

  private static <T> byte[] bytes(Wire<T> wire, T value) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    wire.write(value, new DataOutputStream(bytes));
    return bytes.toByteArray();
  }

  /** Everything that a snapshot holds. */
  public ReplayMemory read(LocalDate day) throws IOException {
    return read(day, (place, key) -> true, null);
  }

  /**
   * What a snapshot holds of some keys, and what was in force.
   *
   * @param keys of entities
   * @param ids state keys of transactions and deployments
   */
  public ReplayMemory read(LocalDate day, Collection<String> keys, Collection<String> ids)
      throws IOException {
    return read(
        day,
        (place, key) -> (place == StatePlace.ENTITY ? keys : ids).contains(key),
        place -> {
          NavigableSet<Integer> buckets = new TreeSet<>();
          (place == StatePlace.ENTITY ? keys : ids).forEach(key -> buckets.add(bucket(key)));
          return buckets;
        });
  }

  private interface Buckets {
    NavigableSet<Integer> of(StatePlace place);
  }

  private ReplayMemory read(
      LocalDate day, BiPredicate<StatePlace, String> wanted, @Nullable Buckets buckets)
      throws IOException {
    ReplayMemory memory = new ReplayMemory();
    for (StatePlace place : List.of(StatePlace.SEEN, StatePlace.LABELS, StatePlace.ENTITY)) {
      for (int i = 0; i < BUCKETS; i++) {
        Path file = new Path(archive.day(KIND, day), name(place, i));
        if ((buckets == null || buckets.of(place).contains(i)) && archive.files().exists(file)) {
          archive.read(
              file,
              StateEntry.class,
              entry -> {
                if (wanted.test(place, entry.getKey())) {
                  put(memory, place, entry);
                }
              });
        }
      }
    }
    LinkedHashMap<String, Long> specs = new LinkedHashMap<>();
    List<StateEntry> others = new ArrayList<>();
    archive.read(
        new Path(archive.day(KIND, day), IN_FORCE),
        StateEntry.class,
        entry -> {
          if (entry.getPlace() == StatePlace.SPEC) {
            specs.put(entry.getKey(), entry.getTime());
          } else {
            others.add(StateEntry.newBuilder(entry).build());
          }
        });
    memory.inForce(inForce(specs, others, lastMs(day)));
    return memory;
  }

  /** The last millisecond of a day. */
  public static long lastMs(LocalDate day) {
    return (day.toEpochDay() + 1) * 86_400_000L - 1;
  }

  private static void put(ReplayMemory memory, StatePlace place, StateEntry entry) {
    byte[] value = bytes(entry.getValue());
    switch (place) {
      case SEEN -> memory.seen().put(entry.getKey(), value);
      case LABELS -> memory.labels().put(entry.getKey(), value);
      default -> {
        HeapStore store = new HeapStore(entry.getKey());
        store.hot(value);
        entry.getChunks().forEach(chunk -> store.chunk(chunk.getNumber(), bytes(chunk.getValue())));
        memory.entities().put(entry.getKey(), store);
      }
    }
  }

  private static ReplayMemory.InForce inForce(
      Map<String, Long> specs, List<StateEntry> others, long reachedMs) throws IOException {
    String start = null;
    long foldedMs = Long.MIN_VALUE;
    List<SpecChange> specChanges = new ArrayList<>();
    List<Change> changes = new ArrayList<>();
    for (StateEntry entry : others) {
      DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes(entry.getValue())));
      switch (entry.getPlace()) {
        case SPEC_START -> {
          start = entry.getKey();
          foldedMs = entry.getTime();
        }
        case SPEC_CHANGE -> specChanges.add(SpecChange.WIRE.read(in));
        case CHANGE -> changes.add(Change.WIRE.read(in));
        default ->
            throw new IOException("snapshot: expected what is in force, got " + entry.getPlace());
      }
    }
    return new ReplayMemory.InForce(
        new SpecTimeline.Past(new LinkedHashMap<>(specs), start, foldedMs, reachedMs, specChanges),
        changes);
  }

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.duplicate().get(bytes);
    return bytes;
  }
}

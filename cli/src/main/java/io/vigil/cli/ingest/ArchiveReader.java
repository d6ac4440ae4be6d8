package io.vigil.cli.ingest;

import io.vigil.job.Topics;
import io.vigil.job.archive.ArchiveFolder;
import io.vigil.job.archive.SpillingSort;
import io.vigil.job.dedupe.LabelHistory;
import io.vigil.job.record.Kind;
import io.vigil.job.record.LogRecord;
import io.vigil.job.sink.Output;
import io.vigil.job.source.RecordDecoder;
import io.vigil.model.order.Ordered;
import io.vigil.schema.DeadLetter;
import io.vigil.schema.Event;
import io.vigil.schema.Label;
import io.vigil.schema.LabelValue;
import io.vigil.schema.LogEntry;
import io.vigil.schema.Profile;
import io.vigil.schema.Stage;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.codec.DecodeException;
import io.vigil.schema.codec.TransactionDecoder;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.LocalDate;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NoSuchElementException;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.flink.core.fs.Path;
import org.jspecify.annotations.Nullable;

/**
 * The input topics as a job's archive keeps them, in the effective order in which that job applied
 * them: transactions, events, profiles, and of the labels what the job told the entities,
 * corrections too. What the job refused to decode or validate, or held for too late, is a bad row.
 *
 * <p>Goes through the files twice: for the labels, which say what is fraud in the end, then day by
 * day, sorted outside memory. Memory holds a run of rows, and the labels. Thread-confined.
 */
public final class ArchiveReader implements Iterator<Ingested>, Closeable {
  private static final int RUN_ROWS = 200_000;
  private static final String INPUTS = "inputs";
  private static final int KIND_SHIFT = 60;
  private static final int LABEL = 0;
  private static final int EVENT = 1;
  private static final int PROFILE = 2;
  private static final int TRANSACTION = 3;
  private static final int PARTITION_SHIFT = 44;
  private static final long OFFSET_MASK = (1L << PARTITION_SHIFT) - 1;

  private final java.nio.file.Path temporary;
  private final long horizonMs;
  private final RecordDecoder decoder;
  private final Output made = new Output();
  private final Codec<DeadLetter> deadLetters = Codec.of(DeadLetter.class);
  private final Codec<Label> labelCodec = Codec.of(Label.class);
  private final Codec<Event> eventCodec = Codec.of(Event.class);
  private final Codec<Profile> profileCodec = Codec.of(Profile.class);
  private final TransactionDecoder transactionDecoder = new TransactionDecoder();
  private final ArchiveFolder folder;
  private final NavigableMap<LocalDate, List<Path>> days = new TreeMap<>();
  private final Map<String, Known> inTheEnd = new HashMap<>();
  private final Map<String, LabelHistory> histories = new HashMap<>();
  private final ArrayDeque<Ingested> ready = new ArrayDeque<>();
  private final String digest;
  private long rows;
  private @Nullable SpillingSort day;
  private SpillingSort.@Nullable Entry ahead;

  /** The label that counts in the end. */
  private record Known(long labelTimeMs, String id, boolean fraud) {
    static final Comparator<Known> FORCE =
        Comparator.comparingLong(Known::labelTimeMs).thenComparing(Known::id, Ordered::shortlex);
  }

  /**
   * Opens an archive, and reads its labels.
   *
   * @param archive its root
   * @param temporary directory for the runs of a day
   * @param futureLimitMs the job's: how far an event time may lie ahead of its append time
   * @param horizonMs the job's: events so much older than their effective time are too late
   * @throws IngestException when there is no archive, or a file cannot be read
   */
  public static ArchiveReader open(
      java.nio.file.Path archive, java.nio.file.Path temporary, long futureLimitMs, long horizonMs)
      throws IOException {
    return new ArchiveReader(archive, temporary, futureLimitMs, horizonMs);
  }

  private ArchiveReader(
      java.nio.file.Path archive, java.nio.file.Path temporary, long futureLimitMs, long horizonMs)
      throws IOException {
    this.temporary = temporary;
    this.horizonMs = horizonMs;
    this.decoder = new RecordDecoder(futureLimitMs);
    this.folder = ArchiveFolder.of(archive.toString());
    days.putAll(folder.files(INPUTS));
    if (days.isEmpty() && !folder.files().exists(folder.resolve(INPUTS))) {
      throw new IngestException(
          "archive: expected a folder with inputs/" + ArchiveFolder.DAY + "…, got " + archive);
    }
    MessageDigest all = sha256();
    for (Map.Entry<LocalDate, List<Path>> files : days.entrySet()) {
      for (Path file : files.getValue()) {
        String line =
            "%s  %s%s/%s\n"
                .formatted(readLabels(file), ArchiveFolder.DAY, files.getKey(), file.getName());
        all.update(line.getBytes(StandardCharsets.UTF_8));
      }
    }
    digest = HexFormat.of().formatHex(all.digest());
  }

  /** Transactions in the archive, repeats and bad ones too. */
  public long rows() {
    return rows;
  }

  /**
   * SHA-256 over the files that were there when it was opened: over what {@code sha256sum} prints
   * of them, by name, within the archive's folder of inputs.
   */
  public String digest() {
    return digest;
  }

  /** Notes what the labels of a file say in the end; returns the file's SHA-256. */
  private String readLabels(Path file) {
    return read(
        file,
        record -> {
          if (record.rejection() == null && record.kind() == Kind.LABEL) {
            Label label = decoded(labelCodec, record.value());
            Known known =
                new Known(
                    label.getLabelTime(), label.getLabelId(), label.getValue() == LabelValue.FRAUD);
            inTheEnd.merge(
                label.getTransactionId(),
                known,
                (one, other) -> Known.FORCE.compare(one, other) >= 0 ? one : other);
          } else if (record.topic().equals(Topics.TRANSACTIONS) && record.kind() != Kind.TICK) {
            rows++;
          }
        });
  }

  /** Reads a file; returns its SHA-256. */
  private String read(Path file, Consumer<LogRecord> out) {
    try {
      return folder.readDigested(
          file,
          LogEntry.class,
          entry -> {
            if (!entry.getTopic().equals(Topics.CONTROL)) {
              ByteBuffer value = entry.getValue();
              byte[] copy = new byte[value.remaining()];
              value.duplicate().get(copy);
              out.accept(
                  decoder
                      .decode(
                          entry.getTopic(),
                          entry.getPartition(),
                          entry.getOffset(),
                          entry.getAppendTime(),
                          null,
                          copy)
                      .sequenced(entry.getEffectiveTime(), entry.getLate()));
            }
          });
    } catch (IOException e) {
      throw new IngestException("archive: " + e.getMessage(), e);
    }
  }

  @Override
  public boolean hasNext() {
    try {
      while (ready.isEmpty() && readInstant()) {
        // An instant of labels that tell nobody anything leaves nothing.
      }
    } catch (IOException e) {
      throw new UncheckedIOException("archive: a day cannot be sorted", e);
    }
    return !ready.isEmpty();
  }

  /**
   * The next record: a transaction, what is told of a label, or a bad row.
   *
   * @throws IngestException when a file cannot be read
   */
  @Override
  public Ingested next() {
    if (!hasNext()) {
      throw new NoSuchElementException("The archive is read to its end");
    }
    return ready.remove();
  }

  /** Makes ready what takes effect at the next instant; false when nothing is left. */
  private boolean readInstant() throws IOException {
    SpillingSort.Entry first = peek();
    if (first == null) {
      return false;
    }
    List<Label> labels = new ArrayList<>();
    List<Ingested.EventRow> events = new ArrayList<>();
    List<Ingested.ProfileRow> profiles = new ArrayList<>();
    List<Ingested.TransactionRow> transactions = new ArrayList<>();
    for (SpillingSort.Entry entry = first;
        entry != null && entry.timeMs() == first.timeMs();
        entry = peek()) {
      ahead = null;
      int kind = (int) (entry.line() >>> KIND_SHIFT);
      if (kind == LABEL) {
        labels.add(decoded(labelCodec, entry.bytes()));
      } else if (kind == EVENT) {
        events.add(new Ingested.EventRow(decoded(eventCodec, entry.bytes())));
      } else if (kind == PROFILE) {
        profiles.add(new Ingested.ProfileRow(decoded(profileCodec, entry.bytes())));
      } else {
        Transaction transaction = transaction(entry.bytes());
        Known known = inTheEnd.get(transaction.getTransactionId());
        transactions.add(
            new Ingested.TransactionRow(
                transaction, entry.line() & OFFSET_MASK, known != null && known.fraud()));
      }
    }
    labels.sort(Comparator.comparing(Label::getLabelId, Ordered::shortlex));
    transactions.sort(
        Comparator.comparing(row -> row.transaction().getTransactionId(), Ordered::shortlex));
    labels.forEach(label -> tell(label, first.timeMs()));
    events.sort(Comparator.comparing(row -> row.event().getEventId(), Ordered::shortlex));
    profiles.sort(Comparator.comparing(row -> row.profile().getProfileId(), Ordered::shortlex));
    ready.addAll(events);
    ready.addAll(profiles);
    ready.addAll(transactions);
    return true;
  }

  private SpillingSort.@Nullable Entry peek() throws IOException {
    while (ahead == null) {
      if (day == null) {
        Map.Entry<LocalDate, List<Path>> next = days.pollFirstEntry();
        if (next == null) {
          return null;
        }
        day = sorted(next.getValue());
      }
      ahead = day.next();
      if (ahead == null) {
        day.close();
        day = null;
      }
    }
    return ahead;
  }

  private SpillingSort sorted(List<Path> files) throws IOException {
    SpillingSort sort = new SpillingSort(temporary, RUN_ROWS);
    for (Path file : files) {
      read(file, record -> add(sort, record));
    }
    return sort;
  }

  private void add(SpillingSort sort, LogRecord record) {
    boolean happened = record.kind() == Kind.TRANSACTION || record.kind() == Kind.EVENT;
    if (record.rejection() != null) {
      bad(record);
    } else if (happened && record.eventTimeMs() < record.effectiveTimeMs() - horizonMs) {
      bad(record.rejected(Stage.DEDUPLICATE, "too_late", "event time: behind the horizon"));
    } else if (record.kind() != Kind.TICK) {
      long line = ((long) record.partition() << PARTITION_SHIFT) | record.offset();
      long kind =
          switch (record.kind()) {
            case LABEL -> LABEL;
            case EVENT -> EVENT;
            case PROFILE -> PROFILE;
            default -> TRANSACTION;
          };
      try {
        sort.add(record.effectiveTimeMs(), kind << KIND_SHIFT | line, record.value());
      } catch (IOException e) {
        throw new UncheckedIOException("archive: a day cannot be sorted", e);
      }
    }
  }

  private void bad(LogRecord record) {
    try {
      ready.add(new Ingested.BadRow(deadLetters.decode(made.deadLetter(record).value())));
    } catch (DecodeException e) {
      throw new IllegalStateException("a dead letter is read as it was written", e);
    }
  }

  /** As the job tells entities: a correction takes back what was told, from where it was put. */
  private void tell(Label label, long effectiveTimeMs) {
    LabelHistory before =
        histories.getOrDefault(label.getTransactionId(), LabelHistory.unpack(null));
    if (before.knows(label.getLabelId())) {
      return;
    }
    LabelHistory after = before.with(label, labelCodec.encode(label), effectiveTimeMs);
    histories.put(label.getTransactionId(), after);
    LabelHistory.Told was = before.fraud();
    LabelHistory.Told is = after.fraud();
    if (was == null && is != null) {
      ready.add(new Ingested.Told(label, 1, is.sinceMs()));
    } else if (was != null && is == null) {
      ready.add(new Ingested.Told(decoded(labelCodec, was.label()), -1, was.sinceMs()));
    }
  }

  private static <T extends SpecificRecordBase> T decoded(Codec<T> codec, byte[] value) {
    try {
      return codec.decode(value);
    } catch (DecodeException e) {
      throw new IllegalStateException("what was decoded before is what it was", e);
    }
  }

  private Transaction transaction(byte[] value) {
    try {
      return transactionDecoder.decode(value);
    } catch (DecodeException e) {
      throw new IllegalStateException("a transaction that was decoded before is one", e);
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every JDK has SHA-256", e);
    }
  }

  @Override
  public void close() throws IOException {
    if (day != null) {
      day.close();
    }
  }
}

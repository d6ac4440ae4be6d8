package io.vigil.job.archive;

import io.vigil.job.record.Kind;
import io.vigil.job.record.LogRecord;
import io.vigil.job.source.RecordDecoder;
import io.vigil.model.order.Ordered;
import io.vigil.schema.DeadLetter;
import io.vigil.schema.LogEntry;
import io.vigil.schema.Stage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * The log as a job's archive keeps it: what took effect, with the effective times that it had.
 * Ticks, which only moved clocks, and what the job refused to read are left out. Thread-confined.
 */
public final class ArchiveLog {
  /** Name of the archive's folder. */
  public static final String KIND = "inputs";

  private static final String DEAD_LETTERS = "dead-letters";
  private static final int RUN_RECORDS = 250_000;
  private static final int RANK_SHIFT = 62;
  private static final int PARTITION_SHIFT = 44;

  private final ArchiveFolder archive;
  private final Path temporary;
  private final RecordDecoder decoder;
  private final Map<LocalDate, List<org.apache.flink.core.fs.Path>> inputs;
  private final Map<LocalDate, List<org.apache.flink.core.fs.Path>> deadLetters;

  /** Takes records. */
  @FunctionalInterface
  public interface Sink {
    void accept(LogRecord record) throws Exception;
  }

  /**
   * @param temporary a folder for what does not fit into memory
   * @param futureLimitMs the job's: how far an event time may lie ahead of its append time
   * @throws IOException when there is no such archive
   */
  public ArchiveLog(ArchiveFolder archive, Path temporary, long futureLimitMs) throws IOException {
    this.archive = archive;
    this.temporary = temporary;
    this.decoder = new RecordDecoder(futureLimitMs);
    this.inputs = archive.files(KIND);
    this.deadLetters = archive.files(DEAD_LETTERS);
    if (inputs.isEmpty()) {
      throw new IOException(
          "archive: expected a folder with "
              + KIND
              + "/"
              + ArchiveFolder.DAY
              + "…, got "
              + archive.root());
    }
  }

  /** The days on which anything took effect. */
  public NavigableSet<LocalDate> days() {
    return new TreeSet<>(inputs.keySet());
  }

  /**
   * Reads what took effect on a day, in no order.
   *
   * @param topics those whose records are asked for
   * @throws IOException naming the file that cannot be read
   */
  public void scan(LocalDate day, Predicate<String> topics, Consumer<LogRecord> out)
      throws IOException {
    Set<String> refused = refused(day);
    for (org.apache.flink.core.fs.Path file : inputs.getOrDefault(day, List.of())) {
      archive.read(
          file,
          LogEntry.class,
          entry -> {
            if (!topics.test(entry.getTopic())) {
              return;
            }
            LogRecord record = record(entry);
            if (record.rejection() == null
                && record.kind() != Kind.TICK
                && (refused.isEmpty() || !refused.contains(record.origin()))) {
              out.accept(record);
            }
          });
    }
  }

  /**
   * Origins of what was refused as it was read: its card-like digits are masked in the archive, so
   * that it might be taken for good now.
   */
  private Set<String> refused(LocalDate day) throws IOException {
    Set<String> origins = new HashSet<>();
    for (org.apache.flink.core.fs.Path file : deadLetters.getOrDefault(day, List.of())) {
      archive.read(
          file,
          DeadLetter.class,
          letter -> {
            if (letter.getStage() != Stage.DEDUPLICATE && letter.getStage() != Stage.ENRICH) {
              origins.add(
                  letter.getSourceTopic()
                      + "-"
                      + letter.getSourcePartition()
                      + "@"
                      + letter.getSourceOffset());
            }
          });
    }
    return origins;
  }

  private LogRecord record(LogEntry entry) {
    ByteBuffer value = entry.getValue();
    byte[] copy = new byte[value.remaining()];
    value.duplicate().get(copy);
    return decoder
        .decode(
            entry.getTopic(),
            entry.getPartition(),
            entry.getOffset(),
            entry.getAppendTime(),
            null,
            copy)
        .sequenced(entry.getEffectiveTime(), entry.getLate());
  }

  /**
   * Reads what took effect on a day, in effective order. Memory holds some hundred thousand
   * records.
   *
   * @throws Exception as {@link #scan}, and what {@code out} throws
   */
  public void read(LocalDate day, Sink out) throws Exception {
    try (SpillingSort sort = new SpillingSort(temporary, RUN_RECORDS)) {
      scan(day, topic -> true, record -> add(sort, record));
      List<LogRecord> instant = new ArrayList<>();
      for (SpillingSort.Entry entry = sort.next(); entry != null; entry = sort.next()) {
        if (!instant.isEmpty() && instant.get(0).effectiveTimeMs() != entry.timeMs()) {
          flush(instant, out);
        }
        instant.add(
            LogRecord.WIRE.read(new DataInputStream(new ByteArrayInputStream(entry.bytes()))));
      }
      flush(instant, out);
    }
  }

  private static void add(SpillingSort sort, LogRecord record) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(record.value().length + 128);
    try {
      LogRecord.WIRE.write(record, new DataOutputStream(bytes));
      sort.add(
          record.effectiveTimeMs(),
          (long) record.rank() << RANK_SHIFT
              | (long) record.partition() << PARTITION_SHIFT
              | record.offset(),
          bytes.toByteArray());
    } catch (IOException e) {
      throw new UncheckedIOException("archive: a day cannot be sorted", e);
    }
  }

  private static void flush(List<LogRecord> instant, Sink out) throws Exception {
    if (instant.size() > 1) {
      instant.sort(Ordered.EFFECTIVE_ORDER);
    }
    for (LogRecord record : instant) {
      out.accept(record);
    }
    instant.clear();
  }
}

package io.vigil.job.backfill;

import io.vigil.job.ArtefactSet;
import io.vigil.job.VigilOptions;
import io.vigil.job.archive.ArchiveFolder;
import io.vigil.job.archive.ArchiveJournal;
import io.vigil.job.archive.ArchiveLog;
import io.vigil.job.archive.KeptArtefacts;
import io.vigil.job.archive.Starts;
import io.vigil.job.control.JobKeys;
import io.vigil.job.dedupe.Deduplication;
import io.vigil.job.feature.FactsReader;
import io.vigil.job.feature.SpecTimeline;
import io.vigil.job.record.EntityRequest;
import io.vigil.job.record.Kind;
import io.vigil.job.record.LogRecord;
import io.vigil.job.record.SpecChange;
import io.vigil.model.order.Ordered;
import io.vigil.model.policy.Rates;
import io.vigil.schema.DeadLetter;
import io.vigil.schema.Receipt;
import io.vigil.schema.ReceiptOutcome;
import io.vigil.schema.Stage;
import io.vigil.schema.Start;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;
import org.apache.flink.configuration.Configuration;
import org.jspecify.annotations.Nullable;

/**
 * What the entities would have been told of features, had these been there before the record that
 * prepares them: an archive's records in effective order, through the job's own deduplication.
 * Thread-confined.
 *
 * <p>Which transaction repeats another one is not reckoned anew, which would take the memory of all
 * ids: the archive says it. Labels are, when a feature needs them: their memory holds the
 * transactions that have one.
 */
final class ArchivedPast {
  /** A spec with no feature that has a history. */
  private static final String NOTHING =
      "name: nothing\nversion: 1\nfeatures:\n- {name: nothing, expression: amount > 0}\n";

  private static final String RECEIPTS = "receipts";
  private static final String DEAD_LETTERS = "dead-letters";
  private static final long RATES_BYTES_MAX = 16L << 20;
  private static final long DAY_MS = 86_400_000L;

  private final ArchiveFolder archive;
  private final ArtefactSet artefacts;
  private final ArchiveLog log;
  private final SpecChange change;
  private final SpecTimeline specs = new SpecTimeline(NOTHING);
  private final boolean usesLabels;
  private final List<Start> starts;
  private final LabelMemory memory = new LabelMemory();
  private final List<EntityRequest> requests = new ArrayList<>();
  private @Nullable Deduplication deduplication;
  private @Nullable LogRecord previous;
  private int next;

  /** Takes what a record of the log tells the entities. */
  @FunctionalInterface
  interface Sink {
    /**
     * @param requests one or more, in the order in which they are to be sent
     */
    void accept(LogRecord record, List<EntityRequest> requests) throws Exception;
  }

  /**
   * @param artefacts of the job
   * @param change that prepares the features; the past ends before it takes effect
   * @param temporary a folder for what does not fit into memory
   * @throws IOException when the archive does not reach back to the first start of its job
   */
  ArchivedPast(ArchiveFolder archive, ArtefactSet artefacts, SpecChange change, Path temporary)
      throws IOException {
    this.archive = archive;
    this.artefacts = artefacts;
    this.log = new ArchiveLog(archive, temporary);
    this.change = change;
    specs.add(change.fromTheBeginning());
    SpecTimeline.Ahead ahead = specs.ahead(change.backfill());
    if (ahead == null) {
      throw new IOException("backfill: expected a spec that reads, got another in " + change.id());
    }
    usesLabels = ahead.plan().entities().stream().anyMatch(entity -> entity.usesLabels());
    starts = Starts.read(archive);
  }

  /**
   * From when on nothing of the past is missing, in effective time, milliseconds since the epoch;
   * Long.MIN_VALUE when nothing is.
   */
  long sinceMs() throws IOException {
    LocalDate gap = lastDeleted();
    return gap == null ? Long.MIN_VALUE : (gap.toEpochDay() + 1) * DAY_MS;
  }

  /** The last day of which records are gone, or what says which of them count; null for none. */
  private @Nullable LocalDate lastDeleted() throws IOException {
    ArchiveJournal journal = new ArchiveJournal(archive);
    NavigableSet<LocalDate> deleted = new TreeSet<>();
    for (String kind : List.of(ArchiveLog.KIND, RECEIPTS, DEAD_LETTERS)) {
      deleted.addAll(journal.deleted(kind));
    }
    return deleted.isEmpty() ? null : deleted.last();
  }

  /** Reads all of it that is whole. */
  void read(Sink out) throws Exception {
    Set<String> conflicts = conflicts();
    LocalDate last = LocalDate.ofEpochDay(Math.floorDiv(change.fromMs() - 1, DAY_MS));
    LocalDate gap = lastDeleted();
    for (LocalDate day : log.days().headSet(last, true)) {
      if (gap != null && !day.isAfter(gap)) {
        continue;
      }
      Set<String> repeated = repeated(day);
      log.read(
          day,
          record -> {
            String origin = record.origin();
            if (record.kind() != Kind.DEPLOYMENT
                && record.effectiveTimeMs() < change.fromMs()
                && (usesLabels || record.kind() != Kind.LABEL)
                && !repeated.contains(origin)
                && !conflicts.contains(origin)) {
              tell(record, out);
            }
          });
    }
  }

  private void tell(LogRecord record, Sink out) throws Exception {
    LogRecord before = previous;
    previous = record;
    if (before != null
        && before.topic().equals(record.topic())
        && Ordered.EFFECTIVE_ORDER.compare(before, record) == 0) {
      return; // A job that went back to an older savepoint has archived it once more.
    }
    while (deduplication == null
        || (next < starts.size() && starts.get(next).getFromTime() < record.effectiveTimeMs())) {
      deduplication = deduplication(starts.get(next));
      next++;
    }
    memory.subject = record.stateKey();
    deduplication.apply(record);
    if (!requests.isEmpty()) {
      out.accept(record, List.copyOf(requests));
      requests.clear();
    }
  }

  /** By the rates and the horizon of a start. */
  private Deduplication deduplication(Start start) throws IOException {
    String digest = start.getOptions().get(VigilOptions.RATES.key());
    if (digest == null) {
      throw new IOException("archive: expected the digest of the rates in each start, got none");
    }
    byte[] rates =
        KeptArtefacts.of(archive).read(io.vigil.model.approval.Kind.RATES, digest, RATES_BYTES_MAX);
    return new Deduplication(
        artefacts,
        new FactsReader(Rates.read(new String(rates, StandardCharsets.UTF_8), digest)),
        specs,
        JobKeys.NONE,
        Configuration.fromMap(start.getOptions()).get(VigilOptions.DEDUPE_HORIZON).toMillis(),
        memory,
        new Told());
  }

  /** Origins of what came a second time. */
  private Set<String> repeated(LocalDate day) throws IOException {
    Set<String> origins = new HashSet<>();
    for (org.apache.flink.core.fs.Path file :
        archive.files(RECEIPTS, day, day).getOrDefault(day, List.of())) {
      archive.read(
          file,
          Receipt.class,
          receipt -> {
            if (receipt.getOutcome() == ReceiptOutcome.DUPLICATE) {
              origins.add(
                  origin(
                      receipt.getSourceTopic(),
                      receipt.getSourcePartition(),
                      receipt.getSourceOffset()));
            }
          });
    }
    return origins;
  }

  /** Origins of what had the id of something else; dead letters lie by the day they were read. */
  private Set<String> conflicts() throws IOException {
    Set<String> origins = new HashSet<>();
    for (List<org.apache.flink.core.fs.Path> files : archive.files(DEAD_LETTERS).values()) {
      for (org.apache.flink.core.fs.Path file : files) {
        archive.read(
            file,
            DeadLetter.class,
            letter -> {
              if (letter.getStage() == Stage.DEDUPLICATE) {
                origins.add(
                    origin(
                        letter.getSourceTopic(),
                        letter.getSourcePartition(),
                        letter.getSourceOffset()));
              }
            });
      }
    }
    return origins;
  }

  private static String origin(String topic, int partition, long offset) {
    return topic + "-" + partition + "@" + offset;
  }

  /** Remembers labels, and of ids nothing. */
  private static final class LabelMemory implements Deduplication.Memory {
    private final Map<String, byte[]> labels = new HashMap<>();
    private String subject = "";

    @Override
    public byte @Nullable [] seen() {
      return null;
    }

    @Override
    public void seen(byte[] packed) {
      // The archive says what repeats.
    }

    @Override
    public byte @Nullable [] labels() {
      return labels.get(subject);
    }

    @Override
    public void labels(byte[] packed) {
      labels.put(subject, packed);
    }
  }

  /** Takes what is sent to the entities, and nothing else. */
  private final class Told implements Deduplication.Out {
    @Override
    public void accepted(LogRecord record) {
      // It was decided long ago.
    }

    @Override
    public void request(EntityRequest request) {
      requests.add(request.at(EntityRequest.When.PAST));
    }

    @Override
    public void spec(SpecChange other) {
      // Of the past.
    }

    @Override
    public void control(LogRecord record) {
      // Of the past.
    }

    @Override
    public void receipt(
        LogRecord record,
        ReceiptOutcome outcome,
        @Nullable String duplicateOf,
        @Nullable String reason) {
      // It has one.
    }

    @Override
    public void dead(LogRecord record) {
      // It has its letter.
    }
  }
}

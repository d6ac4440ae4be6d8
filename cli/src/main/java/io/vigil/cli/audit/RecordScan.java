package io.vigil.cli.audit;

import io.vigil.job.archive.ArchiveFolder;
import io.vigil.job.record.Kind;
import io.vigil.job.source.RecordDecoder;
import io.vigil.model.proof.MerkleHash;
import io.vigil.model.proof.ProofKind;
import io.vigil.schema.AlertRaised;
import io.vigil.schema.DeadLetter;
import io.vigil.schema.Decision;
import io.vigil.schema.Deployment;
import io.vigil.schema.Event;
import io.vigil.schema.Label;
import io.vigil.schema.LogEntry;
import io.vigil.schema.Profile;
import io.vigil.schema.Receipt;
import io.vigil.schema.Stage;
import io.vigil.schema.Tick;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.codec.DecodeException;
import io.vigil.schema.codec.SingleObject;
import io.vigil.schema.codec.TransactionDecoder;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * Goes once through an archive's records, and hands them on to be sorted: inputs and what answers
 * them by origin, cases by their place, alerts by their id. Thread-confined.
 */
final class RecordScan {
  private static final byte[] NOTHING = new byte[0];

  /** What stands for the content of an input that cannot be decoded. */
  static final byte[] UNREADABLE = new byte[1];

  private final ArchiveFiles files;
  private final boolean packed;
  private final ByteSort origins;
  private final ByteSort alerts;
  private final LeafSort leaves;
  private final Map<ProofKind, Long> counts = new EnumMap<>(ProofKind.class);
  private final MerkleHash hash = new MerkleHash();
  private final TransactionDecoder transactions = new TransactionDecoder();
  private final Codec<Transaction> canonical = Codec.of(Transaction.class);
  private final Codec<Label> labels = Codec.of(Label.class);
  private final Codec<Event> events = Codec.of(Event.class);
  private final Codec<Profile> profiles = Codec.of(Profile.class);
  private final Codec<Deployment> deployments = Codec.of(Deployment.class);
  private final Codec<Tick> ticks = Codec.of(Tick.class);

  /**
   * @param packed whether the records' bytes go with them
   * @param origins gets {@link Sighting#entry}
   * @param alerts gets an entry for each alert of a decision, and for each case
   * @param leaves gets the cases
   */
  RecordScan(
      ArchiveFolder archive,
      boolean packed,
      ByteSort origins,
      ByteSort alerts,
      LeafSort leaves,
      Trouble trouble) {
    this.files = new ArchiveFiles(archive, trouble);
    this.packed = packed;
    this.origins = origins;
    this.alerts = alerts;
    this.leaves = leaves;
  }

  /** How many records of each kind there are. */
  Map<ProofKind, Long> counts() {
    return counts;
  }

  /** Reads them all. */
  void run() throws IOException {
    files.read(ProofKind.INPUTS.folder(), LogEntry.class, this::input);
    files.read(ProofKind.DECISIONS.folder(), Decision.class, this::decision);
    files.read(ProofKind.RECEIPTS.folder(), Receipt.class, this::receipt);
    files.read(ProofKind.DEAD_LETTERS.folder(), DeadLetter.class, this::deadLetter);
    files.read(ProofKind.CASES.folder(), AlertRaised.class, this::alert);
  }

  private long input(LogEntry entry, byte[] leaf, ArchiveFiles.Raw raw) throws IOException {
    ByteBuffer buffer = entry.getValue();
    byte[] value = new byte[buffer.remaining()];
    buffer.get(value);
    Kind what = RecordDecoder.kindOf(entry.getTopic());
    long eventTimeMs = 0;
    byte[] content = NOTHING;
    try {
      if (ticks.reads(SingleObject.fingerprint(value))) {
        what = Kind.TICK;
        eventTimeMs = ticks.decode(value).getClock();
      } else if (what == Kind.TRANSACTION) {
        Transaction transaction = transactions.decode(value);
        eventTimeMs = transaction.getEventTime();
        content = content(transaction);
      } else {
        eventTimeMs =
            switch (what) {
              case LABEL -> labels.decode(value).getLabelTime();
              case EVENT -> events.decode(value).getEventTime();
              case PROFILE -> profiles.decode(value).getEventTime();
              default -> deployments.decode(value).getEffectiveAt();
            };
      }
    } catch (DecodeException e) {
      content = UNREADABLE;
    }
    sight(
        new Sighting(
            entry.getTopic(),
            entry.getPartition(),
            entry.getOffset(),
            ProofKind.INPUTS,
            leaf,
            entry.getEffectiveTime(),
            what,
            eventTimeMs,
            entry.getLate(),
            content,
            bytes(raw)));
    return entry.getEffectiveTime();
  }

  private long decision(Decision decision, byte[] leaf, ArchiveFiles.Raw raw) throws IOException {
    sight(
        new Sighting(
            decision.getSourceTopic(),
            decision.getSourcePartition(),
            decision.getSourceOffset(),
            ProofKind.DECISIONS,
            leaf,
            decision.getEffectiveTime(),
            Kind.TRANSACTION,
            0,
            decision.getLate(),
            content(decision.getTransaction()),
            bytes(raw)));
    if (decision.getAlertId() != null) {
      alert(decision.getAlertId(), decision.getEffectiveTime(), ProofKind.DECISIONS);
    }
    return decision.getEffectiveTime();
  }

  private long receipt(Receipt receipt, byte[] leaf, ArchiveFiles.Raw raw) throws IOException {
    Kind what =
        switch (receipt.getKind()) {
          case LABEL -> Kind.LABEL;
          case EVENT -> Kind.EVENT;
          case PROFILE -> Kind.PROFILE;
          case DEPLOYMENT -> Kind.DEPLOYMENT;
          case TICK -> Kind.TICK;
          case TRANSACTION, UNKNOWN -> Kind.TRANSACTION;
        };
    sight(
        new Sighting(
            receipt.getSourceTopic(),
            receipt.getSourcePartition(),
            receipt.getSourceOffset(),
            ProofKind.RECEIPTS,
            leaf,
            receipt.getEffectiveTime(),
            what,
            0,
            false,
            NOTHING,
            bytes(raw)));
    return receipt.getEffectiveTime();
  }

  private long deadLetter(DeadLetter letter, byte[] leaf, ArchiveFiles.Raw raw) throws IOException {
    boolean early = letter.getStage() != Stage.DEDUPLICATE && letter.getStage() != Stage.ENRICH;
    sight(
        new Sighting(
            letter.getSourceTopic(),
            letter.getSourcePartition(),
            letter.getSourceOffset(),
            ProofKind.DEAD_LETTERS,
            leaf,
            letter.getAppendTime(),
            Kind.TRANSACTION,
            0,
            early,
            NOTHING,
            bytes(raw)));
    return letter.getAppendTime();
  }

  private long alert(AlertRaised alert, byte[] leaf, ArchiveFiles.Raw raw) throws IOException {
    counts.merge(ProofKind.CASES, 1L, Long::sum);
    try {
      leaves.add(ProofKind.CASES, alert.getEffectiveTime(), leaf, bytes(raw));
    } catch (IOException e) {
      throw new ArchiveFiles.FileFault(e);
    }
    alert(alert.getAlertId(), alert.getEffectiveTime(), ProofKind.CASES);
    return alert.getEffectiveTime();
  }

  private void alert(String alertId, long effectiveTimeMs, ProofKind kind) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeUTF(alertId.length() > 256 ? alertId.substring(0, 256) : alertId);
    out.writeLong(effectiveTimeMs);
    out.writeByte(kind.ordinal());
    try {
      alerts.add(bytes.toByteArray());
    } catch (IOException e) {
      throw new ArchiveFiles.FileFault(e);
    }
  }

  private void sight(Sighting sighting) throws IOException {
    counts.merge(sighting.kind(), 1L, Long::sum);
    try {
      origins.add(sighting.entry());
    } catch (IOException e) {
      throw new ArchiveFiles.FileFault(e);
    }
  }

  private byte[] bytes(ArchiveFiles.Raw raw) {
    return packed ? raw.bytes() : NOTHING;
  }

  /** A digest of all that the transaction says, in whatever version and order it was written. */
  private byte[] content(Transaction transaction) {
    if (transaction.getAttributes().size() > 1) {
      transaction.setAttributes(new TreeMap<>(transaction.getAttributes()));
    }
    return hash.plain(canonical.encode(transaction));
  }
}

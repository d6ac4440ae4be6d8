package io.vigil.job.dedupe;

import io.vigil.job.ArtefactSet;
import io.vigil.job.control.JobKeys;
import io.vigil.job.control.Kinds;
import io.vigil.job.control.Schedule;
import io.vigil.job.feature.FactsReader;
import io.vigil.job.feature.SpecTimeline;
import io.vigil.job.record.EntityRequest;
import io.vigil.job.record.Kind;
import io.vigil.job.record.LogRecord;
import io.vigil.job.record.SpecChange;
import io.vigil.model.approval.Alias;
import io.vigil.schema.Deployment;
import io.vigil.schema.DeploymentStatus;
import io.vigil.schema.Event;
import io.vigil.schema.Label;
import io.vigil.schema.Profile;
import io.vigil.schema.ReceiptOutcome;
import io.vigil.schema.Stage;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.codec.DecodeException;
import io.vigil.schema.codec.TransactionDecoder;
import java.io.IOException;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/**
 * What is done with a record by its id, in effective order: each transaction goes through once, the
 * label in force of each transaction is kept and told, events and profiles are told to their
 * entities, deployments are answered, and the entities are asked. Not thread-safe.
 */
public final class Deduplication {
  private final ArtefactSet artefacts;
  private final SpecTimeline specs;
  private final JobKeys jobKeys;
  private final long horizonMs;
  private final Memory memory;
  private final Out out;
  private final FactsReader facts;
  private final EntityNotes notes;
  private final TransactionDecoder transactions = new TransactionDecoder();
  private final Codec<Transaction> transactionCodec = Codec.of(Transaction.class);
  private final Codec<Label> labels = Codec.of(Label.class);
  private final Codec<Event> events = Codec.of(Event.class);
  private final Codec<Profile> profiles = Codec.of(Profile.class);
  private final Codec<Deployment> deployments = Codec.of(Deployment.class);
  private final MessageDigest sha256 = Seen.sha256();

  /** What is remembered of the subject of the record that is being applied. */
  public interface Memory {
    /** What was remembered of the id; null for nothing. */
    byte @Nullable [] seen() throws IOException;

    /** Remembers. */
    void seen(byte[] packed) throws IOException;

    /** The transaction's labels; null for none. */
    byte @Nullable [] labels() throws IOException;

    /** Keeps the transaction's labels. */
    void labels(byte[] packed) throws IOException;
  }

  /** Where things go. Each record that is applied has a receipt, is dead, or is accepted. */
  public interface Out {
    /** A transaction, or the label of one that is now in force. */
    void accepted(LogRecord record) throws Exception;

    /** An entity is asked. */
    void request(EntityRequest request) throws Exception;

    /** The feature spec is extended, for all entities. */
    void spec(SpecChange change) throws Exception;

    /** A deployment has something to say to those who decide. */
    void control(LogRecord record) throws Exception;

    /** What became of a record. */
    void receipt(
        LogRecord record,
        ReceiptOutcome outcome,
        @Nullable String duplicateOf,
        @Nullable String reason)
        throws Exception;

    /** A record cannot be decided; it carries its rejection. */
    void dead(LogRecord record) throws Exception;
  }

  /**
   * @param artefacts what the job was started with
   * @param specs the owner's, which this extends
   * @param jobKeys whose answers are obeyed
   * @param horizonMs how long an id is remembered, in effective time
   */
  public Deduplication(
      ArtefactSet artefacts,
      SpecTimeline specs,
      JobKeys jobKeys,
      long horizonMs,
      Memory memory,
      Out out) {
    this(artefacts, new FactsReader(artefacts.rates()), specs, jobKeys, horizonMs, memory, out);
  }

  /** As above, by other rates than the job was started with. */
  public Deduplication(
      ArtefactSet artefacts,
      FactsReader facts,
      SpecTimeline specs,
      JobKeys jobKeys,
      long horizonMs,
      Memory memory,
      Out out) {
    this.artefacts = artefacts;
    this.specs = specs;
    this.jobKeys = jobKeys;
    this.horizonMs = horizonMs;
    this.memory = memory;
    this.out = out;
    this.facts = facts;
    this.notes = new EntityNotes(specs, out);
  }

  /**
   * Whether what is remembered of an id took effect before a time.
   *
   * @param seen as it stands in a {@link Memory}
   * @param effectiveTimeMs milliseconds since the epoch
   */
  public static boolean seenBefore(byte[] seen, long effectiveTimeMs) {
    return Seen.unpack(seen).effectiveTimeMs() < effectiveTimeMs;
  }

  /**
   * Looks for what a deployment says of the feature spec; before anything is applied that takes
   * effect when it does, or later.
   */
  public void announce(LogRecord record) throws DecodeException {
    Deployment deployment = deployments.decode(record.value());
    if (jobKeys.refusal(deployment) == null) {
      specs.add(SpecChange.of(deployment, record));
    }
  }

  /** Applies the next record in effective order; the memory is that of its state key. */
  public void apply(LogRecord record) throws Exception {
    switch (record.kind()) {
      case TRANSACTION -> transaction(record);
      case LABEL -> label(record);
      case EVENT -> event(record);
      case PROFILE -> profile(record);
      case DEPLOYMENT -> deployment(record);
      case TICK -> throw new IllegalStateException("tick " + record.id() + ": ends at the clock");
    }
  }

  private void transaction(LogRecord record) throws Exception {
    if (isTooLate(record)) {
      return;
    }
    Transaction transaction = decode(record);
    boolean changes = transaction.getNextTokens() != null;
    if (!facts.converts(transaction)) {
      dead(
          record,
          Stage.ENRICH,
          "currency_without_rate",
          "billing currency: expected one with a rate at "
              + record.eventTimeMs()
              + ", got "
              + transaction.getBillingCurrency());
      return;
    }
    if (repeats(record, changes ? Phases.of(decode(record), transactionCodec) : null)) {
      return;
    }
    out.accepted(record);
    notes.transaction(record, transaction, facts.read(transaction));
  }

  /** True when an event happened before the horizon; it has then been answered. */
  private boolean isTooLate(LogRecord record) throws Exception {
    if (record.eventTimeMs() >= record.effectiveTimeMs() - horizonMs) {
      return false;
    }
    dead(
        record,
        Stage.DEDUPLICATE,
        "too_late",
        "event time: expected within the horizon of "
            + horizonMs
            + " ms before the effective time "
            + record.effectiveTimeMs()
            + ", got "
            + record.eventTimeMs());
    return true;
  }

  /** An event is told to those entities of it whose features look at its kind. */
  private void event(LogRecord record) throws Exception {
    Event event = events.decode(record.value());
    boolean changes = event.getNextTokens() != null;
    if (isTooLate(record)
        || repeats(record, changes ? Phases.of(events.decode(record.value()), events) : null)) {
      return;
    }
    notes.event(record, event);
    out.receipt(record, ReceiptOutcome.APPLIED, null, null);
  }

  /** Master data may be old when they come: what they say held long ago is no reason to refuse. */
  private void profile(LogRecord record) throws Exception {
    Profile profile = profiles.decode(record.value());
    boolean changes = profile.getNextTokens() != null;
    if (repeats(record, changes ? Phases.of(profiles.decode(record.value()), profiles) : null)) {
      return;
    }
    notes.profile(record, profile);
    out.receipt(record, ReceiptOutcome.APPLIED, null, null);
  }

  /**
   * True when the id was seen within the horizon; the record has then been answered.
   *
   * @param phases null outside a change of the key of tokens
   */
  private boolean repeats(LogRecord record, @Nullable Phases phases) throws Exception {
    Seen now = Seen.of(record, phases, sha256);
    byte[] packed = memory.seen();
    Seen first = packed == null ? null : Seen.unpack(packed);
    boolean deployment = record.kind() == Kind.DEPLOYMENT;
    if (first == null
        || (!deployment && now.effectiveTimeMs() - first.effectiveTimeMs() > horizonMs)) {
      memory.seen(now.pack());
      return false;
    }
    String origin = first.origin(record.topic());
    if (first.sameContent(now) || (deployment && isAnswer(deployments.decode(record.value())))) {
      out.receipt(record, ReceiptOutcome.DUPLICATE, origin, null);
    } else {
      dead(
          record,
          Stage.DEDUPLICATE,
          "conflict",
          "id: expected the content of " + origin + " again, got other content");
    }
    return true;
  }

  /** Of the answers to a request, and of the returns of an activation, the first one counts. */
  private static boolean isAnswer(Deployment deployment) {
    return deployment.getRequestId() != null || deployment.getReturns() != null;
  }

  private void label(LogRecord record) throws Exception {
    Label label = labels.decode(record.value());
    LabelHistory before = LabelHistory.unpack(memory.labels());
    LabelHistory.Entry same = before.byId(label.getLabelId());
    if (same != null) {
      if (same.labelTimeMs() == label.getLabelTime() && same.value() == label.getValue()) {
        out.receipt(record, ReceiptOutcome.DUPLICATE, null, null);
      } else {
        dead(
            record,
            Stage.DEDUPLICATE,
            "conflict",
            "label id: expected the content of the earlier label again, got other content");
      }
      return;
    }
    LabelHistory after = before.with(label, record.value(), record.effectiveTimeMs());
    memory.labels(after.pack());
    LabelHistory.Told was = before.fraud();
    LabelHistory.Told is = after.fraud();
    if (was == null && is != null) {
      notes.label(record, label, 1, is.sinceMs());
    } else if (was != null && is == null) {
      // What is taken back is taken back from where it was put.
      notes.label(record, labels.decode(was.label()), -1, was.sinceMs());
    }
    if (after.inForce().id().equals(label.getLabelId())) {
      out.accepted(record);
    }
    out.receipt(record, ReceiptOutcome.APPLIED, null, null);
  }

  /**
   * Deployments are known beyond the horizon, as long as state is kept: an old one that is written
   * again must not decide again. Of two answers to a request the first counts, whatever the other
   * says.
   *
   * <p>What the job did not sign is refused before its id is looked at, so that it does not stand
   * in the way of the true answer.
   *
   * <p>What takes no place in a running job is answered by what the job was started with.
   */
  private void deployment(LogRecord record) throws Exception {
    Deployment deployment = deployments.decode(record.value());
    String forged = jobKeys.refusal(deployment);
    if (forged != null) {
      out.receipt(record, ReceiptOutcome.REFUSED, null, forged);
      return;
    }
    if (repeats(record, null)) {
      return;
    }
    SpecChange change = specs.known(deployment.getDeploymentId());
    if (change != null && (!change.spec().isEmpty() || specs.ahead(change.backfill()) != null)) {
      out.spec(change);
    }
    if (deployment.getStatus() != DeploymentStatus.ACTIVATED || deployment.getReviews() != null) {
      out.control(record);
      out.receipt(record, ReceiptOutcome.APPLIED, null, null);
      return;
    }
    io.vigil.model.approval.Kind kind = Kinds.of(deployment.getKind());
    Alias alias = Kinds.of(deployment.getAlias());
    if (kind != null && alias != null && Schedule.hasPlace(kind, alias)) {
      out.control(record);
      out.receipt(record, ReceiptOutcome.APPLIED, null, null);
    } else if (artefacts.digests().contains(deployment.getDigest())) {
      out.receipt(record, ReceiptOutcome.APPLIED, null, null);
    } else {
      out.receipt(
          record,
          ReceiptOutcome.REFUSED,
          null,
          "digest: expected one of the artefacts this job was started with, got "
              + deployment.getDigest());
    }
  }

  private Transaction decode(LogRecord record) {
    try {
      return transactions.decode(record.value());
    } catch (DecodeException e) {
      throw new IllegalStateException("record " + record.origin() + ": decoded before, not now", e);
    }
  }

  private void dead(LogRecord record, Stage stage, String reason, String message) throws Exception {
    out.dead(record.rejected(stage, reason, message));
  }
}

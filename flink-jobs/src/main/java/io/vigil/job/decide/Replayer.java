package io.vigil.job.decide;

import io.vigil.job.ArtefactSet;
import io.vigil.job.control.Change;
import io.vigil.job.control.JobKeys;
import io.vigil.job.control.Kinds;
import io.vigil.job.control.Schedule;
import io.vigil.job.dedupe.Deduplication;
import io.vigil.job.feature.FactsReader;
import io.vigil.job.feature.SpecTimeline;
import io.vigil.job.record.EntityRequest;
import io.vigil.job.record.Kind;
import io.vigil.job.record.LogRecord;
import io.vigil.job.record.SpecChange;
import io.vigil.model.approval.Alias;
import io.vigil.model.approval.ArtefactStore;
import io.vigil.model.event.Facts;
import io.vigil.model.feature.EntityPlan;
import io.vigil.model.feature.FeaturePlan;
import io.vigil.model.feature.FeatureSpec;
import io.vigil.model.feature.HeapStore;
import io.vigil.model.serving.ScoringService;
import io.vigil.schema.Deployment;
import io.vigil.schema.DeploymentStatus;
import io.vigil.schema.ReceiptOutcome;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.codec.TransactionDecoder;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.jspecify.annotations.Nullable;

/**
 * The job in one thread, without Flink: records of the log in effective order, one after the other,
 * through the same deduplication, features, models, rules and policy. It judges nothing anew: what
 * is in force is what activated records say. Thread-confined.
 */
public final class Replayer implements AutoCloseable {
  private static final int BATCH = 256;
  private static final int ROWS_MAX = 4 * BATCH;

  private final ReplayMemory memory;
  private final Wanted wanted;
  private final Listener listener;
  private final SpecTimeline specs;
  private final Deduplication deduplication;
  private final ScoringService service;
  private final Rollout rollout;
  private final RowQueue rows;
  private final FactsReader facts;
  private final TransactionDecoder transactions = new TransactionDecoder();
  private final Codec<Deployment> deployments = Codec.of(Deployment.class);
  private final List<LogRecord> instant = new ArrayList<>();

  private String subject = "";
  private @Nullable LogRecord accepted;
  private double[] @Nullable [] parts = new double[0][];

  /**
   * What the replay is to work out; all else is left out.
   *
   * @param keys of entities whose state matters
   * @param transactions that are to be decided, by id
   */
  public record Wanted(Predicate<String> keys, Predicate<String> transactions) {
    /** Everything. */
    public static final Wanted ALL = new Wanted(key -> true, id -> true);
  }

  /**
   * A transaction that was decided, with what its decision was made of. Valid during the call only.
   *
   * @param decision Avro single-object encoding, as the job writes it
   * @param facts what rules see of the transaction
   * @param features in the order of the spec
   * @param spec in force
   * @param judging rules, lists and policy in force
   * @param judged what they made of it
   * @param model that decided
   * @param logit not a number when it did not score
   */
  @SuppressWarnings("ArrayRecordComponent") // Handed on, never compared.
  public record Decided(
      LogRecord record,
      byte[] decision,
      Facts facts,
      float[] features,
      FeatureSpec spec,
      Judging judging,
      Judging.Judged judged,
      ModelInForce model,
      float logit) {}

  /** Told what comes of the records, in effective order. */
  public interface Listener {
    /** A transaction was decided; some rows later than its record was added. */
    void decided(Decided decided) throws Exception;

    /** A record has a receipt. */
    default void receipt(
        LogRecord record,
        ReceiptOutcome outcome,
        @Nullable String duplicateOf,
        @Nullable String reason) {}

    /** A record is a dead letter; it carries its rejection. */
    default void dead(LogRecord record) {}

    /** An entity takes note of a record. */
    default void entity(EntityRequest request) {}
  }

  /**
   * What the job was started with.
   *
   * @param registry of what was deployed later
   * @param horizonMs how long an id is remembered
   */
  public record Started(
      ArtefactSet artefacts, JobKeys jobKeys, ArtefactStore registry, long horizonMs) {}

  /**
   * Goes on from what the memory holds.
   *
   * @param memory of all that was applied before; this writes into it
   * @param recorded what is given of decisions
   * @param threads that score, from 1
   */
  public Replayer(
      Started started,
      ReplayMemory memory,
      Recorded recorded,
      Wanted wanted,
      int threads,
      Listener listener) {
    this.memory = memory;
    this.wanted = wanted;
    this.listener = listener;
    ArtefactSet artefacts = started.artefacts();
    facts = new FactsReader(artefacts.rates());
    ReplayMemory.InForce past = memory.inForce();
    specs = past.specs().next(artefacts.specYaml());
    deduplication =
        new Deduplication(
            artefacts.withoutLists(),
            specs,
            started.jobKeys(),
            started.horizonMs(),
            new SubjectMemory(),
            new Outputs());
    service = artefacts.scoringService(threads);
    ArtefactLoader loader =
        new ArtefactLoader(artefacts, service, started.registry(), Integer.MAX_VALUE - 16L);
    rollout = new Rollout(artefacts, loader, specs, champion -> {});
    past.changes().forEach(rollout::add);
    rows =
        new RowQueue(
            service,
            rollout,
            recorded,
            BATCH,
            0,
            ROWS_MAX,
            () -> 0,
            () -> {},
            new RowQueue.Exit() {
              @Override
              public void row(Row row) throws Exception {
                Replayer.this.decided(row);
              }

              @Override
              public void watermark(Watermark mark) {
                rollout.decided(mark.getTimestamp(), Set.of());
              }
            });
  }

  /**
   * Applies the next record in effective order. Ticks and what was rejected when it was read have
   * no business here.
   */
  public void add(LogRecord record) throws Exception {
    if (!instant.isEmpty() && instant.get(0).effectiveTimeMs() != record.effectiveTimeMs()) {
      flush();
    }
    instant.add(record);
  }

  /** Deployments of an instant hold for all of it, whatever their ids. */
  private void flush() throws Exception {
    for (LogRecord record : instant) {
      if (record.kind() == Kind.DEPLOYMENT) {
        deduplication.announce(record);
      }
    }
    for (LogRecord record : instant) {
      subject = record.stateKey();
      deduplication.apply(record);
      LogRecord whole = accepted;
      accepted = null;
      if (whole != null && wanted.transactions.test(whole.id())) {
        decide(whole);
      }
    }
    instant.clear();
  }

  /**
   * All records that take effect up to a time were added: decides them all, and leaves the memory
   * as the job's state stands then.
   *
   * @param reachedMs milliseconds since the epoch
   */
  public void reached(long reachedMs) throws Exception {
    flush();
    rows.drainAll();
    rows.add(new Watermark(reachedMs));
    memory.inForce(new ReplayMemory.InForce(specs.past(reachedMs), rollout.needed(reachedMs)));
  }

  /** The feature specs in force. */
  public SpecTimeline specs() {
    return specs;
  }

  private void decide(LogRecord record) throws Exception {
    Transaction transaction = transactions.decode(record.value());
    Facts read = facts.read(transaction);
    FeaturePlan plan = specs.at(record.effectiveTimeMs()).plan();
    float[] features = new float[plan.names().size()];
    plan.finish(read, parts, features);
    rows.add(record, new Gathering.Whole(transaction, read, 0), features);
  }

  private void decided(Row row) throws Exception {
    Decider.Decided written = row.deciding.decider().decide(row);
    listener.decided(
        new Decided(
            row.record,
            written.decision().value(),
            row.facts,
            row.features,
            specs.at(row.record.effectiveTimeMs()).spec(),
            row.judging,
            row.judged(),
            row.model,
            row.logit()));
  }

  @Override
  public void close() {
    rows.abandon();
    rollout.close();
    service.close();
  }

  /** Of the record that is being applied. */
  private final class SubjectMemory implements Deduplication.Memory {
    @Override
    public byte @Nullable [] seen() {
      return memory.seen().get(subject);
    }

    @Override
    public void seen(byte[] packed) {
      memory.seen().put(subject, packed);
    }

    @Override
    public byte @Nullable [] labels() {
      return memory.labels().get(subject);
    }

    @Override
    public void labels(byte[] packed) {
      memory.labels().put(subject, packed);
    }
  }

  private final class Outputs implements Deduplication.Out {
    @Override
    public void accepted(LogRecord record) {
      if (record.kind() == Kind.TRANSACTION) {
        accepted = record;
        parts = new double[specs.at(record.effectiveTimeMs()).plan().entities().size()][];
      }
    }

    @Override
    public void request(EntityRequest request) {
      if (!wanted.keys.test(request.key())) {
        return;
      }
      if (request.when() == EntityRequest.When.AHEAD) {
        ahead(request);
        return;
      }
      EntityPlan entity =
          specs.at(request.effectiveTimeMs()).plan().entities().get(request.entity());
      HeapStore store = memory.entities().computeIfAbsent(request.key(), HeapStore::new);
      if (request.asks()) {
        double[] outputs = new double[entity.outputs()];
        entity.transaction(store, request.eventTimeMs(), request.inputs(), outputs);
        parts[request.entity()] = outputs;
      } else {
        request.tell(entity, store);
      }
      listener.entity(request);
    }

    /** What never came into force was not kept from the beginning, and nobody asks for it. */
    private void ahead(EntityRequest request) {
      SpecTimeline.Ahead ahead = specs.ahead(request.backfill());
      if (ahead != null && ahead.change().fromMs() == Long.MIN_VALUE) {
        request.tell(
            ahead.plan().entities().get(request.entity()),
            memory.entities().computeIfAbsent(request.key(), HeapStore::new));
        listener.entity(request);
      }
    }

    @Override
    public void spec(SpecChange change) {
      // Announced already.
    }

    @Override
    public void control(LogRecord record) throws Exception {
      Deployment deployment = deployments.decode(record.value());
      io.vigil.model.approval.Kind kind = Kinds.of(deployment.getKind());
      Alias alias = Kinds.of(deployment.getAlias());
      if (deployment.getStatus() == DeploymentStatus.ACTIVATED
          && deployment.getReviews() == null
          && kind != null
          && alias != null
          && Schedule.hasPlace(kind, alias)) {
        rollout.add(Change.of(deployment, record, kind, alias));
      }
    }

    @Override
    public void receipt(
        LogRecord record,
        ReceiptOutcome outcome,
        @Nullable String duplicateOf,
        @Nullable String reason) {
      listener.receipt(record, outcome, duplicateOf, reason);
    }

    @Override
    public void dead(LogRecord record) {
      listener.dead(record);
    }
  }
}

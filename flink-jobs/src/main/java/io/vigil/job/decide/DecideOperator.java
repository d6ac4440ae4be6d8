package io.vigil.job.decide;

import io.vigil.job.ArtefactSet;
import io.vigil.job.feature.FactsReader;
import io.vigil.job.order.KeyGroupBuffer;
import io.vigil.job.record.AlertDraft;
import io.vigil.job.record.EntityAnswer;
import io.vigil.job.record.LogRecord;
import io.vigil.job.record.Outgoing;
import io.vigil.job.record.WireType;
import io.vigil.model.event.Facts;
import io.vigil.model.feature.EntityPlan;
import io.vigil.model.feature.FeaturePlan;
import io.vigil.model.score.Scorer;
import io.vigil.model.score.ScoringModel;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.DecodeException;
import io.vigil.schema.codec.TransactionDecoder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ScheduledFuture;
import org.apache.flink.metrics.Counter;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.TwoInputStreamOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.util.OutputTag;

/**
 * Keyed by transaction id: puts each transaction together with its entities' answers, and decides
 * what is whole in batches: at size, after the linger, before a barrier, and at a watermark. A
 * snapshot therefore holds no row in flight, only what still waits for an answer.
 */
public final class DecideOperator extends AbstractStreamOperator<Outgoing>
    implements TwoInputStreamOperator<LogRecord, EntityAnswer, Outgoing> {
  private static final long serialVersionUID = 1L;

  /** Alerts on their way to their cases. */
  public static final OutputTag<AlertDraft> ALERTS =
      new OutputTag<>("alerts", new WireType<>(AlertDraft.WIRE));

  private final ArtefactSet artefacts;
  private final int batchSize;
  private final long lingerMs;
  private final Duration deadline;

  private transient FeaturePlan plan;
  private transient FactsReader facts;
  private transient TransactionDecoder transactions;
  private transient BatchScorer scorer;
  private transient Decider decider;
  private transient Map<String, Gathering> gathering;
  private transient SpecHistory specs;
  private transient List<Row> batch;
  private transient StreamRecord<Outgoing> emitted;
  private transient boolean lingering;
  private transient Counter fallbacks;

  /** A whole transaction, ready to be scored. */
  private record Row(LogRecord record, Gathering.Whole whole, float[] features) {}

  /**
   * @param artefacts what decides
   * @param batchSize rows that are scored together at the most, at least 1
   * @param linger how long the first row of a batch waits for others; zero for as long as it takes,
   *     which ends at the next watermark
   * @param deadline how long scoring may take before rules decide alone; zero for no deadline
   */
  public DecideOperator(ArtefactSet artefacts, int batchSize, Duration linger, Duration deadline) {
    this.artefacts = artefacts;
    this.batchSize = batchSize;
    this.lingerMs = linger.toMillis();
    this.deadline = deadline;
  }

  @Override
  protected boolean isUsingCustomRawKeyedState() {
    return true;
  }

  /** Nothing is kept by key in RocksDB here, so no key need be set. */
  @Override
  public boolean hasKeyContext1() {
    return false;
  }

  @Override
  public boolean hasKeyContext2() {
    return false;
  }

  @Override
  public void initializeState(StateInitializationContext context) throws Exception {
    super.initializeState(context);
    gathering = new HashMap<>();
    KeyGroupBuffer.restore(context, Gathering.WIRE, g -> gathering.put(g.id(), g));
    specs = new SpecHistory(context.getOperatorStateStore(), artefacts.specYaml());
  }

  @Override
  public void snapshotState(StateSnapshotContext context) throws Exception {
    super.snapshotState(context);
    KeyGroupBuffer.snapshot(
        context,
        Gathering.WIRE,
        gathering.values(),
        g -> LogRecord.transactionKey(g.id()),
        getRuntimeContext().getTaskInfo().getMaxNumberOfParallelSubtasks());
    specs.snapshot(getRuntimeContext().getTaskInfo().getIndexOfThisSubtask() == 0);
  }

  @Override
  public void open() throws Exception {
    super.open();
    plan = artefacts.plan();
    facts = new FactsReader(artefacts.rates());
    transactions = new TransactionDecoder();
    Scorer network = artefacts.scorer();
    ScoringModel model = artefacts.model(plan, network);
    scorer = new BatchScorer(model, network, deadline);
    decider = artefacts.decider(plan, model, artefacts.warming(specs.earlier()));
    batch = new ArrayList<>(batchSize);
    emitted = new StreamRecord<>(null);
    fallbacks = getMetricGroup().counter("fallbacks");
    getMetricGroup().gauge("gathering", () -> gathering.size());
  }

  @Override
  public void close() throws Exception {
    if (scorer != null) {
      scorer.close();
    }
    super.close();
  }

  @Override
  public void processElement1(StreamRecord<LogRecord> element) throws Exception {
    LogRecord record = element.getValue();
    Gathering g = gathering(record.id());
    g.record(record);
    completeIfWhole(g);
  }

  @Override
  public void processElement2(StreamRecord<EntityAnswer> element) throws Exception {
    EntityAnswer answer = element.getValue();
    Gathering g = gathering(answer.id());
    g.answer(answer.entity(), answer.outputs());
    completeIfWhole(g);
  }

  private Gathering gathering(String id) {
    return gathering.computeIfAbsent(id, i -> new Gathering(i, plan.entities().size()));
  }

  private void completeIfWhole(Gathering g) throws Exception {
    LogRecord record = g.record();
    if (record == null) {
      return;
    }
    Gathering.Whole whole = g.whole();
    if (whole == null) {
      whole = whole(record);
      g.whole(whole);
    }
    if (g.answers() < whole.expectedAnswers()) {
      return;
    }
    gathering.remove(g.id());
    float[] features = new float[plan.names().size()];
    plan.finish(whole.facts(), g.parts(), features);
    batch.add(new Row(record, whole, features));
    if (batch.size() >= batchSize) {
      flush();
    } else if (!lingering && lingerMs > 0) {
      lingering = true;
      ScheduledFuture<?> unused =
          getProcessingTimeService()
              .registerTimer(
                  getProcessingTimeService().getCurrentProcessingTime() + lingerMs,
                  time -> {
                    lingering = false;
                    flush();
                  });
    }
  }

  private void flush() throws Exception {
    if (batch.isEmpty()) {
      return;
    }
    float[][] features = new float[batch.size()][];
    for (int i = 0; i < features.length; i++) {
      features[i] = batch.get(i).features();
    }
    BatchScorer.Scores scores = scorer.score(features);
    for (int i = 0; i < features.length; i++) {
      Row row = batch.get(i);
      Decider.Decided decided =
          decider.decide(
              row.record(),
              row.whole().transaction(),
              row.whole().facts(),
              row.features(),
              scores.logit(i),
              scores.cause(i));
      if (scores.cause(i) != null) {
        fallbacks.inc();
      }
      output.collect(emitted.replace(decided.decision()));
      if (decided.alert() != null) {
        output.collect(ALERTS, new StreamRecord<>(decided.alert()));
      }
    }
    batch.clear();
  }

  @Override
  public void prepareSnapshotPreBarrier(long checkpointId) throws Exception {
    flush();
    super.prepareSnapshotPreBarrier(checkpointId);
  }

  @Override
  public void processWatermark(Watermark mark) throws Exception {
    flush();
    specs.reached(mark.getTimestamp());
    super.processWatermark(mark);
  }

  @Override
  public void finish() throws Exception {
    flush();
    if (!gathering.isEmpty()) {
      throw new IllegalStateException(
          "end of input: expected every transaction to be decided, "
              + gathering.size()
              + " still wait for an entity");
    }
    super.finish();
  }

  private Gathering.Whole whole(LogRecord record) {
    Transaction transaction;
    try {
      transaction = transactions.decode(record.value());
    } catch (DecodeException e) {
      throw new IllegalStateException("record " + record.origin() + ": decoded before, not now", e);
    }
    Facts read = facts.read(transaction);
    int expected = 0;
    for (EntityPlan entity : plan.entities()) {
      if (entity.grouping().key(read) != null) {
        expected++;
      }
    }
    return new Gathering.Whole(transaction, read, expected);
  }
}

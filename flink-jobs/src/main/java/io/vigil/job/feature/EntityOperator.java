package io.vigil.job.feature;

import io.vigil.job.ArtefactSet;
import io.vigil.job.control.Report;
import io.vigil.job.metrics.JobMetric;
import io.vigil.job.order.OrderedOperator;
import io.vigil.job.record.BackfillMark;
import io.vigil.job.record.EntityAnswer;
import io.vigil.job.record.EntityInput;
import io.vigil.job.record.EntityRequest;
import io.vigil.job.record.SpecChange;
import io.vigil.job.record.UnionState;
import io.vigil.job.record.WireType;
import io.vigil.model.feature.Backfill;
import io.vigil.model.feature.EntityPlan;
import io.vigil.model.feature.EntityStore;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.apache.flink.api.common.TaskInfo;
import org.apache.flink.api.common.operators.MailboxExecutor;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.util.OutputTag;
import org.jspecify.annotations.Nullable;

/**
 * The behavioural state of every entity: one hot value a key, read and written once an event, and
 * chunks of older events, asked for by number only; in effective order. What they hold is {@link
 * EntityPlan}'s business.
 */
public final class EntityOperator extends OrderedOperator<EntityRequest, EntityAnswer>
    implements OneInputStreamOperator<EntityInput, EntityAnswer> {
  private static final long serialVersionUID = 1L;
  private static final long CACHE_BYTES_MAX = 64L << 20;

  /** What this subtask says of features that are prepared, on its way to the one who answers. */
  public static final OutputTag<Report> REPORTS =
      new OutputTag<>("prepared", new WireType<>(Report.WIRE));

  private static final ValueStateDescriptor<byte[]> HOT =
      new ValueStateDescriptor<>("entity", PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO);

  private static final ListStateDescriptor<byte[]> JOURNAL =
      new ListStateDescriptor<>("journal", PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO);

  private final ArtefactSet artefacts;
  private final int cacheEntries;
  private final int unwrittenMax;
  private final List<SpecChange> ahead;

  private transient SpecTimeline specs;
  private transient PreparedState prepared;
  private transient MailboxExecutor mailbox;
  private transient ListState<String> texts;
  private transient UnionState<SpecChange> specChanges;
  private transient HotValues hot;
  private transient ValueState<byte[]> values;
  private transient MapState<Integer, byte[]> chunks;
  private transient Store store;

  /**
   * @param artefacts what decides
   * @param cacheEntries values a subtask keeps on the heap, 0 or more
   * @param unwrittenMax those of them that a checkpoint has yet to write at the most, 0 or more
   */
  public EntityOperator(ArtefactSet artefacts, int cacheEntries, int unwrittenMax) {
    this(artefacts, cacheEntries, unwrittenMax, List.of());
  }

  /**
   * As above.
   *
   * @param ahead what is prepared from the beginning, by a job that begins without a state
   */
  public EntityOperator(
      ArtefactSet artefacts, int cacheEntries, int unwrittenMax, List<SpecChange> ahead) {
    super(EntityRequest.WIRE, EntityRequest::key);
    this.artefacts = artefacts;
    this.cacheEntries = cacheEntries;
    this.unwrittenMax = unwrittenMax;
    this.ahead = new ArrayList<>(ahead); // Flink serialises it.
  }

  @Override
  public void initializeState(StateInitializationContext context) throws Exception {
    super.initializeState(context);
    texts =
        context
            .getOperatorStateStore()
            .getUnionListState(new ListStateDescriptor<>("specs", Types.STRING));
    Map<String, Long> earlier = new LinkedHashMap<>();
    String last = null;
    for (String text : texts.get()) {
      earlier.put(text, Long.MIN_VALUE); // When it ended matters to nobody here.
      last = text;
    }
    specs = new SpecTimeline(artefacts.specYaml(), earlier, Long.MIN_VALUE);
    specChanges =
        new UnionState<>(context.getOperatorStateStore(), "spec-changes", SpecChange.WIRE);
    specs.addAll(context.isRestored() ? specChanges.get() : ahead);
    if (last != null) {
      SpecTimeline.requireNothingWaits("entities", last, specs.newest(), waiting());
    }
    store = new Store();
    ValueState<byte[]> state = context.getKeyedStateStore().getState(HOT);
    values = state;
    MapStateDescriptor<Integer, byte[]> chunkDescriptor =
        new MapStateDescriptor<>(
            "chunks", Types.INT, PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO);
    chunks = context.getKeyedStateStore().getMapState(chunkDescriptor);
    hot =
        new HotValues(
            new HotValues.Store() {
              @Override
              public byte @Nullable [] read(String key) throws Exception {
                setCurrentKey(key);
                return state.value();
              }

              @Override
              public void write(String key, byte[] value) throws Exception {
                setCurrentKey(key);
                state.update(value);
              }
            },
            cacheEntries,
            CACHE_BYTES_MAX,
            unwrittenMax);
    TaskInfo task = getRuntimeContext().getTaskInfo();
    prepared =
        new PreparedState(
            context.getOperatorStateStore(),
            specs,
            KeyGroupRangeAssignment.computeKeyGroupRangeForOperatorIndex(
                task.getMaxNumberOfParallelSubtasks(),
                task.getNumberOfParallelSubtasks(),
                task.getIndexOfThisSubtask()),
            new Neighbours());
  }

  @Override
  public void open() throws Exception {
    super.open();
    mailbox =
        getContainingTask()
            .getMailboxExecutorFactory()
            .createExecutor(getOperatorConfig().getChainIndex());
    prepared.open();
    metrics().counted(JobMetric.CACHE_HITS, hot::hits);
    metrics().counted(JobMetric.CACHE_MISSES, hot::misses);
    metrics().gauge(JobMetric.CACHE_ENTRIES, hot::entries);
    metrics().gauge(JobMetric.CACHE_BYTES, hot::bytes);
    metrics().gauge(JobMetric.CACHE_UNWRITTEN, hot::unwritten);
  }

  /** State names the layout it was written in; these are the specs that the layouts come from. */
  @Override
  public void snapshotState(StateSnapshotContext context) throws Exception {
    super.snapshotState(context);
    boolean first = getRuntimeContext().getTaskInfo().getIndexOfThisSubtask() == 0;
    SpecTimeline.Span newest = specs.newest();
    List<String> all = new ArrayList<>(newest.earlier().keySet());
    all.add(newest.yaml());
    texts.update(first ? all : List.of());
    specChanges.update(first ? specs.changes() : List.of());
    prepared.snapshot(context.getCheckpointId());
  }

  @Override
  public void notifyCheckpointComplete(long checkpointId) throws Exception {
    super.notifyCheckpointComplete(checkpointId);
    prepared.completed(checkpointId);
  }

  @Override
  public void close() throws Exception {
    if (prepared != null) {
      prepared.close();
    }
    super.close();
  }

  /** What the snapshot must hold is written before its barrier goes on. */
  @Override
  public void prepareSnapshotPreBarrier(long checkpointId) throws Exception {
    hot.flush();
    super.prepareSnapshotPreBarrier(checkpointId);
  }

  /** A bounded job takes its last snapshot after this. */
  @Override
  public void finish() throws Exception {
    hot.flush();
    super.finish();
  }

  @Override
  public void processElement(StreamRecord<EntityInput> element) throws Exception {
    EntityInput input = element.getValue();
    if (input instanceof EntityRequest request) {
      if (request.when() == EntityRequest.When.PAST) {
        prepared.past(request); // All of the log that comes now lies behind it.
      } else {
        await(request);
      }
    } else if (input instanceof SpecChange change) {
      specs.addAll(List.of(change)); // As deduplication has read it.
      if (change.says() == SpecChange.Says.ENDS) {
        prepared.giveUp(change.backfill());
      }
    } else if (input instanceof BackfillMark mark) {
      prepared.mark(mark);
    }
  }

  @Override
  protected void apply(EntityRequest request) throws Exception {
    if (request.when() == EntityRequest.When.AHEAD) {
      prepared.present(request);
      return;
    }
    EntityPlan entity = specs.at(request.effectiveTimeMs()).plan().entities().get(request.entity());
    if (!entity.grouping().backfill().equals(Backfill.NONE)) {
      prepared.requireWhole(entity);
    }
    store.key = request.key();
    try {
      if (!request.asks()) {
        request.tell(entity, store);
        return;
      }
      double[] outputs = new double[entity.outputs()];
      entity.transaction(store, request.eventTimeMs(), request.inputs(), outputs);
      emit(new EntityAnswer(request.id(), request.entity(), outputs));
    } catch (StateFailure e) {
      throw e.cause;
    }
  }

  private final class Neighbours implements PreparedState.Outside {
    @Override
    public void tell(EntityPlan plan, EntityRequest request) {
      store.key = request.key();
      request.tell(plan, store);
    }

    @Override
    public ListState<byte[]> journal(String key) throws Exception {
      setCurrentKey(key);
      return getKeyedStateStore().getListState(JOURNAL);
    }

    @Override
    public Stream<String> journals() throws Exception {
      // Registers it, or there would be nothing to ask.
      getKeyedStateStore().getListState(JOURNAL);
      return EntityOperator.this
          .<String>getKeyedStateBackend()
          .getKeys(JOURNAL.getName(), VoidNamespace.INSTANCE);
    }

    @Override
    public Stream<String> keys() throws Exception {
      hot.flush();
      return EntityOperator.this
          .<String>getKeyedStateBackend()
          .getKeys(HOT.getName(), VoidNamespace.INSTANCE);
    }

    @Override
    public void forget(String key) throws Exception {
      hot.forget(key);
      journal(key).clear();
      values.clear();
      chunks.clear();
    }

    @Override
    public void later(KeyWalk.Work work) {
      mailbox.execute(work::run, "backfill");
    }

    @Override
    public void report(SpecChange change, long sinceMs) {
      output.collect(
          REPORTS,
          new StreamRecord<>(
              Report.whole(
                  change,
                  sinceMs,
                  getRuntimeContext().getTaskInfo().getIndexOfThisSubtask(),
                  getRuntimeContext().getTaskInfo().getNumberOfParallelSubtasks())));
    }
  }

  /** The state of the entity that is being asked: hot values cached, chunks where they are. */
  private final class Store implements EntityStore {
    private String key = "";

    @Override
    public String key() {
      return key;
    }

    @Override
    public byte @Nullable [] hot() {
      return tried(() -> hot.get(key));
    }

    @Override
    public void hot(byte[] value) {
      tried(
          () -> {
            hot.put(key, value);
            return value;
          });
    }

    @Override
    public byte[] chunk(int number) {
      byte[] value =
          tried(
              () -> {
                setCurrentKey(key);
                return chunks.get(number);
              });
      if (value == null) {
        throw new IllegalStateException("chunk " + number + " of an entity: expected, not found");
      }
      return value;
    }

    @Override
    public void chunk(int number, byte[] value) {
      tried(
          () -> {
            setCurrentKey(key);
            chunks.put(number, value);
            return value;
          });
    }

    @Override
    public void drop(int number) {
      tried(
          () -> {
            setCurrentKey(key);
            chunks.remove(number);
            return null;
          });
    }

    private <T extends @Nullable Object> T tried(Callable<T> access) {
      try {
        return access.call();
      } catch (Exception e) {
        throw new StateFailure(e);
      }
    }
  }

  /** Carries Flink's checked exceptions through the core, which knows none. */
  private static final class StateFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final Exception cause;

    StateFailure(Exception cause) {
      super(cause);
      this.cause = cause;
    }
  }
}

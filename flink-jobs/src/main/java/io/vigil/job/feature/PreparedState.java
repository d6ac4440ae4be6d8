package io.vigil.job.feature;

import io.vigil.job.record.BackfillMark;
import io.vigil.job.record.EntityRequest;
import io.vigil.job.record.SpecChange;
import io.vigil.model.feature.EntityPlan;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.OperatorStateStore;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.state.KeyGroupRange;
import org.jspecify.annotations.Nullable;

/**
 * State that is kept ahead for features which are prepared. Their past comes from the archive, in
 * effective order, while their present comes from the log: what comes of the present before the
 * past is whole waits in a journal of its entity, and is applied behind the past, in its order. So
 * when the features come into force each entity's state is what it would be had they always been
 * there. Owned by the operator's thread.
 *
 * <p>Whole are those whose past is whole on all key groups of this subtask, and whose journals are
 * empty. The log may say that features are in force, and a restore may go back behind that; so this
 * says that they are whole only once a completed checkpoint holds them.
 */
final class PreparedState {
  private final SpecTimeline specs;
  private final Outside outside;
  private final KeyGroupRange groups;
  private final ListState<String> state;
  private final Map<String, BitSet> ended = new HashMap<>();
  private final Map<String, Long> whole = new TreeMap<>();
  private final Map<Long, Map<String, Long>> wholeAt = new TreeMap<>();
  private final Set<String> reported = new HashSet<>();
  private final Set<String> givenUp = new HashSet<>();
  private final Queue<KeyWalk> walks = new ArrayDeque<>();

  /** What this class needs of the operator. */
  interface Outside {
    /** Applies a request that is not answered. */
    void tell(EntityPlan plan, EntityRequest request);

    /** The journal of that key. */
    ListState<byte[]> journal(String key) throws Exception;

    /** The keys that have a journal, as they are now. */
    Stream<String> journals() throws Exception;

    /** The keys of all entities, as they are now. */
    Stream<String> keys() throws Exception;

    /** Forgets all that is kept of an entity. */
    void forget(String key) throws Exception;

    /** Has something done on the operator's thread, after what waits there already. */
    void later(KeyWalk.Work work);

    /** Says that it is whole on this subtask, and in a completed checkpoint. */
    void report(SpecChange change, long sinceMs) throws Exception;
  }

  /**
   * Reads what the checkpoint holds.
   *
   * @param groups the key groups of this subtask
   */
  PreparedState(OperatorStateStore store, SpecTimeline specs, KeyGroupRange groups, Outside outside)
      throws Exception {
    this.specs = specs;
    this.outside = outside;
    this.groups = groups;
    state = store.getUnionListState(new ListStateDescriptor<>("backfills", Types.STRING));
    Map<String, Integer> said = new HashMap<>();
    for (String text : state.get()) {
      said.merge(text, 1, Integer::sum);
    }
    Integer subtasks = said.remove("");
    said.forEach(
        (text, times) -> {
          // Of a subtask that did not say so the key groups may be here now.
          if (times.equals(subtasks)) {
            int at = text.indexOf(' ');
            whole.put(text.substring(0, at), Long.parseLong(text.substring(at + 1)));
          }
        });
  }

  /** Says of all that a restore has brought that they are whole. */
  void open() throws Exception {
    report(whole);
  }

  /** Puts what is whole into the snapshot. */
  void snapshot(long checkpoint) throws Exception {
    List<String> texts = new ArrayList<>(List.of(""));
    whole.forEach((id, sinceMs) -> texts.add(id + " " + sinceMs));
    state.update(texts);
    wholeAt.put(checkpoint, Map.copyOf(whole));
  }

  /** A checkpoint is complete. */
  void completed(long checkpoint) throws Exception {
    Map<String, Long> complete = wholeAt.remove(checkpoint);
    wholeAt.keySet().removeIf(earlier -> earlier < checkpoint);
    if (complete != null) {
      report(complete);
    }
  }

  private void report(Map<String, Long> complete) throws Exception {
    for (Map.Entry<String, Long> each : complete.entrySet()) {
      SpecTimeline.Ahead ahead = specs.ahead(each.getKey());
      if (ahead != null && reported.add(each.getKey())) {
        outside.report(ahead.change(), each.getValue());
      }
    }
  }

  /** The past of prepared features is whole for a key group. */
  void mark(BackfillMark mark) {
    String id = mark.change().backfill();
    if (whole.containsKey(id) || givenUp.contains(id)) {
      return;
    }
    boolean before = ended(id);
    ended.computeIfAbsent(id, i -> new BitSet()).set(mark.group());
    if (ended(id) && !before) {
      later(
          new KeyWalk(
              id,
              outside::journals,
              key -> apply(ahead(id), outside.journal(key)),
              () -> whole.put(id, mark.sinceMs())));
    }
  }

  private boolean ended(String id) {
    BitSet of = ended.get(id);
    return whole.containsKey(id)
        || (of != null && of.cardinality() == groups.getNumberOfKeyGroups());
  }

  /** What was prepared will never be in force: whatever was kept of it is let go. */
  void giveUp(String id) {
    if (specs.ahead(id) != null && givenUp.add(id)) {
      whole.remove(id);
      later(new KeyWalk(id, outside::keys, outside::forget, () -> {}));
      later(new KeyWalk(id, outside::journals, outside::forget, () -> {}));
    }
  }

  /** Applies a request of the past, in the order in which it comes. */
  void past(EntityRequest request) {
    if (!givenUp.contains(request.backfill())) {
      tell(ahead(request.backfill()), request);
    }
  }

  /** Applies a request of the present to what is prepared, in effective order. */
  void present(EntityRequest request) throws Exception {
    if (givenUp.contains(request.backfill())) {
      return;
    }
    SpecTimeline.Ahead ahead = ahead(request.backfill());
    if (isWhole(ahead)) {
      tell(ahead, request);
      return;
    }
    ListState<byte[]> journal = outside.journal(request.key());
    if (ended(ahead.id())) {
      apply(ahead, journal);
      tell(ahead, request);
    } else {
      journal.add(bytes(request));
    }
  }

  /** Refuses a request for features whose state is not whole. */
  void requireWhole(EntityPlan plan) {
    String id = plan.grouping().backfill().id();
    SpecTimeline.Ahead ahead = specs.ahead(id);
    if (whole.containsKey(id) || (ahead != null && isWhole(ahead))) {
      return;
    }
    throw new IllegalStateException(
        "features by "
            + plan.grouping().id()
            + ": expected the history that was read for them before they came into force (backfill "
            + id
            + "), got a state without it: go on from a checkpoint that was made after the control"
            + " record which put them in force; or begin without a state on a log that reaches back"
            + " to its beginning, with vigil.backfill.from-archive");
  }

  private boolean isWhole(SpecTimeline.Ahead ahead) {
    // A job that meets all records has nothing to wait for.
    return ahead.change().fromMs() == Long.MIN_VALUE || whole.containsKey(ahead.id());
  }

  private SpecTimeline.Ahead ahead(String id) {
    SpecTimeline.@Nullable Ahead ahead = specs.ahead(id);
    if (ahead == null) {
      throw new IllegalStateException("backfill " + id + ": expected to be prepared, it is not");
    }
    return ahead;
  }

  private void tell(SpecTimeline.Ahead ahead, EntityRequest request) {
    outside.tell(ahead.plan().entities().get(request.entity()), request);
  }

  private void apply(SpecTimeline.Ahead ahead, ListState<byte[]> journal) throws Exception {
    Collection<EntityRequest> waiting = new ArrayList<>();
    for (byte[] bytes : journal.get()) {
      waiting.add(EntityRequest.WIRE.read(new DataInputStream(new ByteArrayInputStream(bytes))));
    }
    if (!waiting.isEmpty()) {
      journal.clear();
      waiting.forEach(request -> tell(ahead, request));
    }
  }

  private static byte[] bytes(EntityRequest request) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    EntityRequest.WIRE.write(request, new DataOutputStream(bytes));
    return bytes.toByteArray();
  }

  /** Walks go one after the other. */
  private void later(KeyWalk walk) {
    walks.add(walk);
    if (walks.size() == 1) {
      outside.later(this::goOn);
    }
  }

  private void goOn() throws Exception {
    KeyWalk now = walks.peek();
    if (now != null && now.goOn()) {
      walks.remove();
    }
    if (!walks.isEmpty()) {
      outside.later(this::goOn);
    }
  }

  /** Lets go what walks hold. */
  void close() {
    walks.forEach(KeyWalk::close);
    walks.clear();
  }
}

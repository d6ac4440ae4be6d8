package io.vigil.job.order;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vigil.job.record.EntityRequest;
import io.vigil.job.record.Kind;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.AbstractStreamOperatorTestHarness;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.junit.jupiter.api.Test;

class OrderedOperatorTest {
  private static final int MAX_PARALLELISM = 16;

  /** Numbers each key's records in the order in which they are applied. */
  private static final class Numbering extends OrderedOperator<EntityRequest, String>
      implements OneInputStreamOperator<EntityRequest, String> {
    private static final long serialVersionUID = 1L;
    private transient ValueState<Long> count;

    Numbering() {
      super(EntityRequest.WIRE, EntityRequest::key);
    }

    @Override
    public void initializeState(StateInitializationContext context) throws Exception {
      super.initializeState(context);
      count =
          context.getKeyedStateStore().getState(new ValueStateDescriptor<>("count", Types.LONG));
    }

    @Override
    public void processElement(StreamRecord<EntityRequest> element) {
      await(element.getValue());
    }

    @Override
    protected void apply(EntityRequest request) throws Exception {
      setCurrentKey(request.key());
      long number = count.value() == null ? 1 : count.value() + 1;
      count.update(number);
      emit(request.key() + "#" + number + "=" + request.id());
    }
  }

  private static EntityRequest request(String key, String id, long effectiveMs, boolean label) {
    Kind kind = label ? Kind.LABEL : Kind.TRANSACTION;
    return new EntityRequest(key, 0, kind, id, id, effectiveMs, effectiveMs, 0, 0, new long[] {1});
  }

  private static KeyedOneInputStreamOperatorTestHarness<String, EntityRequest, String> harness(
      int parallelism, int subtask) throws Exception {
    return new KeyedOneInputStreamOperatorTestHarness<>(
        new Numbering(), EntityRequest::key, Types.STRING, MAX_PARALLELISM, parallelism, subtask);
  }

  private static List<String> outputs(AbstractStreamOperatorTestHarness<String> harness) {
    List<String> outputs = new ArrayList<>();
    for (Object element : harness.getOutput()) {
      if (element instanceof StreamRecord<?> record) {
        outputs.add((String) record.getValue());
      }
    }
    return outputs;
  }

  /** What a partition says that has said nothing yet only holds back the source. */
  @Test
  void takesNothingForAWatermarkBeforeTheFirst() throws Exception {
    try (KeyedOneInputStreamOperatorTestHarness<String, EntityRequest, String> harness =
        harness(1, 0)) {
      harness.open();
      harness.processWatermark(OrderedOperator.NOTHING_YET_MS);
      assertThat(harness.getOutput()).isEmpty();
    }
  }

  @Test
  void appliesInEffectiveOrderUpToTheWatermark() throws Exception {
    try (var harness = harness(1, 0)) {
      harness.open();
      harness.processElement(request("a", "10", 5, false), 0);
      harness.processElement(request("a", "9", 5, false), 0);
      harness.processElement(request("a", "z", 5, true), 0);
      harness.processElement(request("a", "first", 4, false), 0);
      harness.processElement(request("a", "later", 7, false), 0);
      assertThat(outputs(harness)).isEmpty();

      harness.processWatermark(6);

      assertThat(outputs(harness)).containsExactly("a#1=first", "a#2=z", "a#3=9", "a#4=10");
    }
  }

  @Test
  void refusesARecordBehindTheWatermark() throws Exception {
    try (var harness = harness(1, 0)) {
      harness.open();
      harness.processWatermark(6);
      assertThatThrownBy(() -> harness.processElement(request("a", "x", 6, false), 0))
          .hasMessageContaining("expected effective times after the watermark 6, got 6 for x");
    }
  }

  @Test
  void whatWaitsFollowsItsKeysWhenTheJobIsRescaled() throws Exception {
    Random random = new Random(5);
    List<EntityRequest> all = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      all.add(request("k" + random.nextInt(40), "r" + i, random.nextInt(1_000), false));
    }
    List<EntityRequest> before = all.subList(0, 300);
    List<EntityRequest> after =
        all.subList(300, 500).stream().filter(r -> r.effectiveTimeMs() > 200).toList();

    List<OperatorSubtaskState> snapshots = new ArrayList<>();
    List<String> outputs = new ArrayList<>();
    for (int subtask = 0; subtask < 2; subtask++) {
      try (var harness = harness(2, subtask)) {
        harness.open();
        feed(harness, before, 2, subtask);
        harness.processWatermark(200);
        snapshots.add(harness.snapshot(1, 1));
        outputs.addAll(outputs(harness));
      }
    }
    OperatorSubtaskState whole =
        AbstractStreamOperatorTestHarness.repackageState(
            snapshots.toArray(OperatorSubtaskState[]::new));
    for (int subtask = 0; subtask < 3; subtask++) {
      try (var harness = harness(3, subtask)) {
        harness.initializeState(
            AbstractStreamOperatorTestHarness.repartitionOperatorState(
                whole, MAX_PARALLELISM, 2, 3, subtask));
        harness.open();
        feed(harness, after, 3, subtask);
        harness.processWatermark(Long.MAX_VALUE);
        outputs.addAll(outputs(harness));
      }
    }

    List<EntityRequest> applied = new ArrayList<>(before);
    applied.addAll(after);
    assertThat(outputs).containsExactlyInAnyOrderElementsOf(numbered(applied));
  }

  private static void feed(
      KeyedOneInputStreamOperatorTestHarness<String, EntityRequest, String> harness,
      List<EntityRequest> requests,
      int parallelism,
      int subtask)
      throws Exception {
    for (EntityRequest request : requests) {
      if (KeyGroupRangeAssignment.assignKeyToParallelOperator(
              request.key(), MAX_PARALLELISM, parallelism)
          == subtask) {
        harness.processElement(request, 0);
      }
    }
  }

  /** The same by sorting a list. */
  private static List<String> numbered(List<EntityRequest> requests) {
    List<EntityRequest> sorted = new ArrayList<>(requests);
    sorted.sort(
        Comparator.comparingLong(EntityRequest::effectiveTimeMs)
            .thenComparing(r -> r.id().length())
            .thenComparing(EntityRequest::id));
    java.util.Map<String, Integer> counts = new java.util.HashMap<>();
    return sorted.stream()
        .map(r -> r.key() + "#" + counts.merge(r.key(), 1, Integer::sum) + "=" + r.id())
        .toList();
  }
}

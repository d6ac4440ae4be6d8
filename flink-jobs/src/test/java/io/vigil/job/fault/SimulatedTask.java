package io.vigil.job.fault;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.function.Function;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.AbstractStreamOperatorTestHarness;
import org.apache.flink.util.OutputTag;
import org.jspecify.annotations.Nullable;

/**
 * A subtask: a real operator between channels that keep their order, each for itself. Watermarks
 * are the minimum of an input's channels, barriers are aligned, as Flink has it.
 */
final class SimulatedTask {
  /** Keys are spread over so many groups. */
  static final int MAX_PARALLELISM = 16;

  private final AbstractStreamOperatorTestHarness<?> harness;
  private final Input input;
  private final boolean aligned;
  private final Acknowledge acknowledge;
  private final List<Channel> in = new ArrayList<>();
  private final List<Edge<?>> out = new ArrayList<>();
  private long checkpoint;
  private final long[] reachedMs = {Long.MIN_VALUE, Long.MIN_VALUE};

  /** How the operator takes what comes. */
  interface Input {
    void record(int input, StreamRecord<?> record) throws Exception;

    void watermark(int input, Watermark mark) throws Exception;
  }

  /** Told when the task is in a checkpoint. */
  interface Acknowledge {
    void snapshot(SimulatedTask task, OperatorSubtaskState state);
  }

  /** A barrier of a checkpoint. */
  record Barrier(long checkpoint) {}

  /** The way from one subtask to another. */
  static final class Channel {
    private final SimulatedTask to;
    private final int input;
    private final Queue<Object> queue = new ArrayDeque<>();
    private long markMs = Long.MIN_VALUE;
    private boolean blocked;

    private Channel(SimulatedTask to, int input) {
      this.to = to;
      this.input = input;
    }

    /** Whether its task may take something from it. */
    boolean isReady() {
      return !blocked && !queue.isEmpty();
    }

    SimulatedTask to() {
      return to;
    }

    void add(Object element) {
      queue.add(element);
    }
  }

  /** Where what an operator emits goes. */
  private record Edge<T>(
      @Nullable OutputTag<T> tag,
      @Nullable Function<T, String> keyOf,
      List<Channel> to,
      Out<T> sink) {
    void route(T value) {
      sink.accept(value);
      if (to.isEmpty()) {
        return;
      }
      if (keyOf == null) {
        to.forEach(channel -> channel.queue.add(new StreamRecord<>(value)));
        return;
      }
      int owner =
          KeyGroupRangeAssignment.assignKeyToParallelOperator(
              keyOf.apply(value), MAX_PARALLELISM, to.size());
      to.get(owner).queue.add(new StreamRecord<>(value));
    }
  }

  /** Takes what leaves the job. */
  interface Out<T> {
    void accept(T value);
  }

  /**
   * @param aligned whether a snapshot waits for the barriers of all channels, as it must
   */
  SimulatedTask(
      AbstractStreamOperatorTestHarness<?> harness,
      Input input,
      boolean aligned,
      Acknowledge acknowledge) {
    this.harness = harness;
    this.input = input;
    this.aligned = aligned;
    this.acknowledge = acknowledge;
  }

  AbstractStreamOperatorTestHarness<?> harness() {
    return harness;
  }

  List<Channel> channels() {
    return in;
  }

  /**
   * What the operator emits goes to the subtasks of the next one.
   *
   * @param tag null for its main output
   * @param keyOf names the subtask that a record goes to; null for all of them
   */
  <T> void connect(
      @Nullable OutputTag<T> tag,
      @Nullable Function<T, String> keyOf,
      List<SimulatedTask> to,
      int input) {
    List<Channel> channels = new ArrayList<>();
    for (SimulatedTask task : to) {
      Channel channel = new Channel(task, input);
      task.in.add(channel);
      channels.add(channel);
    }
    out.add(new Edge<>(tag, keyOf, channels, value -> {}));
  }

  /** What the operator emits leaves the job. */
  <T> void connect(@Nullable OutputTag<T> tag, Out<T> sink) {
    out.add(new Edge<>(tag, null, List.of(), sink));
  }

  /** Takes the next element of one of its channels. */
  void step(Channel from) throws Exception {
    Object element = from.queue.remove();
    if (element instanceof Watermark mark) {
      from.markMs = mark.getTimestamp();
      long minimum = Long.MAX_VALUE;
      for (Channel channel : in) {
        if (channel.input == from.input) {
          minimum = Math.min(minimum, channel.markMs);
        }
      }
      if (minimum > reachedMs[from.input]) {
        reachedMs[from.input] = minimum;
        input.watermark(from.input, new Watermark(minimum));
      }
    } else if (element instanceof Barrier barrier) {
      from.blocked = aligned;
      if (checkpoint < barrier.checkpoint
          && (!aligned || in.stream().allMatch(channel -> channel.blocked))) {
        in.forEach(channel -> channel.blocked = false);
        checkpoint = barrier.checkpoint;
        snapshot(barrier);
      }
    } else {
      input.record(from.input, (StreamRecord<?>) element);
    }
    emit();
  }

  /** Has its state taken, and the barrier go on. */
  void snapshot(Barrier barrier) throws Exception {
    harness.getOperator().prepareSnapshotPreBarrier(barrier.checkpoint);
    emit();
    acknowledge.snapshot(this, harness.snapshot(barrier.checkpoint, barrier.checkpoint));
    toAll(barrier);
  }

  /** Puts what the operator has emitted into the channels. */
  void emit() {
    for (Edge<?> edge : out) {
      if (edge.tag != null) {
        emitSide(edge);
      }
    }
    Object element;
    while ((element = harness.getOutput().poll()) != null) {
      if (element instanceof Watermark) {
        toAll(element);
      } else if (element instanceof StreamRecord<?> record) {
        out.stream().filter(edge -> edge.tag == null).forEach(edge -> emitMain(edge, record));
      }
    }
  }

  private <T> void emitSide(Edge<T> edge) {
    Queue<StreamRecord<T>> side = harness.getSideOutput(edge.tag);
    StreamRecord<T> record;
    while (side != null && (record = side.poll()) != null) {
      edge.route(record.getValue());
    }
  }

  @SuppressWarnings("unchecked") // The operator's output is of one type.
  private static <T> void emitMain(Edge<T> edge, StreamRecord<?> record) {
    edge.route((T) record.getValue());
  }

  private void toAll(Object element) {
    out.forEach(edge -> edge.to.forEach(channel -> channel.queue.add(element)));
  }

  /** The process is gone; what it held outside the heap is given back. */
  void kill() throws Exception {
    harness.getOperator().close();
    harness.getEnvironment().close();
  }
}

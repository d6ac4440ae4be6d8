package io.vigil.model.feature;

import io.vigil.model.event.Entity;
import io.vigil.model.event.Facts;
import io.vigil.model.event.Field;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a plan keeps and computes for one kind of entity. A shell reads an entity's state, calls
 * {@link #transaction} or {@link #label} in effective order, and writes back what they return.
 *
 * <p>A function of its arguments alone, but it decodes into scratch that it owns: one instance a
 * thread.
 */
public final class EntityPlan {
  /** The end of year 9999: later times are not dates but mistakes. */
  private static final long TIME_MS_MAX = 253_402_300_799_999L;

  private static final double MINOR_PER_MAJOR = 100.0;
  private static final double MS_PER_SECOND = 1_000.0;

  private final Entity entity;
  private final boolean keepsAmount;
  private final boolean keepsPositions;
  private final List<Field> columns;
  private final Output[] outputs;
  private final Window[] windows;
  private final EntityState state;

  // By window, of the current event: the entries in it, how many events they are, and their sum.
  private final int[] from;
  private final int[] to;
  private final long[] counts;
  private final long[] sums;
  private final boolean[] summed;

  /** What one output is; the indexes are -1 where they have no meaning. */
  private record Output(Aggregate aggregate, int window, int column) {}

  EntityPlan(Entity entity, List<Feature.Aggregated> features) {
    this.entity = entity;
    List<Field> texts = new ArrayList<>();
    List<Window> spans = new ArrayList<>();
    boolean amount = false;
    boolean position = false;
    long eventsReachMs = 0;
    long labelsReachMs = -1;
    outputs = new Output[features.size()];
    for (int index = 0; index < outputs.length; index++) {
      Feature.Aggregated feature = features.get(index);
      Aggregate aggregate = feature.aggregate();
      Field of = feature.of();
      Window window = feature.window();
      amount |= aggregate.of() == Aggregate.Of.AMOUNT;
      position |= aggregate == Aggregate.GEO_SPEED;
      if (window != null) {
        eventsReachMs = Math.max(eventsReachMs, window.reachMs());
        if (aggregate == Aggregate.RATE) {
          labelsReachMs = Math.max(labelsReachMs, window.reachMs());
        }
      }
      outputs[index] =
          new Output(
              aggregate,
              window == null ? -1 : indexIn(spans, window),
              aggregate.of() == Aggregate.Of.TEXT && of != null ? indexIn(texts, of) : -1);
    }
    keepsAmount = amount;
    keepsPositions = position;
    columns = List.copyOf(texts);
    windows = spans.toArray(Window[]::new);
    from = new int[windows.length];
    to = new int[windows.length];
    counts = new long[windows.length];
    sums = new long[windows.length];
    summed = new boolean[windows.length];
    for (Output output : outputs) {
      if (output.aggregate == Aggregate.SUM || output.aggregate == Aggregate.MEAN) {
        summed[output.window] = true;
      }
    }
    state = new EntityState(amount, columns, position, eventsReachMs, labelsReachMs);
  }

  private static <T> int indexIn(List<T> list, T value) {
    int index = list.indexOf(value);
    if (index < 0) {
      list.add(value);
      return list.size() - 1;
    }
    return index;
  }

  public Entity entity() {
    return entity;
  }

  /** Number of values that {@link #transaction} computes, at least 1. */
  public int outputs() {
    return outputs.length;
  }

  /** Whether labels matter here; where they do not, {@link #label} must not be called. */
  public boolean usesLabels() {
    return state.labels != null;
  }

  /**
   * The small record that stands for the transaction in {@link #transaction}: the amount in minor
   * units if it is kept, a 64-bit hash (XXH64 of UTF-8, 0 for missing) for each text that is kept,
   * latitude and longitude as raw double bits if they are kept. Its length depends on the plan
   * alone.
   */
  public long[] inputs(Facts facts) {
    long[] inputs = new long[(keepsAmount ? 1 : 0) + columns.size() + (keepsPositions ? 2 : 0)];
    int at = 0;
    if (keepsAmount) {
      inputs[at++] = facts.amountMinor();
    }
    for (int column = 0; column < columns.size(); column++) {
      inputs[at++] = TextHash.of(facts.text(columns.get(column)));
    }
    if (keepsPositions) {
      inputs[at++] = Double.doubleToLongBits(facts.number(Field.LATITUDE));
      inputs[at] = Double.doubleToLongBits(facts.number(Field.LONGITUDE));
    }
    return inputs;
  }

  /**
   * Applies a transaction to its entity and computes the entity's aggregates as of then.
   *
   * @param packed the entity's state, null when there is none; not modified
   * @param eventTimeMs from 1970 until the end of year 9999
   * @param inputs of {@link #inputs}
   * @param out receives {@link #outputs} values at 0 onwards; NaN where there is no value
   * @return the new state, this event included
   * @throws IllegalArgumentException when the time is out of its range, or the state was written in
   *     another layout or by a plan that keeps other values
   */
  public byte[] transaction(
      byte @Nullable [] packed, long eventTimeMs, long[] inputs, double[] out) {
    requireTime(eventTimeMs);
    state.load(packed);
    EventLog events = state.events;
    int current = events.insert(eventTimeMs, inputs);
    for (int index = 0; index < windows.length; index++) {
      Window window = windows[index];
      from[index] = events.firstAfter(eventTimeMs - window.reachMs());
      to[index] =
          window.delayMs() > 0
              ? events.firstAfter(eventTimeMs - window.delayMs())
              : window.includesCurrent() ? current + 1 : current;
      counts[index] = events.count(from[index], to[index]);
      sums[index] = summed[index] ? events.sum(from[index], to[index]) : 0;
    }
    double speedKmh =
        state.positions == null
            ? Double.NaN
            : state.positions.speedTo(
                eventTimeMs, inputs[inputs.length - 2], inputs[inputs.length - 1]);
    for (int index = 0; index < outputs.length; index++) {
      out[index] = value(outputs[index], current, speedKmh);
    }
    return state.save();
  }

  /**
   * Applies a change of what is known of a past transaction of the entity.
   *
   * @param packed the entity's state, null when there is none; not modified
   * @param transactionTimeMs the transaction's event time, from 1970 until the end of year 9999
   * @param delta +1 when the transaction is now held to be fraud, -1 when it no longer is
   * @return the new state
   * @throws IllegalArgumentException when an argument is out of its range, or the state was written
   *     in another layout or by a plan that keeps other values
   * @throws IllegalStateException when the plan uses no labels for this entity
   */
  public byte[] label(byte @Nullable [] packed, long transactionTimeMs, int delta) {
    LabelLog labels = state.labels;
    if (labels == null) {
      throw new IllegalStateException(
          "label: expected an entity that uses labels, got " + entity.field().id());
    }
    requireTime(transactionTimeMs);
    if (delta != 1 && delta != -1) {
      throw new IllegalArgumentException("label: expected a delta of 1 or -1, got " + delta);
    }
    state.load(packed);
    labels.add(transactionTimeMs, delta);
    return state.save();
  }

  private static void requireTime(long timeMs) {
    if (timeMs < 0 || timeMs > TIME_MS_MAX) {
      throw new IllegalArgumentException(
          "event time: expected milliseconds from 1970 until the end of 9999, got " + timeMs);
    }
  }

  private double value(Output output, int current, double speedKmh) {
    EventLog events = state.events;
    Aggregate aggregate = output.aggregate;
    if (aggregate == Aggregate.GEO_SPEED) {
      return speedKmh;
    }
    if (aggregate == Aggregate.ELAPSED) {
      return current == 0
          ? Double.NaN
          : (events.timeMs(current) - events.timeMs(current - 1)) / MS_PER_SECOND;
    }
    int window = output.window;
    int first = from[window];
    int end = to[window];
    long count = counts[window];
    return switch (aggregate) {
      case COUNT -> count;
      case SUM -> sums[window] / MINOR_PER_MAJOR;
      // One rounding: the product is exact up to 2^53.
      case MEAN -> count == 0 ? Double.NaN : sums[window] / (MINOR_PER_MAJOR * count);
      case MIN -> count == 0 ? Double.NaN : events.min(first, end) / MINOR_PER_MAJOR;
      case MAX -> count == 0 ? Double.NaN : events.max(first, end) / MINOR_PER_MAJOR;
      case DISTINCT -> events.distinct(output.column, first, end);
      case SEEN -> events.seen(output.column, first, end, current);
      case RATE -> rate(windows[window], events.timeMs(current), count);
      case ELAPSED, GEO_SPEED -> throw new AssertionError(aggregate);
    };
  }

  private double rate(Window window, long nowMs, long count) {
    LabelLog labels = state.labels;
    if (labels == null || count == 0) {
      return Double.NaN;
    }
    long frauds = labels.frauds(nowMs - window.reachMs(), nowMs - window.delayMs());
    // Labels may speak of transactions that were never seen here, or that are gone.
    return Math.min(count, Math.max(0, frauds)) / (double) count;
  }
}

package io.vigil.model.feature;

import io.vigil.model.event.Facts;
import io.vigil.model.event.Field;
import io.vigil.model.expression.Expression;
import io.vigil.model.expression.ExpressionException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * What a plan keeps and computes for one kind of entity, or pair of them. A shell gives it each
 * entity's {@link EntityStore}, and calls {@link #transaction} or {@link #label} in effective
 * order.
 *
 * <p>A function of its arguments alone, but it decodes into scratch that it owns: one instance a
 * thread.
 */
public final class EntityPlan {
  /** Conditions that a log can tell events apart by. */
  static final int CONDITIONS_MAX = 32;

  /** Decoded rows of chunks that are kept at hand, some 30 bytes each. */
  private static final int CACHED_ROWS_MAX = 1 << 20;

  /** The end of year 9999: later times are not dates but mistakes. */
  private static final long TIME_MS_MAX = 253_402_300_799_999L;

  private static final double[] NO_VALUES = new double[0];

  private final Grouping grouping;
  private final List<Feature.Aggregated> features;
  private final Layout layout;
  private final Expression[] conditions;
  private final boolean needsAmount;
  private final EntityState state;
  private final Outputs outputs;

  /**
   * @param earlier layouts of plans before this one, whose states may be met
   */
  EntityPlan(Grouping grouping, List<Feature.Aggregated> features, List<Layout> earlier) {
    this.grouping = grouping;
    this.features = List.copyOf(features);
    layout = Layout.of(features);
    needsAmount = layout.needsAmount();
    conditions = layout.conditions().stream().map(EntityPlan::parse).toArray(Expression[]::new);
    if (conditions.length > CONDITIONS_MAX) {
      throw new IllegalArgumentException(
          "where: expected at most %d different conditions for %s, got %d"
              .formatted(CONDITIONS_MAX, grouping.id(), conditions.length));
    }
    Map<Integer, Layout> byId = new HashMap<>();
    earlier.forEach(known -> byId.put(known.id(), known));
    state =
        new EntityState(layout, byId, EntityState.Reaches.of(features, layout), CACHED_ROWS_MAX);
    outputs = new Outputs(features, layout, state);
  }

  private static Expression parse(String condition) {
    try {
      return Expression.parse(condition, List.of());
    } catch (ExpressionException e) {
      throw new IllegalArgumentException("where: " + e.getMessage() + " in: " + condition, e);
    }
  }

  /** Whose history it is. */
  public Grouping grouping() {
    return grouping;
  }

  /** The features that {@link #transaction} computes, in the order of its outputs. */
  public List<Feature.Aggregated> features() {
    return features;
  }

  Layout layout() {
    return layout;
  }

  /** What is kept of an entity, in words, a line each. */
  public List<String> kept() {
    return layout.words();
  }

  /** How far back the longest window goes that needs single events, labels or panes. */
  long reachMs() {
    long reachMs = 0;
    for (Feature.Aggregated feature : features) {
      Window window = feature.window();
      reachMs = Math.max(reachMs, window == null ? 0 : window.reachMs());
    }
    return reachMs + EntityState.SLACK_MS;
  }

  /** Inputs of an event that never was, see {@link StateCost}. */
  long[] madeUp(SplittableRandom random, int textsMax) {
    long[] inputs = new long[inputLength()];
    int at = 0;
    if (needsAmount) {
      inputs[at++] = (long) (100 * StrictMath.pow(10, random.nextDouble() * 2));
    }
    if (conditions.length > 0) {
      inputs[at++] = random.nextLong(1L << conditions.length);
    }
    for (int text = 0; text < layout.texts().size(); text++) {
      inputs[at++] = TextHash.of("text-" + random.nextInt(textsMax));
    }
    if (layout.positions()) {
      inputs[at++] = Double.doubleToRawLongBits(random.nextDouble() * 90);
      inputs[at] = Double.doubleToRawLongBits(random.nextDouble() * 180);
    }
    return inputs;
  }

  private int inputLength() {
    return (needsAmount ? 1 : 0)
        + (conditions.length > 0 ? 1 : 0)
        + layout.texts().size()
        + (layout.positions() ? 2 : 0);
  }

  /** Number of values that {@link #transaction} computes, at least 1. */
  public int outputs() {
    return features.size();
  }

  /** Whether labels matter here; where they do not, {@link #label} must not be called. */
  public boolean usesLabels() {
    return layout.labelsByTransaction() || layout.labelsByLabel();
  }

  /**
   * The small record that stands for the transaction in {@link #transaction}: the amount in minor
   * units if it is needed, bits that say which conditions hold if there are any, a 64-bit hash
   * (XXH64 of UTF-8, 0 for missing) for each text that is kept, latitude and longitude as raw
   * double bits if they are kept. Its length depends on the plan alone.
   */
  public long[] inputs(Facts facts) {
    int texts = layout.texts().size();
    long[] inputs = new long[inputLength()];
    int at = 0;
    if (needsAmount) {
      inputs[at++] = facts.amountMinor();
    }
    if (conditions.length > 0) {
      inputs[at++] = mask(facts);
    }
    for (int column = 0; column < texts; column++) {
      inputs[at++] = Codes.hash(facts, layout.texts().get(column));
    }
    if (layout.positions()) {
      inputs[at++] = Double.doubleToLongBits(facts.number(Field.LATITUDE));
      inputs[at] = Double.doubleToLongBits(facts.number(Field.LONGITUDE));
    }
    return inputs;
  }

  private long mask(Facts facts) {
    long mask = 0;
    for (int condition = 0; condition < conditions.length; condition++) {
      mask |= conditions[condition].test(facts, NO_VALUES) ? 1L << condition : 0;
    }
    return mask;
  }

  /**
   * Applies a transaction to its entity and computes the entity's aggregates as of then.
   *
   * @param store the entity's
   * @param eventTimeMs from 1970 until the end of year 9999
   * @param inputs of {@link #inputs}
   * @param out receives {@link #outputs} values at 0 onwards; NaN where there is no value
   * @throws IllegalArgumentException when the time is out of its range, or the state was written in
   *     a layout of neither this plan nor one it was told of
   */
  public void transaction(EntityStore store, long eventTimeMs, long[] inputs, double[] out) {
    requireTime(eventTimeMs);
    state.load(store);
    int at = 0;
    long amountMinor = needsAmount ? inputs[at++] : 0;
    int mask = conditions.length > 0 ? (int) inputs[at++] : 0;
    int textsFrom = at;
    CurrentEvent current = new CurrentEvent(eventTimeMs, amountMinor, mask, inputs, textsFrom);
    state.fade(current);
    outputs.compute(current, out);
    state.apply(current);
    state.save(store);
  }

  /**
   * Applies a change of what is known of a past transaction of the entity.
   *
   * @param store the entity's
   * @param transactionTimeMs the transaction's event time, from 1970 until the end of year 9999
   * @param labelTimeMs when the label that says fraud took effect, also when it is taken back
   * @param delta +1 when the transaction is now held to be fraud, -1 when it no longer is
   * @throws IllegalArgumentException when an argument is out of its range, or the state was written
   *     in a layout of neither this plan nor one it was told of
   * @throws IllegalStateException when the plan uses no labels for this entity
   */
  public void label(EntityStore store, long transactionTimeMs, long labelTimeMs, int delta) {
    if (!usesLabels()) {
      throw new IllegalStateException(
          "label: expected an entity that uses labels, got " + grouping.id());
    }
    requireTime(transactionTimeMs);
    requireTime(labelTimeMs);
    if (delta != 1 && delta != -1) {
      throw new IllegalArgumentException("label: expected a delta of 1 or -1, got " + delta);
    }
    state.load(store);
    if (layout.labelsByTransaction()) {
      state.labelsByTransaction.add(transactionTimeMs, delta);
    }
    if (layout.labelsByLabel()) {
      state.labelsByLabel.add(labelTimeMs, delta);
    }
    state.save(store);
  }

  private static void requireTime(long timeMs) {
    if (timeMs < 0 || timeMs > TIME_MS_MAX) {
      throw new IllegalArgumentException(
          "event time: expected milliseconds from 1970 until the end of 9999, got " + timeMs);
    }
  }
}

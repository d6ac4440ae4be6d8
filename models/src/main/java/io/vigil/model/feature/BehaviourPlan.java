package io.vigil.model.feature;

import io.vigil.model.event.Claims;
import io.vigil.model.event.Facts;
import io.vigil.model.event.Field;
import io.vigil.model.expression.Expression;
import io.vigil.model.expression.ExpressionException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/** Of histories that records add to: transactions, or events of a kind. */
final class BehaviourPlan implements EntityPlan {
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
  BehaviourPlan(Grouping grouping, List<Feature.Aggregated> features, List<Layout> earlier) {
    this.grouping = grouping;
    this.features = List.copyOf(features);
    layout = Layout.of(features);
    needsAmount = layout.needsAmount();
    conditions = layout.conditions().stream().map(BehaviourPlan::parse).toArray(Expression[]::new);
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

  @Override
  public Grouping grouping() {
    return grouping;
  }

  @Override
  public List<Feature.Aggregated> features() {
    return features;
  }

  Layout layout() {
    return layout;
  }

  @Override
  public List<String> kept() {
    return layout.words();
  }

  @Override
  public long reachMs() {
    long reachMs = 0;
    for (Feature.Aggregated feature : features) {
      Window window = feature.window();
      reachMs = Math.max(reachMs, window == null ? 0 : window.reachMs());
    }
    return reachMs + EntityState.SLACK_MS;
  }

  @Override
  public long[] madeUp(SplittableRandom random, int textsMax) {
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

  @Override
  public boolean usesLabels() {
    return layout.labelsByTransaction() || layout.labelsByLabel();
  }

  @Override
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

  @Override
  public long[] claims(Claims claims) {
    throw new IllegalStateException("profile: expected the grouping of one, got " + grouping.id());
  }

  /** A transaction is part of a history of transactions; it only looks at one of events. */
  @Override
  public void transaction(EntityStore store, long eventTimeMs, long[] inputs, double[] out) {
    boolean outside = !grouping.history().equals(History.TRANSACTIONS);
    CurrentEvent current = current(outside, eventTimeMs, inputs);
    state.load(store);
    state.fade(current);
    outputs.compute(current, out);
    if (!outside) {
      state.apply(current);
      state.save(store);
    }
  }

  @Override
  public void add(EntityStore store, long eventTimeMs, long[] inputs) {
    CurrentEvent current = current(false, eventTimeMs, inputs);
    state.load(store);
    state.fade(current);
    state.apply(current);
    state.save(store);
  }

  private CurrentEvent current(boolean outside, long eventTimeMs, long[] inputs) {
    requireTime(eventTimeMs);
    int at = 0;
    long amountMinor = needsAmount ? inputs[at++] : 0;
    int mask = conditions.length > 0 ? (int) inputs[at++] : 0;
    return new CurrentEvent(outside, eventTimeMs, amountMinor, mask, inputs, at);
  }

  @Override
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

  static void requireTime(long timeMs) {
    if (timeMs < 0 || timeMs > TIME_MS_MAX) {
      throw new IllegalArgumentException(
          "event time: expected milliseconds from 1970 until the end of 9999, got " + timeMs);
    }
  }
}

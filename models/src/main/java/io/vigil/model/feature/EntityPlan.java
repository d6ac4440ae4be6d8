package io.vigil.model.feature;

import io.vigil.model.event.Facts;
import io.vigil.model.event.Field;
import io.vigil.model.expression.Expression;
import io.vigil.model.expression.ExpressionException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

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

  /** How many of the newest events a streak is looked for in. */
  static final int STREAK_MAX = 64;

  /** Decoded rows of chunks that are kept at hand, some 30 bytes each. */
  private static final int CACHED_ROWS_MAX = 1 << 20;

  /** The end of year 9999: later times are not dates but mistakes. */
  private static final long TIME_MS_MAX = 253_402_300_799_999L;

  private static final double MINOR_PER_MAJOR = 100.0;
  private static final double MS_PER_SECOND = 1_000.0;
  private static final double[] NO_VALUES = new double[0];

  private final Grouping grouping;
  private final List<Feature.Aggregated> features;
  private final Layout layout;
  private final Expression[] conditions;
  private final boolean needsAmount;
  private final Output[] outputs;
  private final Span[] spans;
  private final EntityState state;
  private final DistinctSketch sketch = new DistinctSketch();
  private final EventLog.DistinctSet set = new EventLog.DistinctSet();
  private final long[] ranked = new long[EventLog.DistinctSet.MAX + 1];

  /** How one output is found; the indexes are -1 where they have no meaning. */
  private record Output(Feature.Aggregated feature, int span, int all, int column, int decay) {}

  /** A window and the events of it that count, taken together once for every feature over them. */
  private static final class Span {
    private final @Nullable Window window;
    private final int selector;
    private final int ring;
    private final int lifetime;
    private boolean summed;
    private final Moments moments = new Moments();
    private int from;
    private int to;

    Span(@Nullable Window window, int selector, int ring, int lifetime) {
      this.window = window;
      this.selector = selector;
      this.ring = ring;
      this.lifetime = lifetime;
    }
  }

  /**
   * @param earlier layouts of plans before this one, whose states may be met
   */
  EntityPlan(Grouping grouping, List<Feature.Aggregated> features, List<Layout> earlier) {
    this.grouping = grouping;
    this.features = List.copyOf(features);
    layout = Layout.of(features);
    needsAmount = layout.needsAmount();
    conditions = layout.conditions().stream().map(EntityPlan::parse).toArray(Expression[]::new);
    List<Span> all = new ArrayList<>();
    outputs = new Output[features.size()];
    for (int index = 0; index < outputs.length; index++) {
      outputs[index] = output(features.get(index), all);
    }
    spans = all.toArray(Span[]::new);
    Map<Integer, Layout> byId = new HashMap<>();
    earlier.forEach(known -> byId.put(known.id(), known));
    state = new EntityState(layout, byId, reaches(features, layout), CACHED_ROWS_MAX);
  }

  private static Expression parse(String condition) {
    try {
      return Expression.parse(condition, List.of());
    } catch (ExpressionException e) {
      throw new IllegalArgumentException("where: " + e.getMessage() + " in: " + condition, e);
    }
  }

  private Output output(Feature.Aggregated feature, List<Span> all) {
    Window window = feature.window();
    Field of = feature.of();
    int span = -1;
    int whole = -1;
    int decay = -1;
    if (window != null) {
      // A label counts whatever condition its transaction met; so do the events of its rate.
      span = span(all, window, feature.where());
      if (feature.aggregate() == Aggregate.SHARE) {
        whole = span(all, window, null);
      }
    } else if (feature.aggregate() == Aggregate.DECAYED_COUNT
        || feature.aggregate() == Aggregate.DECAYED_SUM) {
      decay =
          layout.decays().indexOf(new Layout.Decay(feature.where(), (long) feature.parameter()));
    }
    boolean text = feature.aggregate().of() == Aggregate.Of.TEXT;
    Output output = new Output(feature, span, whole, text ? layout.texts().indexOf(of) : -1, decay);
    switch (feature.aggregate()) {
      case COUNT, SUM, MEAN, STD, MIN, MAX, RATE, SHARE -> {
        all.get(span).summed = true;
        if (whole >= 0) {
          all.get(whole).summed = true;
        }
      }
      default -> {}
    }
    return output;
  }

  private int span(List<Span> all, Window window, @Nullable String where) {
    int selector = layout.selector(where);
    for (int index = 0; index < all.size(); index++) {
      Span known = all.get(index);
      if (window.equals(known.window) && known.selector == selector) {
        return index;
      }
    }
    int ring = -1;
    if (window.resolutionMs() > 0) {
      for (int at = 0; at < layout.rings().size(); at++) {
        Layout.Ring candidate = layout.rings().get(at);
        if (candidate.resolutionMs() == window.resolutionMs()
            && Objects.equals(candidate.condition(), where)) {
          ring = at;
        }
      }
    }
    int lifetime = -1;
    if (window.kind() == Window.Kind.LIFETIME) {
      for (int at = 0; at < layout.lifetimes().size(); at++) {
        if (Objects.equals(layout.lifetimes().get(at).condition(), where)) {
          lifetime = at;
        }
      }
    }
    all.add(new Span(window, selector, ring, lifetime));
    return all.size() - 1;
  }

  private static EntityState.Reaches reaches(List<Feature.Aggregated> features, Layout layout) {
    long eventsMs = 0;
    long labelsMs = 0;
    int newest = 1;
    long[] ringsMs = new long[layout.rings().size()];
    for (Feature.Aggregated feature : features) {
      Window window = feature.window();
      switch (feature.aggregate()) {
        case STREAK -> newest = Math.max(newest, STREAK_MAX);
        case LAST, ELAPSED -> newest = Math.max(newest, (int) feature.parameter() + 1);
        default -> {}
      }
      if (window == null) {
        continue;
      }
      newest = Math.max(newest, window.events());
      if (feature.labels() != null) {
        labelsMs = Math.max(labelsMs, window.reachMs());
      }
      if (window.resolutionMs() == 0) {
        eventsMs = Math.max(eventsMs, window.reachMs());
        continue;
      }
      for (int at = 0; at < ringsMs.length; at++) {
        if (layout.rings().get(at).resolutionMs() == window.resolutionMs()) {
          ringsMs[at] = Math.max(ringsMs[at], window.reachMs());
        }
      }
    }
    return new EntityState.Reaches(eventsMs, newest, labelsMs, ringsMs);
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
    return outputs.length;
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
      inputs[at++] = TextHash.of(facts.text(layout.texts().get(column)));
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
    double distanceKm = Double.NaN;
    double speedKmh = Double.NaN;
    if (layout.positions()) {
      long latitude = inputs[inputs.length - 2];
      long longitude = inputs[inputs.length - 1];
      distanceKm = state.positions.distanceTo(eventTimeMs, latitude, longitude);
      speedKmh = state.positions.speedTo(eventTimeMs, distanceKm);
      state.positions.add(eventTimeMs, latitude, longitude);
    }
    Current current = new Current(eventTimeMs, amountMinor, mask, inputs, textsFrom);
    fade(current);
    for (Span span : spans) {
      measure(span, current);
    }
    for (int index = 0; index < outputs.length; index++) {
      Aggregate aggregate = outputs[index].feature.aggregate();
      out[index] =
          aggregate == Aggregate.GEO_DISTANCE
              ? distanceKm
              : aggregate == Aggregate.GEO_SPEED ? speedKmh : value(outputs[index], current);
    }
    apply(current);
    state.save(store);
  }

  /** The event that is being applied; it is not in the state yet. */
  private record Current(long timeMs, long amountMinor, int mask, long[] inputs, int textsFrom) {
    boolean selected(int selector) {
      return selector == Layout.ALL || (mask >>> (selector - 1) & 1) != 0;
    }

    long text(int column) {
      return inputs[textsFrom + column];
    }
  }

  /** Brings the faded weights up to the event and adds it. */
  private void fade(Current current) {
    for (int at = 0; at < state.weights.length; at++) {
      Layout.Decay decay = layout.decays().get(at);
      boolean late = state.newestMs != EntityState.NEVER_MS && current.timeMs < state.newestMs;
      double gap = state.newestMs == EntityState.NEVER_MS ? 0 : current.timeMs - state.newestMs;
      double factor = StrictMath.pow(2, -Math.abs(gap) / decay.halfLifeMs());
      double kept = late ? 1 : factor;
      double weight = late ? factor : 1;
      boolean counts = current.selected(layout.selector(decay.condition()));
      state.weights[at] = state.weights[at] * kept + (counts ? weight : 0);
      state.weightedSums[at] =
          state.weightedSums[at] * kept + (counts ? weight * current.amountMinor : 0);
    }
  }

  /** Finds a span's earlier events, and what they and the current one come to. */
  private void measure(Span span, Current current) {
    Window window = Objects.requireNonNull(span.window);
    boolean withCurrent = window.includesCurrent() && window.delayMs() == 0;
    boolean logged = span.ring < 0 && span.lifetime < 0 && layout.log();
    if (logged) {
      if (window.kind() == Window.Kind.EVENTS) {
        span.to = state.events.firstAfter(current.timeMs);
        span.from = Math.max(0, span.to - window.events() + (withCurrent ? 1 : 0));
      } else {
        span.from = state.events.firstAfter(current.timeMs - window.reachMs());
        span.to = state.events.firstAfter(current.timeMs - window.delayMs());
      }
    }
    if (!span.summed) {
      return;
    }
    Moments moments = span.moments;
    moments.clear();
    if (span.ring >= 0) {
      state.rings.get(span.ring).addTo(moments, current.timeMs, window);
    } else if (span.lifetime >= 0) {
      moments.add(state.lifetimes.get(span.lifetime));
    } else if (logged) {
      state.events.addTo(moments, span.selector, span.from, span.to);
    }
    if (withCurrent && current.selected(span.selector)) {
      moments.add(current.amountMinor);
    }
  }

  private double value(Output output, Current current) {
    Feature.Aggregated feature = output.feature;
    return switch (feature.aggregate()) {
      case COUNT ->
          feature.labels() == null ? spans[output.span].moments.count : frauds(feature, current);
      case SUM -> spans[output.span].moments.sumMajor();
      case MEAN -> spans[output.span].moments.meanMajor();
      case STD -> spans[output.span].moments.stdMajor();
      case MIN -> spans[output.span].moments.minMajor();
      case MAX -> spans[output.span].moments.maxMajor();
      case QUANTILE -> quantile(spans[output.span], feature.parameter(), current);
      case DISTINCT -> distinct(spans[output.span], output.column, current);
      case SEEN -> seen(spans[output.span], output.column, current);
      case FREQUENCY -> {
        Span span = spans[output.span];
        double seen = seen(span, output.column, current);
        yield span.to == span.from ? Double.NaN : seen / (span.to - span.from);
      }
      case RATE -> {
        long count = spans[output.span].moments.count;
        // Labels may speak of transactions that were never seen here, or that are gone.
        yield count == 0
            ? Double.NaN
            : Math.min(count, Math.max(0, frauds(feature, current))) / (double) count;
      }
      case SHARE -> {
        long count = spans[output.all].moments.count;
        yield count == 0 ? Double.NaN : spans[output.span].moments.count / (double) count;
      }
      case LAST -> {
        int position = state.events.firstAfter(current.timeMs) - (int) feature.parameter();
        yield position < 0 ? Double.NaN : state.events.amountMinor(position) / MINOR_PER_MAJOR;
      }
      case ELAPSED -> {
        int back = (int) feature.parameter();
        int position = state.events.firstAfter(current.timeMs) - back;
        if (position < 0) {
          yield Double.NaN;
        }
        long laterMs = back == 1 ? current.timeMs : state.events.timeMs(position + 1);
        yield (laterMs - state.events.timeMs(position)) / MS_PER_SECOND;
      }
      case FIRST_SEEN ->
          state.firstMs == EntityState.NEVER_MS
              ? Double.NaN
              : Math.max(0, current.timeMs - state.firstMs) / MS_PER_SECOND;
      case STREAK -> {
        int selector = layout.selector(feature.where());
        yield current.selected(selector)
            ? 1
                + state.events.streak(
                    selector, state.events.firstAfter(current.timeMs), STREAK_MAX - 1)
            : 0;
      }
      case DECAYED_COUNT -> state.weights[output.decay];
      case DECAYED_SUM -> state.weightedSums[output.decay] / MINOR_PER_MAJOR;
      case GEO_DISTANCE, GEO_SPEED -> throw new AssertionError(feature.aggregate());
    };
  }

  private long frauds(Feature.Aggregated feature, Current current) {
    Window window = Objects.requireNonNull(feature.window());
    LabelLog labels =
        feature.labels() == Feature.LabelClock.LABEL
            ? state.labelsByLabel
            : state.labelsByTransaction;
    return labels.frauds(current.timeMs - window.reachMs(), current.timeMs - window.delayMs());
  }

  private double distinct(Span span, int column, Current current) {
    Window window = Objects.requireNonNull(span.window);
    boolean withCurrent = window.includesCurrent() && window.delayMs() == 0;
    if (span.to - span.from < EventLog.DistinctSet.MAX) {
      set.clear();
      state.events.addTo(set, column, span.from, span.to);
      if (withCurrent) {
        set.add(current.text(column));
      }
      return set.size();
    }
    sketch.clear();
    state.events.addTo(sketch, column, span.from, span.to);
    if (withCurrent && current.text(column) != TextHash.MISSING) {
      sketch.add(current.text(column));
    }
    return sketch.estimate();
  }

  private double seen(Span span, int column, Current current) {
    long hash = current.text(column);
    return hash == TextHash.MISSING
        ? Double.NaN
        : state.events.count(column, hash, span.from, span.to);
  }

  /** The smallest value that at least the part {@code q} of the values do not exceed. */
  private double quantile(Span span, double q, Current current) {
    Window window = Objects.requireNonNull(span.window);
    int from = Math.max(span.from, span.to - EventLog.DistinctSet.MAX);
    int size = state.events.amounts(span.selector, from, span.to, ranked);
    if (window.includesCurrent() && window.delayMs() == 0 && current.selected(span.selector)) {
      ranked[size++] = current.amountMinor;
    }
    if (size == 0) {
      return Double.NaN;
    }
    Arrays.sort(ranked, 0, size);
    return ranked[Math.max(0, (int) StrictMath.ceil(q * size) - 1)] / MINOR_PER_MAJOR;
  }

  private void apply(Current current) {
    for (int at = 0; at < state.rings.size(); at++) {
      if (current.selected(layout.selector(layout.rings().get(at).condition()))) {
        state.rings.get(at).add(current.timeMs, current.amountMinor);
      }
    }
    for (int at = 0; at < state.lifetimes.size(); at++) {
      if (current.selected(layout.selector(layout.lifetimes().get(at).condition()))) {
        state.lifetimes.get(at).add(current.amountMinor);
      }
    }
    if (layout.log()) {
      state.events.insert(
          current.timeMs, current.amountMinor, current.mask, current.inputs, current.textsFrom);
    }
    boolean first = state.firstMs == EntityState.NEVER_MS || current.timeMs < state.firstMs;
    state.firstMs = first ? current.timeMs : state.firstMs;
    state.newestMs = Math.max(state.newestMs, current.timeMs);
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

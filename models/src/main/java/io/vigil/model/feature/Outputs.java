package io.vigil.model.feature;

import io.vigil.model.event.Field;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How the features of a grouping are reckoned from its state: first the windows that several of
 * them share, then each feature. Reused scratch, single-threaded.
 */
final class Outputs {
  private static final double MINOR_PER_MAJOR = 100.0;
  private static final double MS_PER_SECOND = 1_000.0;

  private final Layout layout;
  private final EntityState state;
  private final Output[] outputs;
  private final Span[] spans;
  private final Past past;
  private final DistinctSketch sketch = new DistinctSketch();
  private final EventLog.DistinctSet set = new EventLog.DistinctSet();
  private final long[] ranked = new long[EventLog.DistinctSet.MAX + 1];

  /** How one output is found; the indexes are -1 where they have no meaning. */
  private record Output(
      Feature.Aggregated feature,
      int selector,
      int span,
      int all,
      int column,
      int decay,
      int past) {}

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

  Outputs(List<Feature.Aggregated> features, Layout layout, EntityState state) {
    this.layout = layout;
    this.state = state;
    List<Span> all = new ArrayList<>();
    past = Past.of(features);
    outputs = new Output[features.size()];
    for (int index = 0; index < outputs.length; index++) {
      outputs[index] = output(features.get(index), all);
    }
    spans = all.toArray(Span[]::new);
  }

  private Output output(Feature.Aggregated feature, List<Span> all) {
    Window window = feature.window();
    Field of = feature.of();
    int span = -1;
    int whole = -1;
    int decay = -1;
    int back = -1;
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
    } else if (Past.isBackward(feature.aggregate())) {
      back = past.index((int) feature.parameter());
    }
    // The amount is none of the texts.
    int column = of == null ? -1 : layout.texts().indexOf(of);
    int selector = layout.selector(feature.where());
    Output output = new Output(feature, selector, span, whole, column, decay, back);
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

  /**
   * Computes everything as of the event.
   *
   * @param out receives the values at 0 onwards; NaN where there is no value
   */
  void compute(CurrentEvent current, double[] out) {
    for (Span span : spans) {
      measure(span, current);
    }
    past.find(state.events, current.timeMs());
    for (int index = 0; index < outputs.length; index++) {
      out[index] = value(outputs[index], current);
    }
  }

  /** Finds a span's earlier events, and what they and the current one come to. */
  private void measure(Span span, CurrentEvent current) {
    Window window = Objects.requireNonNull(span.window);
    boolean withCurrent = window.includesCurrent() && window.delayMs() == 0;
    boolean logged = span.ring < 0 && span.lifetime < 0 && layout.log();
    if (logged) {
      if (window.kind() == Window.Kind.EVENTS) {
        span.to = state.events.firstAfter(current.timeMs());
        span.from = Math.max(0, span.to - window.events() + (withCurrent ? 1 : 0));
      } else {
        span.from = state.events.firstAfter(current.timeMs() - window.reachMs());
        span.to = state.events.firstAfter(current.timeMs() - window.delayMs());
      }
    }
    if (!span.summed) {
      return;
    }
    Moments moments = span.moments;
    moments.clear();
    if (span.ring >= 0) {
      state.rings.get(span.ring).addTo(moments, current.timeMs(), window);
    } else if (span.lifetime >= 0) {
      moments.add(state.lifetimes.get(span.lifetime));
    } else if (logged) {
      state.events.addTo(moments, span.selector, span.from, span.to);
    }
    if (withCurrent && current.selected(span.selector)) {
      moments.add(current.amountMinor());
    }
  }

  private double value(Output output, CurrentEvent current) {
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
        if (!past.has(output.past)) {
          yield Double.NaN;
        }
        if (feature.buckets() > 0) {
          yield Codes.bucket(past.text(output.past, output.column), feature.buckets());
        }
        yield feature.where() == null
            ? past.amountMinor(output.past) / MINOR_PER_MAJOR
            : past.selected(output.past, output.selector) ? 1 : 0;
      }
      case ELAPSED ->
          past.has(output.past)
              ? (past.laterMs(output.past, current) - past.timeMs(output.past)) / MS_PER_SECOND
              : Double.NaN;
      case FIRST_SEEN ->
          state.firstMs == EntityState.NEVER_MS
              ? Double.NaN
              : Math.max(0, current.timeMs() - state.firstMs) / MS_PER_SECOND;
      case STREAK ->
          current.selected(output.selector)
              ? 1
                  + state.events.streak(
                      output.selector,
                      state.events.firstAfter(current.timeMs()),
                      EntityState.STREAK_MAX - 1)
              : 0;
      case DECAYED_COUNT -> state.weights[output.decay];
      case DECAYED_SUM -> state.weightedSums[output.decay] / MINOR_PER_MAJOR;
      case GEO_DISTANCE ->
          state.positions.distanceTo(current.timeMs(), current.latitude(), current.longitude());
      case GEO_SPEED ->
          state.positions.speedTo(current.timeMs(), current.latitude(), current.longitude());
    };
  }

  private long frauds(Feature.Aggregated feature, CurrentEvent current) {
    Window window = Objects.requireNonNull(feature.window());
    LabelLog labels =
        feature.labels() == Feature.LabelClock.LABEL
            ? state.labelsByLabel
            : state.labelsByTransaction;
    return labels.frauds(current.timeMs() - window.reachMs(), current.timeMs() - window.delayMs());
  }

  private double distinct(Span span, int column, CurrentEvent current) {
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

  private double seen(Span span, int column, CurrentEvent current) {
    long hash = current.text(column);
    return hash == TextHash.MISSING
        ? Double.NaN
        : state.events.count(column, hash, span.from, span.to);
  }

  /** The smallest value that at least the part {@code q} of the values do not exceed. */
  private double quantile(Span span, double q, CurrentEvent current) {
    Window window = Objects.requireNonNull(span.window);
    int from = Math.max(span.from, span.to - EventLog.DistinctSet.MAX);
    int size = state.events.amounts(span.selector, from, span.to, ranked);
    if (window.includesCurrent() && window.delayMs() == 0 && current.selected(span.selector)) {
      ranked[size++] = current.amountMinor();
    }
    if (size == 0) {
      return Double.NaN;
    }
    Arrays.sort(ranked, 0, size);
    return ranked[Math.max(0, (int) StrictMath.ceil(q * size) - 1)] / MINOR_PER_MAJOR;
  }
}

package io.vigil.model.feature;

import io.vigil.model.event.Field;
import java.math.BigDecimal;
import java.math.RoundingMode;
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

  /** Events that a quantile is taken of, the newest. */
  private static final int RANKED_MAX = 1024;

  /** The digits after the point to which a probability is taken, as a spec writes it. */
  private static final int PROBABILITY_DIGITS = 15;

  private static final long PROBABILITY_ONE = 1_000_000_000_000_000L;

  private final Layout layout;
  private final EntityState state;
  private final Output[] outputs;
  private final Span[] spans;
  private final Past past;
  private final DistinctSketch sketch = new DistinctSketch();
  private final EventLog.DistinctSet set = new EventLog.DistinctSet();
  private final long[] ranked = new long[RANKED_MAX];

  /** How one output is found; the indexes are -1 where they have no meaning. */
  private record Output(
      Feature.Aggregated feature,
      int selector,
      int span,
      int all,
      int column,
      int decay,
      int past) {}

  /**
   * What must be known of an event for a feature to see it: another plan may not have kept it.
   *
   * @param parts of amounts, see {@link Moments}; 0 when the amount does not matter
   * @param beside the selector of what the events are held against, {@link #NOTHING} for none
   * @param column the text, -1 for none
   */
  private record Need(int parts, int beside, int column) {
    static final int NOTHING = -1;

    /** The same in the bits of {@link Layout#told}. */
    long told() {
      return parts | (beside == NOTHING ? 0 : Layout.beside(beside));
    }
  }

  /** A window and the events of it that count, taken together once for every feature over them. */
  private static final class Span {
    private final Window window;
    private final int selector;
    private final Need need;
    private final int ring;
    private final int lifetime;

    /** The first over the same window, which knows the same unless an earlier plan kept less. */
    private final @Nullable Span twin;

    private boolean summed;
    private final Moments own = new Moments();
    private Moments moments = own;
    private int from;
    private int to;

    Span(Window window, int selector, Need need, int ring, int lifetime, @Nullable Span twin) {
      this.window = window;
      this.selector = selector;
      this.need = need;
      this.ring = ring;
      this.lifetime = lifetime;
      this.twin = twin;
    }

    void sum() {
      summed = true;
      if (twin != null) {
        twin.sum();
      }
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
    // The amount is none of the texts.
    int column = of == null ? -1 : layout.texts().indexOf(of);
    int selector = layout.selector(feature.where());
    if (window != null) {
      // A label counts whatever condition its transaction met; so do the events of its rate.
      boolean share = feature.aggregate() == Aggregate.SHARE;
      int parts = Layout.parts(feature.aggregate());
      Need need = new Need(parts, share ? Layout.ALL : Need.NOTHING, column);
      span = span(all, window, feature.where(), need);
      if (share) {
        whole = span(all, window, null, new Need(0, selector, -1));
      }
    } else if (feature.aggregate() == Aggregate.DECAYED_COUNT
        || feature.aggregate() == Aggregate.DECAYED_SUM) {
      decay =
          layout.decays().indexOf(new Layout.Decay(feature.where(), (long) feature.parameter()));
    } else if (Past.isBackward(feature.aggregate())) {
      back = past.index((int) feature.parameter());
    }
    Output output = new Output(feature, selector, span, whole, column, decay, back);
    switch (feature.aggregate()) {
      case COUNT, SUM, MEAN, STD, MIN, MAX, RATE, SHARE -> {
        all.get(span).sum();
        if (whole >= 0) {
          all.get(whole).sum();
        }
      }
      default -> {}
    }
    return output;
  }

  private int span(List<Span> all, Window window, @Nullable String where, Need need) {
    int selector = layout.selector(where);
    Span twin = null;
    for (int index = 0; index < all.size(); index++) {
      Span known = all.get(index);
      if (window.equals(known.window) && known.selector == selector) {
        if (known.need.equals(need)) {
          return index;
        }
        twin = twin == null ? known : twin;
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
    all.add(new Span(window, selector, need, ring, lifetime, twin));
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
    boolean totalled = span.ring >= 0 || span.lifetime >= 0;
    if (!totalled && layout.log()) {
      locate(span, current);
    }
    Span twin = span.twin;
    if (twin != null && alike(span, twin)) {
      span.moments = twin.moments;
      return;
    }
    span.moments = span.own;
    if (!span.summed) {
      return;
    }
    Moments moments = span.own;
    moments.clear();
    if (span.ring >= 0) {
      Segments<PaneRing> ring = state.rings.get(span.ring);
      ring.newest.addTo(moments, current.timeMs(), span.window);
      for (Segments.Older<PaneRing> segment : ring.older()) {
        if (segment.tells(span.need.told())) {
          segment.totals().addTo(moments, current.timeMs(), span.window);
        }
      }
    } else if (span.lifetime >= 0) {
      Segments<Moments> lifetime = state.lifetimes.get(span.lifetime);
      moments.add(lifetime.newest);
      for (Segments.Older<Moments> segment : lifetime.older()) {
        if (segment.tells(span.need.told())) {
          moments.add(segment.totals());
        }
      }
    } else if (layout.log()) {
      state.events.addTo(moments, span.selector, span.from, span.to);
    }
    if (withCurrent(span.window) && current.selected(span.selector)) {
      moments.add(current.amountMinor());
    }
  }

  private static boolean withCurrent(Window window) {
    return window.includesCurrent() && window.delayMs() == 0;
  }

  /** Finds the rows of the log that are in a window, of those that have what the span needs. */
  private void locate(Span span, CurrentEvent current) {
    Window window = span.window;
    long lackedMs = lackedMs(span);
    if (window.kind() == Window.Kind.EVENTS) {
      span.to = state.events.firstAfter(current.timeMs());
      span.from = Math.max(0, span.to - window.events() + (withCurrent(window) ? 1 : 0));
      if (lackedMs != EntityState.NEVER_MS) {
        span.from = Math.max(span.from, state.events.firstAfter(lackedMs));
      }
    } else {
      long startMs = Math.max(lackedMs, current.timeMs() - window.reachMs());
      span.from = state.events.firstAfter(startMs);
      span.to = state.events.firstAfter(current.timeMs() - window.delayMs());
    }
    span.from = Math.min(span.from, span.to);
  }

  /** The last time at which a row may lack what the span needs. */
  private long lackedMs(Span span) {
    KnownSince since = state.since;
    long lackedMs = since.selectorMs(span.selector);
    if (span.need.parts != 0) {
      lackedMs = Math.max(lackedMs, since.amountMs());
    }
    if (span.need.beside != Need.NOTHING) {
      lackedMs = Math.max(lackedMs, since.selectorMs(span.need.beside));
    }
    return span.need.column < 0 ? lackedMs : Math.max(lackedMs, since.textMs(span.need.column));
  }

  /** Whether two spans over the same window hold the same events. */
  private boolean alike(Span span, Span twin) {
    if (span.ring >= 0) {
      return state.rings.get(span.ring).older().isEmpty();
    }
    if (span.lifetime >= 0) {
      return state.lifetimes.get(span.lifetime).older().isEmpty();
    }
    return span.from == twin.from && span.to == twin.to;
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
        yield count == 0 ? Double.NaN : Math.min(count, frauds(feature, current)) / (double) count;
      }
      case SHARE -> {
        long count = spans[output.all].moments.count;
        yield count == 0 ? Double.NaN : spans[output.span].moments.count / (double) count;
      }
      case LAST -> {
        if (!past.has(output.past) || past.timeMs(output.past) <= lackedMs(output)) {
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
      case STREAK -> current.selected(output.selector) ? 1 + streak(output, current) : 0;
      case DECAYED_COUNT -> state.weights[output.decay];
      case DECAYED_SUM -> state.weightedSums[output.decay] / MINOR_PER_MAJOR;
      case GEO_DISTANCE ->
          state.positions.distanceTo(current.timeMs(), current.latitude(), current.longitude());
      case GEO_SPEED ->
          state.positions.speedTo(current.timeMs(), current.latitude(), current.longitude());
    };
  }

  /** The last time at which a row may lack what is asked of an event of the past. */
  private long lackedMs(Output output) {
    if (output.feature.of() == Field.AMOUNT) {
      return state.since.amountMs();
    }
    return output.column < 0
        ? state.since.selectorMs(output.selector)
        : state.since.textMs(output.column);
  }

  private int streak(Output output, CurrentEvent current) {
    int to = state.events.firstAfter(current.timeMs());
    long lackedMs = state.since.selectorMs(output.selector);
    int known = lackedMs == EntityState.NEVER_MS ? to : to - state.events.firstAfter(lackedMs);
    return state.events.streak(output.selector, to, Math.min(known, EntityState.STREAK_MAX - 1));
  }

  /** Not below 0: a label taken back may have been merged with others, beyond the window. */
  private long frauds(Feature.Aggregated feature, CurrentEvent current) {
    Window window = Objects.requireNonNull(feature.window());
    LabelLog labels =
        feature.labels() == Feature.LabelClock.LABEL
            ? state.labelsByLabel
            : state.labelsByTransaction;
    long frauds =
        labels.frauds(current.timeMs() - window.reachMs(), current.timeMs() - window.delayMs());
    return Math.max(0, frauds);
  }

  private double distinct(Span span, int column, CurrentEvent current) {
    boolean withCurrent = withCurrent(span.window);
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

  /**
   * The least rank, from 1, that at least the part {@code q} of {@code size} ranks do not exceed.
   * By the decimal that the spec says: the double nearest to 0.55 is above it, and 0.55 * 100 above
   * 55.
   */
  static int rank(double q, int size) {
    long parts =
        new BigDecimal(q)
            .setScale(PROBABILITY_DIGITS, RoundingMode.HALF_EVEN)
            .unscaledValue()
            .longValueExact();
    return (int) Math.max(1, (parts * size + PROBABILITY_ONE - 1) / PROBABILITY_ONE);
  }

  /** The smallest value that at least the part {@code q} of the values do not exceed. */
  private double quantile(Span span, double q, CurrentEvent current) {
    int size = 0;
    if (withCurrent(span.window) && current.selected(span.selector)) {
      ranked[size++] = current.amountMinor();
    }
    size = state.events.newestAmounts(span.selector, span.from, span.to, ranked, size);
    if (size == 0) {
      return Double.NaN;
    }
    Arrays.sort(ranked, 0, size);
    return ranked[rank(q, size) - 1] / MINOR_PER_MAJOR;
  }
}

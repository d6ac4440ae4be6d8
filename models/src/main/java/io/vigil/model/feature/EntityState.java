package io.vigil.model.feature;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The hot value of one entity, decoded. Layout version 2, each part only if the layout keeps it:
 *
 * <pre>
 * 4 bytes    the layout's id
 * zigzag     the newest event time
 * zigzag     the first event time
 * labels     by transaction time, then by label time: varint n; n times (time, zigzag frauds)
 * positions  varint n; n times (time, 8 bytes latitude, 8 bytes longitude: raw double bits)
 * rings      see {@link PaneRing}
 * lifetimes  see {@link Moments}
 * decays     8 bytes weight, 8 bytes weighted sum: raw double bits, as of the newest event time
 * log        see {@link EventLog}
 * </pre>
 *
 * A time is the varint distance in milliseconds from the entry before; the first entry of a list
 * has it in full, zigzag since the epoch. Varints hold seven bits a byte, the lowest first;
 * eight-byte values are little-endian.
 *
 * <p>Reused scratch, single-threaded.
 */
final class EntityState {
  /** How late an event may come and still find all it should in the log: one day. */
  static final long SLACK_MS = Window.DAY_MS;

  /** How many of the newest events a streak is looked for in. */
  static final int STREAK_MAX = 64;

  /** No event yet. */
  static final long NEVER_MS = Long.MIN_VALUE;

  private final Layout layout;
  private final int layoutId;
  private final Chunks chunks;
  private final Reaches reaches;
  private final ByteReader in = new ByteReader();
  private final ByteWriter out = new ByteWriter();

  final EventLog events;
  final LabelLog labelsByTransaction = new LabelLog();
  final LabelLog labelsByLabel = new LabelLog();
  final PositionLog positions = new PositionLog();
  final List<PaneRing> rings = new ArrayList<>();
  final List<Moments> lifetimes = new ArrayList<>();
  final double[] weights;
  final double[] weightedSums;
  long newestMs;
  long firstMs;

  /**
   * How long things are kept.
   *
   * @param eventsMs how far back the longest window over events of the log goes, 0 for none
   * @param newest rows kept whatever their age, at least 1
   * @param labelsMs how far back the longest window over labels goes, 0 for none
   * @param ringsMs the same for each ring
   */
  record Reaches(long eventsMs, int newest, long labelsMs, long[] ringsMs) {

    static Reaches of(List<Feature.Aggregated> features, Layout layout) {
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
      return new Reaches(eventsMs, newest, labelsMs, ringsMs);
    }
  }

  EntityState(Layout layout, Map<Integer, Layout> earlier, Reaches reaches, int cachedRowsMax) {
    this.layout = layout;
    this.layoutId = layout.id();
    this.reaches = reaches;
    chunks = new Chunks(layout, earlier, cachedRowsMax);
    events = new EventLog(chunks);
    for (int ring = 0; ring < layout.rings().size(); ring++) {
      rings.add(new PaneRing(layout.rings().get(ring), reaches.ringsMs[ring]));
    }
    layout.lifetimes().forEach(lifetime -> lifetimes.add(new Moments()));
    weights = new double[layout.decays().size()];
    weightedSums = new double[layout.decays().size()];
  }

  /**
   * @throws IllegalArgumentException when the state was written in a layout that is not known
   */
  void load(EntityStore store) {
    clear(store);
    byte @Nullable [] packed = store.hot();
    if (packed == null) {
      return;
    }
    in.wrap(packed);
    Layout theirs = chunks.layoutOf(in.four());
    newestMs = in.zigzag();
    if (theirs.firstSeen()) {
      firstMs = in.zigzag();
    }
    if (theirs.labelsByTransaction()) {
      labelsByTransaction.read(in);
    }
    if (theirs.labelsByLabel()) {
      labelsByLabel.read(in);
    }
    if (theirs.positions()) {
      positions.read(in);
    }
    for (Layout.Ring ring : theirs.rings()) {
      PaneRing ours = ringFor(ring);
      (ours == null ? new PaneRing(ring, 0) : ours).read(in, ring.parts());
    }
    for (Layout.Lifetime lifetime : theirs.lifetimes()) {
      Moments ours = lifetimeFor(lifetime);
      (ours == null ? new Moments() : ours).read(in, lifetime.parts());
    }
    for (Layout.Decay decay : theirs.decays()) {
      int ours = layout.decays().indexOf(decay);
      double weight = Double.longBitsToDouble(in.fixed());
      double sum = Double.longBitsToDouble(in.fixed());
      if (ours >= 0) {
        weights[ours] = weight;
        weightedSums[ours] = sum;
      }
    }
    if (theirs.log()) {
      events.read(in, store, theirs);
    }
  }

  /** Ours of the same panes and no more parts, which a ring of another plan can go on as. */
  private @Nullable PaneRing ringFor(Layout.Ring theirs) {
    for (int ring = 0; ring < rings.size(); ring++) {
      Layout.Ring ours = layout.rings().get(ring);
      boolean same =
          ours.resolutionMs() == theirs.resolutionMs()
              && Objects.equals(ours.condition(), theirs.condition());
      if (same && (ours.parts() & ~theirs.parts()) == 0) {
        return rings.get(ring);
      }
    }
    return null;
  }

  private @Nullable Moments lifetimeFor(Layout.Lifetime theirs) {
    for (int at = 0; at < lifetimes.size(); at++) {
      Layout.Lifetime ours = layout.lifetimes().get(at);
      if (Objects.equals(ours.condition(), theirs.condition())
          && (ours.parts() & ~theirs.parts()) == 0) {
        return lifetimes.get(at);
      }
    }
    return null;
  }

  private void clear(EntityStore store) {
    newestMs = NEVER_MS;
    firstMs = NEVER_MS;
    labelsByTransaction.clear();
    labelsByLabel.clear();
    positions.clear();
    rings.forEach(PaneRing::clear);
    lifetimes.forEach(Moments::clear);
    Arrays.fill(weights, 0);
    Arrays.fill(weightedSums, 0);
    events.clear(store);
  }

  /** Brings the faded weights up to the event and adds it. */
  void fade(CurrentEvent current) {
    for (int at = 0; at < weights.length; at++) {
      Layout.Decay decay = layout.decays().get(at);
      boolean late = newestMs != NEVER_MS && current.timeMs() < newestMs;
      double gap = newestMs == NEVER_MS ? 0 : current.timeMs() - newestMs;
      double factor = StrictMath.pow(2, -Math.abs(gap) / decay.halfLifeMs());
      double kept = late ? 1 : factor;
      double weight = late ? factor : 1;
      boolean counts = current.selected(layout.selector(decay.condition()));
      weights[at] = weights[at] * kept + (counts ? weight : 0);
      weightedSums[at] = weightedSums[at] * kept + (counts ? weight * current.amountMinor() : 0);
    }
  }

  /** Adds the event to all that is kept, but for the faded weights. */
  void apply(CurrentEvent current) {
    for (int at = 0; at < rings.size(); at++) {
      if (current.selected(layout.selector(layout.rings().get(at).condition()))) {
        rings.get(at).add(current.timeMs(), current.amountMinor());
      }
    }
    for (int at = 0; at < lifetimes.size(); at++) {
      if (current.selected(layout.selector(layout.lifetimes().get(at).condition()))) {
        lifetimes.get(at).add(current.amountMinor());
      }
    }
    if (layout.log()) {
      events.insert(
          current.timeMs(),
          current.amountMinor(),
          current.mask(),
          current.inputs(),
          current.textsFrom());
    }
    if (layout.positions()) {
      positions.add(current.timeMs(), current.latitude(), current.longitude());
    }
    boolean first = firstMs == NEVER_MS || current.timeMs() < firstMs;
    firstMs = first ? current.timeMs() : firstMs;
    newestMs = Math.max(newestMs, current.timeMs());
  }

  /** Drops what no event at most a day late can ask for, and packs the rest. */
  void save(EntityStore store) {
    if (newestMs != NEVER_MS) {
      long lateMs = newestMs - SLACK_MS;
      labelsByTransaction.expire(lateMs - reaches.labelsMs);
      labelsByLabel.expire(lateMs - reaches.labelsMs);
      positions.expire(lateMs);
      rings.forEach(ring -> ring.expire(newestMs));
      events.tidy(lateMs - reaches.eventsMs, lateMs, reaches.newest);
    }
    out.clear();
    out.four(layoutId);
    out.zigzag(newestMs);
    if (layout.firstSeen()) {
      out.zigzag(firstMs);
    }
    if (layout.labelsByTransaction()) {
      labelsByTransaction.shrink();
      labelsByTransaction.write(out);
    }
    if (layout.labelsByLabel()) {
      labelsByLabel.shrink();
      labelsByLabel.write(out);
    }
    if (layout.positions()) {
      positions.write(out);
    }
    rings.forEach(ring -> ring.write(out));
    for (int at = 0; at < lifetimes.size(); at++) {
      lifetimes.get(at).write(out, layout.lifetimes().get(at).parts());
    }
    for (int at = 0; at < weights.length; at++) {
      out.fixed(Double.doubleToRawLongBits(weights[at]));
      out.fixed(Double.doubleToRawLongBits(weightedSums[at]));
    }
    if (layout.log()) {
      events.write(out);
    }
    store.hot(out.copy());
  }
}

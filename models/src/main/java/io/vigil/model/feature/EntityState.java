package io.vigil.model.feature;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
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
 * and, only where an earlier plan did not keep all of it:
 *
 * <pre>
 * since      see {@link KnownSince}
 * segments   of each ring and each lifetime, see {@link Segments}
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
  final KnownSince since;
  final List<Segments<PaneRing>> rings = new ArrayList<>();
  final List<Segments<Moments>> lifetimes = new ArrayList<>();
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
          if (feature.aggregate() != Aggregate.RATE) {
            continue; // it asks for no events
          }
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
    since = new KnownSince(layout);
    for (int ring = 0; ring < layout.rings().size(); ring++) {
      rings.add(ring(layout, ring, reaches.ringsMs[ring]));
    }
    for (int lifetime = 0; lifetime < layout.lifetimes().size(); lifetime++) {
      lifetimes.add(lifetime(layout, lifetime));
    }
    weights = new double[layout.decays().size()];
    weightedSums = new double[layout.decays().size()];
  }

  private static Segments<PaneRing> ring(Layout layout, int ring, long reachMs) {
    long resolutionMs = layout.rings().get(ring).resolutionMs();
    return new Segments<>(layout.told(ring), () -> new PaneRing(resolutionMs, reachMs));
  }

  private static Segments<Moments> lifetime(Layout layout, int lifetime) {
    return new Segments<>(layout.told(layout.rings().size() + lifetime), Moments::new);
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
    int id = in.four();
    Layout theirs = chunks.layoutOf(id);
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
    if (id == layoutId) {
      readOurs(store);
    } else {
      readTheirs(store, new CarryOver(theirs, layout));
    }
  }

  private void readOurs(EntityStore store) {
    for (int at = 0; at < rings.size(); at++) {
      rings.get(at).newest.read(in, layout.rings().get(at).parts());
    }
    for (int at = 0; at < lifetimes.size(); at++) {
      lifetimes.get(at).newest.read(in, layout.lifetimes().get(at).parts());
    }
    for (int at = 0; at < weights.length; at++) {
      weights[at] = Double.longBitsToDouble(in.fixed());
      weightedSums[at] = Double.longBitsToDouble(in.fixed());
    }
    if (layout.log()) {
      events.read(in, store, layout);
    }
    if (in.hasMore()) {
      since.read(in, newestMs);
      rings.forEach(ring -> ring.readOlder(in));
      lifetimes.forEach(lifetime -> lifetime.readOlder(in));
    }
  }

  /** Goes on with what another plan kept; every segment of it finds its place in ours. */
  private void readTheirs(EntityStore store, CarryOver over) {
    Layout theirs = over.theirs();
    List<Segments<PaneRing>> theirRings = new ArrayList<>();
    for (int at = 0; at < theirs.rings().size(); at++) {
      int total = over.total(at);
      Segments<PaneRing> ring =
          ring(theirs, at, total == CarryOver.NONE ? 0 : reaches.ringsMs[total]);
      ring.newest.read(in, theirs.rings().get(at).parts());
      theirRings.add(ring);
    }
    List<Segments<Moments>> theirLifetimes = new ArrayList<>();
    for (int at = 0; at < theirs.lifetimes().size(); at++) {
      Segments<Moments> lifetime = lifetime(theirs, at);
      lifetime.newest.read(in, theirs.lifetimes().get(at).parts());
      theirLifetimes.add(lifetime);
    }
    double[] theirWeights = new double[theirs.decays().size()];
    double[] theirSums = new double[theirs.decays().size()];
    for (int at = 0; at < theirWeights.length; at++) {
      theirWeights[at] = Double.longBitsToDouble(in.fixed());
      theirSums[at] = Double.longBitsToDouble(in.fixed());
    }
    if (theirs.log()) {
      events.read(in, store, theirs);
    }
    KnownSince theirSince = new KnownSince(theirs);
    if (in.hasMore()) {
      theirSince.read(in, newestMs);
      theirRings.forEach(ring -> ring.readOlder(in));
      theirLifetimes.forEach(lifetime -> lifetime.readOlder(in));
    }
    if (layout.log()) {
      since.carry(over, theirSince, newestMs);
      since.expire(events);
    } else {
      events.dropAll();
    }
    int ringsBefore = theirRings.size();
    for (int at = 0; at < ringsBefore; at++) {
      carry(over, at, theirRings.get(at), rings, 0);
    }
    for (int at = 0; at < theirLifetimes.size(); at++) {
      carry(over, ringsBefore + at, theirLifetimes.get(at), lifetimes, rings.size());
    }
    for (int at = 0; at < weights.length; at++) {
      int their = over.decay(at);
      weights[at] = their == CarryOver.NONE ? 0 : theirWeights[their];
      weightedSums[at] = their == CarryOver.NONE ? 0 : theirSums[their];
    }
  }

  /**
   * @param theirTotal its index among all totals of its layout
   * @param first the index of the first of ours
   */
  private static <T extends Totals<T>> void carry(
      CarryOver over, int theirTotal, Segments<T> theirs, List<Segments<T>> ours, int first) {
    int total = over.total(theirTotal);
    if (total == CarryOver.NONE) {
      return;
    }
    Segments<T> into = ours.get(total - first);
    into.carry(over.told(total, over.theirs().told(theirTotal)), theirs.newest);
    for (Segments.Older<T> segment : theirs.older()) {
      into.carry(over.told(total, segment.told()), segment.totals());
    }
  }

  private void clear(EntityStore store) {
    newestMs = NEVER_MS;
    firstMs = NEVER_MS;
    labelsByTransaction.clear();
    labelsByLabel.clear();
    positions.clear();
    rings.forEach(Segments::clear);
    lifetimes.forEach(Segments::clear);
    since.clear();
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
        rings.get(at).newest.add(current.timeMs(), current.amountMinor());
      }
    }
    for (int at = 0; at < lifetimes.size(); at++) {
      if (current.selected(layout.selector(layout.lifetimes().get(at).condition()))) {
        lifetimes.get(at).newest.add(current.amountMinor());
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
      for (Segments<PaneRing> ring : rings) {
        ring.newest.expire(newestMs);
        ring.older().forEach(segment -> segment.totals().expire(newestMs));
        ring.tidy();
      }
      events.tidy(lateMs - reaches.eventsMs, lateMs, reaches.newest);
      since.expire(events);
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
    for (int at = 0; at < rings.size(); at++) {
      rings.get(at).newest.write(out, layout.rings().get(at).parts());
    }
    for (int at = 0; at < lifetimes.size(); at++) {
      lifetimes.get(at).newest.write(out, layout.lifetimes().get(at).parts());
    }
    for (int at = 0; at < weights.length; at++) {
      out.fixed(Double.doubleToRawLongBits(weights[at]));
      out.fixed(Double.doubleToRawLongBits(weightedSums[at]));
    }
    if (layout.log()) {
      events.write(out);
    }
    if (!isWhole()) {
      since.write(out, newestMs);
      rings.forEach(ring -> ring.writeOlder(out));
      lifetimes.forEach(lifetime -> lifetime.writeOlder(out));
    }
    store.hot(out.copy());
  }

  /** Whether nothing that is kept began later than the rest. */
  private boolean isWhole() {
    boolean whole = since.isAlways();
    for (Segments<PaneRing> ring : rings) {
      whole &= ring.older().isEmpty();
    }
    for (Segments<Moments> lifetime : lifetimes) {
      whole &= lifetime.older().isEmpty();
    }
    return whole;
  }
}

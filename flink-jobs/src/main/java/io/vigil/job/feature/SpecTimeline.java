package io.vigil.job.feature;

import io.vigil.job.record.SpecChange;
import io.vigil.model.feature.Backfill;
import io.vigil.model.feature.FeaturePlan;
import io.vigil.model.feature.FeatureSpec;
import io.vigil.model.feature.SpecException;
import io.vigil.model.feature.Warming;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which feature spec is in force when: the one that the job was started with, extended by what
 * activated records bring, in effective order. A spec only grows while the job runs, so a vector's
 * features keep their places. Not thread-safe.
 */
public final class SpecTimeline {
  private static final Logger LOG = LoggerFactory.getLogger(SpecTimeline.class);
  private static final String ORIGIN = "features.yaml";

  private final Span start;
  private final long foldedMs;
  private final Map<String, SpecChange> changes = new HashMap<>();
  private NavigableMap<Long, Span> spans = new TreeMap<>();
  private List<Ahead> aheads = List.of();
  private @Nullable Span current;
  private long currentFromMs;
  private long currentUntilMs;

  /**
   * A spec in force, and those that were in force before on the same state. Its plan belongs to the
   * timeline's owner.
   */
  public static final class Span {
    private final String yaml;
    private final FeatureSpec spec;
    private final Map<String, Long> earlier;
    private @Nullable FeaturePlan plan;

    private Span(String yaml, Map<String, Long> earlier) {
      this.yaml = yaml;
      this.spec = FeatureSpec.read(yaml, ORIGIN);
      Map<String, Long> others = new LinkedHashMap<>(earlier);
      others.remove(yaml);
      this.earlier = others;
    }

    /** Its text; several documents when it was extended. */
    public String yaml() {
      return yaml;
    }

    public FeatureSpec spec() {
      return spec;
    }

    /**
     * The texts of earlier specs, and until which effective time each was last in force,
     * milliseconds since the epoch.
     */
    public Map<String, Long> earlier() {
      return earlier;
    }

    /** Its plan, which goes on with the state of the earlier ones. For the owner's thread. */
    public FeaturePlan plan() {
      FeaturePlan known = plan;
      if (known == null) {
        known =
            FeaturePlan.compile(
                spec,
                earlier.keySet().stream().map(text -> FeatureSpec.read(text, ORIGIN)).toList());
        plan = known;
      }
      return known;
    }

    /** Which of its features may lack history. */
    public Warming warming() {
      List<Warming.Earlier> before = new ArrayList<>();
      earlier.forEach(
          (text, untilMs) ->
              before.add(new Warming.Earlier(FeatureSpec.read(text, ORIGIN), untilMs)));
      return new Warming(spec, before);
    }
  }

  /**
   * Features whose state is kept ahead, so that they are whole when they come into force.
   *
   * @param change that prepares them
   * @param plan of those features alone; it belongs to the timeline's owner
   * @param untilMs effective time from which they are in force, or given up; Long.MAX_VALUE while
   *     nobody knows
   */
  public record Ahead(SpecChange change, FeaturePlan plan, long untilMs) {
    /** The id of the backfill. */
    public String id() {
      return change.backfill();
    }

    boolean at(long effectiveTimeMs) {
      return effectiveTimeMs >= change.fromMs() && effectiveTimeMs < untilMs;
    }
  }

  /**
   * What a timeline leaves to the next one on the same state.
   *
   * @param specs the texts that were in force, the last one last, and until which effective time,
   *     milliseconds since the epoch; of the last one how far it has come
   * @param start the text that the job was started with; null when nobody noted it
   * @param foldedMs see {@link SpecTimeline#SpecTimeline(String, Map, long)}
   * @param reachedMs all that takes effect up to it was applied; Long.MIN_VALUE for nothing
   * @param changes all that are known
   */
  public record Past(
      LinkedHashMap<String, Long> specs,
      @Nullable String start,
      long foldedMs,
      long reachedMs,
      Collection<SpecChange> changes) {

    /** The text that was in force last; null for nothing. */
    public @Nullable String last() {
      String last = null;
      for (String text : specs.keySet()) {
        last = text;
      }
      return last;
    }

    /** The timeline of a job that goes on from there with that start. */
    public SpecTimeline next(String now) {
      Map<String, Long> earlier = new LinkedHashMap<>();
      if (reachedMs != Long.MIN_VALUE) {
        // Else nothing was ever applied, so no spec has left a trace.
        earlier.putAll(specs);
      }
      String last = last();
      long folded = foldedMs;
      if (last != null && !now.equals(start == null ? last : start)) {
        // The job was started with another spec. What was in force ended there; of subtasks one
        // wrote its time, another may have been further on, if barriers were not aligned.
        folded = reachedMs;
        if (reachedMs != Long.MIN_VALUE) {
          earlier.put(last, reachedMs);
        }
      }
      SpecTimeline next = new SpecTimeline(now, earlier, folded);
      next.addAll(changes);
      return next;
    }
  }

  /** What this leaves to the next one, when all that takes effect up to a time is applied. */
  public Past past(long reachedMs) {
    Span now = at(reachedMs);
    LinkedHashMap<String, Long> specs = new LinkedHashMap<>(now.earlier());
    specs.put(now.yaml(), reachedMs);
    return new Past(specs, start.yaml, foldedMs, reachedMs, List.copyOf(changes.values()));
  }

  /** Of a job without a past. */
  public SpecTimeline(String start) {
    this(start, Map.of(), Long.MIN_VALUE);
  }

  /**
   * Of a job that goes on.
   *
   * @param start the text of the spec that the job is started with
   * @param earlier the texts of specs that were in force before, and until which effective time
   * @param foldedMs changes up to this effective time were not in force one after the other, for
   *     another start came between: they all hold from the beginning
   */
  public SpecTimeline(String start, Map<String, Long> earlier, long foldedMs) {
    this.start = new Span(start, earlier);
    this.foldedMs = foldedMs;
    fold();
  }

  /**
   * Takes a change of the log into account; it must lie after all that was asked for. A feature
   * that the job was started with needs no history beside the one that it has.
   */
  public void add(SpecChange change) {
    if (Backfill.idOf(change.spec()) == null) {
      addAll(List.of(change));
      return;
    }
    Set<String> names = new HashSet<>();
    start.spec.features().forEach(feature -> names.add(feature.name()));
    String left = Backfill.without(change.spec(), names);
    boolean none = change.says() == SpecChange.Says.PREPARES && Backfill.idOf(left) == null;
    addAll(List.of(change.with(none ? "" : left, none ? SpecChange.Says.EXTENDS : change.says())));
  }

  /** What is known of a control record by its id; null for nothing. */
  public @Nullable SpecChange known(String id) {
    return changes.get(id);
  }

  /**
   * Takes changes into account as another timeline on the same state knew them, each of which must
   * lie after all that was asked for.
   */
  public void addAll(Collection<SpecChange> more) {
    boolean extended = false;
    boolean prepared = false;
    for (SpecChange change : more) {
      SpecChange same = changes.get(change.id());
      if (same == null || SpecChange.ORDER.compare(change, same) < 0) {
        changes.put(change.id(), change);
        extended |= brings(change) || (same != null && brings(same));
        prepared |= !change.backfill().isEmpty();
      }
    }
    if (extended) {
      fold();
    } else if (prepared) {
      aheads = prepared();
    }
  }

  private static boolean brings(SpecChange change) {
    return change.says() == SpecChange.Says.EXTENDS && !change.spec().isEmpty();
  }

  /** All changes, those that say nothing among them, in no particular order. */
  public Collection<SpecChange> changes() {
    return changes.values();
  }

  /** What is in force at an effective time, milliseconds since the epoch. */
  public Span at(long effectiveTimeMs) {
    Span known = current;
    if (known != null && effectiveTimeMs >= currentFromMs && effectiveTimeMs < currentUntilMs) {
      return known;
    }
    Map.Entry<Long, Span> entry = spans.floorEntry(effectiveTimeMs);
    Long next = spans.higherKey(effectiveTimeMs);
    current = entry.getValue();
    currentFromMs = entry.getKey();
    currentUntilMs = next == null ? Long.MAX_VALUE : next;
    return entry.getValue();
  }

  /** From when what is in force at that time is in force; Long.MIN_VALUE for ever. */
  public long sinceMs(long effectiveTimeMs) {
    return spans.floorKey(effectiveTimeMs);
  }

  /** When it changes after that time; Long.MAX_VALUE when no change is known. */
  public long nextMs(long effectiveTimeMs) {
    Long next = spans.higherKey(effectiveTimeMs);
    return next == null ? Long.MAX_VALUE : next;
  }

  /** What is kept ahead at an effective time, milliseconds since the epoch. */
  public List<Ahead> aheadAt(long effectiveTimeMs) {
    if (aheads.isEmpty()) {
      return aheads;
    }
    return aheads.stream().filter(ahead -> ahead.at(effectiveTimeMs)).toList();
  }

  /** What is kept ahead by that id, at any time; null when nothing is. */
  public @Nullable Ahead ahead(String id) {
    for (Ahead ahead : aheads) {
      if (ahead.id().equals(id)) {
        return ahead;
      }
    }
    return null;
  }

  /** What is in force when all that is known has come. */
  public Span newest() {
    return spans.lastEntry().getValue();
  }

  /**
   * Refuses a checkpoint in which records wait that were prepared by another feature spec: their
   * numbers mean something else to this one.
   *
   * @param where they wait
   * @param before the text of the spec that was in force at the checkpoint
   * @param count how many wait
   */
  public static void requireNothingWaits(String where, String before, Span now, int count) {
    String fingerprint = FeaturePlan.compile(FeatureSpec.read(before, ORIGIN)).fingerprint();
    if (count > 0 && !fingerprint.equals(now.plan().fingerprint())) {
      throw new IllegalStateException(
          where
              + ": expected a checkpoint in which nothing waits, for the feature spec changes from "
              + fingerprint
              + " to "
              + now.plan().fingerprint()
              + "; got "
              + count
              + " waiting records. Go on with the spec of before, let the input rest for longer"
              + " than the bound, take a savepoint, and go on from that with the new one");
    }
  }

  private void fold() {
    NavigableMap<Long, Span> folded = new TreeMap<>();
    folded.put(Long.MIN_VALUE, start);
    List<SpecChange> ordered =
        changes.values().stream().filter(SpecTimeline::brings).sorted(SpecChange.ORDER).toList();
    for (SpecChange change : ordered) {
      long fromMs = change.fromMs() <= foldedMs ? Long.MIN_VALUE : change.fromMs();
      Map.Entry<Long, Span> before = folded.lastEntry();
      Span span = before.getValue();
      Map<String, Long> earlier = new LinkedHashMap<>(span.earlier);
      if (fromMs > before.getKey()) {
        earlier.put(span.yaml, fromMs - 1);
      }
      try {
        folded.put(fromMs, new Span(FeatureSpec.joined(span.yaml, change.spec()), earlier));
      } catch (SpecException e) {
        // The job writes none that does not read, but it may have been started with another spec
        // since. Whatever needs the features is then refused by name where it is loaded.
        LOG.error(
            "features are not brought, their spec does not fit: deployment={}", change.id(), e);
      }
    }
    spans = folded;
    current = null;
    aheads = prepared();
  }

  private List<Ahead> prepared() {
    Map<String, Long> endsMs = new HashMap<>();
    for (SpecChange change : changes.values()) {
      if (change.says() != SpecChange.Says.PREPARES) {
        endsMs.merge(change.backfill(), change.fromMs(), Math::min);
      }
    }
    List<Ahead> prepared = new ArrayList<>();
    for (SpecChange change : changes.values()) {
      if (change.says() != SpecChange.Says.PREPARES) {
        continue;
      }
      Ahead known = ahead(change.backfill());
      try {
        FeaturePlan plan =
            known != null && known.change.equals(change)
                ? known.plan
                : FeaturePlan.compile(
                    FeatureSpec.read(change.spec(), ORIGIN).onlyOf(change.backfill()));
        prepared.add(
            new Ahead(change, plan, endsMs.getOrDefault(change.backfill(), Long.MAX_VALUE)));
      } catch (SpecException e) {
        LOG.error("features are not prepared, their spec does not read: id={}", change.id(), e);
      }
    }
    prepared.sort(Comparator.comparing(Ahead::change, SpecChange.ORDER));
    return prepared;
  }
}

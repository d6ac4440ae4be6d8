package io.vigil.job.control;

import io.vigil.model.approval.Alias;
import io.vigil.model.approval.Kind;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What is in force when: a function of what the job was started with and of the changes since, in
 * whatever order they become known. Not thread-safe.
 *
 * <p>There is a place for the champion, one for the challenger, one for a shadow, one each for
 * rules and policy, and one for each list by its name. A change takes its place from the one before
 * it; one that ends gives it back, if nothing has taken it since. A model that becomes champion is
 * no longer challenger or shadow. Shadows that the job was started with stay, until they are
 * champion. A return takes one change back and no other: once something else has its place, it
 * changes nothing.
 */
public final class Schedule {
  /** So many versions of before stay ready for a rollback. */
  public static final int EARLIER_KEPT = 2;

  private final List<Change> initial;
  private final NavigableMap<String, Change> initialShadows = new TreeMap<>();
  private final TreeSet<Change> changes = new TreeSet<>(Change.ORDER);
  private NavigableMap<Long, State> states = new TreeMap<>();

  /**
   * A place that an artefact takes.
   *
   * @param list name of a list; empty for all other kinds, which have one place for each alias
   */
  private record Place(Kind kind, Alias alias, String list) {
    static final Place CHAMPION = new Place(Kind.MODEL, Alias.CHAMPION, "");
    static final Place CHALLENGER = new Place(Kind.MODEL, Alias.CHALLENGER, "");
    static final Place SHADOW = new Place(Kind.MODEL, Alias.SHADOW, "");
    static final Place RULE_SET = new Place(Kind.RULE_SET, Alias.CHAMPION, "");
    static final Place POLICY = new Place(Kind.POLICY, Alias.CHAMPION, "");

    static Place of(Change change) {
      return new Place(
          change.kind(), change.alias(), change.kind() == Kind.LIST ? change.name() : "");
    }
  }

  /**
   * Who has a place.
   *
   * @param by the change that took or cleared it
   * @param taken false when it was cleared
   * @param before who gets it back when the change ends; null when it does not end
   */
  private record Holder(Change by, boolean taken, @Nullable Holder before) {}

  /** All places at a time, and which shadows of the start were promoted by then. */
  private record State(Map<Place, Holder> places, Map<String, Change> promoted) {}

  /**
   * @param initial what the job was started with: a model, rules, a policy and lists from the
   *     beginning of time, other models from when they are scheduled, and shadows
   */
  public Schedule(Collection<Change> initial) {
    List<Change> deciding = new ArrayList<>();
    for (Change change : initial) {
      if (change.alias() == Alias.SHADOW) {
        initialShadows.put(change.digest(), change);
      } else {
        deciding.add(change);
      }
    }
    this.initial = List.copyOf(deciding);
    fold();
    if (!states
        .firstEntry()
        .getValue()
        .places
        .keySet()
        .containsAll(List.of(Place.CHAMPION, Place.RULE_SET, Place.POLICY))) {
      throw new IllegalArgumentException(
          "initial: expected model, rules and policy from the beginning of time, got " + initial);
    }
  }

  /** Whether such an artefact can take a place while the job runs. */
  public static boolean hasPlace(Kind kind, Alias alias) {
    return kind == Kind.MODEL
        || (alias == Alias.CHAMPION
            && (kind == Kind.RULE_SET || kind == Kind.POLICY || kind == Kind.LIST));
  }

  /** Takes a change into account; one that is known already changes nothing. */
  public void add(Change change) {
    if (changes.add(change)) {
      fold();
    }
  }

  /** What is in force at an effective time, milliseconds since the epoch. */
  public Standing at(long effectiveTimeMs) {
    return standing(floor(effectiveTimeMs));
  }

  /** From when what is in force at that time is in force; Long.MIN_VALUE for ever. */
  public long sinceMs(long effectiveTimeMs) {
    Long since = states.floorKey(effectiveTimeMs);
    return since == null ? Long.MIN_VALUE : since;
  }

  /** When the next change comes after that time; Long.MAX_VALUE when none is known. */
  public long nextMs(long effectiveTimeMs) {
    Long next = states.higherKey(effectiveTimeMs);
    return next == null ? Long.MAX_VALUE : next;
  }

  /** All that is in force at that time or after it. */
  public List<Standing> from(long effectiveTimeMs) {
    List<Standing> all = new ArrayList<>();
    all.add(at(effectiveTimeMs));
    states.tailMap(effectiveTimeMs, false).values().forEach(state -> all.add(standing(state)));
    return all;
  }

  /** All that would be in force at that time or after it with one more change. */
  public List<Standing> from(long effectiveTimeMs, Change more) {
    List<Change> all = new ArrayList<>(initial);
    all.addAll(initialShadows.values());
    Schedule other = new Schedule(all);
    other.changes.addAll(changes);
    other.add(more);
    return other.from(effectiveTimeMs);
  }

  /**
   * Who took the champion's place of a kind other than lists up to that time, the newest first;
   * each digest once, as far back as is kept.
   *
   * @param approvedOnly without those that came by breaking the glass
   */
  public List<String> earlier(Kind kind, long effectiveTimeMs, boolean approvedOnly) {
    return earlier(new Place(kind, Alias.CHAMPION, ""), effectiveTimeMs, approvedOnly);
  }

  /** The same of the list of that name. */
  public List<String> earlierLists(String name, long effectiveTimeMs, boolean approvedOnly) {
    return earlier(new Place(Kind.LIST, Alias.CHAMPION, name), effectiveTimeMs, approvedOnly);
  }

  private List<String> earlier(Place place, long effectiveTimeMs, boolean approvedOnly) {
    LinkedHashSet<String> digests = new LinkedHashSet<>();
    for (Change change : deciding(place, effectiveTimeMs)) {
      if (!(approvedOnly && change.breakGlass())) {
        digests.add(change.digest());
      }
    }
    return List.copyOf(digests);
  }

  /** Who took a place up to that time, the newest first. */
  private List<Change> deciding(Place place, long effectiveTimeMs) {
    List<Change> all = new ArrayList<>();
    for (Change change : ordered()) {
      if (Place.of(change).equals(place) && change.fromMs() <= effectiveTimeMs) {
        all.add(0, change);
      }
    }
    return all;
  }

  /**
   * What decided in the champion's place of that kind before a change, by a full approval and with
   * another digest; null when that is not known any more.
   */
  public @Nullable Change before(Change change) {
    for (Change earlier : deciding(Place.of(change), change.fromMs())) {
      if (Change.ORDER.compare(earlier, change) < 0
          && !earlier.breakGlass()
          && !earlier.digest().equals(change.digest())) {
        return earlier;
      }
    }
    return null;
  }

  /** The changes that still mean something at that time or after it, in their order. */
  public List<Change> needed(long effectiveTimeMs) {
    Set<Change> needed =
        new HashSet<>(changes.stream().filter(c -> c.fromMs() > effectiveTimeMs).toList());
    State state = floor(effectiveTimeMs);
    for (Holder holder : state.places.values()) {
      for (Holder h = holder; h != null; h = h.before) {
        needed.add(h.by);
      }
    }
    needed.addAll(state.promoted.values());
    for (Place place : state.places.keySet()) {
      if (place.alias != Alias.CHAMPION) {
        continue;
      }
      Set<String> digests = new HashSet<>();
      for (Change change : deciding(place, effectiveTimeMs)) {
        if (digests.size() <= EARLIER_KEPT && digests.add(change.digest())) {
          needed.add(change);
        }
      }
    }
    // Without the one that it takes back a return would change nothing.
    Set<String> takenBack = new HashSet<>();
    needed.forEach(change -> takenBack.add(String.valueOf(change.returns())));
    return changes.stream()
        .filter(change -> needed.contains(change) || takenBack.contains(change.id()))
        .toList();
  }

  /** Forgets what means nothing any more at that time or after it. */
  public void forgetBefore(long effectiveTimeMs) {
    List<Change> needed = needed(effectiveTimeMs);
    if (needed.size() < changes.size()) {
      changes.retainAll(Set.copyOf(needed));
      fold();
    }
  }

  private State floor(long effectiveTimeMs) {
    Map.Entry<Long, State> entry = states.floorEntry(effectiveTimeMs);
    if (entry == null) {
      throw new IllegalStateException("something is in force at all times");
    }
    return entry.getValue();
  }

  private Standing standing(State state) {
    Change champion = holder(state, Place.CHAMPION);
    Change challenger = taken(state, Place.CHALLENGER);
    Change shadow = taken(state, Place.SHADOW);
    NavigableMap<String, Change> shadows = new TreeMap<>(initialShadows);
    shadows.keySet().removeAll(state.promoted.keySet());
    if (shadow != null) {
      shadows.put(shadow.digest(), shadow);
    }
    shadows.remove(champion.digest());
    return new Standing(
        champion,
        challenger == null || challenger.digest().equals(champion.digest()) ? null : challenger,
        List.copyOf(shadows.values()),
        holder(state, Place.RULE_SET),
        holder(state, Place.POLICY),
        lists(state));
  }

  private static List<Change> lists(State state) {
    return state.places.entrySet().stream()
        .filter(each -> each.getKey().kind == Kind.LIST)
        .map(each -> each.getValue().by)
        .sorted(Comparator.comparing(Change::name))
        .toList();
  }

  private static Change holder(State state, Place place) {
    Change by = taken(state, place);
    if (by == null) {
      throw new IllegalStateException(place + " is never empty");
    }
    return by;
  }

  private static @Nullable Change taken(State state, Place place) {
    Holder holder = state.places.get(place);
    return holder == null || !holder.taken ? null : holder.by;
  }

  private List<Change> ordered() {
    List<Change> all = new ArrayList<>(initial);
    all.addAll(changes);
    all.sort(Change.ORDER);
    return all;
  }

  /** Goes through all changes in their order: so it matters not in which they became known. */
  private void fold() {
    NavigableMap<Long, List<Change>> starts = new TreeMap<>();
    NavigableMap<Long, List<Change>> ends = new TreeMap<>();
    for (Change change : ordered()) {
      starts.computeIfAbsent(change.fromMs(), t -> new ArrayList<>()).add(change);
      if (change.untilMs() != Long.MAX_VALUE) {
        ends.computeIfAbsent(change.untilMs(), t -> new ArrayList<>()).add(change);
      }
    }
    NavigableMap<Long, State> folded = new TreeMap<>();
    TreeSet<Long> times = new TreeSet<>(Comparator.naturalOrder());
    times.addAll(starts.keySet());
    times.addAll(ends.keySet());
    Map<Place, Holder> places = new HashMap<>();
    Map<String, Change> promoted = new HashMap<>();
    for (long timeMs : times) {
      ends.getOrDefault(timeMs, List.of()).forEach(change -> end(places, change, timeMs));
      starts
          .getOrDefault(timeMs, List.of())
          .forEach(change -> start(places, promoted, change, timeMs));
      folded.put(timeMs, new State(Map.copyOf(places), Map.copyOf(promoted)));
    }
    states = folded;
  }

  private void start(
      Map<Place, Holder> places, Map<String, Change> promoted, Change change, long timeMs) {
    if (change.untilMs() <= timeMs) {
      return;
    }
    Place place = Place.of(change);
    if (change.returns() != null) {
      Holder holder = places.get(place);
      if (holder == null || !holder.by.id().equals(change.returns())) {
        return;
      }
    }
    boolean beside = place.equals(Place.CHALLENGER) || place.equals(Place.SHADOW);
    boolean taken = !beside || change.shareBasisPoints() > 0;
    Holder before = change.untilMs() == Long.MAX_VALUE ? null : places.get(place);
    places.put(place, new Holder(change, taken, before));
    if (place.equals(Place.CHAMPION)) {
      if (initialShadows.containsKey(change.digest())) {
        promoted.putIfAbsent(change.digest(), change);
      }
      for (Place other : List.of(Place.CHALLENGER, Place.SHADOW)) {
        put(places, other, without(places.get(other), change.digest()));
      }
    }
  }

  private static void end(Map<Place, Holder> places, Change change, long timeMs) {
    Place place = Place.of(change);
    Holder holder = places.get(place);
    if (holder == null || !holder.by.equals(change)) {
      return;
    }
    while (holder != null && holder.by.untilMs() <= timeMs) {
      holder = holder.before;
    }
    put(places, place, holder);
  }

  private static @Nullable Holder without(@Nullable Holder holder, String digest) {
    if (holder == null) {
      return null;
    }
    Holder before = without(holder.before, digest);
    return holder.by.digest().equals(digest) ? before : new Holder(holder.by, holder.taken, before);
  }

  private static void put(Map<Place, Holder> places, Place place, @Nullable Holder holder) {
    if (holder == null) {
      places.remove(place);
    } else {
      places.put(place, holder);
    }
  }
}

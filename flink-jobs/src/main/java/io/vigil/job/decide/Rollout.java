package io.vigil.job.decide;

import io.vigil.job.ArtefactSet;
import io.vigil.job.control.Change;
import io.vigil.job.control.Schedule;
import io.vigil.job.control.Standing;
import io.vigil.job.decide.ArtefactLoader.Loaded;
import io.vigil.job.feature.SpecTimeline;
import io.vigil.model.approval.InForce;
import io.vigil.model.approval.Kind;
import io.vigil.model.approval.Refusal;
import io.vigil.model.artefact.ArtefactException;
import io.vigil.model.rule.EntryList;
import io.vigil.model.rule.Lists;
import io.vigil.model.rule.RuleSet;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What decides when, with the artefacts that it needs in memory: those in force, those to come, and
 * a few of before for a rollback. What is not there when a row needs it is loaded then: so restores
 * and replays obey the log. Owned by one operator's thread.
 */
final class Rollout implements Deciding.Times, AutoCloseable {
  /** Lists in force at the most, so that names alone cannot fill the memory. */
  static final int LISTS_MAX = 100;

  private static final Logger LOG = LoggerFactory.getLogger(Rollout.class);

  private final ArtefactSet artefacts;
  private final ArtefactLoader loader;
  private final SpecTimeline specs;
  private final Schedule schedule;
  private final Map<String, Loaded> shelf = new HashMap<>();
  private final Map<Ready, Deciding> ready = new HashMap<>();
  private final Consumer<Change> championChanged;
  private volatile String champion;
  private @Nullable Deciding current;
  private long currentFromMs;
  private long currentUntilMs;
  private boolean changed;
  private long tidyAtMs = Long.MIN_VALUE;

  /**
   * @param specs which feature spec is in force when; the owner adds changes to it before those
   *     that they came with are added here
   * @param championChanged told when rows of another champion begin
   */
  Rollout(
      ArtefactSet artefacts,
      ArtefactLoader loader,
      SpecTimeline specs,
      Consumer<Change> championChanged) {
    this.artefacts = artefacts;
    this.loader = loader;
    this.specs = specs;
    this.championChanged = championChanged;
    this.schedule = new Schedule(artefacts.initial());
    this.champion = "";
  }

  /** What decides together. A span of the specs is one instance. */
  private record Ready(Standing standing, SpecTimeline.Span span) {}

  /** Takes a change into account; it must lie after all rows that were decided. */
  void add(Change change) {
    schedule.add(change);
    current = null;
    changed = true;
  }

  @Override
  public Deciding at(long effectiveTimeMs) {
    Deciding deciding = current;
    if (deciding != null && effectiveTimeMs >= currentFromMs && effectiveTimeMs < currentUntilMs) {
      return deciding;
    }
    Standing standing = schedule.at(effectiveTimeMs);
    deciding = deciding(new Ready(standing, specs.at(effectiveTimeMs)));
    if (!champion.equals(standing.champion().digest())) {
      champion = standing.champion().digest();
      championChanged.accept(standing.champion());
    }
    current = deciding;
    currentFromMs = Math.max(schedule.sinceMs(effectiveTimeMs), specs.sinceMs(effectiveTimeMs));
    currentUntilMs = Math.min(schedule.nextMs(effectiveTimeMs), specs.nextMs(effectiveTimeMs));
    return deciding;
  }

  /** Digest of the champion of the last row; empty before the first. For any thread. */
  String champion() {
    return champion;
  }

  /** Loads all that decides at that time or later, as far as it is known. */
  void prepare(long effectiveTimeMs) {
    SpecTimeline.Span newest = specs.newest();
    schedule.from(effectiveTimeMs).forEach(standing -> deciding(new Ready(standing, newest)));
  }

  private Deciding deciding(Ready of) {
    Deciding known = ready.get(of);
    if (known != null) {
      return known;
    }
    Standing standing = of.standing;
    Loaded.PolicyOf policy = (Loaded.PolicyOf) loaded(standing.policy());
    Change challenger = standing.challenger();
    List<ModelInForce> shadows = new ArrayList<>(standing.shadows().size());
    for (Change shadow : standing.shadows()) {
      shadows.add(model(shadow, of.span));
    }
    Deciding deciding =
        new Deciding(
            model(standing.champion(), of.span),
            challenger == null ? null : model(challenger, of.span),
            challenger == null ? 0 : challenger.shareBasisPoints(),
            List.copyOf(shadows),
            artefacts.judging(rules(standing), policy.policy(), of.span.spec(), lists(standing)),
            artefacts.decider(of.span),
            standing,
            schedule.before(standing.promoted()));
    ready.put(of, deciding);
    return deciding;
  }

  private ModelInForce model(Change change, SpecTimeline.Span span) {
    Loaded.Model loaded = (Loaded.Model) loaded(change);
    if (loaded.width() > span.spec().features().size()) {
      throw new IllegalStateException(
          "control: expected the record that puts the "
              + change.text()
              + " in force to bring the features that it reads, got none in the deployment "
              + change.id());
    }
    return loaded.model();
  }

  private RuleSet rules(Standing standing) {
    return ((Loaded.Rules) loaded(standing.ruleSet())).rules();
  }

  private Lists lists(Standing standing) {
    List<EntryList> lists = new ArrayList<>(standing.lists().size());
    for (Change list : standing.lists()) {
      lists.add(((Loaded.ListOf) loaded(list)).file().list());
    }
    return Lists.of(lists);
  }

  private Loaded loaded(Change change) {
    Loaded loaded = warm(change.digest());
    if (loaded != null) {
      return loaded;
    }
    try {
      loaded = loader.load(change.kind(), change.digest(), specs.newest());
    } catch (ArtefactLoader.NotLoadedException e) {
      throw new IllegalStateException(
          "control: expected to load the "
              + change.text()
              + ", in force from "
              + change.fromMs()
              + " by "
              + (change.id().isEmpty() ? "the job's options" : "the deployment " + change.id())
              + ", got "
              + e.refusal().code()
              + ": "
              + e.refusal().message(),
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while loading the " + change.text(), e);
    }
    keep(loaded);
    return loaded;
  }

  /** The artefact of that digest if it is in memory and goes with the newest spec, else null. */
  @Nullable Loaded warm(String digest) {
    Loaded loaded = shelf.get(digest);
    boolean stale = loaded instanceof Loaded.Model model && !model.fits(specs.newest().spec());
    return stale ? null : loaded;
  }

  /** Takes an artefact that was loaded; it is let go when nothing needs it any more. */
  void keep(Loaded loaded) {
    Loaded before = shelf.put(loaded.digest(), loaded);
    if (before != null) {
      letGo(before);
    }
    changed = true;
  }

  /**
   * What a request is judged by, as it stands at that time.
   *
   * @param name of the artefact, which tells lists apart
   */
  InForce inForce(Kind kind, String name, long effectiveTimeMs) {
    Standing standing = schedule.at(effectiveTimeMs);
    Map<Kind, String> digests = new EnumMap<>(Kind.class);
    digests.put(Kind.MODEL, standing.champion().digest());
    digests.put(Kind.RULE_SET, standing.ruleSet().digest());
    digests.put(Kind.POLICY, standing.policy().digest());
    digests.put(Kind.FEATURE_SPEC, ((Loaded.Model) loaded(standing.champion())).specFingerprint());
    digests.put(Kind.RATES, artefacts.ratesDigest());
    if (kind != Kind.LIST) {
      return new InForce(digests, Set.copyOf(schedule.earlier(kind, effectiveTimeMs, true)));
    }
    for (Change list : standing.lists()) {
      if (list.name().equals(name)) {
        digests.put(Kind.LIST, list.digest());
      }
    }
    return new InForce(digests, Set.copyOf(schedule.earlierLists(name, effectiveTimeMs, true)));
  }

  /**
   * Whether rules and lists would still fit each other with one more change, from that time on as
   * far as it is known.
   *
   * @param change whose artefact is kept here
   * @return null when they would
   */
  @Nullable Refusal misfit(Change change, long effectiveTimeMs) {
    if (change.kind() != Kind.RULE_SET && change.kind() != Kind.LIST) {
      return null;
    }
    for (Standing standing : schedule.from(effectiveTimeMs, change)) {
      if (standing.lists().size() > LISTS_MAX) {
        return new Refusal(
            "too_many_lists", "expected at most " + LISTS_MAX + " lists by name, got one more");
      }
      try {
        rules(standing).require(lists(standing));
      } catch (ArtefactException e) {
        return new Refusal("artefact_does_not_fit", String.valueOf(e.getMessage()));
      }
    }
    return null;
  }

  /** The changes that a snapshot must hold, when all rows up to that time are decided. */
  List<Change> needed(long effectiveTimeMs) {
    return schedule.needed(effectiveTimeMs);
  }

  /**
   * All rows up to that time are decided: what only they needed is let go.
   *
   * @param wanted digests that are to stay though nothing in force needs them
   */
  void decided(long effectiveTimeMs, Set<String> wanted) {
    boolean end = effectiveTimeMs == Long.MAX_VALUE; // The end of the input is no time.
    if (end || (!changed && effectiveTimeMs < tidyAtMs)) {
      return;
    }
    changed = false;
    tidyAtMs = schedule.nextMs(effectiveTimeMs);
    schedule.forgetBefore(effectiveTimeMs);
    List<Standing> standings = schedule.from(effectiveTimeMs);
    Set<Standing> live = new HashSet<>(standings);
    ready.keySet().removeIf(each -> !live.contains(each.standing));
    Set<String> needed = new HashSet<>(wanted);
    for (Standing standing : standings) {
      standing.all().forEach(change -> needed.add(change.digest()));
    }
    // Not of lists, which may take much memory and are read again in a moment.
    for (Kind kind : List.of(Kind.MODEL, Kind.RULE_SET, Kind.POLICY)) {
      needed.addAll(schedule.earlier(kind, effectiveTimeMs, false));
    }
    shelf
        .entrySet()
        .removeIf(
            entry -> {
              boolean gone = !needed.contains(entry.getKey());
              if (gone) {
                LOG.info("an artefact is let go: digest={}", entry.getKey());
                letGo(entry.getValue());
              }
              return gone;
            });
  }

  /** Closing a model waits until no thread runs it, so the rows must not wait for that. */
  private static void letGo(Loaded loaded) {
    if (loaded instanceof Loaded.Model model) {
      Thread closer = new Thread(() -> model.model().served().close(), "vigil-closing");
      closer.setDaemon(true);
      closer.start();
    }
  }

  @Override
  public void close() {
    shelf
        .values()
        .forEach(
            loaded -> {
              if (loaded instanceof Loaded.Model model) {
                model.model().served().close();
              }
            });
    shelf.clear();
  }
}

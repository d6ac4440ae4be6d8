package io.vigil.job.archive;

import io.vigil.job.ArtefactSet;
import io.vigil.job.Topics;
import io.vigil.job.decide.Recorded;
import io.vigil.job.decide.ReplayMemory;
import io.vigil.job.decide.Replayer;
import io.vigil.job.feature.EventFacts;
import io.vigil.job.feature.FactsReader;
import io.vigil.job.feature.NextTokens;
import io.vigil.job.feature.ProfileClaims;
import io.vigil.job.record.LogRecord;
import io.vigil.model.event.Claims;
import io.vigil.model.event.Entity;
import io.vigil.model.event.Facts;
import io.vigil.model.feature.Backfill;
import io.vigil.model.feature.EntityPlan;
import io.vigil.model.feature.Grouping;
import io.vigil.model.order.Ordered;
import io.vigil.schema.Decision;
import io.vigil.schema.Event;
import io.vigil.schema.Profile;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.codec.DecodeException;
import io.vigil.schema.codec.TransactionDecoder;
import java.io.IOException;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One decision of an archive, made again. Of its entities' history only what they took part in is
 * replayed, from the newest snapshot before the decision, or from the beginning.
 *
 * <p>That is exact: an entity's state is a function of its own events, and what is remembered of an
 * id one of the records of that id; both are taken whole. Thread-confined.
 */
public final class OneDecision {
  private final ArchiveFolder archive;
  private final Path temporary;
  private final Decision recorded;
  private final WhatIf change;
  private final ArchiveLog log;
  private final @Nullable LocalDate snapshot;
  private final List<LogRecord> control = new ArrayList<>();
  private final List<LogRecord> records = new ArrayList<>();
  private final Set<String> keys = new HashSet<>();
  private final TransactionDecoder transactions = new TransactionDecoder();
  private final Codec<Event> events = Codec.of(Event.class);
  private final Codec<Profile> profiles = Codec.of(Profile.class);

  /**
   * Finds what it takes.
   *
   * @param temporary a folder for artefacts
   * @param recorded the decision as it was made
   * @param fromSnapshot whether to begin with one, if there is one
   */
  public OneDecision(
      ArchiveFolder archive, Path temporary, Decision recorded, boolean fromSnapshot, WhatIf change)
      throws Exception {
    this.archive = archive;
    this.temporary = temporary;
    this.change = change;
    this.recorded = recorded;
    this.log = new ArchiveLog(archive, temporary);
    LocalDate day = day(recorded.getEffectiveTime());
    this.snapshot = fromSnapshot ? new Snapshots(archive).before(day, day) : null;
    find();
  }

  private static LocalDate day(long timeMs) {
    return LocalDate.ofEpochDay(Math.floorDiv(timeMs, 86_400_000L));
  }

  /** The day at whose end it begins; null for the beginning of the archive. */
  public @Nullable LocalDate snapshot() {
    return snapshot;
  }

  /** Records that are replayed, deployments too. */
  public int records() {
    return records.size();
  }

  private NavigableSet<LocalDate> days() {
    NavigableSet<LocalDate> until = log.days().headSet(day(recorded.getEffectiveTime()), true);
    return snapshot == null ? until : until.tailSet(snapshot, false);
  }

  private void find() throws Exception {
    long untilMs = recorded.getEffectiveTime();
    for (LocalDate day : days()) {
      log.scan(
          day,
          Topics.CONTROL::equals,
          record -> {
            if (record.effectiveTimeMs() <= untilMs) {
              control.add(record);
            }
          });
    }
    control.sort(Ordered.EFFECTIVE_ORDER);
    Reader reader = reader();
    Facts subject = reader.facts.read(recorded.getTransaction());
    for (EntityPlan entity : reader.entities) {
      String key = entity.grouping().key(subject);
      if (key != null) {
        keys.add(key);
      }
    }
    // All records of an id, for what is told of one depends on those before it.
    Set<String> subjects = new HashSet<>();
    subjects.add(recorded.getTransaction().getTransactionId());
    for (LocalDate day : days()) {
      log.scan(
          day,
          topic -> !topic.equals(Topics.CONTROL),
          record -> {
            if (record.effectiveTimeMs() <= untilMs && reader.touches(record)) {
              subjects.add(record.subject());
            }
          });
    }
    for (LocalDate day : days()) {
      log.scan(
          day,
          topic -> !topic.equals(Topics.CONTROL),
          record -> {
            if (record.effectiveTimeMs() <= untilMs && subjects.contains(record.subject())) {
              records.add(record);
            }
          });
    }
    records.addAll(control);
    records.sort(Ordered.EFFECTIVE_ORDER);
  }

  /** Which entities a record has to do with, by the feature spec that decided. */
  private final class Reader {
    private final FactsReader facts;
    private final List<EntityPlan> entities;

    Reader(FactsReader facts, List<EntityPlan> entities) {
      this.facts = facts;
      this.entities = entities;
    }

    boolean touches(LogRecord record) {
      try {
        return switch (record.kind()) {
          case TRANSACTION -> {
            Transaction transaction = transactions.decode(record.value());
            yield touches(facts.read(transaction), transaction.getNextTokens());
          }
          // A correction takes back what an earlier label said of other entities, perhaps.
          case LABEL -> true;
          case EVENT -> {
            Event event = events.decode(record.value());
            yield touches(new EventFacts(event), event.getNextTokens());
          }
          case PROFILE -> touches(profiles.decode(record.value()));
          case DEPLOYMENT, TICK -> false;
        };
      } catch (DecodeException e) {
        throw new IllegalStateException(
            "record " + record.origin() + ": decoded before, not now", e);
      }
    }

    private boolean touches(Profile profile) {
      Claims claims = new ProfileClaims(profile);
      Grouping of = Grouping.of(claims.entity()).by(io.vigil.model.feature.History.PROFILE);
      Function<Entity, @Nullable String> ids = entity -> claims.entityId();
      Function<Entity, @Nullable String> next = NextTokens.of(ids, profile.getNextTokens());
      for (EntityPlan entity : entities) {
        Grouping grouping = entity.grouping();
        if (grouping.by(Backfill.NONE).equals(of)
            && (touches(grouping.key(ids)) || (next != null && touches(grouping.key(next))))) {
          return true;
        }
      }
      return false;
    }

    private boolean touches(@Nullable String key) {
      return key != null && keys.contains(key);
    }

    /** What it says under the next key of tokens counts, too: its history is filed there. */
    private boolean touches(Facts read, @Nullable Map<String, String> nextTokens) {
      Facts next = NextTokens.of(read, nextTokens);
      return touches(read) || (next != null && touches(next));
    }

    private boolean touches(Facts read) {
      for (EntityPlan entity : entities) {
        if (touches(entity.grouping().key(read))) {
          return true;
        }
      }
      return false;
    }
  }

  /** What was in force when it was decided, found by the deployments alone. */
  private Reader reader() throws Exception {
    try (History history =
        new History(
            archive,
            temporary,
            memory(Set.of(), List.of()),
            new History.Asked(
                change,
                Recorded.NOTHING,
                new Replayer.Wanted(key -> false, id -> false),
                1,
                decided -> {}))) {
      for (LogRecord record : control) {
        history.add(record);
      }
      history.until(recorded.getEffectiveTime());
      history.reached(recorded.getEffectiveTime());
      return new Reader(
          new FactsReader(ArtefactSet.read(history.options()).rates()),
          history.specs().at(recorded.getEffectiveTime()).plan().entities());
    }
  }

  private ReplayMemory memory(Set<String> entities, List<LogRecord> of) throws IOException {
    if (snapshot == null) {
      return new ReplayMemory();
    }
    Set<String> ids = new HashSet<>();
    for (LogRecord record : of) {
      ids.add(record.stateKey());
    }
    return new Snapshots(archive).read(snapshot, entities, ids);
  }

  /**
   * Makes the decision again.
   *
   * @param listener told of the decision, and of all that its entities took note of
   */
  public void replay(Replayer.Listener listener) throws Exception {
    String id = recorded.getTransaction().getTransactionId();
    Recorded.Fallback fallback = Recorded.Fallback.of(recorded);
    try (History history =
        new History(
            archive,
            temporary,
            memory(keys, records),
            new History.Asked(
                change,
                one -> one.equals(id) ? fallback : null,
                new Replayer.Wanted(keys::contains, id::equals),
                1,
                listener))) {
      for (LogRecord record : records) {
        history.add(record);
      }
      history.reached(recorded.getEffectiveTime());
    }
  }
}

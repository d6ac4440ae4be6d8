package io.vigil.job.dedupe;

import io.vigil.job.feature.EventFacts;
import io.vigil.job.feature.NextTokens;
import io.vigil.job.feature.ProfileClaims;
import io.vigil.job.feature.SpecTimeline;
import io.vigil.job.feature.TransactionFacts;
import io.vigil.job.record.EntityRequest;
import io.vigil.job.record.EntityRequest.When;
import io.vigil.job.record.LogRecord;
import io.vigil.model.event.Claims;
import io.vigil.model.event.Entity;
import io.vigil.model.event.Facts;
import io.vigil.model.feature.Backfill;
import io.vigil.model.feature.EntityPlan;
import io.vigil.model.feature.Grouping;
import io.vigil.model.feature.History;
import io.vigil.schema.Event;
import io.vigil.schema.Label;
import io.vigil.schema.Profile;
import io.vigil.schema.Transaction;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What the entities of a record are asked and told of it, by the spec in force and by what is
 * prepared. While the key of
 * tokens changes, an entity takes note of a record under both of its names and is asked under the
 * first: so its history stands under the second when that one is in use. Not thread-safe.
 */
final class EntityNotes {
  private final SpecTimeline specs;
  private final Deduplication.Out out;

  EntityNotes(SpecTimeline specs, Deduplication.Out out) {
    this.specs = specs;
    this.out = out;
  }

  /** Asks the entities of a transaction. */
  void transaction(LogRecord record, Transaction transaction, Facts facts) throws Exception {
    Facts next = NextTokens.of(facts, transaction.getNextTokens());
    each(
        record,
        (entity, index, when) -> {
          // Of events and profiles a transaction only asks.
          boolean own = entity.grouping().history().equals(History.TRANSACTIONS);
          String key = entity.grouping().key(facts);
          if (key != null && (own || when == When.NOW)) {
            send(record, when, record.eventTimeMs(), index, key, entity.inputs(facts));
          }
          String other = next == null || !own ? null : other(key, entity.grouping().key(next));
          if (next != null && other != null) {
            When filed = when == When.NOW ? When.FILED : when;
            send(record, filed, record.eventTimeMs(), index, other, entity.inputs(next));
          }
        });
  }

  /** Tells an event to those entities of it whose features look at its kind. */
  void event(LogRecord record, Event event) throws Exception {
    Facts facts = new EventFacts(event);
    Facts next = NextTokens.of(facts, event.getNextTokens());
    History history = History.events(event.getKind());
    each(
        record,
        (entity, index, when) -> {
          if (!entity.grouping().history().equals(history)) {
            return;
          }
          String key = entity.grouping().key(facts);
          if (key != null) {
            send(record, when, record.eventTimeMs(), index, key, entity.inputs(facts));
          }
          String other = next == null ? null : other(key, entity.grouping().key(next));
          if (next != null && other != null) {
            send(record, when, record.eventTimeMs(), index, other, entity.inputs(next));
          }
        });
  }

  /** Tells the profile's entity what is kept of it. */
  void profile(LogRecord record, Profile profile) throws Exception {
    Claims claims = new ProfileClaims(profile);
    Function<Entity, @Nullable String> ids = entity -> claims.entityId();
    Function<Entity, @Nullable String> next = NextTokens.of(ids, profile.getNextTokens());
    Grouping grouping = Grouping.of(claims.entity()).by(History.PROFILE);
    each(
        record,
        (entity, index, when) -> {
          if (entity.grouping().by(Backfill.NONE).equals(grouping)) {
            long[] inputs = entity.claims(claims);
            if (inputs.length > 0) {
              tell(record, when, record.eventTimeMs(), index, entity, ids, next, inputs);
            }
          }
        });
  }

  /**
   * Tells the label's entities that one more, or one less, of their transactions is fraud.
   *
   * @param change 1 or -1
   * @param sinceMs effective time of the label that says fraud
   */
  void label(LogRecord record, Label label, int change, long sinceMs) throws Exception {
    long[] inputs = {change, sinceMs};
    Function<Entity, @Nullable String> ids = entity -> TransactionFacts.entityOf(label, entity);
    Function<Entity, @Nullable String> next = NextTokens.of(ids, label.getNextTokens());
    each(
        record,
        (entity, index, when) -> {
          if (entity.usesLabels()) {
            tell(record, when, label.getTransactionTime(), index, entity, ids, next, inputs);
          }
        });
  }

  /** Does something for an entity of features that are in force, or prepared. */
  @FunctionalInterface
  private interface Note {
    void of(EntityPlan entity, int index, When when) throws Exception;
  }

  private void each(LogRecord record, Note note) throws Exception {
    List<EntityPlan> entities = specs.at(record.effectiveTimeMs()).plan().entities();
    for (int i = 0; i < entities.size(); i++) {
      note.of(entities.get(i), i, When.NOW);
    }
    for (SpecTimeline.Ahead ahead : specs.aheadAt(record.effectiveTimeMs())) {
      List<EntityPlan> prepared = ahead.plan().entities();
      for (int i = 0; i < prepared.size(); i++) {
        note.of(prepared.get(i), i, When.AHEAD);
      }
    }
  }

  private void tell(
      LogRecord record,
      When when,
      long eventTimeMs,
      int index,
      EntityPlan entity,
      Function<Entity, @Nullable String> ids,
      @Nullable Function<Entity, @Nullable String> nextIds,
      long[] inputs)
      throws Exception {
    String key = entity.grouping().key(ids);
    if (key != null) {
      send(record, when, eventTimeMs, index, key, inputs);
    }
    String other = nextIds == null ? null : other(key, entity.grouping().key(nextIds));
    if (other != null) {
      send(record, when, eventTimeMs, index, other, inputs);
    }
  }

  /** The key of the entity's state under its next name, if that is another one. */
  private static @Nullable String other(@Nullable String key, @Nullable String next) {
    return next == null || next.equals(key) ? null : next;
  }

  private void send(
      LogRecord record, When when, long eventTimeMs, int index, String key, long[] inputs)
      throws Exception {
    out.request(
        new EntityRequest(
            key,
            index,
            record.kind(),
            record.id(),
            record.subject(),
            record.effectiveTimeMs(),
            eventTimeMs,
            record.partition(),
            record.offset(),
            inputs,
            when));
  }
}

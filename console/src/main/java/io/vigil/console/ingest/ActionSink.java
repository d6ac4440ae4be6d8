package io.vigil.console.ingest;

import static io.vigil.console.store.Columns.clean;
import static io.vigil.console.store.Columns.cleanOrNull;

import io.vigil.console.cases.CaseStore;
import io.vigil.console.store.Columns;
import io.vigil.schema.Action;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.codec.DecodeException;
import java.time.Clock;
import java.time.Instant;
import java.util.List;

/** Actions, the console's own and others', and their acknowledgements. */
final class ActionSink implements TopicSink {
  private final Codec<Action> codec = Codec.of(Action.class);
  private final Clock clock;

  ActionSink(Clock clock) {
    this.clock = clock;
  }

  @Override
  public List<Store> read(byte[] value) throws DecodeException {
    Action action = codec.decode(value);
    Long acknowledged = action.getAcknowledgedAt();
    return List.of(
        handle ->
            handle
                .createQuery(
                    """
                    with done as (
                      insert into action (action_id, kind, account, requested_by, requested_at,
                        published_at, acknowledged_at, next_attempt_at, record)
                      values (:id, :kind, :account, :by, :at, :now, :acknowledged, :now, :record)
                      on conflict (action_id) do update set
                        published_at = coalesce(action.published_at, excluded.published_at),
                        acknowledged_at = coalesce(action.acknowledged_at, excluded.acknowledged_at),
                        next_attempt_at = coalesce(action.next_attempt_at, excluded.next_attempt_at)
                      returning case_id)
                    select pg_notify(:channel, 'case ' || case_id || ' 0')::text
                    from done where case_id is not null
                    """)
                .bind("id", clean(action.getActionId()))
                .bind("kind", action.getKind().name())
                .bind("account", clean(action.getAccount()))
                .bind("by", cleanOrNull(action.getRequestedBy()))
                .bind("at", Columns.at(Instant.ofEpochMilli(action.getRequestedAt())))
                .bind("now", Columns.at(clock.instant()))
                .bind(
                    "acknowledged",
                    acknowledged == null ? null : Columns.at(Instant.ofEpochMilli(acknowledged)))
                .bind("record", value)
                .bind("channel", CaseStore.CHANNEL)
                .mapTo(String.class)
                .list());
  }
}

package io.vigil.console.cases;

import io.vigil.console.store.Columns;
import io.vigil.console.store.Sealing;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;
import org.jspecify.annotations.Nullable;

/**
 * Cases in the database. Every method works within the caller's transaction; a case that is to
 * change is locked first, several in the order of their ids. Thread-safe.
 */
public final class CaseStore {

  /** On which PostgreSQL channel changes are told, as soon as they are committed. */
  public static final String CHANNEL = "vigil";

  /** Beyond this many alerts a case's further ones add no words: an index entry has a limit. */
  private static final int ALERTS_WITH_WORDS = 1_000;

  private final CaseRules rules;
  private final Clock clock;
  private final Sealing sealing;

  public CaseStore(CaseRules rules, Clock clock) {
    this(rules, clock, Sealing.none());
  }

  /**
   * @param sealing for what people write
   */
  public CaseStore(CaseRules rules, Clock clock, Sealing sealing) {
    this.rules = rules;
    this.clock = clock;
    this.sealing = sealing;
  }

  public CaseRules rules() {
    return rules;
  }

  /** The wall time, at the precision that the database keeps. */
  public Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MICROS);
  }

  /** A new case, open and empty: to be given its first alert in the same transaction. */
  CaseView create(Handle handle) {
    long id =
        handle
            .createQuery("select nextval(pg_get_serial_sequence('fraud_case', 'case_id'))")
            .mapTo(Long.class)
            .one();
    return new CaseView(id);
  }

  /** The case, locked until the transaction ends. */
  Optional<CaseView> lock(Handle handle, long caseId) {
    return lock(handle, List.of(caseId)).stream().findFirst();
  }

  /** Those of the cases that exist, locked, in the order of their ids. */
  List<CaseView> lock(Handle handle, Collection<Long> caseIds) {
    if (caseIds.isEmpty()) {
      return List.of();
    }
    return handle
        .createQuery(
            "select * from fraud_case where case_id = any(:ids) order by case_id for update")
        .bindArray("ids", Long.class, caseIds)
        .map((row, context) -> read(row))
        .list();
  }

  /** What has happened to a case, oldest first; what is sealed stays so. */
  List<CaseView.Recorded> events(Handle handle, long caseId) {
    return handle
        .createQuery(
            "select kind, detail::text, at, actor from case_event where case_id = :id order by seq")
        .bind("id", caseId)
        .map(
            (row, context) ->
                new CaseView.Recorded(
                    CaseEvents.read(row.getString("kind"), row.getString("detail")),
                    Columns.instant(row, "at"),
                    row.getString("actor")))
        .list();
  }

  /** Lets events happen to a locked or new case: stores them, and what the case is then. */
  void record(Handle handle, CaseView view, String actor, CaseEvent... events) {
    Instant now = now();
    boolean fresh = view.version == 0;
    List<String> ids = new ArrayList<>();
    StringBuilder text = new StringBuilder();
    List<String> details = new ArrayList<>();
    for (CaseEvent event : events) {
      view.apply(event, now, actor, rules);
      details.add(CaseEvents.detail(event, sealing, view.account));
      words(event, view, ids, text);
    }
    if (fresh) {
      ids.add("c-" + view.caseId);
    }
    write(handle, view, fresh, ids, text.toString());
    PreparedBatch batch =
        handle.prepareBatch(
            "insert into case_event (case_id, at, actor, kind, detail)"
                + " values (:case, :at, :actor, :kind, cast(:detail as jsonb))");
    for (int i = 0; i < events.length; i++) {
      batch
          .bind("case", view.caseId)
          .bind("at", Columns.at(now))
          .bind("actor", actor)
          .bind("kind", events[i].kind())
          .bind("detail", details.get(i))
          .add();
    }
    batch.execute();
    tell(handle, view.caseId, view.version);
  }

  private static void tell(Handle handle, long caseId, long version) {
    handle
        .createQuery("select pg_notify(:channel, :what)::text")
        .bind("channel", CHANNEL)
        .bind("what", "case " + caseId + " " + version)
        .mapTo(String.class)
        .list();
  }

  /** What a search finds the case by; no word of what is sealed. */
  private void words(CaseEvent event, CaseView view, List<String> ids, StringBuilder text) {
    if (event instanceof CaseEvent.AlertAdded added && view.alerts <= ALERTS_WITH_WORDS) {
      AlertFacts alert = added.alert();
      for (String id :
          new String[] {
            alert.transactionId(),
            alert.account(),
            alert.card(),
            alert.device(),
            alert.merchant(),
            alert.terminal(),
            alert.counterparty(),
            alert.country(),
            alert.kind()
          }) {
        if (id != null) {
          ids.add(id.toLowerCase(java.util.Locale.ROOT));
        }
      }
      if (alert.reason() != null) {
        text.append(' ').append(alert.reason());
      }
    } else if (event instanceof CaseEvent.Noted noted) {
      written(noted.text(), view, text);
    } else if (event instanceof CaseEvent.Decided decided) {
      written(decided.note(), view, text);
    } else if (event instanceof CaseEvent.Proposed proposed) {
      written(proposed.note(), view, text);
    }
  }

  private void written(@Nullable String note, CaseView view, StringBuilder text) {
    if (note != null && !Sealing.isSealed(sealing.seal(view.account, note))) {
      text.append(' ').append(note);
    }
  }

  private static final List<String> COLUMNS =
      List.of(
          "version",
          "status",
          "team",
          "kind",
          "account",
          "merchant",
          "channel",
          "country",
          "accounts",
          "alerts",
          "new_alerts",
          "amount_minor",
          "expected_loss_minor",
          "base_currency",
          "score",
          "outcome",
          "reason",
          "codes",
          "lead_loss_minor",
          "opened_at",
          "due_at",
          "changed_at",
          "first_event_time",
          "last_event_time",
          "rank",
          "until",
          "verdict",
          "scheme",
          "verdict_id",
          "decided_by",
          "decided_at",
          "claimed_at",
          "merged_into");

  private static final String INSERT =
      "insert into fraud_case (case_id, "
          + String.join(", ", COLUMNS)
          + ", words) overriding system value values (:case_id, "
          + String.join(", ", COLUMNS.stream().map(CaseStore::value).toList())
          + ", array_to_tsvector(:ids) || to_tsvector('simple', :text))";

  private static final String UPDATE =
      "update fraud_case set "
          + String.join(
              ", ", COLUMNS.stream().map(column -> column + " = " + value(column)).toList())
          + ", words = case when cardinality(:ids) = 0 and :text = '' then words"
          + " else words || array_to_tsvector(:ids) || to_tsvector('simple', :text) end"
          + " where case_id = :case_id";

  /** A null UUID would be sent as text. */
  private static String value(String column) {
    return column.equals("verdict_id") ? "cast(:verdict_id as uuid)" : ":" + column;
  }

  private static void write(
      Handle handle, CaseView view, boolean fresh, List<String> ids, String text) {
    int rows =
        handle
            .createUpdate(fresh ? INSERT : UPDATE)
            .bind("case_id", view.caseId)
            .bind("version", view.version)
            .bind("status", view.status.wire())
            .bind("team", view.team.wire())
            .bind("kind", view.kind)
            .bind("account", view.account)
            .bind("merchant", view.merchant)
            .bind("channel", view.channel)
            .bind("country", view.country)
            .bindArray("accounts", String.class, view.accounts)
            .bind("alerts", view.alerts)
            .bind("new_alerts", view.newAlerts)
            .bind("amount_minor", view.amountMinor)
            .bind("expected_loss_minor", view.expectedLossMinor)
            .bind("base_currency", view.baseCurrency)
            .bind("score", view.score)
            .bind("outcome", view.outcome)
            .bind("reason", view.reason)
            .bindArray("codes", String.class, view.codes)
            .bind("lead_loss_minor", view.leadLossMinor)
            .bind("opened_at", Columns.at(view.openedAt))
            .bind("due_at", Columns.at(view.dueAt))
            .bind("changed_at", Columns.at(view.changedAt))
            .bind("first_event_time", Columns.at(view.firstEventTime))
            .bind("last_event_time", Columns.at(view.lastEventTime))
            .bind("rank", view.rank)
            .bind("until", Columns.at(view.until))
            .bind("verdict", view.verdict == null ? null : view.verdict.wire())
            .bind("scheme", view.scheme)
            .bind("verdict_id", view.verdictId == null ? null : view.verdictId.toString())
            .bind("decided_by", view.decidedBy)
            .bind("decided_at", Columns.at(view.decidedAt))
            .bind("claimed_at", Columns.at(view.claimedAt))
            .bind("merged_into", view.mergedInto)
            .bindArray("ids", String.class, ids)
            .bind("text", text)
            .execute();
    if (rows != 1) {
      throw new IllegalStateException("case " + view.caseId + ": expected one row, wrote " + rows);
    }
  }

  private static CaseView read(ResultSet row) throws SQLException {
    CaseView view = new CaseView(row.getLong("case_id"));
    view.version = row.getLong("version");
    view.status = Status.of(row.getString("status"));
    view.team = Team.of(row.getString("team"));
    view.kind = row.getString("kind");
    view.account = row.getString("account");
    view.merchant = row.getString("merchant");
    view.channel = row.getString("channel");
    view.country = row.getString("country");
    view.accounts.addAll(List.of((String[]) row.getArray("accounts").getArray()));
    view.alerts = row.getInt("alerts");
    view.newAlerts = row.getInt("new_alerts");
    view.amountMinor = row.getLong("amount_minor");
    view.expectedLossMinor = row.getLong("expected_loss_minor");
    view.baseCurrency = row.getString("base_currency");
    view.score = row.getObject("score", Double.class);
    view.outcome = row.getString("outcome");
    view.reason = row.getString("reason");
    view.codes.addAll(List.of((String[]) row.getArray("codes").getArray()));
    view.leadLossMinor = row.getLong("lead_loss_minor");
    view.openedAt = Columns.instant(row, "opened_at");
    view.dueAt = Columns.instant(row, "due_at");
    view.changedAt = Columns.instant(row, "changed_at");
    view.firstEventTime = Columns.instant(row, "first_event_time");
    view.lastEventTime = Columns.instant(row, "last_event_time");
    view.rank = row.getDouble("rank");
    view.until = Columns.instantOrNull(row, "until");
    String verdict = row.getString("verdict");
    view.verdict = verdict == null ? null : Verdict.of(verdict);
    view.scheme = row.getString("scheme");
    view.verdictId = row.getObject("verdict_id", UUID.class);
    view.decidedBy = row.getString("decided_by");
    view.decidedAt = Columns.instantOrNull(row, "decided_at");
    view.claimedAt = Columns.instantOrNull(row, "claimed_at");
    view.mergedInto = row.getObject("merged_into", Long.class);
    return view;
  }
}

package io.vigil.console.view;

import io.vigil.console.cases.CaseRules;
import io.vigil.console.cases.Priority;
import io.vigil.console.cases.Status;
import io.vigil.console.cases.Team;
import io.vigil.console.store.Columns;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** A case as a list shows it; the fields are those of the schema {@code Case} of the API. */
public record CaseRow(
    long caseId,
    long version,
    Status status,
    Team team,
    String kind,
    String account,
    @Nullable String merchant,
    String channel,
    @Nullable String country,
    int accounts,
    int alerts,
    int newAlerts,
    long amountMinor,
    long expectedLossMinor,
    String baseCurrency,
    @Nullable Double score,
    String outcome,
    @Nullable String reason,
    Instant openedAt,
    Instant dueAt,
    Instant firstEventTime,
    Instant lastEventTime,
    Why priority,
    @Nullable String claimedBy,
    @Nullable Instant claimedUntil,
    @Nullable Instant until,
    @Nullable String verdict,
    @Nullable String scheme,
    @Nullable String decidedBy,
    @Nullable Instant decidedAt) {

  /** Why it stands where it stands. */
  public record Why(long lossMinorPerMinute, double minutes, double boost) {}

  /** Columns of `fraud_case c` and of who holds it; needs `:now`. */
  static final String SELECT =
      """
      select c.*, l.person as held_by, l.until as held_until
      from fraud_case c left join claim l on l.case_id = c.case_id and l.until > :now
      """;

  /** The row of {@link #SELECT}. A merchant is shown; a payee is a person's account, and masked. */
  static CaseRow of(ResultSet row, CaseRules rules, Instant now, boolean revealed)
      throws SQLException {
    int alerts = row.getInt("alerts");
    long loss = row.getLong("expected_loss_minor");
    Instant openedAt = Columns.instant(row, "opened_at");
    String channel = row.getString("channel");
    boolean payee = "TRANSFER".equals(channel);
    return new CaseRow(
        row.getLong("case_id"),
        row.getLong("version"),
        Status.of(row.getString("status")),
        Team.of(row.getString("team")),
        row.getString("kind"),
        revealed ? row.getString("account") : Mask.id(row.getString("account")),
        Mask.idOrNull(row.getString("merchant"), revealed || !payee),
        channel,
        row.getString("country"),
        ((Object[]) row.getArray("accounts").getArray()).length,
        alerts,
        row.getInt("new_alerts"),
        row.getLong("amount_minor"),
        loss,
        row.getString("base_currency"),
        row.getObject("score", Double.class),
        row.getString("outcome"),
        row.getString("reason"),
        openedAt,
        Columns.instant(row, "due_at"),
        Columns.instant(row, "first_event_time"),
        Columns.instant(row, "last_event_time"),
        new Why(
            Priority.lossMinorPerMinute(loss, alerts),
            Priority.minutes(alerts),
            Priority.boost(openedAt, now, rules.boostDoubling())),
        row.getString("held_by"),
        Columns.instantOrNull(row, "held_until"),
        Columns.instantOrNull(row, "until"),
        row.getString("verdict"),
        row.getString("scheme"),
        row.getString("decided_by"),
        Columns.instantOrNull(row, "decided_at"));
  }

  /** Without what a blind re-review must not show. */
  CaseRow blind() {
    return new CaseRow(
        caseId,
        version,
        status,
        team,
        kind,
        account,
        merchant,
        channel,
        country,
        accounts,
        alerts,
        newAlerts,
        amountMinor,
        expectedLossMinor,
        baseCurrency,
        score,
        outcome,
        reason,
        openedAt,
        dueAt,
        firstEventTime,
        lastEventTime,
        priority,
        null,
        null,
        until,
        null,
        null,
        null,
        null);
  }
}

package io.vigil.console.view;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vigil.console.Refusal;
import io.vigil.console.cases.CaseEvents;
import io.vigil.console.cases.CaseRules;
import io.vigil.console.store.Columns;
import io.vigil.console.store.Database;
import io.vigil.console.store.Sealing;
import io.vigil.schema.AlertRaised;
import io.vigil.schema.Reason;
import io.vigil.schema.RuleHit;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.codec.DecodeException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Iterator;
import java.util.List;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** A case with all that belongs to it. Thread-safe. */
public final class CaseDetails {

  private static final int ALERTS = 200;
  private static final int EVENTS = 1_000;

  private final Database database;
  private final CaseRules rules;
  private final Clock clock;
  private final Sealing sealing;
  private final ThreadLocal<Codec<AlertRaised>> codec =
      ThreadLocal.withInitial(() -> Codec.of(AlertRaised.class));

  public CaseDetails(Database database, CaseRules rules, Clock clock, Sealing sealing) {
    this.database = database;
    this.rules = rules;
    this.clock = clock;
    this.sealing = sealing;
  }

  /** The schema {@code CaseDetail} of the API. */
  public record Detail(
      @JsonUnwrapped CaseRow row,
      boolean revealed,
      @Nullable Long mergedInto,
      @Nullable String fourEyes,
      List<Alert> list,
      List<InForce> inForce,
      List<Event> history,
      List<Action> actions,
      List<Related> related,
      @Nullable UUID verdictId,
      Labels labels) {}

  /** The schema {@code Alert}. */
  public record Alert(
      String alertId,
      String transactionId,
      Instant eventTime,
      Instant receivedAt,
      @com.fasterxml.jackson.annotation.JsonProperty("new") boolean fresh,
      boolean trusted,
      String account,
      @Nullable String customer,
      @Nullable String cardReference,
      @Nullable String device,
      @Nullable String merchant,
      @Nullable String terminal,
      @Nullable String counterparty,
      long amountMinor,
      String currency,
      long billingAmountMinor,
      String billingCurrency,
      @Nullable Integer mcc,
      String channel,
      String entryMode,
      @Nullable String country,
      @Nullable Double score,
      String outcome,
      long expectedLossMinor,
      boolean late,
      @Nullable String fallbackCause,
      List<Why> reasons,
      List<Hit> rules,
      @Nullable LabelView label) {}

  /** A reason of an alert. */
  public record Why(
      String code,
      String text,
      @Nullable Double value,
      @Nullable Double baseline,
      @Nullable Double contribution) {}

  /** A rule that held. */
  public record Hit(String rule, String reasonCode, String outcome) {}

  /** What decided the case's alerts. */
  public record InForce(String model, String ruleSet, String policy, long alerts) {}

  /** What happened. */
  public record Event(long seq, Instant at, String actor, String kind, JsonNode detail) {}

  /** What other systems were asked for. */
  public record Action(
      String actionId,
      String kind,
      String account,
      String requestedBy,
      Instant requestedAt,
      @Nullable Instant publishedAt,
      @Nullable Instant acknowledgedAt,
      int attempts,
      @Nullable String error) {}

  /** Another case of the same accounts. */
  public record Related(long caseId, String status, @Nullable String verdict, Instant openedAt) {}

  /** What became of a verdict's labels. */
  public record Labels(long sent, long inStream, @Nullable Long tookMs) {}

  /**
   * The case.
   *
   * @param revealed with account details
   * @throws Refusal {@code no_case}
   */
  public Detail read(long caseId, boolean revealed) {
    Instant now = clock.instant();
    return database.read(
        handle -> {
          record Head(
              CaseRow row,
              @Nullable Long mergedInto,
              @Nullable UUID verdictId,
              @Nullable Instant claimedAt,
              String[] accounts) {}
          Head head =
              handle
                  .createQuery(CaseRow.SELECT + " where c.case_id = :case")
                  .bind("now", Columns.at(now))
                  .bind("case", caseId)
                  .map(
                      (row, context) ->
                          new Head(
                              CaseRow.of(row, rules, now, revealed),
                              row.getObject("merged_into", Long.class),
                              row.getObject("verdict_id", UUID.class),
                              Columns.instantOrNull(row, "claimed_at"),
                              (String[]) row.getArray("accounts").getArray()))
                  .findFirst()
                  .orElseThrow(() -> Refusal.noCase(caseId));
          return new Detail(
              head.row(),
              revealed,
              head.mergedInto(),
              fourEyes(head.row()),
              alerts(handle, caseId, head.claimedAt(), revealed),
              inForce(handle, caseId),
              history(handle, caseId, revealed),
              actions(handle, caseId, revealed),
              related(handle, caseId, head.accounts()),
              head.verdictId(),
              labels(handle, caseId, head.verdictId(), head.row().decidedAt()));
        });
  }

  private @Nullable String fourEyes(CaseRow row) {
    if (row.amountMinor() >= rules.fourEyesAmountMinor()) {
      return "amount";
    }
    return row.alerts() >= rules.fourEyesAlerts() ? "group" : null;
  }

  private List<Alert> alerts(
      Handle handle, long caseId, @Nullable Instant claimedAt, boolean revealed) {
    return handle
        .createQuery(
            "select a.record, a.received_at, a.trusted, "
                + LabelView.COLUMNS
                + " from alert a "
                + LabelView.join("a")
                + " where a.case_id = :case order by a.event_time desc, a.alert_id limit :most")
        .bind("case", caseId)
        .bind("most", ALERTS)
        .map((row, context) -> alert(row, claimedAt, revealed))
        .list();
  }

  private Alert alert(ResultSet row, @Nullable Instant claimedAt, boolean revealed)
      throws SQLException {
    AlertRaised alert = decode(row.getBytes("record"));
    Transaction paid = alert.getTransaction();
    Instant receivedAt = Columns.instant(row, "received_at");
    return new Alert(
        alert.getAlertId(),
        paid.getTransactionId(),
        Instant.ofEpochMilli(paid.getEventTime()),
        receivedAt,
        claimedAt != null && receivedAt.isAfter(claimedAt),
        row.getBoolean("trusted"),
        revealed ? paid.getAccount() : Mask.id(paid.getAccount()),
        Mask.idOrNull(paid.getCustomer(), revealed),
        Mask.idOrNull(paid.getCardReference(), revealed),
        paid.getDevice(),
        paid.getMerchant(),
        paid.getTerminal(),
        Mask.idOrNull(paid.getCounterparty(), revealed),
        paid.getAmountMinor(),
        paid.getCurrency(),
        paid.getBillingAmountMinor(),
        paid.getBillingCurrency(),
        paid.getMcc(),
        paid.getChannel().name(),
        paid.getEntryMode().name(),
        paid.getCountry(),
        Double.isNaN(alert.getScore()) ? null : alert.getScore(),
        alert.getOutcome().name(),
        alert.getExpectedLossMinor(),
        alert.getLate(),
        alert.getFallbackCause(),
        alert.getReasons().stream().map(CaseDetails::why).toList(),
        alert.getRuleHits().stream().map(CaseDetails::hit).toList(),
        LabelView.of(row));
  }

  private static Why why(Reason reason) {
    return new Why(
        reason.getCode(),
        reason.getText(),
        finite(reason.getValue()),
        finite(reason.getBaseline()),
        finite(reason.getContribution()));
  }

  private static @Nullable Double finite(@Nullable Double value) {
    return value == null || !Double.isFinite(value) ? null : value;
  }

  private static Hit hit(RuleHit hit) {
    return new Hit(hit.getRule(), hit.getReasonCode(), hit.getOutcome().name());
  }

  private static List<InForce> inForce(Handle handle, long caseId) {
    return handle
        .createQuery(
            """
            select model, rule_set, policy, count(*) as n, max(event_time) as latest from alert
            where case_id = :case group by 1, 2, 3 order by latest desc
            """)
        .bind("case", caseId)
        .map(
            (row, context) ->
                new InForce(
                    row.getString("model"),
                    row.getString("rule_set"),
                    row.getString("policy"),
                    row.getLong("n")))
        .list();
  }

  private List<Event> history(Handle handle, long caseId, boolean revealed) {
    return handle
        .createQuery(
            "select * from (select seq, at, actor, kind, detail::text from case_event"
                + " where case_id = :case order by seq desc limit :most) t order by seq")
        .bind("case", caseId)
        .bind("most", EVENTS)
        .map(
            (row, context) ->
                new Event(
                    row.getLong("seq"),
                    Columns.instant(row, "at"),
                    row.getString("actor"),
                    row.getString("kind"),
                    shown(row.getString("kind"), row.getString("detail"), revealed, sealing)))
        .list();
  }

  /** An alert's own facts stand in the list of alerts; account details are masked in all others. */
  private static JsonNode shown(String kind, String detail, boolean revealed, Sealing sealing) {
    try {
      ObjectNode node = (ObjectNode) CaseEvents.JSON.readTree(detail);
      if (kind.equals("alert_added")) {
        ObjectNode brief = CaseEvents.JSON.createObjectNode();
        brief.set("alert_id", node.path("alert").path("alert_id"));
        brief.set("transaction_id", node.path("alert").path("transaction_id"));
        brief.set("trusted", node.path("trusted"));
        brief.set("from", node.path("from"));
        return brief;
      }
      CaseEvents.open(node, sealing);
      if (!revealed) {
        for (Iterator<String> names = List.of("account", "party").iterator(); names.hasNext(); ) {
          String name = names.next();
          if (node.path(name).isTextual()) {
            node.put(name, Mask.id(node.path(name).asText()));
          }
        }
      }
      return node;
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a case event is no JSON", e);
    }
  }

  private static List<Action> actions(Handle handle, long caseId, boolean revealed) {
    return handle
        .createQuery("select * from action where case_id = :case order by requested_at, action_id")
        .bind("case", caseId)
        .map(
            (row, context) ->
                new Action(
                    row.getString("action_id"),
                    row.getString("kind"),
                    revealed ? row.getString("account") : Mask.id(row.getString("account")),
                    row.getString("requested_by"),
                    Columns.instant(row, "requested_at"),
                    Columns.instantOrNull(row, "published_at"),
                    Columns.instantOrNull(row, "acknowledged_at"),
                    row.getInt("attempts"),
                    row.getString("error")))
        .list();
  }

  private static List<Related> related(Handle handle, long caseId, String[] accounts) {
    return handle
        .createQuery(
            """
            select case_id, status, verdict, opened_at from fraud_case
            where accounts && :accounts and case_id <> :case and status <> 'merged'
            order by opened_at desc limit 10
            """)
        .bindArray("accounts", String.class, (Object[]) accounts)
        .bind("case", caseId)
        .map(
            (row, context) ->
                new Related(
                    row.getLong("case_id"),
                    row.getString("status"),
                    row.getString("verdict"),
                    Columns.instant(row, "opened_at")))
        .list();
  }

  private static Labels labels(
      Handle handle, long caseId, @Nullable UUID verdictId, @Nullable Instant decidedAt) {
    if (verdictId == null) {
      return new Labels(0, 0, null);
    }
    return handle
        .createQuery(
            """
            select count(*) as sent, count(applied_at) as applied, max(applied_at) as last from label
            where verdict_id = :verdict and case_id = :case and value <> 'WITHDRAWN'
            """)
        .bind("verdict", verdictId)
        .bind("case", caseId)
        .map(
            (row, context) -> {
              Instant last = Columns.instantOrNull(row, "last");
              long sent = row.getLong("sent");
              long applied = row.getLong("applied");
              boolean all = last != null && decidedAt != null && applied == sent;
              return new Labels(
                  sent, applied, all ? Duration.between(decidedAt, last).toMillis() : null);
            })
        .one();
  }

  private AlertRaised decode(byte[] record) {
    try {
      return codec.get().decode(record);
    } catch (DecodeException e) {
      throw new IllegalStateException("an alert of the database cannot be read", e);
    }
  }
}

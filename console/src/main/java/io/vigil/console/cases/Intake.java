package io.vigil.console.cases;

import io.vigil.console.store.Columns;
import io.vigil.schema.AlertRaised;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jdbi.v3.core.Handle;

/**
 * Puts alerts into cases: into the one that shares an account, or a device, card, merchant,
 * terminal or payee close in time, or into a new one. Where an alert shows that several open cases
 * belong together, they become one, unless somebody works on them.
 *
 * <p>A case is what one verdict can be true of. So a shared merchant, terminal or payee is a link
 * only where the strongest reason of both alerts speaks of it: many people shop at one place
 * without having anything to do with each other. And what rules alone raised is no case with what
 * the model finds remarkable ({@link CaseRules#unremarkable}). Works within the caller's
 * transaction; thread-safe, but a transaction's alerts are put in one after the other.
 */
public final class Intake {

  /** Whoever does what no person did. */
  public static final String STREAM = "stream";

  /** A group this large is only joined by alerts of its own accounts. */
  private static final int LARGE_GROUP = 200;

  private static final Set<String> OF_MERCHANT =
      Set.of("MERCHANT_RISK", "TERMINAL_RISK", "CARD_TESTING", "TERMINAL_COMPROMISED");

  private static final Set<String> OF_PAYEE =
      Set.of("PAYEE_ACTIVITY", "SHARED_PAYEE", "PAYEE_RISK", "MULE_ACCOUNT");

  private static final String LINKED =
      """
      select distinct a.case_id
      from alert a join fraud_case c on c.case_id = a.case_id
      where c.status in ('open', 'waiting', 'snoozed')
        and coalesce(
          (a.score < :unremarkable) = (cast(:score as double precision) < :unremarkable), true)
        and (a.account = :account and a.event_time between :from_account and :to_account
          or c.alerts < :large and a.event_time between :from_link and :to_link and (
            a.card = :card or a.device = :device
            or :of_merchant and a.kind = any(:merchant_codes)
              and (a.merchant = :merchant or a.terminal = :terminal)
            or :of_payee and a.kind = any(:payee_codes) and a.counterparty = :counterparty))
      order by a.case_id
      """;

  private final CaseStore store;
  private final CaseRules rules;

  public Intake(CaseStore store) {
    this.store = store;
    this.rules = store.rules();
  }

  /**
   * Takes an alert in; one that is known already changes nothing.
   *
   * @param record the alert as it stood in the topic
   * @return the alert's case
   */
  public long accept(Handle handle, AlertRaised alert, byte[] record) {
    AlertFacts facts = AlertFacts.of(alert);
    var known =
        handle
            .createQuery("select case_id from alert where alert_id = :id")
            .bind("id", facts.alertId())
            .mapTo(Long.class)
            .findFirst();
    if (known.isPresent()) {
      return known.get();
    }
    var trusting = trusting(handle, facts);
    if (!trusting.isEmpty()) {
      CaseView view = store.lock(handle, trusting.get(0)).orElseThrow();
      store.record(handle, view, STREAM, new CaseEvent.AlertAdded(facts, true, null));
      insert(handle, facts, record, view.caseId, true);
      return view.caseId;
    }
    CaseView view = home(handle, facts);
    store.record(handle, view, STREAM, new CaseEvent.AlertAdded(facts, false, null));
    insert(handle, facts, record, view.caseId, false);
    return view.caseId;
  }

  /** The case that the alert belongs to; others that it ties to it are merged into it. */
  private CaseView home(Handle handle, AlertFacts facts) {
    List<CaseView> linked = new ArrayList<>(store.lock(handle, linked(handle, facts)));
    // What was open when it was looked up may have been decided before the lock was there.
    linked.removeIf(
        view ->
            view.status != Status.OPEN
                && view.status != Status.WAITING
                && view.status != Status.SNOOZED);
    if (linked.isEmpty()) {
      return store.create(handle);
    }
    CaseView home = linked.get(0);
    for (CaseView other : linked.subList(1, linked.size())) {
      if (other.status == Status.OPEN
          && home.alerts + other.alerts <= LARGE_GROUP
          && !held(handle, other.caseId)) {
        merge(handle, other, home);
      }
    }
    return home;
  }

  private List<Long> linked(Handle handle, AlertFacts facts) {
    Instant at = facts.eventTime();
    return handle
        .createQuery(LINKED)
        .bind("score", facts.score())
        .bind("unremarkable", rules.unremarkable())
        .bind("account", facts.account())
        .bind("card", facts.card())
        .bind("device", facts.device())
        .bind("merchant", facts.merchant())
        .bind("terminal", facts.terminal())
        .bind("counterparty", facts.counterparty())
        .bind("of_merchant", OF_MERCHANT.contains(facts.kind()))
        .bind("of_payee", OF_PAYEE.contains(facts.kind()))
        .bindArray("merchant_codes", String.class, OF_MERCHANT)
        .bindArray("payee_codes", String.class, OF_PAYEE)
        .bind("from_account", Columns.at(at.minus(rules.accountWindow())))
        .bind("to_account", Columns.at(at.plus(rules.accountWindow())))
        .bind("from_link", Columns.at(at.minus(rules.linkWindow())))
        .bind("to_link", Columns.at(at.plus(rules.linkWindow())))
        .bind("large", LARGE_GROUP)
        .mapTo(Long.class)
        .list();
  }

  private void merge(Handle handle, CaseView from, CaseView into) {
    List<CaseEvent> moved = new ArrayList<>();
    for (CaseView.Recorded each : store.events(handle, from.caseId)) {
      if (each.event() instanceof CaseEvent.AlertAdded added) {
        moved.add(new CaseEvent.AlertAdded(added.alert(), added.trusted(), from.caseId));
      } else if (each.event() instanceof CaseEvent.Noted noted) {
        moved.add(noted);
      }
    }
    store.record(handle, into, STREAM, moved.toArray(CaseEvent[]::new));
    store.record(handle, from, STREAM, new CaseEvent.MergedInto(into.caseId, STREAM));
    handle
        .createUpdate("update alert set case_id = :into where case_id = :from")
        .bind("into", into.caseId)
        .bind("from", from.caseId)
        .execute();
  }

  private boolean held(Handle handle, long caseId) {
    return handle
        .createQuery("select exists (select 1 from claim where case_id = :id and until > :now)")
        .bind("id", caseId)
        .bind("now", Columns.at(store.now()))
        .mapTo(Boolean.class)
        .one();
  }

  /** The case whose trusted pattern the alert fits, if any. */
  private List<Long> trusting(Handle handle, AlertFacts facts) {
    return handle
        .createQuery(
            """
            select case_id from trust t
            where account = :account and kind = :kind and (party is null or party = :party)
              and amount_minor >= :amount and at <= :now and until > :now
              and (select count(*) from alert
                where account = :account and trusted
                  and event_time > :event_time - interval '24 hours') < :most
            order by trust_id desc limit 1
            """)
        .bind("account", facts.account())
        .bind("kind", facts.kind())
        .bind("party", facts.party())
        .bind("amount", facts.amountMinor())
        .bind("now", Columns.at(store.now()))
        .bind("event_time", Columns.at(facts.eventTime()))
        .bind("most", rules.trustedADay())
        .mapTo(Long.class)
        .list();
  }

  private void insert(
      Handle handle, AlertFacts facts, byte[] record, long caseId, boolean trusted) {
    handle
        .createUpdate(
            """
            insert into alert (alert_id, case_id, transaction_id, event_time, received_at, trusted,
              account, card, device, merchant, terminal, counterparty, kind, outcome, score,
              expected_loss_minor, model, rule_set, policy, rules, record)
            values (:alert_id, :case_id, :transaction_id, :event_time, :received_at, :trusted,
              :account, :card, :device, :merchant, :terminal, :counterparty, :kind, :outcome,
              :score, :expected_loss_minor, :model, :rule_set, :policy, :rules, :record)
            """)
        .bind("alert_id", facts.alertId())
        .bind("case_id", caseId)
        .bind("transaction_id", facts.transactionId())
        .bind("event_time", Columns.at(facts.eventTime()))
        .bind("received_at", Columns.at(store.now()))
        .bind("trusted", trusted)
        .bind("account", facts.account())
        .bind("card", facts.card())
        .bind("device", facts.device())
        .bind("merchant", facts.merchant())
        .bind("terminal", facts.terminal())
        .bind("counterparty", facts.counterparty())
        .bind("kind", facts.kind())
        .bind("outcome", facts.outcome())
        .bind("score", facts.score())
        .bind("expected_loss_minor", facts.expectedLossMinor())
        .bind("model", facts.model())
        .bind("rule_set", facts.ruleSet())
        .bind("policy", facts.policy())
        .bindArray("rules", String.class, facts.rules())
        .bind("record", record)
        .execute();
  }
}

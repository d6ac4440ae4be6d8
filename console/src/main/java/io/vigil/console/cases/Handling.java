package io.vigil.console.cases;

import io.vigil.console.Refusal;
import io.vigil.console.store.Columns;
import io.vigil.console.store.Database;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What people do with a case besides deciding it. Thread-safe. */
public final class Handling {

  private static final Duration WAIT = Duration.ofDays(3);
  private static final Duration PUT_AWAY_MOST = Duration.ofDays(30);
  private static final Duration TRUST_MOST = Duration.ofDays(90);
  private static final int WOKEN_AT_ONCE = 500;

  private final Database database;
  private final CaseStore store;
  private final Claims claims;

  public Handling(Database database, CaseStore store, Claims claims) {
    this.database = database;
    this.store = store;
    this.claims = claims;
  }

  /** Adds a note of 1 to 10,000 characters. */
  public void note(String person, long caseId, @Nullable String text) {
    VerdictRequest.checkNote(text);
    if (text == null || text.isBlank()) {
      throw VerdictRequest.bad("text: expected a note, got none");
    }
    database.transact(
        handle -> {
          CaseView view = store.lock(handle, caseId).orElseThrow(() -> Refusal.noCase(caseId));
          store.record(handle, view, person, new CaseEvent.Noted(Columns.clean(text)));
        });
  }

  /**
   * Waits for the customer.
   *
   * @param until within 30 days; null for 3 days from now
   */
  public void await(String person, long caseId, @Nullable Instant until, @Nullable String note) {
    Instant at = until == null ? store.now().plus(WAIT) : until;
    change(person, caseId, note, new CaseEvent.Waiting(within(at, PUT_AWAY_MOST), note));
  }

  /** Puts a case away until a time within 30 days. */
  public void snooze(String person, long caseId, @Nullable Instant until, @Nullable String note) {
    change(person, caseId, note, new CaseEvent.Snoozed(within(until, PUT_AWAY_MOST), note));
  }

  /** Gives a case to the leads. */
  public void escalate(String person, long caseId, @Nullable String note) {
    change(person, caseId, note, new CaseEvent.Escalated(note));
  }

  /**
   * Trusts the pattern of a case's leading alert, until a time within 90 days and up to an amount.
   */
  public void trust(
      String person,
      long caseId,
      @Nullable Instant until,
      @Nullable Long amountMinor,
      @Nullable String note) {
    VerdictRequest.checkNote(note);
    Instant end = within(until, TRUST_MOST);
    if (amountMinor == null || amountMinor <= 0) {
      throw VerdictRequest.bad("amount_minor: expected more than 0, got " + amountMinor);
    }
    if (amountMinor >= store.rules().fourEyesAmountMinor()) {
      throw VerdictRequest.bad(
          "amount_minor: expected less than %d, what one person may decide alone; got %d"
              .formatted(store.rules().fourEyesAmountMinor(), amountMinor));
    }
    database.transact(
        handle -> {
          CaseView view = store.lock(handle, caseId).orElseThrow(() -> Refusal.noCase(caseId));
          claims.refuseOthers(handle, person, caseId);
          if (view.status == Status.MERGED) {
            throw Refusal.conflict("merged", "case C-" + caseId + " became part of another");
          }
          store.record(
              handle,
              view,
              person,
              new CaseEvent.Trusted(end, amountMinor, view.kind, view.merchant, note));
          handle
              .createUpdate(
                  """
                  insert into trust (case_id, account, kind, party, amount_minor, until, person, at)
                  values (:case, :account, :kind, :party, :amount, :until, :person, :now)
                  """)
              .bind("case", caseId)
              .bind("account", view.account)
              .bind("kind", view.kind)
              .bind("party", view.merchant)
              .bind("amount", amountMinor)
              .bind("until", Columns.at(end))
              .bind("person", person)
              .bind("now", Columns.at(store.now()))
              .execute();
        });
  }

  /** Keeps in the case's history that somebody asked "what if". */
  public void whatIf(
      String person,
      long caseId,
      String transactionId,
      List<String> fields,
      @Nullable String model) {
    database.transact(
        handle -> {
          CaseView view = store.lock(handle, caseId).orElseThrow(() -> Refusal.noCase(caseId));
          store.record(handle, view, person, new CaseEvent.WhatIf(transactionId, fields, model));
        });
  }

  /** Opens the cases that waited or were snoozed long enough; returns how many. */
  public int wake() {
    return database.inTransaction(
        handle -> {
          List<Long> due =
              handle
                  .createQuery(
                      "select case_id from fraud_case where status in ('waiting', 'snoozed')"
                          + " and until <= :now order by case_id limit :most for update skip locked")
                  .bind("now", Columns.at(store.now()))
                  .bind("most", WOKEN_AT_ONCE)
                  .mapTo(Long.class)
                  .list();
          for (CaseView view : store.lock(handle, due)) {
            store.record(handle, view, Intake.STREAM, new CaseEvent.Woken());
          }
          return due.size();
        });
  }

  private void change(String person, long caseId, @Nullable String note, CaseEvent event) {
    VerdictRequest.checkNote(note);
    database.transact(
        handle -> {
          CaseView view = store.lock(handle, caseId).orElseThrow(() -> Refusal.noCase(caseId));
          if (view.status != Status.OPEN
              && view.status != Status.WAITING
              && view.status != Status.SNOOZED) {
            throw Refusal.conflict(
                "not_open", "case C-" + caseId + " is " + view.status.wire() + " already");
          }
          claims.refuseOthers(handle, person, caseId);
          store.record(handle, view, person, event);
          claims.drop(handle, caseId, person);
        });
  }

  private Instant within(@Nullable Instant until, Duration most) {
    Instant now = store.now();
    if (until == null || !until.isAfter(now) || until.isAfter(now.plus(most))) {
      throw VerdictRequest.bad(
          "until: expected a time within %d days from now, got %s".formatted(most.toDays(), until));
    }
    return until;
  }
}

package io.vigil.console.cases;

import io.vigil.console.Refusal;
import io.vigil.console.store.Columns;
import io.vigil.console.store.Database;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * Verdicts: alone where one person may, by two where four eyes are required, undone while the undo
 * bar shows. What a verdict says leaves in the transaction that decides. Thread-safe.
 */
public final class Verdicts {

  private final Database database;
  private final CaseStore store;
  private final Claims claims;
  private final Outgoing outgoing;

  public Verdicts(Database database, CaseStore store, Claims claims) {
    this.database = database;
    this.store = store;
    this.claims = claims;
    this.outgoing = new Outgoing(store);
  }

  /** What was done: cases that are decided, and those that wait for a second person. */
  public record Done(UUID verdictId, Instant undoUntil, List<Long> decided, List<Long> pending) {}

  /** What a verdict would do. */
  public record Preview(
      int cases,
      int transactions,
      int accounts,
      long amountMinor,
      String baseCurrency,
      int labels,
      int actions,
      List<Long> fourEyes,
      List<No> refused) {}

  /** A case that would not be decided, and the code of why. */
  public record No(long caseId, String why) {}

  /** What a verdict would do, without doing it. */
  public Preview preview(String person, VerdictRequest request) {
    request.check();
    return database.inTransaction(
        handle -> {
          List<No> refused = new ArrayList<>();
          List<Long> fourEyes = new ArrayList<>();
          Set<String> accounts = new HashSet<>();
          int transactions = 0;
          long amount = 0;
          Map<Long, CaseView> views = lock(handle, request);
          for (VerdictRequest.Seen seen : request.cases()) {
            try {
              CaseView view = decidable(handle, person, seen, views.get(seen.caseId()));
              if (view.fourEyes(store.rules()) != null) {
                fourEyes.add(view.caseId);
              }
              accounts.addAll(view.accounts);
              transactions += view.alerts;
              amount += view.amountMinor;
            } catch (Refusal e) {
              refused.add(new No(seen.caseId(), e.code()));
            }
          }
          return new Preview(
              request.cases().size(),
              transactions,
              accounts.size(),
              amount,
              store.rules().baseCurrency(),
              request.verdict() == Verdict.UNCLEAR ? 0 : transactions,
              request.asked().size() * accounts.size(),
              fourEyes,
              refused);
        });
  }

  /**
   * Decides all of the cases, or none.
   *
   * @throws Refusal {@code changed}, {@code claimed}, {@code not_open}, {@code no_case}
   */
  public Done decide(String person, VerdictRequest request) {
    request.check();
    UUID verdictId = UUID.randomUUID();
    return database.inTransaction(
        handle -> {
          List<Long> decided = new ArrayList<>();
          List<Long> pending = new ArrayList<>();
          Instant now = store.now();
          handle
              .createUpdate(
                  "insert into verdict (verdict_id, person, at, verdict, scheme)"
                      + " values (:id, :person, :at, :verdict, :scheme)")
              .bind("id", verdictId)
              .bind("person", person)
              .bind("at", Columns.at(now))
              .bind("verdict", request.verdict().wire())
              .bind("scheme", request.scheme())
              .execute();
          Map<Long, CaseView> views = lock(handle, request);
          for (VerdictRequest.Seen seen : request.cases()) {
            CaseView view = decidable(handle, person, seen, views.get(seen.caseId()));
            List<String> actions = request.asked();
            if (view.fourEyes(store.rules()) != null) {
              store.record(
                  handle,
                  view,
                  person,
                  new CaseEvent.Proposed(
                      verdictId, request.verdict(), request.scheme(), actions, request.note()));
              pending.add(view.caseId);
            } else {
              store.record(
                  handle,
                  view,
                  person,
                  new CaseEvent.Decided(
                      verdictId, request.verdict(), request.scheme(), actions, request.note()));
              carryOut(handle, view, person, actions);
              decided.add(view.caseId);
            }
            claims.drop(handle, view.caseId, person);
          }
          return new Done(verdictId, now.plus(store.rules().undo()), decided, pending);
        });
  }

  /** Labels and actions of the verdict that is in force. */
  private void carryOut(Handle handle, CaseView view, String person, List<String> actions) {
    if (view.verdict == null || view.verdictId == null) {
      throw new IllegalStateException("case " + view.caseId + " has no verdict to carry out");
    }
    outgoing.label(handle, view.caseId, view.verdictId, view.verdict, view.scheme);
    for (String action : actions) {
      outgoing.act(handle, view, action, person);
    }
  }

  private Map<Long, CaseView> lock(Handle handle, VerdictRequest request) {
    return new HashMap<>(
        store
            .lock(handle, request.cases().stream().map(VerdictRequest.Seen::caseId).toList())
            .stream()
            .collect(Collectors.toMap(view -> view.caseId, view -> view)));
  }

  private CaseView decidable(
      Handle handle, String person, VerdictRequest.Seen seen, @Nullable CaseView view) {
    if (view == null) {
      throw Refusal.noCase(seen.caseId());
    }
    if (view.status != Status.OPEN
        && view.status != Status.WAITING
        && view.status != Status.SNOOZED) {
      throw Refusal.conflict(
          "not_open", "case C-" + view.caseId + " is " + view.status.wire() + " already");
    }
    claims.refuseOthers(handle, person, view.caseId);
    if (view.version != seen.version()) {
      throw Refusal.conflict(
          "changed",
          "case C-%d has changed since it was looked at: version %d, now %d"
              .formatted(view.caseId, seen.version(), view.version));
    }
    return view;
  }

  /**
   * Undoes a verdict of the person's own.
   *
   * @return the cases that are open again
   * @throws Refusal {@code too_late}, {@code no_verdict}
   */
  public List<Long> undo(String person, UUID verdictId) {
    return database.inTransaction(
        handle -> {
          Instant now = store.now();
          int undone =
              handle
                  .createUpdate(
                      "update verdict set undone_at = :now where verdict_id = :id"
                          + " and person = :person and undone_at is null and approved_by is null"
                          + " and at >= :earliest")
                  .bind("now", Columns.at(now))
                  .bind("id", verdictId)
                  .bind("person", person)
                  .bind("earliest", Columns.at(now.minus(store.rules().undo())))
                  .execute();
          if (undone == 0) {
            throw Refusal.conflict(
                "too_late", "this verdict cannot be undone any more; a lead can reopen the case");
          }
          List<Long> ids =
              handle
                  .createQuery("select case_id from fraud_case where verdict_id = :id")
                  .bind("id", verdictId)
                  .mapTo(Long.class)
                  .list();
          for (CaseView view : store.lock(handle, ids)) {
            // Reopened meanwhile: there is nothing left to undo.
            if (verdictId.equals(view.verdictId)) {
              boolean wasDecided = view.status == Status.DECIDED;
              store.record(handle, view, person, new CaseEvent.Undone(verdictId));
              if (wasDecided) {
                outgoing.withdraw(handle, view.caseId, verdictId);
                outgoing.actOpposite(handle, view, actions(handle, view.caseId, verdictId), person);
              }
              claims.hold(handle, view, person);
            }
          }
          return ids;
        });
  }

  /**
   * A second person's word on a pending verdict.
   *
   * @throws Refusal {@code maker} for the first person, {@code not_pending}
   */
  public void approve(String person, long caseId, boolean approve, @Nullable String note) {
    VerdictRequest.checkNote(note);
    database.transact(
        handle -> {
          CaseView view = store.lock(handle, caseId).orElseThrow(() -> Refusal.noCase(caseId));
          UUID verdictId = view.verdictId;
          if (view.status != Status.PENDING || verdictId == null) {
            throw Refusal.conflict(
                "not_pending",
                "case C-" + caseId + " is " + view.status.wire() + ", expected pending");
          }
          if (person.equals(view.decidedBy)) {
            throw new Refusal(
                Refusal.Kind.FORBIDDEN,
                "maker",
                "who proposed a verdict cannot approve it: four eyes are required");
          }
          if (!approve) {
            store.record(handle, view, person, new CaseEvent.Refused(verdictId, note));
            return;
          }
          handle
              .createUpdate("update verdict set approved_by = :person where verdict_id = :id")
              .bind("person", person)
              .bind("id", verdictId)
              .execute();
          store.record(handle, view, person, new CaseEvent.Approved(verdictId, note));
          carryOut(handle, view, person, actions(handle, caseId, verdictId));
        });
  }

  /**
   * Opens a case again; the labels of its verdict are withdrawn.
   *
   * @param lead whether the person may reopen what is decided
   */
  public void reopen(String person, boolean lead, long caseId, @Nullable String note) {
    VerdictRequest.checkNote(note);
    database.transact(
        handle -> {
          CaseView view = store.lock(handle, caseId).orElseThrow(() -> Refusal.noCase(caseId));
          if (view.status == Status.DECIDED && !lead) {
            throw new Refusal(
                Refusal.Kind.FORBIDDEN, "lead_only", "only a lead reopens a decided case");
          }
          if (view.status != Status.DECIDED
              && view.status != Status.WAITING
              && view.status != Status.SNOOZED) {
            throw Refusal.conflict(
                "not_closed", "case C-" + caseId + " is " + view.status.wire() + " already");
          }
          UUID verdictId = view.verdictId;
          store.record(handle, view, person, new CaseEvent.Reopened(verdictId, note));
          if (verdictId != null) {
            outgoing.withdraw(handle, caseId, verdictId);
          }
        });
  }

  /** Asks other systems for something without deciding. */
  public void act(String person, long caseId, String kind) {
    VerdictRequest.checkAction(kind);
    database.transact(
        handle -> {
          CaseView view = store.lock(handle, caseId).orElseThrow(() -> Refusal.noCase(caseId));
          claims.refuseOthers(handle, person, caseId);
          if (view.status == Status.MERGED) {
            throw Refusal.conflict("merged", "case C-" + caseId + " became part of another");
          }
          outgoing.act(handle, view, kind, person);
        });
  }

  private List<String> actions(Handle handle, long caseId, UUID verdictId) {
    for (CaseView.Recorded each : store.events(handle, caseId)) {
      if (each.event() instanceof CaseEvent.Proposed proposed
          && proposed.verdictId().equals(verdictId)) {
        return proposed.actions();
      }
      if (each.event() instanceof CaseEvent.Decided decided
          && decided.verdictId().equals(verdictId)) {
        return decided.actions();
      }
    }
    return List.of();
  }
}

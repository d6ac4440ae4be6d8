package io.vigil.console.cases;

import io.vigil.console.Refusal;
import io.vigil.console.store.Columns;
import io.vigil.console.store.Database;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** Who works on what: never two on one case. Thread-safe. */
public final class Claims {

  private final Database database;
  private final CaseStore store;

  public Claims(Database database, CaseStore store) {
    this.database = database;
    this.store = store;
  }

  /**
   * Holds an open case for a person, again with every call.
   *
   * @return until when
   * @throws Refusal {@code claimed} when somebody else holds it, {@code not_open}
   */
  public Instant claim(String person, long caseId) {
    return database.inTransaction(
        handle -> {
          CaseView view = store.lock(handle, caseId).orElseThrow(() -> Refusal.noCase(caseId));
          if (view.status != Status.OPEN) {
            throw Refusal.conflict(
                "not_open", "case C-" + caseId + " is " + view.status.wire() + ", expected open");
          }
          refuseOthers(handle, person, caseId);
          return hold(handle, view, person);
        });
  }

  /** Gives a case back, if the person holds it. */
  public void release(String person, long caseId) {
    database.transact(
        handle -> {
          CaseView view = store.lock(handle, caseId).orElseThrow(() -> Refusal.noCase(caseId));
          if (drop(handle, caseId, person)) {
            store.record(handle, view, person, new CaseEvent.Released());
          }
        });
  }

  /** The most urgent open case that nobody holds becomes the person's. */
  public Optional<Long> next(String person, @Nullable Team team, @Nullable String kind) {
    return database.inTransaction(
        handle -> {
          while (true) {
            List<Long> free = free(handle, team, kind);
            if (free.isEmpty()) {
              return Optional.empty();
            }
            CaseView view = store.lock(handle, free.get(0)).orElseThrow();
            // Whoever claimed it while the statement looked for it is seen only now.
            if (view.status == Status.OPEN && holder(handle, person, view.caseId).isEmpty()) {
              hold(handle, view, person);
              return Optional.of(view.caseId);
            }
          }
        });
  }

  /** The most urgent one; what others are just deciding or claiming is skipped, not waited for. */
  private List<Long> free(Handle handle, @Nullable Team team, @Nullable String kind) {
    return handle
        .createQuery(
            "select case_id from fraud_case c where status = 'open'"
                + (team == null ? "" : " and team = :team")
                + (kind == null ? "" : " and kind = :kind")
                + " and not exists (select 1 from claim l"
                + " where l.case_id = c.case_id and l.until > :now)"
                + " order by rank desc, case_id limit 1 for update of c skip locked")
        .bind("team", team == null ? null : team.wire())
        .bind("kind", kind)
        .bind("now", Columns.at(store.now()))
        .mapTo(Long.class)
        .list();
  }

  /** Holds a locked case. */
  Instant hold(Handle handle, CaseView view, String person) {
    Instant now = store.now();
    Instant until = now.plus(store.rules().hold());
    boolean goesOn =
        handle
                .createUpdate(
                    "update claim set until = :until"
                        + " where case_id = :case and person = :person and until > :now")
                .bind("until", Columns.at(until))
                .bind("case", view.caseId)
                .bind("person", person)
                .bind("now", Columns.at(now))
                .execute()
            == 1;
    if (!goesOn) {
      handle
          .createUpdate(
              """
              insert into claim (case_id, person, since, until) values (:case, :person, :now, :until)
              on conflict (case_id) do update
                set person = excluded.person, since = excluded.since, until = excluded.until
              """)
          .bind("case", view.caseId)
          .bind("person", person)
          .bind("now", Columns.at(now))
          .bind("until", Columns.at(until))
          .execute();
    }
    if (!goesOn || view.newAlerts > 0) {
      store.record(handle, view, person, new CaseEvent.Claimed());
    }
    return until;
  }

  /** Ends a person's hold on a case. */
  boolean drop(Handle handle, long caseId, String person) {
    return handle
            .createUpdate("delete from claim where case_id = :case and person = :person")
            .bind("case", caseId)
            .bind("person", person)
            .execute()
        == 1;
  }

  /**
   * Nobody changes a case that somebody else works on.
   *
   * @throws Refusal {@code claimed}
   */
  void refuseOthers(Handle handle, String person, long caseId) {
    holder(handle, person, caseId)
        .ifPresent(
            other -> {
              throw Refusal.conflict("claimed", other + " holds case C-" + caseId);
            });
  }

  private Optional<String> holder(Handle handle, String person, long caseId) {
    return handle
        .createQuery(
            "select person from claim where case_id = :case and person <> :person and until > :now")
        .bind("case", caseId)
        .bind("person", person)
        .bind("now", Columns.at(store.now()))
        .mapTo(String.class)
        .findFirst();
  }
}

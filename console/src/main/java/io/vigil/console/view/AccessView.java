package io.vigil.console.view;

import io.vigil.console.Refusal;
import io.vigil.console.access.AccessLog;
import io.vigil.console.access.Session;
import io.vigil.console.store.Columns;
import io.vigil.console.store.Database;
import io.vigil.console.store.Sealing;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What was revealed to whom, and the access log. Thread-safe. */
public final class AccessView {

  private static final int PAGE = 100;
  private static final int WHY = 500;

  private final Database database;
  private final AccessLog log;
  private final Sealing sealing;

  public AccessView(Database database, AccessLog log, Sealing sealing) {
    this.database = database;
    this.log = log;
    this.sealing = sealing;
  }

  /** An entry of the log. */
  public record Entry(
      long seq,
      Instant at,
      @Nullable String user,
      @Nullable String role,
      String action,
      @Nullable Long caseId,
      @Nullable String detail,
      @Nullable String address) {}

  /** A page, newest first; {@code next} is for {@code before}, null on the last one. */
  public record Page(List<Entry> entries, @Nullable Long next) {}

  /** Whether the session has asked for the case's account details. */
  public boolean revealed(Session session, long caseId) {
    return database.read(
        handle ->
            handle
                .createQuery(
                    "select exists (select 1 from revealed where token = :token and case_id = :case)")
                .bind("token", session.token())
                .bind("case", caseId)
                .mapTo(Boolean.class)
                .one());
  }

  /** From now on the session sees the case's account details; the asking is logged first. */
  public void reveal(Session session, long caseId, @Nullable String why, String address) {
    if (why != null && why.length() > WHY) {
      throw new Refusal(
          Refusal.Kind.BAD_REQUEST, "bad_request", "why: expected at most " + WHY + " characters");
    }
    if (Sealing.isSealed(why)) {
      throw new Refusal(
          Refusal.Kind.BAD_REQUEST, "bad_request", "why: expected a text, got one that is sealed");
    }
    String account =
        database.read(
            handle ->
                handle
                    .createQuery("select account from fraud_case where case_id = :case")
                    .bind("case", caseId)
                    .mapTo(String.class)
                    .findFirst()
                    .orElseThrow(() -> Refusal.noCase(caseId)));
    log.log(session, "revealed", caseId, why == null ? null : sealing.seal(account, why), address);
    database.transact(
        handle ->
            handle
                .createUpdate(
                    "insert into revealed (token, case_id) values (:token, :case) on conflict do nothing")
                .bind("token", session.token())
                .bind("case", caseId)
                .execute());
  }

  /** A page of the log, of one case and one person if given. */
  public Page page(@Nullable Long caseId, @Nullable String person, @Nullable Long before) {
    List<Entry> entries =
        database.read(
            handle ->
                handle
                    .createQuery(
                        "select * from access_log where true"
                            + (caseId == null ? "" : " and case_id = :case")
                            + (person == null ? "" : " and person = :person")
                            + (before == null ? "" : " and seq < :before")
                            + " order by seq desc limit :most")
                    .bind("case", caseId)
                    .bind("person", Columns.cleanOrNull(person))
                    .bind("before", before)
                    .bind("most", PAGE)
                    .map(
                        (row, context) ->
                            new Entry(
                                row.getLong("seq"),
                                Columns.instant(row, "at"),
                                row.getString("person"),
                                row.getString("role"),
                                row.getString("action"),
                                row.getObject("case_id", Long.class),
                                opened(row.getString("detail")),
                                row.getString("address")))
                    .list());
    return new Page(entries, entries.size() < PAGE ? null : entries.get(entries.size() - 1).seq());
  }

  private @Nullable String opened(@Nullable String detail) {
    if (detail == null) {
      return null;
    }
    Sealing.Opened opened = sealing.open(detail);
    return opened.missing() == null ? opened.text() : "(" + opened.missing() + ")";
  }
}

package io.vigil.console.access;

import io.vigil.console.store.Columns;
import io.vigil.console.store.Database;
import io.vigil.console.store.Sealing;
import org.jspecify.annotations.Nullable;

/** Who read, revealed, tried and was refused what. Thread-safe. */
public final class AccessLog {

  private static final int DETAIL = 500;

  private final Database database;

  public AccessLog(Database database) {
    this.database = database;
  }

  /**
   * Keeps an entry.
   *
   * @param action stable code, such as {@code read_case}
   * @param detail cut after 500 characters, but for what is sealed
   */
  public void log(
      @Nullable Session session,
      String action,
      @Nullable Long caseId,
      @Nullable String detail,
      String address) {
    log(
        session == null ? null : session.person(),
        session == null ? null : session.role().wire(),
        action,
        caseId,
        detail,
        address);
  }

  void log(
      @Nullable String person,
      @Nullable String role,
      String action,
      @Nullable Long caseId,
      @Nullable String detail,
      String address) {
    String text = Columns.cleanOrNull(detail);
    database.transact(
        handle ->
            handle
                .createUpdate(
                    "insert into access_log (person, role, action, case_id, detail, address)"
                        + " values (:person, :role, :action, :case, :detail, :address)")
                .bind("person", Columns.cleanOrNull(person))
                .bind("role", role)
                .bind("action", action)
                .bind("case", caseId)
                .bind(
                    "detail",
                    text != null && text.length() > DETAIL && !Sealing.isSealed(text)
                        ? text.substring(0, DETAIL)
                        : text)
                .bind("address", address)
                .execute());
  }
}

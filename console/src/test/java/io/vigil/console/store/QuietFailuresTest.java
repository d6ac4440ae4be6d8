package io.vigil.console.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.vigil.console.TestDatabase;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

/**
 * What fails at the database is logged with its exception, which must not tell whose row it was.
 */
class QuietFailuresTest {
  private static final String ACCOUNT = "acct-canary-4711";

  @Test
  void whatTheDatabaseRefusesDoesNotQuoteTheRow() {
    try (Database database = TestDatabase.open()) {
      Throwable violated =
          catchThrowable(
              () ->
                  database.transact(
                      handle -> {
                        for (int i = 0; i < 2; i++) {
                          handle
                              .createUpdate(
                                  "insert into person (name, role) values (:account, 'analyst')")
                              .bind("account", ACCOUNT)
                              .execute();
                        }
                      }));
      Throwable malformed =
          catchThrowable(
              () ->
                  database.transact(
                      handle ->
                          handle
                              .createUpdate(
                                  "insert into person (name, role) values (:account, :account)")
                              .bind("account", ACCOUNT)
                              .execute()));

      assertThat(logged(violated)).contains("duplicate key").doesNotContain(ACCOUNT);
      assertThat(logged(malformed)).contains("check constraint").doesNotContain(ACCOUNT);
    }
  }

  private static String logged(Throwable failure) {
    StringWriter text = new StringWriter();
    failure.printStackTrace(new PrintWriter(text, true));
    return text.toString();
  }
}

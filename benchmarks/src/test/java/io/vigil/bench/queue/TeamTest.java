package io.vigil.bench.queue;

import static io.vigil.bench.queue.Sample.alert;
import static io.vigil.bench.queue.Sample.at;
import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.console.cases.CaseRules;
import io.vigil.console.store.Database;
import io.vigil.console.store.LocalPostgres;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On the console's own cases in a real PostgreSQL. */
class TeamTest {
  private static final CaseRules RULES = CaseRules.standard("EUR");
  private static final WorkTime WORK = new WorkTime(1, 0.2, 10);

  @Test
  void theTeamWorksInTheOrderThatIsAskedForAndABlockPreventsAlerts(@TempDir Path directory)
      throws Exception {
    SimAlert old = alert("old", 0, "a", 0.6, 1_000, null);
    SimAlert sure = alert("sure", 0.001, "b", 0.99, 2_000, "spree");
    SimAlert large = alert("large", 0.002, "c", 0.7, 90_000, null);
    SimAlert prevented = alert("prevented", 20, "b", 0.99, 2_000, "spree");
    Period period = Sample.period(List.of(old, sure, large, prevented), Map.of());
    try (LocalPostgres postgres = LocalPostgres.start(directory.resolve("postgres"))) {
      for (Order order : Order.values()) {
        try (Database database = Database.open(postgres.url(), postgres.user(), null)) {
          // Four verdicts a day, one each six hours; the first has no choice.
          Worked worked = new Team(database, period, RULES, WORK).work(order, 4);
          assertThat(worked.decidedMs().get("old")).as("first of all").isEqualTo(at(1 / 60.0));
          assertThat(worked.decidedMs().get("sure"))
              .isEqualTo(at((order == Order.QUEUE ? 12 : 6) + 1 / 60.0));
          assertThat(worked.decidedMs().get("large"))
              .isEqualTo(at((order == Order.QUEUE ? 6 : 12) + 1 / 60.0));
          assertThat(worked.alerts()).as("one was prevented").isEqualTo(3);
          assertThat(worked.decisions()).isEqualTo(3);
          assertThat(worked.groups().mixed()).isZero();
        }
        empty(postgres);
      }
    }
  }

  private static void empty(LocalPostgres postgres) throws Exception {
    try (var connection =
            java.sql.DriverManager.getConnection(postgres.url(), postgres.user(), "");
        var statement = connection.createStatement()) {
      statement.execute("drop schema public cascade");
      statement.execute("create schema public");
    }
  }
}

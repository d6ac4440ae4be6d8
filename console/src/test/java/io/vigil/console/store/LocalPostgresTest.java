package io.vigil.console.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Starts a server where another one was killed. */
@Timeout(value = 90, unit = TimeUnit.SECONDS)
class LocalPostgresTest {

  @TempDir Path directory;

  @Test
  void aDeadServerWhoseNumberIsStillInUseIsInNobodysWay() throws Exception {
    try (LocalPostgres first = LocalPostgres.start(directory)) {
      run(first, "CREATE TABLE kept AS SELECT 42 AS id");
    }
    // The shell's child has ended and the shell, which another program has taken the place of, will
    // never ask for how: what becomes of a killed server under a first process that reaps nobody.
    Process parent = new ProcessBuilder("sh", "-c", "sleep 0 & echo $!; exec sleep 300").start();
    try {
      long dead = Long.parseLong(parent.inputReader().readLine());
      while (!Files.readString(Path.of("/proc/" + dead + "/stat")).contains(") Z ")) {
        Thread.sleep(10);
      }
      assertStartsWithLock(dead);
      // And a number that has gone to somebody else since.
      assertStartsWithLock(parent.pid());
      assertThat(parent.isAlive()).isTrue();
    } finally {
      parent.destroyForcibly();
    }
  }

  @Test
  void whatAKilledServerLeavesBehindIsEndedFirst() throws Exception {
    LocalPostgres first = LocalPostgres.start(directory);
    run(first, "CREATE TABLE kept AS SELECT 42 AS id");
    long postmaster =
        Long.parseLong(Files.readAllLines(directory.resolve("postmaster.pid")).get(0));
    long child =
        ProcessHandle.of(postmaster).orElseThrow().children().findFirst().orElseThrow().pid();
    // One that does not notice that its server has gone, so that the directory is still in use.
    signal("STOP", child);
    signal("KILL", postmaster);
    // The first one's watch is to start it again.
    for (boolean up = false; !up; Thread.sleep(100)) {
      try {
        up = answer(first) == 42;
      } catch (SQLException e) {
        // Not yet.
      }
    }
    first.close();
    assertThat(ProcessHandle.of(child).flatMap(each -> each.info().command())).isEmpty();
  }

  @Test
  void aDirectoryHasOneConsole() throws Exception {
    try (LocalPostgres first = LocalPostgres.start(directory)) {
      run(first, "CREATE TABLE kept AS SELECT 42 AS id");

      assertThatThrownBy(() -> LocalPostgres.start(directory))
          .isInstanceOf(IOException.class)
          .hasMessageContaining(directory + ": expected no other console");
      assertThat(answer(first)).isEqualTo(42);
    }
  }

  private void assertStartsWithLock(long pid) throws IOException, SQLException {
    Files.writeString(
        directory.resolve("postmaster.pid"),
        "%d\n%s\n%d\n5432\n\n127.0.0.1\n  0 0\nready\n"
            .formatted(pid, directory, System.currentTimeMillis() / 1000));
    try (LocalPostgres again = LocalPostgres.start(directory)) {
      assertThat(answer(again)).isEqualTo(42);
    }
  }

  private static void signal(String name, long pid) throws Exception {
    assertThat(new ProcessBuilder("kill", "-" + name, Long.toString(pid)).start().waitFor())
        .isZero();
  }

  private static void run(LocalPostgres server, String statement) throws SQLException {
    try (Connection connection = DriverManager.getConnection(server.url(), server.user(), "");
        Statement each = connection.createStatement()) {
      each.execute(statement);
    }
  }

  private static int answer(LocalPostgres server) throws SQLException {
    try (Connection connection = DriverManager.getConnection(server.url(), server.user(), "");
        Statement each = connection.createStatement();
        ResultSet rows = each.executeQuery("SELECT id FROM kept")) {
      assertThat(rows.next()).isTrue();
      return rows.getInt(1);
    }
  }
}

package io.vigil.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.cli.local.DataDir;
import io.vigil.cli.local.LocalConsole;
import io.vigil.cli.local.LocalStack;
import io.vigil.cli.local.ProcessUsage;
import io.vigil.job.Topics;
import io.vigil.schema.Label;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.codec.DecodeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * 200 cases a second arrive while twenty analysts decide, and the console and its PostgreSQL are
 * killed in the middle: real broker, console and database. Rates and latencies are printed; what
 * must hold at any speed is that nothing is lost, doubled, or decided twice.
 */
@Tag("slow")
class ConsoleLoadIT {

  private static final int RATE = 200;
  private static final int ALERTS = 40 * RATE;
  private static final int ANALYSTS = 20;
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private final Path directory;

  ConsoleLoadIT(@TempDir Path directory) {
    this.directory = directory;
  }

  @Test
  @Timeout(value = 6, unit = TimeUnit.MINUTES)
  void nothingIsLostDoubledOrDecidedTwiceWhenProcessesAreKilledUnderLoad() throws Exception {
    try (DataDir data = DataDir.open(directory.resolve("stack"));
        ProcessUsage usage = new ProcessUsage();
        LocalStack stack = LocalStack.start(data, 0, usage);
        AlertLoad load = new AlertLoad(stack.bootstrap(), RATE, ALERTS)) {
      LocalConsole console = stack.startConsole(0);
      List<LoadAnalyst> analysts = LoadAnalyst.hire(console, ANALYSTS);
      load.start();
      analysts.forEach(LoadAnalyst::start);

      load.awaitSent(ALERTS / 3);
      killConsole();
      for (int i = 0; i < 10; i++) {
        // As whoever runs a stack does: one look may come before the death is known.
        stack.check();
        Thread.sleep(100);
      }
      load.awaitSent(2 * ALERTS / 3);
      long killed = killPostgres(data);
      load.awaitSent(ALERTS);
      System.out.printf(
          "%d alerts and %d repeats: %.1f alerts/s sent, %d due%n",
          ALERTS, load.repeats(), load.rate(), RATE);
      Map<String, Long> confirmed = new HashMap<>();
      Histogram latency = new Histogram(3);
      int refused = 0;
      int retried = 0;
      analysts.forEach(LoadAnalyst::leaveAfterThis);
      while (analysts.stream().anyMatch(LoadAnalyst::isWorking)) {
        stack.check();
        Thread.sleep(100);
      }
      for (LoadAnalyst analyst : analysts) {
        analyst.awaitGone();
        confirmed.putAll(analyst.confirmed());
        latency.add(analyst.latencyMs());
        refused += analyst.refused();
        retried += analyst.retried();
      }
      System.out.printf(
          "%d verdicts confirmed, %d refused, %d requests tried again; ms from the first try to the"
              + " answer: p50 %d, p99 %d, max %d%n",
          confirmed.size(),
          refused,
          retried,
          latency.getValueAtPercentile(50),
          latency.getValueAtPercentile(99),
          latency.getMaxValue());

      console.awaitCases();
      System.out.printf("all of them cases %.1f s after the last was sent%n", load.sinceLastS());
      assertThat(Long.parseLong(postmaster(data).get(0))).as("postgres").isNotEqualTo(killed);
      try (Connection database = connect(data)) {
        awaitEmptyOutbox(database);
        everyAlertIsOneCase(database);
        nothingIsDecidedTwice(database, confirmed);
        everyDecidedPaymentHasOneLabel(database, labels(stack));
      }
    }
  }

  private static void everyAlertIsOneCase(Connection database) throws SQLException {
    assertThat(number(database, "select count(*) from alert")).isEqualTo(ALERTS);
    assertThat(number(database, "select count(distinct account) from alert")).isEqualTo(ALERTS);
    assertThat(number(database, "select count(*) from fraud_case")).isEqualTo(ALERTS);
    assertThat(number(database, "select count(distinct case_id) from alert")).isEqualTo(ALERTS);
    assertThat(number(database, "select count(*) from case_event where kind = 'alert_added'"))
        .isEqualTo(ALERTS);
    assertThat(number(database, "select count(*) from unreadable")).isZero();
  }

  private static void nothingIsDecidedTwice(Connection database, Map<String, Long> confirmed)
      throws SQLException {
    assertThat(
            number(
                database,
                "select count(*) from (select case_id from case_event"
                    + " where kind in ('decided', 'proposed') group by 1 having count(*) > 1) t"))
        .isZero();
    Map<String, Long> inForce = new HashMap<>();
    try (Statement statement = database.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "select verdict_id::text, case_id from fraud_case where status = 'decided'")) {
      while (rows.next()) {
        inForce.put(rows.getString(1), rows.getLong(2));
      }
    }
    System.out.printf("%d cases decided%n", inForce.size());
    assertThat(confirmed).as("verdicts").isNotEmpty();
    assertThat(inForce).containsAllEntriesOf(confirmed);
    // Whose answer was lost when a process was killed may be there as well: one an analyst and
    // kill.
    assertThat(inForce.size() - confirmed.size()).isBetween(0, 2 * ANALYSTS);
  }

  /** Copies of one label, which a kill between sending and forgetting leaves, are equal. */
  private static void everyDecidedPaymentHasOneLabel(
      Connection database, Map<String, byte[]> labels) throws Exception {
    Map<String, String> byPayment = new TreeMap<>();
    Codec<Label> codec = Codec.of(Label.class);
    for (Map.Entry<String, byte[]> each : labels.entrySet()) {
      String payment = codec.decode(each.getValue()).getTransactionId();
      assertThat(byPayment.put(payment, each.getKey())).as("labels of " + payment).isNull();
    }
    Map<String, String> expected = new TreeMap<>();
    try (Statement statement = database.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "select a.transaction_id, c.verdict_id || ':' || a.transaction_id"
                    + " from alert a join fraud_case c using (case_id)"
                    + " where c.status = 'decided'")) {
      while (rows.next()) {
        expected.put(rows.getString(1), rows.getString(2));
      }
    }
    assertThat(byPayment).isEqualTo(expected);
  }

  private static Map<String, byte[]> labels(LocalStack stack) {
    Map<String, byte[]> labels = new HashMap<>();
    List<String> differing = new ArrayList<>();
    Codec<Label> codec = Codec.of(Label.class);
    try (TopicReader reader = new TopicReader(stack.bootstrap(), List.of(Topics.LABELS))) {
      reader.read(
          false,
          entry -> {
            try {
              String id = codec.decode(entry.value()).getLabelId();
              byte[] before = labels.putIfAbsent(id, entry.value());
              if (before != null && !Arrays.equals(before, entry.value())) {
                differing.add(id);
              }
            } catch (DecodeException e) {
              throw new AssertionError("label at " + entry.offset(), e);
            }
            return true;
          });
    }
    assertThat(differing).as("copies of a label that differ").isEmpty();
    return labels;
  }

  private static void awaitEmptyOutbox(Connection database)
      throws SQLException, InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (number(database, "select count(*) from outbox") > 0) {
      assertThat(System.nanoTime()).as("until the outbox is empty").isLessThan(deadline);
      Thread.sleep(100);
    }
  }

  private void killConsole() throws InterruptedException {
    List<ProcessHandle> consoles =
        ProcessHandle.allProcesses()
            .filter(each -> each.info().commandLine().orElse("").contains("ConsoleMain"))
            .filter(each -> each.info().commandLine().orElse("").contains(directory.toString()))
            .toList();
    assertThat(consoles).hasSize(1);
    ProcessHandle console = consoles.get(0);
    console.destroyForcibly();
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (console.isAlive()) {
      assertThat(System.nanoTime()).as("until the console is dead").isLessThan(deadline);
      Thread.sleep(20);
    }
  }

  private static long killPostgres(DataDir data) throws IOException {
    long pid = Long.parseLong(postmaster(data).get(0));
    assertThat(ProcessHandle.of(pid).orElseThrow().destroyForcibly()).isTrue();
    return pid;
  }

  /** Of the lock file: the process's id first, its port as the fourth. */
  private static List<String> postmaster(DataDir data) throws IOException {
    return Files.readAllLines(data.postgres().resolve("postmaster.pid"));
  }

  private static Connection connect(DataDir data) throws IOException, SQLException {
    return DriverManager.getConnection(
        "jdbc:postgresql://127.0.0.1:" + postmaster(data).get(3).strip() + "/postgres",
        "postgres",
        "");
  }

  private static long number(Connection database, String sql) throws SQLException {
    try (Statement statement = database.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getLong(1);
    }
  }
}

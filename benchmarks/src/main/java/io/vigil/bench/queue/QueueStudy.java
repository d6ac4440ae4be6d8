package io.vigil.bench.queue;

import io.vigil.cli.simulate.SimulatorOptions;
import io.vigil.console.cases.CaseRules;
import io.vigil.console.store.Database;
import io.vigil.console.store.LocalPostgres;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/** One seed's period, worked through in every order at several capacities. Thread-safe. */
final class QueueStudy {
  static final long DAY_MS = 86_400_000;
  static final int DAYS = 10;

  /** Which capacity the targets are held against, as a share of the work that arrives. */
  static final double BASE_CAPACITY = 0.5;

  /** From where the built-in policy has payments reviewed by their score alone. */
  private static final double REVIEW_FROM = 0.5;

  /** How money comes back; the first is what the targets are held against. */
  static final List<Recall> RECALLS =
      List.of(
          new Recall("linear_24h", 24, true),
          new Recall("linear_6h", 6, true),
          new Recall("linear_72h", 72, true),
          new Recall("all_within_8h", 8, false),
          Recall.NEVER);

  private final LocalPostgres postgres;
  private final CaseRules rules;
  private final WorkTime work;
  private final AtomicInteger databases = new AtomicInteger();

  /** What a setting saved by order, and how the queue's order did against the others. */
  record Compared(String setting, Map<Order, Savings> savings) {

    double toScore() {
      return ratio(Order.SCORE);
    }

    double toFifo() {
      return ratio(Order.FIFO);
    }

    private double ratio(Order other) {
      return of(Order.QUEUE).saved() / of(other).saved();
    }

    private Savings of(Order order) {
      Savings found = savings.get(order);
      if (found == null) {
        throw new IllegalStateException("nobody worked by " + order);
      }
      return found;
    }
  }

  /**
   * What a seed came to.
   *
   * @param untouched groups when nobody decides anything
   * @param worked by capacity and order
   */
  record Seed(
      long seed,
      Period period,
      Groups untouched,
      Map<Double, Map<Order, Worked>> worked,
      List<Compared> compared) {

    Worked worked(Order order) {
      Map<Order, Worked> base = worked.get(BASE_CAPACITY);
      Worked found = base == null ? null : base.get(order);
      if (found == null) {
        throw new IllegalStateException("nobody worked by " + order + " at the base capacity");
      }
      return found;
    }
  }

  /**
   * @param rules of the console
   * @param work what cases take
   */
  QueueStudy(LocalPostgres postgres, CaseRules rules, WorkTime work) {
    this.postgres = postgres;
    this.rules = rules;
    this.work = work;
  }

  /** A stream of the accounts that reaches {@link #DAYS} beyond its history. */
  static Period period(Deciding deciding, long seed, int accounts, int historyDays) {
    // More than enough: the period ends the stream.
    SimulatorOptions sized = SimulatorOptions.of(seed, 1).withAccounts(accounts);
    long transactions = Math.round(2 * accounts * sized.perAccountDay() * (historyDays + DAYS));
    SimulatorOptions options = SimulatorOptions.of(seed, transactions).withAccounts(accounts);
    long startMs = options.start().toEpochMilli() + historyDays * DAY_MS;
    return deciding.period(options, startMs, startMs + DAYS * DAY_MS);
  }

  Seed study(long seed, Period period, List<Double> capacities) throws SQLException {
    Groups untouched = groups(period);
    Map<Double, Map<Order, Worked>> worked = new LinkedHashMap<>();
    List<Compared> compared = new ArrayList<>();
    for (double capacity : capacities) {
      Map<Order, Worked> byOrder = work(period, untouched, capacity);
      worked.put(capacity, byOrder);
      compared.add(compare("capacity_" + capacity, period, byOrder, RECALLS.get(0), false));
      if (capacity == BASE_CAPACITY) {
        for (Recall recall : RECALLS.subList(1, RECALLS.size())) {
          compared.add(compare(recall.id(), period, byOrder, recall, false));
        }
        compared.add(compare("declines_hold", period, byOrder, RECALLS.get(0), true));
      }
    }
    Period byScore = period.raisedByScore(REVIEW_FROM);
    compared.add(
        compare(
            "score_alerts_only",
            byScore,
            work(byScore, groups(byScore), BASE_CAPACITY),
            RECALLS.get(0),
            false));
    return new Seed(seed, period, untouched, worked, compared);
  }

  private Groups groups(Period period) throws SQLException {
    return onDatabase(database -> new Team(database, period, rules, work).groups());
  }

  private Map<Order, Worked> work(Period period, Groups untouched, double capacity)
      throws SQLException {
    double minutesADay = capacity * untouched.minutes() / DAYS;
    Map<Order, Worked> byOrder = new EnumMap<>(Order.class);
    for (Order order : Order.values()) {
      byOrder.put(
          order,
          onDatabase(database -> new Team(database, period, rules, work).work(order, minutesADay)));
    }
    return byOrder;
  }

  private static Compared compare(
      String setting,
      Period period,
      Map<Order, Worked> worked,
      Recall recall,
      boolean declinesHold) {
    Map<Order, Savings> savings = new EnumMap<>(Order.class);
    worked.forEach(
        (order, each) -> savings.put(order, Savings.of(period, each, recall, declinesHold)));
    return new Compared(setting, savings);
  }

  /** Each on an empty database, which is removed afterwards. */
  private <T> T onDatabase(Function<Database, T> run) throws SQLException {
    String name = "study" + databases.incrementAndGet();
    execute("create database " + name);
    // What the study writes need not outlive the machine.
    String url =
        postgres.url().replaceFirst("/postgres$", "/" + name)
            + "?options=-c%20synchronous_commit=off";
    try (Database database = Database.open(url, postgres.user(), null)) {
      return run.apply(database);
    } finally {
      execute("drop database " + name + " with (force)");
    }
  }

  private void execute(String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection(postgres.url(), postgres.user(), "");
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}

package io.vigil.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The 15 features of the Fraud Detection Handbook straight from their definitions, sharing no code
 * with the engine: for each customer and terminal the list of its transactions, and two pointers a
 * window. Everything is in memory and nothing is incremental but the pointers.
 *
 * <p>Transactions are ordered by time, then id (shorter first). A window of w days at time t is (t
 * - w, t]; at terminals it ends 7 days earlier. A fraud is known from exactly 7 days after its
 * transaction on, at that very second, too.
 */
final class HandbookReference {
  private static final int DAY_S = 86_400;
  private static final int[] WINDOWS_DAYS = {1, 7, 30};
  private static final int DELAY_DAYS = 7;

  static final List<String> NAMES =
      List.of(
          "TX_AMOUNT",
          "TX_DURING_WEEKEND",
          "TX_DURING_NIGHT",
          "CUSTOMER_ID_NB_TX_1DAY_WINDOW",
          "CUSTOMER_ID_AVG_AMOUNT_1DAY_WINDOW",
          "CUSTOMER_ID_NB_TX_7DAY_WINDOW",
          "CUSTOMER_ID_AVG_AMOUNT_7DAY_WINDOW",
          "CUSTOMER_ID_NB_TX_30DAY_WINDOW",
          "CUSTOMER_ID_AVG_AMOUNT_30DAY_WINDOW",
          "TERMINAL_ID_NB_TX_1DAY_WINDOW",
          "TERMINAL_ID_RISK_1DAY_WINDOW",
          "TERMINAL_ID_NB_TX_7DAY_WINDOW",
          "TERMINAL_ID_RISK_7DAY_WINDOW",
          "TERMINAL_ID_NB_TX_30DAY_WINDOW",
          "TERMINAL_ID_RISK_30DAY_WINDOW");

  private record Tx(
      String id,
      long timeS,
      boolean weekend,
      boolean night,
      String customer,
      String terminal,
      double amount,
      boolean fraud,
      double[] vector) {}

  private final List<Tx> rows = new ArrayList<>();

  /** Reads the rows below a header: id, time, customer, terminal, amount, fraud, scenario. */
  HandbookReference(BufferedReader csv) throws IOException {
    csv.readLine();
    for (String line = csv.readLine(); line != null; line = csv.readLine()) {
      String[] cells = line.split(",", -1);
      LocalDateTime time = LocalDateTime.parse(cells[1]);
      rows.add(
          new Tx(
              cells[0],
              time.toEpochSecond(ZoneOffset.UTC),
              time.getDayOfWeek().getValue() >= 6,
              time.getHour() <= 6,
              cells[2],
              cells[3],
              Double.parseDouble(cells[4]),
              cells[5].equals("1"),
              new double[NAMES.size()]));
    }
    rows.sort(
        Comparator.comparingLong(Tx::timeS)
            .thenComparingInt(tx -> tx.id.length())
            .thenComparing(Tx::id));
    Map<String, List<Tx>> customers = new HashMap<>();
    Map<String, List<Tx>> terminals = new HashMap<>();
    for (Tx tx : rows) {
      tx.vector[0] = tx.amount;
      tx.vector[1] = tx.weekend ? 1 : 0;
      tx.vector[2] = tx.night ? 1 : 0;
      customers.computeIfAbsent(tx.customer, id -> new ArrayList<>()).add(tx);
      terminals.computeIfAbsent(tx.terminal, id -> new ArrayList<>()).add(tx);
    }
    for (int i = 0; i < WINDOWS_DAYS.length; i++) {
      for (List<Tx> customer : customers.values()) {
        customer(customer, WINDOWS_DAYS[i] * DAY_S, 3 + 2 * i);
      }
      for (List<Tx> terminal : terminals.values()) {
        terminal(terminal, WINDOWS_DAYS[i] * DAY_S, 9 + 2 * i);
      }
    }
  }

  private static void customer(List<Tx> history, long windowS, int column) {
    int from = 0;
    for (int now = 0; now < history.size(); now++) {
      Tx current = history.get(now);
      while (history.get(from).timeS <= current.timeS - windowS) {
        from++;
      }
      double sum = 0;
      for (int i = from; i <= now; i++) {
        sum += history.get(i).amount;
      }
      int count = now - from + 1;
      current.vector[column] = count;
      current.vector[column + 1] = sum / count;
    }
  }

  private static void terminal(List<Tx> history, long windowS, int column) {
    long delayS = DELAY_DAYS * DAY_S;
    int from = 0;
    int to = 0;
    for (Tx current : history) {
      while (to < history.size() && history.get(to).timeS <= current.timeS - delayS) {
        to++;
      }
      while (from < to && history.get(from).timeS <= current.timeS - delayS - windowS) {
        from++;
      }
      int frauds = 0;
      for (int i = from; i < to; i++) {
        Tx past = history.get(i);
        boolean known = past.fraud && past.timeS + delayS <= current.timeS;
        frauds += known ? 1 : 0;
      }
      current.vector[column] = to - from;
      current.vector[column + 1] = to == from ? 0 : (double) frauds / (to - from);
    }
  }

  int size() {
    return rows.size();
  }

  String id(int row) {
    return rows.get(row).id;
  }

  double[] vector(int row) {
    return rows.get(row).vector;
  }

  /** Rows whose value of that feature is above 0. */
  long positive(String name) {
    int column = NAMES.indexOf(name);
    return rows.stream().filter(tx -> tx.vector[column] > 0).count();
  }

  /**
   * Compares every value of every row with a file of vectors, in order.
   *
   * @throws AssertionError at the first that is off by more than 1e-6 of its value
   */
  void assertMatches(BufferedReader vectors) throws IOException {
    String header = vectors.readLine();
    if (!("transaction_id," + String.join(",", NAMES)).equals(header)) {
      throw new AssertionError("header: " + header);
    }
    for (int row = 0; row < size(); row++) {
      String line = vectors.readLine();
      String[] cells = line == null ? new String[] {"nothing"} : line.split(",", -1);
      if (!cells[0].equals(id(row)) || cells.length != NAMES.size() + 1) {
        throw new AssertionError("row " + row + ": expected " + id(row) + ", got " + line);
      }
      for (int i = 0; i < NAMES.size(); i++) {
        double expected = vector(row)[i];
        double actual = Float.parseFloat(cells[i + 1]);
        if (!(Math.abs(actual - expected) <= 1e-6 * Math.abs(expected))) {
          throw new AssertionError(
              "transaction %s, %s: expected %s, got %s"
                  .formatted(id(row), NAMES.get(i), expected, actual));
        }
      }
    }
    if (vectors.readLine() != null) {
      throw new AssertionError("more rows than transactions");
    }
  }
}

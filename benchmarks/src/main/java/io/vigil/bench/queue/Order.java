package io.vigil.bench.queue;

/** Which open case is taken next. */
enum Order {
  /** The console's own: {@code Claims.next}. */
  QUEUE(""),
  /** The highest score first; of equal ones the oldest. */
  SCORE("score desc nulls last, case_id"),
  /** The oldest first. */
  FIFO("opened_at, case_id");

  private final String sql;

  Order(String sql) {
    this.sql = sql;
  }

  /** By what the open cases are sorted, when it is not the console that does. */
  String sql() {
    return sql;
  }
}

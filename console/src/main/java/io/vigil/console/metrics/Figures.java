package io.vigil.console.metrics;

import io.vigil.console.store.Columns;
import io.vigil.console.store.Database;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * What the database says of the queue, at one moment. Not a person's name or an account among it.
 *
 * @param cases by status
 * @param oldestOpenSeconds since when the oldest open case is open; 0 without one
 * @param overdue open cases past the time in which they were to be decided
 * @param decideSeconds by share, in what time that share of the last hour's decided cases was
 *     decided; not a number when there were none
 * @param outbox records that wait for the brokers
 * @param undelivered actions that nobody has acknowledged
 * @param unreadable records and ranges of records of the topics that could not be stored
 */
record Figures(
    Map<String, Long> cases,
    double oldestOpenSeconds,
    long overdue,
    Map<String, Double> decideSeconds,
    long outbox,
    long undelivered,
    long unreadable) {

  private static final Duration RECENT = Duration.ofHours(1);
  private static final String[] STATUS = {"open", "waiting", "snoozed", "pending", "decided"};

  static Figures read(Database database, Clock clock) {
    Instant now = clock.instant();
    return database.read(
        handle ->
            new Figures(
                cases(handle),
                number(
                    handle,
                    "select extract(epoch from :now - min(opened_at)) from fraud_case"
                        + " where status = 'open'",
                    now,
                    0),
                (long)
                    number(
                        handle,
                        "select count(*) from fraud_case where status = 'open' and due_at < :now",
                        now,
                        0),
                decideSeconds(handle, now),
                count(handle, "outbox"),
                (long)
                    number(
                        handle,
                        "select count(*) from action where acknowledged_at is null",
                        null,
                        0),
                count(handle, "unreadable")));
  }

  private static Map<String, Long> cases(Handle handle) {
    Map<String, Long> cases = new TreeMap<>();
    for (String status : STATUS) {
      cases.put(status, 0L);
    }
    handle
        .createQuery("select status, count(*) as n from fraud_case group by 1")
        .map((row, context) -> Map.entry(row.getString("status"), row.getLong("n")))
        .forEach(each -> cases.put(each.getKey(), each.getValue()));
    return cases;
  }

  private static Map<String, Double> decideSeconds(Handle handle, Instant now) {
    Map<String, Double> seconds = new TreeMap<>();
    for (String share : new String[] {"0.5", "0.9"}) {
      seconds.put(
          share,
          number(
              handle,
              "select percentile_cont("
                  + share
                  + ") within group (order by extract(epoch from decided_at - opened_at))"
                  + " from fraud_case where status = 'decided' and decided_at > :now",
              now.minus(RECENT),
              Double.NaN));
    }
    return seconds;
  }

  private static long count(Handle handle, String table) {
    return handle.createQuery("select count(*) from " + table).mapTo(Long.class).one();
  }

  private static double number(
      Handle handle, String query, @Nullable Instant now, double otherwise) {
    var statement = handle.createQuery(query);
    if (now != null) {
      statement.bind("now", Columns.at(now));
    }
    // The first row's one column may be null, which an Optional of it is not.
    return statement
        .map(
            (row, context) -> {
              double value = row.getDouble(1);
              return row.wasNull() ? otherwise : value;
            })
        .one();
  }
}

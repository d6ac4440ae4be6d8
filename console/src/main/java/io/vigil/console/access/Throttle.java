package io.vigil.console.access;

import io.vigil.console.store.Columns;
import io.vigil.console.store.Database;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;

/**
 * Slows guessing down: after some failures for a name or from an address each further one doubles
 * the wait, up to a quarter of an hour. Kept in the database, so that a restart forgives nothing.
 * Thread-safe.
 */
final class Throttle {

  private static final int FREE_BY_NAME = 5;
  private static final int FREE_BY_ADDRESS = 30;
  private static final Duration MOST = Duration.ofMinutes(15);
  private static final Duration FORGET = Duration.ofHours(24);

  private final Database database;
  private final Clock clock;

  Throttle(Database database, Clock clock) {
    this.database = database;
    this.clock = clock;
  }

  /** How long to wait before the next attempt; zero for none. */
  Duration waitFor(String name, String address) {
    Duration byName = wait("name:" + name, FREE_BY_NAME);
    Duration byAddress = waitFor(address);
    return byName.compareTo(byAddress) > 0 ? byName : byAddress;
  }

  /** As the other, where the name is not known before. */
  Duration waitFor(String address) {
    return wait("address:" + address, FREE_BY_ADDRESS);
  }

  void failed(String name, String address) {
    count("name:" + name);
    failed(address);
  }

  void failed(String address) {
    count("address:" + address);
  }

  /** A person who knows the password is not slowed down by those who tried before. */
  void succeeded(String name) {
    database.transact(
        handle ->
            handle
                .createUpdate("delete from attempt where what = :what or last_at < :before")
                .bind("what", "name:" + name)
                .bind("before", Columns.at(clock.instant().minus(FORGET)))
                .execute());
  }

  private Duration wait(String what, int free) {
    return database.read(
        handle ->
            handle
                .createQuery("select failures, last_at from attempt where what = :what")
                .bind("what", what)
                .map(
                    (row, context) -> {
                      int over = row.getInt("failures") - free;
                      if (over < 0) {
                        return Duration.ZERO;
                      }
                      Duration pause = Duration.ofSeconds(1L << Math.min(over, 10));
                      Instant next =
                          Columns.instant(row, "last_at")
                              .plus(pause.compareTo(MOST) > 0 ? MOST : pause);
                      Duration left = Duration.between(clock.instant(), next);
                      return left.isNegative() ? Duration.ZERO : left;
                    })
                .findFirst()
                .orElse(Duration.ZERO));
  }

  private void count(String what) {
    database.transact(
        handle ->
            handle
                .createUpdate(
                    """
                    insert into attempt (what, failures, last_at) values (:what, 1, :now)
                    on conflict (what) do update set
                      failures = case when attempt.last_at < :before then 1 else attempt.failures + 1 end,
                      last_at = excluded.last_at
                    """)
                .bind("what", what)
                .bind("now", Columns.at(clock.instant()))
                .bind("before", Columns.at(clock.instant().minus(FORGET)))
                .execute());
  }
}

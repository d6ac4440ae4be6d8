package io.vigil.console.access;

import io.vigil.console.store.Columns;
import io.vigil.console.store.Database;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** Who is signed in: from a cookie's value to a person, for as long as that lasts. Thread-safe. */
final class Sessions {

  private static final Duration IDLE = Duration.ofHours(1);
  private static final Duration LONGEST = Duration.ofHours(12);
  private static final Duration TOUCH = Duration.ofSeconds(30);
  private static final int TOKEN_BYTES = 32;
  private static final int CSRF_BYTES = 18;

  private final Database database;
  private final Clock clock;
  private final SecureRandom random = new SecureRandom();

  Sessions(Database database, Clock clock) {
    this.database = database;
    this.clock = clock;
  }

  /** A session for somebody whose identity is established. */
  People.SignedIn open(String person, boolean oneTime) {
    String cookie = random(TOKEN_BYTES);
    String csrf = random(CSRF_BYTES);
    byte[] token = digest(cookie);
    Session session =
        database.inTransaction(
            handle -> {
              handle
                  .createUpdate(
                      "insert into session (token, person, csrf, one_time, created_at, used_at)"
                          + " values (:token, :person, :csrf, :one_time, :now, :now)")
                  .bind("token", token)
                  .bind("person", person)
                  .bind("csrf", csrf)
                  .bind("one_time", oneTime)
                  .bind("now", Columns.at(clock.instant()))
                  .execute();
              handle
                  .createUpdate("delete from session where used_at < :idle or created_at < :oldest")
                  .bind("idle", Columns.at(clock.instant().minus(IDLE)))
                  .bind("oldest", Columns.at(clock.instant().minus(LONGEST)))
                  .execute();
              return handle
                  .createQuery(
                      "update person set last_seen = :now where name = :name"
                          + " returning role, subject is not null as oidc")
                  .bind("now", Columns.at(clock.instant()))
                  .bind("name", person)
                  .map(
                      (row, context) ->
                          new Session(
                              token,
                              person,
                              Role.of(row.getString("role")),
                              csrf,
                              oneTime,
                              row.getBoolean("oidc")))
                  .one();
            });
    return new People.SignedIn(session, cookie);
  }

  /** The session of a cookie, while it lasts. */
  Optional<Session> find(@Nullable String cookie) {
    if (cookie == null || cookie.length() > 100) {
      return Optional.empty();
    }
    byte[] token = digest(cookie);
    Instant now = clock.instant();
    return database.read(
        handle ->
            handle
                .createQuery(
                    """
                    select s.person, p.role, s.csrf, s.one_time, s.used_at < :stale as stale,
                      p.subject is not null as oidc
                    from session s join person p on p.name = s.person
                    where s.token = :token and p.active
                      and s.used_at >= :idle and s.created_at >= :oldest
                    """)
                .bind("token", token)
                .bind("stale", Columns.at(now.minus(TOUCH)))
                .bind("idle", Columns.at(now.minus(IDLE)))
                .bind("oldest", Columns.at(now.minus(LONGEST)))
                .map(
                    (row, context) -> {
                      if (row.getBoolean("stale")) {
                        touch(handle, token, now);
                      }
                      return new Session(
                          token,
                          row.getString("person"),
                          Role.of(row.getString("role")),
                          row.getString("csrf"),
                          row.getBoolean("one_time"),
                          row.getBoolean("oidc"));
                    })
                .findFirst());
  }

  private static void touch(Handle handle, byte[] token, Instant now) {
    handle
        .createUpdate("update session set used_at = :now where token = :token")
        .bind("now", Columns.at(now))
        .bind("token", token)
        .execute();
  }

  void end(Session session) {
    database.transact(
        handle ->
            handle
                .createUpdate("delete from session where token = :token")
                .bind("token", session.token())
                .execute());
  }

  /** Ends all of a person's, in the transaction that says why. */
  static void end(Handle handle, String person) {
    handle
        .createUpdate("delete from session where person = :person")
        .bind("person", person)
        .execute();
  }

  private String random(int bytes) {
    byte[] value = new byte[bytes];
    random.nextBytes(value);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(value);
  }

  private static byte[] digest(String cookie) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(cookie.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}

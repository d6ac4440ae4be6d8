package io.vigil.console.access;

import io.vigil.console.Refusal;
import io.vigil.console.store.Columns;
import io.vigil.console.store.Database;
import java.text.Normalizer;
import java.time.Clock;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * People whose identity somebody else establishes, an OpenID provider. Who it is, is the provider's
 * issuer and subject and nothing else; the name is a label that the console gives once.
 * Thread-safe.
 */
public final class Outsiders {

  private static final int NAME_MOST = 32;
  private static final int SAME_NAME_MOST = 1_000;
  private static final String SOMEBODY = "person";

  private final Database database;
  private final AccessLog log;
  private final Sessions sessions;
  private final Throttle throttle;

  public Outsiders(Database database, Clock clock, AccessLog log) {
    this.database = database;
    this.log = log;
    this.sessions = new Sessions(database, clock);
    this.throttle = new Throttle(database, clock);
  }

  private record Known(String name, Role role, boolean active) {}

  /**
   * Signs somebody in, always with a new session. Who comes for the first time becomes a person
   * here; the role of one who is here becomes this one.
   *
   * @param subject the provider's own name of the person, never given to another
   * @param wanted what the person is called there, any text; the name here is made from it
   * @throws Refusal {@code oidc_locked} when the person may not enter
   */
  public People.SignedIn enter(
      String issuer, String subject, @Nullable String wanted, Role role, String address) {
    String key = key(issuer, subject);
    Known before =
        database.inTransaction(
            handle -> {
              Known known =
                  find(handle, key).orElseGet(() -> create(handle, key, nameOf(wanted), role));
              if (known.active() && known.role() != role) {
                handle
                    .createUpdate("update person set role = :role where subject = :key")
                    .bind("role", role.wire())
                    .bind("key", key)
                    .execute();
              }
              return known;
            });
    if (!before.active()) {
      throw new Refusal(
          Refusal.Kind.FORBIDDEN, "oidc_locked", before.name() + " is locked in this console");
    }
    People.SignedIn signedIn = sessions.open(before.name(), false);
    if (before.role() != role) {
      log.log(
          signedIn.session(),
          "role_by_sign_on",
          null,
          before.role().wire() + " to " + role.wire(),
          address);
    }
    log.log(signedIn.session(), "signed_in", null, "by single sign-on", address);
    return signedIn;
  }

  /** Ends the sessions of somebody whom the provider gives no role any more. */
  public void leave(String issuer, String subject) {
    database.transact(
        handle ->
            find(handle, key(issuer, subject))
                .ifPresent(known -> Sessions.end(handle, known.name())));
  }

  /** How long this address must wait before another sign-in; zero when it need not. */
  public Duration waitFor(String address) {
    return throttle.waitFor(address);
  }

  /**
   * Logs a sign-in that was refused.
   *
   * @param counts whether it looks like guessing and slows the address down
   */
  public void refused(String action, String detail, boolean counts, String address) {
    if (counts) {
      throttle.failed(address);
    }
    log.log(null, null, action, null, detail, address);
  }

  /** One column for both: no address of an issuer holds a space. */
  private static String key(String issuer, String subject) {
    return Columns.clean(issuer + " " + subject);
  }

  private static Optional<Known> find(Handle handle, String key) {
    return handle
        .createQuery("select name, role, active from person where subject = :key for update")
        .bind("key", key)
        .map(
            (row, context) ->
                new Known(
                    row.getString("name"),
                    Role.of(row.getString("role")),
                    row.getBoolean("active")))
        .findFirst();
  }

  /** Under the first of name, name-2, name-3 … that nobody has: a name is never taken over. */
  private static Known create(Handle handle, String key, String name, Role role) {
    for (int i = 1; i <= SAME_NAME_MOST; i++) {
      String suffix = i == 1 ? "" : "-" + i;
      String candidate =
          name.substring(0, Math.min(name.length(), NAME_MOST - suffix.length())) + suffix;
      if (People.isReserved(candidate)) {
        continue;
      }
      int rows =
          handle
              .createUpdate(
                  "insert into person (name, role, subject) values (:name, :role, :key)"
                      + " on conflict do nothing")
              .bind("name", candidate)
              .bind("role", role.wire())
              .bind("key", key)
              .execute();
      if (rows == 1) {
        return new Known(candidate, role, true);
      }
      // Somebody has the name, or the same person came by another console at this moment.
      Optional<Known> meanwhile = find(handle, key);
      if (meanwhile.isPresent()) {
        return meanwhile.get();
      }
    }
    throw new Refusal(
        Refusal.Kind.CONFLICT, "oidc_name", "too many people are called %s".formatted(name));
  }

  /** A name that local accounts could have as well, from any text. */
  static String nameOf(@Nullable String wanted) {
    String text = wanted == null ? "" : wanted;
    int at = text.indexOf('@');
    String name =
        Normalizer.normalize(at > 0 ? text.substring(0, at) : text, Normalizer.Form.NFKD)
            .toLowerCase(Locale.ROOT)
            .replaceAll("\\p{M}+", "")
            .replaceAll("[^a-z0-9._-]+", "-")
            .replaceAll("^[^a-z]+|[._-]+$", "");
    String cut = name.substring(0, Math.min(name.length(), NAME_MOST));
    return People.isName(cut) ? cut : SOMEBODY;
  }
}

package io.vigil.console.access;

import io.vigil.console.Refusal;
import io.vigil.console.store.Columns;
import io.vigil.console.store.Database;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The people who are known here; local accounts sign in here too. Thread-safe. */
public final class People {

  private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9._-]{1,31}");
  private static final int PASSWORD_LEAST = 12;
  private static final int PASSWORD_MOST = 200;

  /** The actor of what the stream does. */
  private static final Set<String> RESERVED = Set.of("stream");

  private final Database database;
  private final AccessLog log;
  private final Throttle throttle;
  private final Sessions sessions;
  private final Passwords passwords = new Passwords();

  public People(Database database, Clock clock, AccessLog log) {
    this.database = database;
    this.sessions = new Sessions(database, clock);
    this.log = log;
    this.throttle = new Throttle(database, clock);
  }

  /** A new session and the cookie's value, which is told once. */
  public record SignedIn(Session session, String cookie) {}

  /** A person as a list shows one. */
  public record Entry(
      String name,
      Role role,
      boolean active,
      boolean oidc,
      Instant createdAt,
      @Nullable Instant lastSeen) {}

  /** Too many attempts. */
  public static final class Throttled extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final long seconds;

    Throttled(Duration wait) {
      super("too many attempts", null, false, false);
      this.seconds = wait.toSeconds() + 1;
    }

    /** How long to wait, at least 1. */
    public long seconds() {
      return seconds;
    }
  }

  /**
   * Signs a person in, always with a new session.
   *
   * @return empty when name or password is wrong, or the person may not enter
   * @throws Throttled after too many failures
   */
  public Optional<SignedIn> signIn(String name, String password, String address) {
    String person = name.strip().toLowerCase(Locale.ROOT);
    Duration wait = throttle.waitFor(person, address);
    if (!wait.isZero()) {
      log.log(null, null, "sign_in_throttled", null, person, address);
      throw new Throttled(wait);
    }
    Optional<Account> account = account(person);
    boolean matches =
        password.length() <= PASSWORD_MOST
            && account
                .filter(Account::active)
                .map(Account::hash)
                .map(hash -> passwords.matches(password, hash))
                .orElseGet(() -> passwords.matchesNobody(password));
    if (!matches) {
      throttle.failed(person, address);
      log.log(null, null, "sign_in_failed", null, person, address);
      return Optional.empty();
    }
    throttle.succeeded(person);
    SignedIn signedIn = sessions.open(person, account.orElseThrow().oneTime());
    log.log(signedIn.session(), "signed_in", null, null, address);
    return Optional.of(signedIn);
  }

  private record Account(
      String name,
      Role role,
      boolean active,
      @Nullable String hash,
      boolean oneTime,
      boolean oidc) {}

  private Optional<Account> account(String name) {
    return database.read(
        handle ->
            handle
                .createQuery(
                    "select name, role, active, password, one_time, subject is not null as oidc"
                        + " from person where name = :name")
                .bind("name", Columns.clean(name))
                .map(
                    (row, context) ->
                        new Account(
                            row.getString("name"),
                            Role.of(row.getString("role")),
                            row.getBoolean("active"),
                            row.getString("password"),
                            row.getBoolean("one_time"),
                            row.getBoolean("oidc")))
                .findFirst());
  }

  /** The session of a cookie, while it lasts. */
  public Optional<Session> session(@Nullable String cookie) {
    return sessions.find(cookie);
  }

  /** Ends a session. */
  public void signOut(Session session, String address) {
    log.log(session, "signed_out", null, null, address);
    sessions.end(session);
  }

  /**
   * Chooses a password. All sessions of the person end, and a new one begins.
   *
   * @param current not needed after a one-time password
   * @throws Refusal {@code weak_password}, {@code wrong_password}; {@code oidc_person} when the
   *     person signs in elsewhere
   */
  public SignedIn choose(
      Session session, @Nullable String current, @Nullable String password, String address) {
    if (session.oidc()) {
      throw elsewhere(session.person());
    }
    if (password == null
        || password.length() < PASSWORD_LEAST
        || password.length() > PASSWORD_MOST
        || password.equals(session.person())) {
      throw new Refusal(
          Refusal.Kind.BAD_REQUEST,
          "weak_password",
          "expected %d to %d characters, and not the name"
              .formatted(PASSWORD_LEAST, PASSWORD_MOST));
    }
    String before = account(session.person()).map(Account::hash).orElse(null);
    boolean known =
        session.oneTime()
            || (before != null && current != null && passwords.matches(current, before));
    if (!known) {
      log.log(session, "password_refused", null, null, address);
      throw new Refusal(
          Refusal.Kind.FORBIDDEN, "wrong_password", "the current password is another one");
    }
    if (before != null && passwords.matches(password, before)) {
      throw new Refusal(
          Refusal.Kind.BAD_REQUEST, "weak_password", "expected a password other than the last one");
    }
    String hash = passwords.hash(password);
    database.transact(
        handle -> {
          handle
              .createUpdate(
                  "update person set password = :hash, one_time = false where name = :name")
              .bind("hash", hash)
              .bind("name", session.person())
              .execute();
          Sessions.end(handle, session.person());
        });
    log.log(session, "password_chosen", null, null, address);
    return sessions.open(session.person(), false);
  }

  /** Everybody, by name. */
  public List<Entry> list() {
    return database.read(
        handle ->
            handle
                .createQuery("select * from person order by name")
                .map(
                    (row, context) ->
                        new Entry(
                            row.getString("name"),
                            Role.of(row.getString("role")),
                            row.getBoolean("active"),
                            row.getString("subject") != null,
                            Columns.instant(row, "created_at"),
                            Columns.instantOrNull(row, "last_seen")))
                .list());
  }

  /**
   * Adds a person, or gives one a new one-time password; the role of one who is there stays.
   *
   * @return the one-time password, which is told once
   * @throws Refusal {@code oidc_person} when the person signs in elsewhere
   */
  public String add(String name, Role role) {
    String password = passwords.oneTime();
    put(name, role, password);
    return password;
  }

  private void put(String name, Role role, String password) {
    if (!isName(name) || isReserved(name)) {
      throw new Refusal(
          Refusal.Kind.BAD_REQUEST,
          "bad_request",
          "name: expected 2 to 32 of a-z, 0-9, dot, dash and underscore, a letter first, and not stream");
    }
    String hash = passwords.hash(password);
    database.transact(
        handle -> {
          int rows =
              handle
                  .createUpdate(
                      """
                      insert into person (name, role, password, one_time) values (:name, :role, :hash, true)
                      on conflict (name) do update set password = excluded.password, one_time = true
                      where person.subject is null
                      """)
                  .bind("name", name)
                  .bind("role", role.wire())
                  .bind("hash", hash)
                  .execute();
          if (rows == 0) {
            throw elsewhere(name);
          }
          Sessions.end(handle, name);
        });
  }

  /**
   * Makes sure that somebody can sign in: adds a person who is not there, and gives one who has not
   * chosen a password yet this one.
   *
   * @return whether the one-time password is good
   */
  public boolean bootstrap(String name, Role role, String oneTimePassword) {
    if (account(name).filter(each -> !each.oneTime()).isPresent()) {
      return false;
    }
    put(name, role, oneTimePassword);
    return true;
  }

  static boolean isName(String text) {
    return NAME.matcher(text).matches();
  }

  static boolean isReserved(String name) {
    return RESERVED.contains(name);
  }

  private static Refusal elsewhere(String name) {
    return Refusal.conflict(
        "oidc_person", name + " signs in by single sign-on, which gives role and password");
  }

  /**
   * Changes what is not null; open sessions of the person end.
   *
   * @throws Refusal {@code oneself}, {@code no_person}; {@code oidc_person} when the role comes
   *     from elsewhere
   */
  public void change(Session by, String name, @Nullable Role role, @Nullable Boolean active) {
    if (by.person().equals(name)) {
      throw new Refusal(
          Refusal.Kind.FORBIDDEN,
          "oneself",
          "nobody changes their own role or locks themselves out");
    }
    if (role != null && account(name).filter(Account::oidc).isPresent()) {
      throw elsewhere(name);
    }
    database.transact(
        handle -> {
          int rows =
              handle
                  .createUpdate(
                      "update person set role = coalesce(:role, role),"
                          + " active = coalesce(:active, active) where name = :name")
                  .bind("role", role == null ? null : role.wire())
                  .bind("active", active)
                  .bind("name", Columns.clean(name))
                  .execute();
          if (rows == 0) {
            throw new Refusal(Refusal.Kind.NOT_FOUND, "no_person", "there is nobody of that name");
          }
          Sessions.end(handle, name);
        });
  }

  /** What the person set, a JSON object. */
  public String preferences(Session session) {
    return database.read(
        handle ->
            handle
                .createQuery("select preferences::text from person where name = :name")
                .bind("name", session.person())
                .mapTo(String.class)
                .one());
  }

  /** Replaces what the person set. */
  public void prefer(Session session, String json) {
    database.transact(
        handle ->
            handle
                .createUpdate(
                    "update person set preferences = cast(:json as jsonb) where name = :name")
                .bind("json", json)
                .bind("name", session.person())
                .execute());
  }
}

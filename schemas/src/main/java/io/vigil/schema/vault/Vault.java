package io.vigil.schema.vault;

import io.vigil.schema.vault.JournalEntry.What;
import io.vigil.schema.vault.RootKey.Lookup;
import io.vigil.schema.vault.Subject.Token;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A directory that links pseudonyms to people (docs/privacy.md). An account is a subject, and so is
 * a customer: it has a random pseudonym and a key of its own. An account's cards, devices and
 * addresses are tokens, random numbers likewise, and may be of several subjects.
 *
 * <p>Several processes may use a vault at a time; each holds its lock from the first look-up to
 * {@link #commit}, or for one call. A pseudonym may leave the process once {@code commit} has
 * returned: only then would a restart give the account the same one. Thread-safe, but a batch of
 * look-ups is one thread's.
 *
 * <p>Every method throws {@link VaultException} when the vault is damaged, and {@link
 * UncheckedIOException} when its files cannot be read or written; a vault that could not write must
 * be opened again.
 */
public final class Vault implements Closeable {
  private static final int KEYS_KEPT = 4_096;
  private static final int VALUES_KEPT = 65_536;
  private static final int REASON_CHARS_MAX = 1_000;
  private static final int BY_CHARS_MAX = 128;

  /** How a subject stands. */
  public enum State {
    LIVE,
    HELD,
    ERASED
  }

  /**
   * What is known of a subject without opening anything.
   *
   * @param hold why it must not be erased; null when nobody holds it
   * @param tokens its cards, devices and addresses; 0 once erased
   * @param own those of them that nobody else has
   * @param erased when and why; null when it was not
   */
  public record Status(
      String pseudonym,
      State state,
      @Nullable String hold,
      int tokens,
      int own,
      @Nullable JournalEntry erased) {}

  /** How much a vault holds. */
  public record Counts(int subjects, int tokens, int held, int erased) {}

  private final VaultStore store;
  private final Clock clock;

  /** The latest keys and values at work; gone with the first erasure. */
  private final Map<Subject, SubjectKey> keys =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Subject, SubjectKey> eldest) {
          return size() > KEYS_KEPT;
        }
      };

  private final Map<String, Subject> recent = new HashMap<>();
  private final Map<String, Subject> recentCustomers = new HashMap<>();
  private final Map<Kind, Map<String, Token>> recentTokens = new EnumMap<>(Kind.class);

  private Vault(VaultStore store, Clock clock) {
    this.store = store;
    this.clock = clock;
    for (Kind kind : Kind.values()) {
      recentTokens.put(kind, new HashMap<>());
    }
    store.onErasure(this::forget);
  }

  /**
   * Opens a vault, or makes one in a directory that is missing or empty. Finishes erasures that a
   * crash interrupted.
   *
   * @param service has the key that the vault was made with, or is made with now
   * @param clock for the journal
   */
  public static Vault open(Path directory, KeyService service, Clock clock) {
    return new Vault(VaultStore.open(directory, service), clock);
  }

  /** Whether there is a vault in the directory. */
  public static boolean exists(Path directory) {
    return RootKey.exists(directory);
  }

  /** The account's pseudonym, a new one for a new account. Begins or goes on with a batch. */
  public synchronized String pseudonym(String account) {
    begin();
    return subject(account).pseudonym;
  }

  /** A customer's pseudonym, likewise. */
  public synchronized String customer(String customer) {
    begin();
    return subject(Kind.CUSTOMER, customer, null).pseudonym;
  }

  /** The pseudonym of a subject's card, device or address, likewise. */
  public synchronized String token(Kind kind, String value, String account) {
    begin();
    return token(kind, value, subject(account));
  }

  /** Ends the batch: returns when all pseudonyms given so far are on the disk. */
  public synchronized void commit() {
    store.commit();
  }

  /** The account's pseudonym, or nothing when the vault does not know it. */
  public synchronized Optional<String> find(String account) {
    return find(Kind.ACCOUNT, account);
  }

  /**
   * The pseudonym of an account, a customer, a card, a device or an address, or nothing when the
   * vault does not know it.
   */
  public synchronized Optional<String> find(Kind kind, String value) {
    return store.once(
        () -> {
          Lookup lookup = store.root().lookup(kind, value);
          return kind.isSubject()
              ? Optional.ofNullable(store.entries().find(lookup)).map(found -> found.pseudonym)
              : Optional.ofNullable(store.entries().findToken(lookup))
                  .map(found -> found.pseudonym);
        });
  }

  /** How the subject of a pseudonym stands, or nothing when there never was one. */
  public synchronized Optional<Status> status(String pseudonym) {
    return store.once(() -> Optional.ofNullable(statusOf(pseudonym)));
  }

  /** All subjects by pseudonym: those in the vault, then those erased. */
  public synchronized List<Status> list() {
    return store.once(
        () -> {
          List<Status> all = new ArrayList<>();
          List<String> names = new ArrayList<>();
          store.entries().all().forEach(subject -> names.add(subject.pseudonym));
          names.sort(null);
          for (JournalEntry entry : store.journal().entries()) {
            if (entry.what() == What.ERASED) {
              names.add(entry.pseudonym());
            }
          }
          names.forEach(name -> all.add(Objects.requireNonNull(statusOf(name))));
          return all;
        });
  }

  public synchronized Counts counts() {
    return store.once(
        () ->
            new Counts(
                store.entries().subjects(),
                store.entries().tokens(),
                store.journal().holds(),
                store.journal().erasures()));
  }

  /** What was done, oldest first. */
  public synchronized List<JournalEntry> journal() {
    return store.once(() -> store.journal().entries());
  }

  /**
   * Keeps a subject from being erased, until it is released. Holding it again changes the reason.
   */
  public synchronized JournalEntry hold(String pseudonym, String by, String reason) {
    return store.once(() -> note(What.HELD, live(pseudonym), by, reason));
  }

  /**
   * Ends a hold.
   *
   * @throws VaultException when there is none
   */
  public synchronized JournalEntry release(String pseudonym, String by, String reason) {
    return store.once(
        () -> {
          Subject subject = live(pseudonym);
          if (store.journal().hold(pseudonym) == null) {
            throw new VaultException("subject " + pseudonym + ": expected a hold, got none");
          }
          return note(What.RELEASED, subject, by, reason);
        });
  }

  /**
   * Destroys a subject's key and mappings, on the disk and in memory, and the mappings of tokens
   * that nobody else has. What was sealed under the key can never be read again. Once it has begun
   * it will be finished, by whoever opens the vault next if need be.
   *
   * @param reason names nobody
   * @throws VaultException when the subject is unknown, erased, or held, with the reason
   */
  public synchronized JournalEntry erase(String pseudonym, String by, String reason) {
    return store.once(
        () -> {
          Subject subject = live(pseudonym);
          String hold = store.journal().hold(pseudonym);
          if (hold != null) {
            throw new VaultException("subject " + pseudonym + " is held: " + hold);
          }
          int own = Entries.own(subject).size();
          int kept = subject.tokens.size() - own;
          store.erase(
              subject,
              entry(What.ERASING, subject, by, reason, own, kept),
              Entries.places(subject));
          return Objects.requireNonNull(store.journal().erased(pseudonym));
        });
  }

  /**
   * Puts the vault under another key. Who has it open goes on; who opens it needs the new key.
   *
   * @throws VaultException when {@code from} is not the vault's key
   */
  public synchronized JournalEntry rewrap(KeyService from, KeyService to, String by) {
    return store.once(
        () -> {
          store.rewrap(from, to);
          Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
          String what = from.id() + " to " + to.id();
          JournalEntry entry = new JournalEntry(now, by, What.REWRAPPED, "", what, 0, 0);
          store.journal().add(entry, List.of());
          return entry;
        });
  }

  /**
   * The account behind a pseudonym; the reading is kept in the journal first.
   *
   * @param what what is read, for the journal
   * @throws VaultException when the subject is unknown or erased
   */
  public synchronized String reveal(String pseudonym, String by, String what) {
    return store.once(
        () -> {
          Subject subject = live(pseudonym);
          note(What.REVEALED, subject, by, what);
          return store.name(subject, key(subject));
        });
  }

  /**
   * Encrypts under a subject's key; the same text in the same context gives the same bytes.
   *
   * @return nothing when the vault has no such subject, or no longer
   */
  public synchronized Optional<byte[]> seal(String pseudonym, byte[] context, byte[] text) {
    return store.once(
        () ->
            Optional.ofNullable(store.entries().byPseudonym(pseudonym))
                .map(subject -> key(subject).seal(context, text)));
  }

  /**
   * What was sealed.
   *
   * @return nothing when the vault has no such subject, or no longer
   * @throws VaultException when the bytes were not sealed under this key and context
   */
  public synchronized Optional<byte[]> open(String pseudonym, byte[] context, byte[] sealed) {
    return store.once(
        () -> {
          Subject subject = store.entries().byPseudonym(pseudonym);
          if (subject == null) {
            return Optional.empty();
          }
          byte[] text = key(subject).open(context, sealed);
          if (text == null) {
            throw new VaultException(
                "expected bytes sealed for %s in this place, got others".formatted(pseudonym));
          }
          return Optional.of(text);
        });
  }

  /** Ends without the batch that was not committed. */
  @Override
  public synchronized void close() {
    forget();
    store.close();
  }

  // What follows is for this package: within a batch, or within one call.

  void begin() {
    store.begin();
  }

  Subject subject(String account) {
    return subject(account, null);
  }

  Subject subject(String account, @Nullable String next) {
    return subject(Kind.ACCOUNT, account, next);
  }

  /**
   * @param next what the account or customer will be called under the next key of tokens: from now
   *     on it is found by that, too; null when no key is being changed
   */
  Subject subject(Kind kind, String name, @Nullable String next) {
    Subject subject = knownSubject(kind, name);
    if (subject == null && next != null) {
      subject = knownSubject(kind, next);
      if (subject != null) {
        store.entries().alias(subject, store.root().lookup(kind, name));
      }
    }
    if (subject == null) {
      subject = store.entries().add(store.root().lookup(kind, name), name);
    }
    keep(subjectsOf(kind), name, subject);
    if (next != null && knownSubject(kind, next) == null) {
      store.entries().alias(subject, store.root().lookup(kind, next));
      keep(subjectsOf(kind), next, subject);
    }
    return subject;
  }

  private @Nullable Subject knownSubject(Kind kind, String name) {
    Subject subject = subjectsOf(kind).get(name);
    return subject == null ? store.entries().find(store.root().lookup(kind, name)) : subject;
  }

  private Map<String, Subject> subjectsOf(Kind kind) {
    return kind == Kind.CUSTOMER ? recentCustomers : recent;
  }

  String token(Kind kind, String value, Subject owner) {
    return token(kind, value, null, owner);
  }

  /**
   * @param next what the value will be under the next key of tokens, likewise
   */
  String token(Kind kind, String value, @Nullable String next, Subject owner) {
    Token token = known(kind, value);
    if (token == null && next != null) {
      token = known(kind, next);
      if (token != null) {
        store.entries().alias(kind, token, store.root().lookup(kind, value));
      }
    }
    if (token == null) {
      token = store.entries().add(kind, store.root().lookup(kind, value), owner);
    }
    keep(tokensOf(kind), value, token);
    if (next != null && known(kind, next) == null) {
      store.entries().alias(kind, token, store.root().lookup(kind, next));
      keep(tokensOf(kind), next, token);
    }
    if (!owner.has(token)) {
      store.entries().link(token, owner);
    }
    return token.pseudonym;
  }

  private @Nullable Token known(Kind kind, String value) {
    Token token = tokensOf(kind).get(value);
    return token == null ? store.entries().findToken(store.root().lookup(kind, value)) : token;
  }

  private static <T> void keep(Map<String, T> latest, String value, T known) {
    if (latest.size() >= VALUES_KEPT) {
      latest.clear();
    }
    latest.put(value, known);
  }

  SubjectKey key(Subject subject) {
    SubjectKey key = keys.get(subject);
    if (key == null) {
      key = store.entries().key(subject);
      keys.put(subject, key);
    }
    return key;
  }

  /** Whether a text has the account as a word. */
  private static boolean names(String text, String account) {
    return Pattern.compile("(?<!\\p{Alnum})" + Pattern.quote(account) + "(?!\\p{Alnum})")
        .matcher(text)
        .find();
  }

  private Map<String, Token> tokensOf(Kind kind) {
    return Objects.requireNonNull(recentTokens.get(kind));
  }

  private void forget() {
    keys.clear();
    recent.clear();
    recentCustomers.clear();
    recentTokens.values().forEach(Map::clear);
  }

  private @Nullable Status statusOf(String pseudonym) {
    Subject subject = store.entries().byPseudonym(pseudonym);
    JournalEntry erased = store.journal().erased(pseudonym);
    if (subject == null) {
      return erased == null ? null : new Status(pseudonym, State.ERASED, null, 0, 0, erased);
    }
    String hold = store.journal().hold(pseudonym);
    return new Status(
        pseudonym,
        hold == null ? State.LIVE : State.HELD,
        hold,
        subject.tokens.size(),
        Entries.own(subject).size(),
        null);
  }

  private Subject live(String pseudonym) {
    Subject subject = store.entries().byPseudonym(pseudonym);
    if (subject == null) {
      JournalEntry erased = store.journal().erased(pseudonym);
      throw new VaultException(
          erased == null
              ? "subject %s: expected one of the vault, got none".formatted(pseudonym)
              : "subject %s was erased at %s: %s"
                  .formatted(pseudonym, erased.at(), erased.reason()));
    }
    return subject;
  }

  private JournalEntry note(What what, Subject subject, String by, String reason)
      throws IOException {
    JournalEntry entry = entry(what, subject, by, reason, 0, 0);
    store.journal().add(entry, List.of());
    return entry;
  }

  private JournalEntry entry(
      What what, Subject subject, String by, String reason, int destroyed, int kept)
      throws IOException {
    if (by.isBlank() || by.length() > BY_CHARS_MAX) {
      throw new VaultException(
          "by: expected 1 to %d characters, got %d".formatted(BY_CHARS_MAX, by.length()));
    }
    if (reason.isBlank() || reason.length() > REASON_CHARS_MAX) {
      throw new VaultException(
          "reason: expected 1 to %d characters, got %d"
              .formatted(REASON_CHARS_MAX, reason.length()));
    }
    String account = store.name(subject, key(subject));
    if (what != What.REVEALED && names(reason, account)) {
      throw new VaultException("reason: expected one that names nobody, got one with the account");
    }
    Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    return new JournalEntry(now, by, what, subject.pseudonym, reason, destroyed, kept);
  }
}

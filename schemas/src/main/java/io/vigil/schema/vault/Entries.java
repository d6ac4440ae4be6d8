package io.vigil.schema.vault;

import io.vigil.schema.vault.RootKey.Lookup;
import io.vigil.schema.vault.Subject.Alias;
import io.vigil.schema.vault.Subject.Token;
import io.vigil.schema.vault.VaultFile.Place;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Who is in the vault: read from its file and kept in memory, some 400 bytes for a subject and 300
 * for a token. New ones are added to the file's batch at once. Not thread-safe.
 */
final class Entries {
  private static final int SUBJECT = 2;
  private static final int TOKEN = 3;
  private static final int LINK = 4;
  private static final int ALIAS = 5;
  private static final int RANDOM_BYTES = Kind.ACCOUNT.randomBytes();

  private final VaultFile file;
  private final RootKey root;
  private final Map<Lookup, Subject> subjects = new HashMap<>();
  private final Map<String, Subject> byPseudonym = new HashMap<>();
  private final Map<Lookup, Token> tokens = new HashMap<>();
  private final Map<Long, Token> tokensByPlace = new HashMap<>();
  private final Map<Lookup, Subject> subjectsByAlias = new HashMap<>();
  private final Map<Lookup, Token> tokensByAlias = new HashMap<>();

  Entries(VaultFile file, RootKey root) {
    this.file = file;
    this.root = root;
  }

  int subjects() {
    return subjects.size();
  }

  int tokens() {
    return tokens.size();
  }

  Iterable<Subject> all() {
    return subjects.values();
  }

  @Nullable Subject find(Lookup lookup) {
    Subject subject = subjects.get(lookup);
    return subject == null ? subjectsByAlias.get(lookup) : subject;
  }

  @Nullable Subject byPseudonym(String pseudonym) {
    return byPseudonym.get(pseudonym);
  }

  @Nullable Token findToken(Lookup lookup) {
    Token token = tokens.get(lookup);
    return token == null ? tokensByAlias.get(lookup) : token;
  }

  /** From now on the subject is found by another value, too, which finds nobody yet. */
  void alias(Subject subject, Lookup lookup) {
    ByteBuffer payload =
        ByteBuffer.allocate(1 + Lookup.bytes() + RANDOM_BYTES).put((byte) Kind.ACCOUNT.code());
    lookup.write(payload);
    payload.put(subject.random);
    keep(subject, new Alias(lookup, file.append(ALIAS, payload.array())));
  }

  /** From now on the token is found by another value, too, which finds nothing yet. */
  void alias(Kind kind, Token token, Lookup lookup) {
    ByteBuffer payload =
        ByteBuffer.allocate(1 + Lookup.bytes() + Long.BYTES).put((byte) kind.code());
    lookup.write(payload);
    payload.putLong(token.place.offset());
    keep(token, new Alias(lookup, file.append(ALIAS, payload.array())));
  }

  private void keep(Subject subject, Alias alias) {
    subject.aliases = Subject.with(subject.aliases, alias);
    subjectsByAlias.put(alias.lookup(), subject);
  }

  private void keep(Token token, Alias alias) {
    token.aliases = Subject.with(token.aliases, alias);
    tokensByAlias.put(alias.lookup(), token);
  }

  /** All records that hold what the subject, and the tokens that nobody else has, are found by. */
  static List<Place> places(Subject subject) {
    List<Place> places = new ArrayList<>(List.of(subject.place));
    subject.aliases.forEach(alias -> places.add(alias.place()));
    for (Token token : own(subject)) {
      places.add(token.place);
      token.aliases.forEach(alias -> places.add(alias.place()));
    }
    return places;
  }

  /** A new subject with a key and a pseudonym of its own. */
  Subject add(Lookup lookup, String account) {
    byte[] random = Crypto.random(RANDOM_BYTES);
    byte[] dataKey = Crypto.random(Crypto.KEY_BYTES);
    byte[] wrapped = root.wrap(dataKey, random);
    byte[] name = new SubjectKey(dataKey).seal(random, account.getBytes(StandardCharsets.UTF_8));
    Arrays.fill(dataKey, (byte) 0);
    ByteBuffer payload =
        ByteBuffer.allocate(Lookup.bytes() + RANDOM_BYTES + wrapped.length + name.length);
    lookup.write(payload);
    payload.put(random).put(wrapped).put(name);
    Place place = file.append(SUBJECT, payload.array());
    return keep(new Subject(lookup, random, Kind.ACCOUNT.text(random), wrapped, place));
  }

  /** A new token of a subject. */
  Token add(Kind kind, Lookup lookup, Subject owner) {
    byte[] random = Crypto.random(kind.randomBytes());
    ByteBuffer payload =
        ByteBuffer.allocate(1 + Lookup.bytes() + RANDOM_BYTES + random.length)
            .put((byte) kind.code());
    lookup.write(payload);
    payload.put(owner.random).put(random);
    Place place = file.append(TOKEN, payload.array());
    Token token = keep(new Token(lookup, kind.text(random), place));
    owner.add(token);
    return token;
  }

  /** Another subject has the token, too. */
  void link(Token token, Subject owner) {
    file.append(
        LINK,
        ByteBuffer.allocate(Long.BYTES + RANDOM_BYTES)
            .putLong(token.place.offset())
            .put(owner.random)
            .array());
    owner.add(token);
  }

  /** Takes a record of the file. */
  void read(int type, byte[] payload, Place place) {
    ByteBuffer in = ByteBuffer.wrap(payload);
    switch (type) {
      case SUBJECT -> {
        Lookup lookup = Lookup.read(in);
        byte[] random = bytes(in, RANDOM_BYTES);
        byte[] wrapped = bytes(in, RootKey.wrappedBytes());
        keep(new Subject(lookup, random, Kind.ACCOUNT.text(random), wrapped, place));
      }
      case TOKEN -> {
        Kind kind = Kind.byCode(in.get());
        Lookup lookup = Lookup.read(in);
        byte[] owner = bytes(in, RANDOM_BYTES);
        Token token = keep(new Token(lookup, kind.text(bytes(in, kind.randomBytes())), place));
        link(token, owner);
      }
      case LINK -> {
        Token token = tokensByPlace.get(in.getLong());
        if (token != null) {
          link(token, bytes(in, RANDOM_BYTES));
        }
      }
      case ALIAS -> {
        Kind kind = Kind.byCode(in.get());
        Alias alias = new Alias(Lookup.read(in), place);
        if (kind == Kind.ACCOUNT) {
          Subject subject = byPseudonym.get(Kind.ACCOUNT.text(bytes(in, RANDOM_BYTES)));
          if (subject != null) {
            keep(subject, alias);
          }
        } else {
          Token token = tokensByPlace.get(in.getLong());
          if (token != null) {
            keep(token, alias);
          }
        }
      }
      default -> throw new VaultException("vault: expected a record from 2 to 5, got " + type);
    }
  }

  /** The account as it was before it had a pseudonym. */
  static String name(Subject subject, byte[] payload, SubjectKey key) {
    int start = Lookup.bytes() + RANDOM_BYTES + RootKey.wrappedBytes();
    byte[] name = key.open(subject.random, Arrays.copyOfRange(payload, start, payload.length));
    if (name == null) {
      throw new VaultException("vault: the entry of " + subject.pseudonym + " is damaged");
    }
    return new String(name, StandardCharsets.UTF_8);
  }

  SubjectKey key(Subject subject) {
    byte[] dataKey = root.unwrap(subject.wrappedKey, subject.random);
    try {
      return new SubjectKey(dataKey);
    } finally {
      Arrays.fill(dataKey, (byte) 0);
    }
  }

  /** Tokens that nobody else has: they go with the subject. */
  static List<Token> own(Subject subject) {
    List<Token> own = new ArrayList<>();
    for (Token token : subject.tokens) {
      if (token.owners == 1) {
        own.add(token);
      }
    }
    return own;
  }

  /** Takes a subject out of memory, and the tokens that nobody else has. */
  void forget(Subject subject) {
    for (Token token : subject.tokens) {
      if (--token.owners == 0) {
        tokens.remove(token.lookup);
        tokensByPlace.remove(token.place.offset());
        token.aliases.forEach(alias -> tokensByAlias.remove(alias.lookup()));
      }
    }
    subjects.remove(subject.lookup);
    subject.aliases.forEach(alias -> subjectsByAlias.remove(alias.lookup()));
    byPseudonym.remove(subject.pseudonym);
    Arrays.fill(subject.wrappedKey, (byte) 0);
  }

  private void link(Token token, byte[] owner) {
    Subject subject = byPseudonym.get(Kind.ACCOUNT.text(owner));
    // An erased subject's links stay, from one random number to another.
    if (subject != null && !subject.has(token)) {
      subject.add(token);
    }
  }

  private Subject keep(Subject subject) {
    if (subjects.putIfAbsent(subject.lookup, subject) != null
        || byPseudonym.putIfAbsent(subject.pseudonym, subject) != null) {
      throw new VaultException("vault: two entries of one account");
    }
    return subject;
  }

  private Token keep(Token token) {
    if (tokens.putIfAbsent(token.lookup, token) != null) {
      throw new VaultException("vault: two entries of one token");
    }
    tokensByPlace.put(token.place.offset(), token);
    return token;
  }

  private static byte[] bytes(ByteBuffer in, int length) {
    byte[] bytes = new byte[length];
    in.get(bytes);
    return bytes;
  }
}

package io.vigil.model.approval;

import io.vigil.model.artefact.ArtefactException;
import io.vigil.model.artefact.Artefacts;
import io.vigil.model.artefact.YamlMap;
import java.security.PublicKey;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The persons who may sign, and their keys: the root of trust, which reaches the job with its
 * options and never over the topic. Immutable and thread-safe.
 */
public final class Keyring {
  private static final String FORMAT = "vigil-keyring-1";
  private static final int PERSONS_MAX = 1_000;
  private static final int KEYS_MAX = 16;
  private static final int GATES_MAX = 64;
  private static final Pattern DIGEST = Pattern.compile("[0-9a-f]{64}");
  private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9._-]{0,63}");
  private static final String NAME_EXPECTED = "a name of lower-case letters, digits, '.', - and _";
  private static final Pattern DATE = Pattern.compile("\\d{4}-\\d{2}-\\d{2}");
  private static final Map<String, Boolean> TRUTH = Map.of("true", true, "false", false);

  private final String scope;
  private final List<Person> persons;
  private final Set<String> gates;
  private final String digest;
  private final Map<String, Enrolled> byKeyId = new HashMap<>();

  /** A key and whose it is. */
  record Enrolled(Person person, EnrolledKey key) {}

  private Keyring(String scope, List<Person> persons, Set<String> gates, String digest) {
    this.scope = scope;
    this.persons = List.copyOf(persons);
    this.gates = Collections.unmodifiableSet(new TreeSet<>(gates));
    this.digest = digest;
    for (Person person : persons) {
      person.keys().forEach(key -> byKeyId.put(key.id(), new Enrolled(person, key)));
    }
  }

  /**
   * Reads a keyring.
   *
   * @param yaml the whole file
   * @param origin where it came from, for messages
   * @throws ArtefactException at the first thing that is wrong
   */
  public static Keyring read(String yaml, String origin) {
    YamlMap file = YamlMap.read(yaml, origin, "format", "scope", "gates", "persons");
    file.choice("format", Map.of(FORMAT, FORMAT));
    List<Person> persons = new ArrayList<>();
    Set<String> names = new HashSet<>();
    Set<String> keyIds = new HashSet<>();
    for (YamlMap entry : file.maps("persons", PERSONS_MAX, "name", "roles", "keys", "revoked")) {
      Person person = person(entry, keyIds);
      if (!names.add(person.name())) {
        throw entry.wrong("name", "a name that no other person has");
      }
      persons.add(person);
    }
    Set<String> gates = new TreeSet<>();
    if (file.has("gates")) {
      for (String digest : file.texts("gates", GATES_MAX)) {
        if (!DIGEST.matcher(digest).matches()) {
          throw file.wrong("gates", "SHA-256 of files of gates, 64 lower-case hex digits each");
        }
        gates.add(digest);
      }
    }
    return new Keyring(
        file.text("scope", NAME, NAME_EXPECTED), persons, gates, Artefacts.digest(yaml));
  }

  private static Person person(YamlMap entry, Set<String> keyIds) {
    List<EnrolledKey> keys = new ArrayList<>();
    for (YamlMap key : entry.maps("keys", KEYS_MAX, "id", "public", "expires", "revoked")) {
      EnrolledKey enrolled = key(key);
      if (!keyIds.add(enrolled.id())) {
        throw key.wrong("id", "a key that stands nowhere else in the keyring");
      }
      keys.add(enrolled);
    }
    return new Person(
        entry.text("name", NAME, NAME_EXPECTED),
        EnumSet.copyOf(entry.choices("roles", Role.values().length, Role.byId())),
        keys,
        revoked(entry));
  }

  private static EnrolledKey key(YamlMap entry) {
    PublicKey publicKey;
    try {
      publicKey = SigningKeys.readPublic(entry.text("public", "a public key in base64"));
    } catch (IllegalArgumentException e) {
      throw entry.because("public", String.valueOf(e.getMessage()));
    }
    String id = SigningKeys.id(publicKey);
    if (!entry.text("id", "the key's id").equals(id)) {
      throw entry.wrong("id", id + ", which is the id of the public key beside it");
    }
    String dateExpected = "a date such as 2026-12-31";
    entry.text("expires", DATE, dateExpected);
    LocalDate expires = LocalDate.ofEpochDay(entry.dateMs("expires") / 86_400_000L);
    return new EnrolledKey(id, publicKey, expires, revoked(entry));
  }

  private static boolean revoked(YamlMap entry) {
    return entry.has("revoked") && entry.choice("revoked", TRUTH);
  }

  /**
   * A keyring of nobody.
   *
   * @param scope what its signatures count for, such as {@code production}
   * @throws IllegalArgumentException when that is no name
   */
  public static Keyring empty(String scope) {
    return new Keyring(named("scope", scope), List.of(), Set.of(), "").settled();
  }

  /**
   * This keyring with one more key.
   *
   * @param person who is there already, and then gets these roles too, or is new
   * @param roles at least one for a new person
   * @throws IllegalArgumentException when the key is there already, or anything is not legal
   */
  public Keyring enrol(String person, Set<Role> roles, PublicKey key, LocalDate expires) {
    Enrolled there = byKeyId.get(SigningKeys.id(key));
    if (there != null) {
      throw new IllegalArgumentException(
          "expected a key that nobody has, got %s of %s"
              .formatted(there.key().id(), there.person().name()));
    }
    EnrolledKey added = new EnrolledKey(SigningKeys.id(key), key, expires, false);
    List<Person> all = new ArrayList<>(persons);
    Person before =
        persons.stream().filter(one -> one.name().equals(person)).findFirst().orElse(null);
    Set<Role> allRoles = EnumSet.noneOf(Role.class);
    allRoles.addAll(roles);
    List<EnrolledKey> keys = new ArrayList<>();
    if (before != null) {
      allRoles.addAll(before.roles());
      keys.addAll(before.keys());
    }
    keys.add(added);
    if (allRoles.isEmpty()) {
      throw new IllegalArgumentException(
          "role: expected at least one of %s for a new person, got none"
              .formatted(String.join(", ", Role.byId().keySet())));
    }
    Person after =
        new Person(named("name", person), allRoles, keys, before != null && before.revoked());
    if (before == null) {
      all.add(after);
    } else {
      all.set(all.indexOf(before), after);
    }
    return new Keyring(scope, all, gates, "").settled();
  }

  /**
   * This keyring with one key that signs nothing any more; it stays in the file.
   *
   * @throws IllegalArgumentException when nobody has the key, or it is revoked already
   */
  public Keyring revokeKey(String keyId) {
    Enrolled there = byKeyId.get(keyId);
    if (there == null) {
      throw new IllegalArgumentException("key: expected one of the keyring, got " + keyId);
    }
    if (there.key().revoked()) {
      throw new IllegalArgumentException("key: expected one that still signs, got " + keyId);
    }
    Person person = there.person();
    List<EnrolledKey> keys = new ArrayList<>();
    for (EnrolledKey key : person.keys()) {
      boolean revoked = key.revoked() || key.id().equals(keyId);
      keys.add(new EnrolledKey(key.id(), key.publicKey(), key.expires(), revoked));
    }
    return with(person, new Person(person.name(), person.roles(), keys, person.revoked()));
  }

  /**
   * This keyring with one person whose keys sign nothing any more, and none enrolled later; he or
   * she stays in the file.
   *
   * @throws IllegalArgumentException when there is no such person, or he or she is revoked already
   */
  public Keyring revokePerson(String name) {
    Person person =
        persons.stream().filter(one -> one.name().equals(name)).findFirst().orElse(null);
    if (person == null) {
      throw new IllegalArgumentException("person: expected one of the keyring, got " + name);
    }
    if (person.revoked()) {
      throw new IllegalArgumentException("person: expected one who still signs, got " + name);
    }
    return with(person, new Person(name, person.roles(), person.keys(), true));
  }

  private Keyring with(Person before, Person after) {
    List<Person> all = new ArrayList<>(persons);
    all.set(all.indexOf(before), after);
    return new Keyring(scope, all, gates, "").settled();
  }

  /** What its own file is read as: the limits of {@link #read} hold for it too. */
  private Keyring settled() {
    try {
      return read(toYaml(), "keyring");
    } catch (ArtefactException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }

  private static String named(String what, String name) {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "%s: expected %s, got %s".formatted(what, NAME_EXPECTED, name));
    }
    return name;
  }

  /** The keyring as a file; comments that it once had are gone. */
  public String toYaml() {
    StringBuilder out = new StringBuilder();
    out.append("format: ").append(FORMAT).append('\n');
    out.append("scope: ").append(scope).append('\n');
    if (!gates.isEmpty()) {
      out.append("gates: [\"").append(String.join("\", \"", gates)).append("\"]\n");
    }
    out.append(persons.isEmpty() ? "persons: []\n" : "persons:\n");
    for (Person person : persons) {
      String roles = person.roles().stream().map(Role::id).collect(Collectors.joining(", "));
      out.append("  - name: ").append(person.name()).append('\n');
      out.append("    roles: [").append(roles).append("]\n");
      if (person.revoked()) {
        out.append("    revoked: true\n");
      }
      out.append(person.keys().isEmpty() ? "    keys: []\n" : "    keys:\n");
      for (EnrolledKey key : person.keys()) {
        out.append(
            "      - {id: \"%s\", public: \"%s\", expires: %s%s}\n"
                .formatted(
                    key.id(),
                    Base64.getEncoder().encodeToString(SigningKeys.raw(key.publicKey())),
                    key.expires(),
                    key.revoked() ? ", revoked: true" : ""));
      }
    }
    return out.toString();
  }

  /**
   * SHA-256, hex, of the files of gates by which plans may be made, in order; none for any, which
   * leaves it to the author what is asked of the candidate.
   */
  public Set<String> gates() {
    return gates;
  }

  /** The key of that id and whose it is, null when nobody's. */
  @Nullable Enrolled find(String keyId) {
    return byKeyId.get(keyId);
  }

  /** Whose keys these are, each person once; a key that nobody has goes by its id. */
  public List<String> names(List<String> keyIds) {
    return keyIds.stream()
        .map(
            id -> {
              Enrolled enrolled = byKeyId.get(id);
              return enrolled == null ? id : enrolled.person().name();
            })
        .distinct()
        .toList();
  }

  /** What its signatures count for: one that was given for another scope is worth nothing here. */
  public String scope() {
    return scope;
  }

  public List<Person> persons() {
    return persons;
  }

  /** SHA-256 of the file, hex. */
  public String digest() {
    return digest;
  }
}

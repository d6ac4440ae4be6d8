package io.vigil.schema.vault;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Anything in any order, with stops, against a map of what must be there. */
final class VaultPropertyTest {
  private static final int PEOPLE = 6;
  private static final byte[] PLACE = {7};

  /** What must be in a vault: pseudonyms, and what was sealed under each. */
  private static final class Model {
    private final Map<String, String> accounts = new TreeMap<>();
    private final Map<String, TreeSet<String>> phones = new TreeMap<>();
    private final Map<String, String> phonePseudonyms = new HashMap<>();
    private final Map<String, byte[]> sealed = new HashMap<>();
    private final List<String> erased = new ArrayList<>();

    private Model copy() {
      Model copy = new Model();
      copy.accounts.putAll(accounts);
      phones.forEach((phone, owners) -> copy.phones.put(phone, new TreeSet<>(owners)));
      copy.phonePseudonyms.putAll(phonePseudonyms);
      copy.sealed.putAll(sealed);
      copy.erased.addAll(erased);
      return copy;
    }
  }

  @Property(tries = 60)
  void whatIsInAVaultIsWhatWasPutThere(@ForAll long seed) throws IOException {
    Path parent = Files.createTempDirectory("vault-property");
    try {
      run(parent.resolve("vault"), new Random(seed));
    } finally {
      try (Stream<Path> files = Files.walk(parent)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }

  private static void run(Path directory, Random random) throws IOException {
    Model committed = new Model();
    Model now = committed.copy();
    Vault vault = open(directory);
    Vault other = open(directory);
    try {
      for (int step = 0; step < 60; step++) {
        String person = "person-" + random.nextInt(PEOPLE);
        switch (random.nextInt(8)) {
          case 0, 1, 2 -> {
            String pseudonym = vault.pseudonym(person);
            assertThat(now.accounts.getOrDefault(person, pseudonym)).isEqualTo(pseudonym);
            assertThat(now.erased).doesNotContain(pseudonym);
            now.accounts.put(person, pseudonym);
          }
          case 3, 4 -> {
            String phone = "phone-" + random.nextInt(PEOPLE / 2);
            String token = vault.token(Kind.DEVICE, phone, person);
            assertThat(now.phonePseudonyms.getOrDefault(phone, token)).isEqualTo(token);
            now.accounts.put(person, vault.pseudonym(person));
            now.phonePseudonyms.put(phone, token);
            now.phones.computeIfAbsent(phone, key -> new TreeSet<>()).add(person);
          }
          case 5 -> {
            vault.commit();
            committed = now.copy();
            if (random.nextBoolean()) {
              // Whoever wrote before, the other goes on from there.
              Vault last = vault;
              vault = other;
              other = last;
            }
          }
          case 6 -> {
            vault.commit();
            erase(vault, now, person);
            committed = now.copy();
          }
          default -> {
            other.close();
            crash(vault, directory, random);
            now = committed.copy();
            vault = open(directory);
            other = open(directory);
          }
        }
        if (!now.accounts.isEmpty() && random.nextInt(4) == 0) {
          vault.commit();
          committed = now.copy();
          check(vault, now);
        }
      }
      vault.commit();
      check(other, now);
    } finally {
      vault.close();
      other.close();
    }
  }

  private static void erase(Vault vault, Model now, String person) {
    String pseudonym = now.accounts.remove(person);
    if (pseudonym == null) {
      return;
    }
    int own = 0;
    int shared = 0;
    for (String phone : List.copyOf(now.phones.keySet())) {
      TreeSet<String> owners = now.phones.get(phone);
      if (owners != null && owners.remove(person)) {
        if (owners.isEmpty()) {
          own++;
          now.phones.remove(phone);
          now.phonePseudonyms.remove(phone);
        } else {
          shared++;
        }
      }
    }
    JournalEntry entry = vault.erase(pseudonym, "eva", "request");
    assertThat(List.of(entry.destroyed(), entry.kept())).containsExactly(own, shared);
    now.erased.add(pseudonym);
  }

  /** Ends without a commit, perhaps with a part of a batch behind the last whole one. */
  private static void crash(Vault vault, Path directory, Random random) throws IOException {
    vault.close();
    Path file = directory.resolve(random.nextBoolean() ? "entries" : "journal");
    byte[] bytes = Files.readAllBytes(file);
    byte[] torn = new byte[random.nextInt(40)];
    random.nextBytes(torn);
    if (random.nextBoolean() && bytes.length > 60) {
      // What a batch that was torn begins with is a record like those before.
      torn = Arrays.copyOfRange(bytes, 16, 16 + random.nextInt(44));
    }
    byte[] with = Arrays.copyOf(bytes, bytes.length + torn.length);
    System.arraycopy(torn, 0, with, bytes.length, torn.length);
    Files.write(file, with);
  }

  private static void check(Vault vault, Model now) {
    for (int i = 0; i < PEOPLE; i++) {
      String person = "person-" + i;
      assertThat(vault.find(person).orElse("")).isEqualTo(now.accounts.getOrDefault(person, ""));
      String phone = "phone-" + i;
      assertThat(vault.find(Kind.DEVICE, phone).orElse(""))
          .isEqualTo(now.phonePseudonyms.getOrDefault(phone, ""));
    }
    now.accounts.forEach(
        (person, pseudonym) -> {
          byte[] text = person.getBytes(StandardCharsets.UTF_8);
          byte[] sealed = vault.seal(pseudonym, PLACE, text).orElseThrow();
          // The key is the one of before, whatever has happened since.
          assertThat(now.sealed.computeIfAbsent(pseudonym, key -> sealed)).isEqualTo(sealed);
          assertThat(vault.open(pseudonym, PLACE, sealed)).contains(text);
        });
    for (String erased : now.erased) {
      assertThat(vault.status(erased).orElseThrow().state()).isEqualTo(Vault.State.ERASED);
      assertThat(vault.open(erased, PLACE, PLACE)).isEmpty();
    }
    assertThat(vault.counts())
        .isEqualTo(
            new Vault.Counts(
                now.accounts.size(), now.phonePseudonyms.size(), 0, now.erased.size()));
  }

  private static Vault open(Path directory) {
    return Vault.open(directory, VaultTest.KEY, VaultTest.CLOCK);
  }
}

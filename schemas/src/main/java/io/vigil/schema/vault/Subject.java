package io.vigil.schema.vault;

import io.vigil.schema.vault.RootKey.Lookup;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A person's entry in memory: an account or a customer, its key, wrapped, and an account's tokens.
 * Not thread-safe.
 */
final class Subject {
  private static final int SEARCHED_MAX = 16;

  /** Another value by which a subject or a token is found, and where that stands. */
  record Alias(Lookup lookup, VaultFile.Place place) {}

  /** A card, a device or an address, of one subject or several. */
  static final class Token {
    final Lookup lookup;
    final String pseudonym;
    final VaultFile.Place place;
    int owners;
    List<Alias> aliases = List.of();

    Token(Lookup lookup, String pseudonym, VaultFile.Place place) {
      this.lookup = lookup;
      this.pseudonym = pseudonym;
      this.place = place;
    }
  }

  final Lookup lookup;
  final byte[] random;
  final String pseudonym;
  final byte[] wrappedKey;
  final VaultFile.Place place;
  final List<Token> tokens = new ArrayList<>(2);
  List<Alias> aliases = List.of();
  private @Nullable Set<Token> index;

  Subject(
      Lookup lookup, byte[] random, String pseudonym, byte[] wrappedKey, VaultFile.Place place) {
    this.lookup = lookup;
    this.random = random;
    this.pseudonym = pseudonym;
    this.wrappedKey = wrappedKey;
    this.place = place;
  }

  /** With one more; there are none but for changes of the key of tokens. */
  static List<Alias> with(List<Alias> aliases, Alias alias) {
    List<Alias> more = new ArrayList<>(aliases);
    more.add(alias);
    return more;
  }

  boolean has(Token token) {
    Set<Token> all = index;
    if (all != null) {
      return all.contains(token);
    }
    for (int i = 0; i < tokens.size(); i++) {
      if (tokens.get(i) == token) {
        return true;
      }
    }
    return false;
  }

  /** To be called once for a token. */
  void add(Token token) {
    tokens.add(token);
    token.owners++;
    if (index != null) {
      index.add(token);
    } else if (tokens.size() > SEARCHED_MAX) {
      index = new HashSet<>(tokens);
    }
  }
}

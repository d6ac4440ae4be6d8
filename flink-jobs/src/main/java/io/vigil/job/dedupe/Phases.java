package io.vigil.job.dedupe;

import io.vigil.schema.Event;
import io.vigil.schema.Profile;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.Codec;
import java.util.Map;
import java.util.TreeMap;
import org.apache.avro.specific.SpecificRecordBase;
import org.jspecify.annotations.Nullable;

/**
 * A record that came while the key of tokens changed, as its source would have written it before
 * and as it will write it after: a record that is sent again in another phase is the same one.
 * Immutable by agreement.
 */
@SuppressWarnings("ArrayRecordComponent") // A carrier of bytes, never compared.
record Phases(byte[] before, byte[] after) {
  private static final String TOKENS = "next_tokens";

  /** Null when no key changes. The transaction is the caller's no more. */
  static @Nullable Phases of(Transaction transaction, Codec<Transaction> codec) {
    return of(transaction, transaction.getNextTokens(), null, codec);
  }

  /** Null when no key changes. The event is the caller's no more. */
  static @Nullable Phases of(Event event, Codec<Event> codec) {
    if (event.getNextTokens() != null) {
      // As imports write them; what was decoded has lost its order.
      event.setAttributes(new TreeMap<>(event.getAttributes()));
    }
    return of(event, event.getNextTokens(), null, codec);
  }

  /** Null when no key changes. The profile is the caller's no more. */
  static @Nullable Phases of(Profile profile, Codec<Profile> codec) {
    if (profile.getNextTokens() != null) {
      profile.setFacts(new TreeMap<>(profile.getFacts()));
    }
    return of(profile, profile.getNextTokens(), "entity_id", codec);
  }

  /**
   * @param field that takes the token; null for the field of the token's name
   */
  private static <T extends SpecificRecordBase> @Nullable Phases of(
      T record, @Nullable Map<String, String> tokens, @Nullable String field, Codec<T> codec) {
    if (tokens == null) {
      return null;
    }
    record.put(TOKENS, null);
    byte[] before = codec.encode(record);
    tokens.forEach((name, token) -> record.put(field == null ? name : field, token));
    return new Phases(before, codec.encode(record));
  }
}

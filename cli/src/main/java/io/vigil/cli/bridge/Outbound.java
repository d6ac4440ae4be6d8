package io.vigil.cli.bridge;

import io.vigil.cli.ingest.Ingested;
import io.vigil.job.Topics;
import io.vigil.schema.DeadLetter;
import io.vigil.schema.Event;
import io.vigil.schema.Profile;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.Codec;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A record for one of our topics.
 *
 * @param key null for a dead letter
 * @param offset of the record that it was made of
 */
record Outbound(String topic, byte @Nullable [] key, byte[] value, long offset) {

  /** Writes records in our encoding. Thread-confined. */
  static final class Encoder {
    private final Codec<Transaction> transactions = Codec.of(Transaction.class);
    private final Codec<Event> events = Codec.of(Event.class);
    private final Codec<Profile> profiles = Codec.of(Profile.class);
    private final Codec<DeadLetter> deadLetters = Codec.of(DeadLetter.class);

    Outbound encode(Ingested ingested, long offset) {
      if (ingested instanceof Ingested.TransactionRow row) {
        Transaction t = row.transaction();
        return keyed(Topics.TRANSACTIONS, t.getAccount(), transactions.encode(t), offset);
      }
      if (ingested instanceof Ingested.EventRow row) {
        Event e = row.event();
        return keyed(Topics.EVENTS, e.getAccount(), events.encode(e), offset);
      }
      if (ingested instanceof Ingested.ProfileRow row) {
        Profile p = row.profile();
        return keyed(Topics.PROFILES, p.getEntityId(), profiles.encode(p), offset);
      }
      if (ingested instanceof Ingested.BadRow bad) {
        return new Outbound(
            Topics.DEAD_LETTERS, null, deadLetters.encode(bad.deadLetter()), offset);
      }
      throw new IllegalStateException("no topic of ours takes " + ingested.getClass());
    }

    private static Outbound keyed(String topic, String key, byte[] value, long offset) {
      return new Outbound(topic, key.getBytes(StandardCharsets.UTF_8), value, offset);
    }
  }
}

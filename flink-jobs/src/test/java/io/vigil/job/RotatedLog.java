package io.vigil.job;

import io.vigil.job.record.LogRecord;
import io.vigil.schema.Event;
import io.vigil.schema.FactValue;
import io.vigil.schema.Label;
import io.vigil.schema.Profile;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.Codec;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One log under the old key of tokens, under the new one, and as those write it who change the key.
 */
record RotatedLog(TestLog old, TestLog renamed, TestLog changing, Producer producer) {
  private static final long HOUR_MS = 3_600_000;

  /**
   * @param beginsAfterHours when both tokens begin
   * @param bothHours for how long they are there before the first partition switches
   * @param eachMinutes how much later each further partition switches than the one before it
   */
  static RotatedLog of(long seed, int count, int beginsAfterHours, int bothHours, int eachMinutes) {
    TestLog plain = new TestLog(seed, count, true);
    long eachMs = eachMinutes * 60_000L;
    long startMs = plain.partitions().get(0).get(0).appendTimeMs();
    long beginsMs = startMs + beginsAfterHours * HOUR_MS;
    long switchesMs = beginsMs + bothHours * HOUR_MS;
    // What names the old token first may be late by an hour, and take effect among what comes then.
    long endsMs = switchesMs + 3 * eachMs + HOUR_MS;
    Producer producer = new Producer(beginsMs, switchesMs, eachMs, endsMs);
    return new RotatedLog(
        new TestLog(plain, new Writer(Producer.OLD, beginsMs)::value),
        new TestLog(plain, new Writer(Producer.NEW, beginsMs)::value),
        new TestLog(plain, new Writer(producer, beginsMs)::value),
        producer);
  }

  /**
   * Which keys those have who write records, by when the log takes them: from some time on both,
   * from another on both in their new places, which is later for each further partition, and at
   * last the new one alone.
   */
  record Producer(long beginsMs, long switchesMs, long eachMs, long endsMs) {
    static final Producer OLD = new Producer(Long.MAX_VALUE, Long.MAX_VALUE, 0, Long.MAX_VALUE);
    static final Producer NEW = new Producer(Long.MIN_VALUE, Long.MIN_VALUE, 0, Long.MIN_VALUE);

    boolean isNew(long timeMs, int partition) {
      return timeMs >= switchesMs + partition * eachMs;
    }

    boolean both(long timeMs) {
      return timeMs >= beginsMs && timeMs < endsMs;
    }

    String now(String token, long timeMs, int partition) {
      return isNew(timeMs, partition) ? renamed(token) : token;
    }

    @Nullable String next(String token, long timeMs, int partition) {
      return !both(timeMs) ? null : isNew(timeMs, partition) ? token : renamed(token);
    }

    /** Another number of the same length; the tests' tokens end in a few digits. */
    static String renamed(String token) {
      return "f".repeat(40) + token.substring(40);
    }
  }

  /** The log as a producer would have written it. */
  private static final class Writer {
    private final Producer producer;
    private final Codec<Transaction> transactions = Codec.of(Transaction.class);
    private final Codec<Event> events = Codec.of(Event.class);
    private final Codec<Profile> profiles = Codec.of(Profile.class);
    private final Codec<Label> labels = Codec.of(Label.class);

    /** From when cards have profiles, which hold for good. */
    private final long profilesSinceMs;

    Writer(Producer producer, long profilesSinceMs) {
      this.producer = producer;
      this.profilesSinceMs = profilesSinceMs;
    }

    byte[] value(LogRecord record) {
      if (record.rejection() != null) {
        return record.value();
      }
      try {
        return switch (record.kind()) {
          case TRANSACTION -> transaction(record);
          case EVENT -> event(record);
          case PROFILE -> profile(record);
          case LABEL -> label(record);
          default -> record.value();
        };
      } catch (Exception e) {
        throw new IllegalStateException(record.origin(), e);
      }
    }

    private byte[] transaction(LogRecord record) throws Exception {
      Transaction t = transactions.decode(record.value());
      long timeMs = record.appendTimeMs();
      t.setIp(token(Math.floorMod(t.getTerminal().hashCode(), 7)));
      int partition = record.partition();
      t.setNextTokens(tokens(t.getCard(), t.getIp(), timeMs, partition));
      t.setCard(now(t.getCard(), timeMs, partition));
      t.setIp(now(t.getIp(), timeMs, partition));
      return transactions.encode(t);
    }

    private byte[] event(LogRecord record) throws Exception {
      Event e = events.decode(record.value());
      long timeMs = record.appendTimeMs();
      String card = token(Math.floorMod(e.getEventId().hashCode(), 25));
      e.setNextTokens(tokens(card, null, timeMs, record.partition()));
      e.setCard(now(card, timeMs, record.partition()));
      return events.encode(e);
    }

    private byte[] profile(LogRecord record) throws Exception {
      Profile p = profiles.decode(record.value());
      long timeMs = record.appendTimeMs();
      if (timeMs >= profilesSinceMs && p.getEntity().equals("merchant")) {
        String card = token(Math.floorMod(p.getProfileId().hashCode(), 25));
        p.setEntity("card");
        p.setNextTokens(tokens(card, null, timeMs, 0));
        p.setEntityId(Objects.requireNonNull(now(card, timeMs, 0)));
        p.setEventTime(Math.max(p.getEventTime(), profilesSinceMs));
        p.setFacts(Map.of("grade", new FactValue((double) record.offset(), null)));
      }
      return profiles.encode(p);
    }

    /** Half of them come from where the transaction is known, the others from where the card is. */
    private byte[] label(LogRecord record) throws Exception {
      Label l = labels.decode(record.value());
      boolean stored = record.offset() % 2 == 0;
      long timeMs = stored ? l.getTransactionTime() + 5 : record.appendTimeMs();
      l.setNextTokens(tokens(l.getCard(), null, timeMs, 0));
      l.setCard(now(l.getCard(), timeMs, 0));
      return labels.encode(l);
    }

    private @Nullable String now(@Nullable String token, long timeMs, int partition) {
      return token == null ? null : producer.now(token, timeMs, partition);
    }

    private @Nullable Map<String, String> tokens(
        @Nullable String card, @Nullable String ip, long timeMs, int partition) {
      Map<String, String> tokens = new TreeMap<>();
      put(tokens, "card", card == null ? null : producer.next(card, timeMs, partition));
      put(tokens, "ip", ip == null ? null : producer.next(ip, timeMs, partition));
      return tokens.isEmpty() ? null : tokens;
    }

    private static void put(Map<String, String> tokens, String name, @Nullable String token) {
      if (token != null) {
        tokens.put(name, token);
      }
    }

    private static String token(int number) {
      return "%064x".formatted(number);
    }
  }
}

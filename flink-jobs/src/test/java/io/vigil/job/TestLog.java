package io.vigil.job;

import io.vigil.job.record.LogRecord;
import io.vigil.job.source.RecordDecoder;
import io.vigil.schema.Channel;
import io.vigil.schema.EntryMode;
import io.vigil.schema.Event;
import io.vigil.schema.FactValue;
import io.vigil.schema.Label;
import io.vigil.schema.LabelSource;
import io.vigil.schema.LabelValue;
import io.vigil.schema.Profile;
import io.vigil.schema.Tick;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.Codec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Input partitions as a broker would hold them: transactions of a few busy accounts over four
 * partitions, some late, some repeated, some in conflict, labels with corrections, ticks, and
 * rubbish; events over two and profiles of one beside them if one likes. The same seed gives the
 * same log.
 */
public final class TestLog {
  static final int PARTITIONS = 4;
  private static final long START_MS = 1_767_225_600_000L;

  private final List<List<LogRecord>> partitions = new ArrayList<>();
  private final Codec<Transaction> transactions = Codec.of(Transaction.class);
  private final Codec<Label> labels = Codec.of(Label.class);
  private final Codec<Event> events = Codec.of(Event.class);
  private final Codec<Profile> profiles = Codec.of(Profile.class);
  private final List<Event> sentEvents = new ArrayList<>();
  private final Codec<Tick> ticks = Codec.of(Tick.class);
  private final RecordDecoder decoder = new RecordDecoder(300_000);

  TestLog(long seed, int count) {
    this(seed, count, false);
  }

  /**
   * @param more whether there are events and profiles; what else there is stays the same
   */
  TestLog(long seed, int count, boolean more) {
    for (int p = 0; p <= (more ? PARTITIONS + 3 : PARTITIONS); p++) {
      partitions.add(new ArrayList<>());
    }
    Random others = new Random(seed + 1);
    Random random = new Random(seed);
    List<Transaction> sent = new ArrayList<>();
    long nowMs = START_MS;
    for (int i = 0; i < count; i++) {
      nowMs += random.nextInt(4) == 0 ? 0 : random.nextInt(60_000);
      if (more) {
        appendOther(others, i, nowMs);
      }
      int kind = random.nextInt(100);
      if (kind < 3 && !sent.isEmpty()) {
        // The same record again, sometimes with other content.
        Transaction again = Transaction.newBuilder(sent.get(random.nextInt(sent.size()))).build();
        if (random.nextBoolean()) {
          again.setAmountMinor(again.getAmountMinor() + 1);
        }
        append(again, nowMs);
      } else if (kind < 5) {
        byte[] rubbish = new byte[random.nextInt(40)];
        random.nextBytes(rubbish);
        append(Topics.TRANSACTIONS, random.nextInt(PARTITIONS), nowMs, rubbish);
      } else if (kind < 9 && !sent.isEmpty()) {
        Transaction of = sent.get(random.nextInt(sent.size()));
        LabelValue value = LabelValue.values()[random.nextInt(3)];
        append(Topics.LABELS, 0, nowMs, labels.encode(label(of, "l" + i, value, nowMs)));
      } else if (kind < 12) {
        int p = random.nextInt(PARTITIONS + 1);
        append(
            p == PARTITIONS ? Topics.LABELS : Topics.TRANSACTIONS,
            p % PARTITIONS,
            nowMs,
            ticks.encode(new Tick(nowMs - 251, "test")));
      } else {
        long eventMs = random.nextInt(10) == 0 ? nowMs - random.nextInt(3_600_000) : nowMs;
        Transaction t = transaction(random, Integer.toString(i), eventMs);
        sent.add(t);
        append(t, nowMs);
      }
    }
  }

  /** The same log with other bytes in its records. */
  TestLog(TestLog of, Function<LogRecord, byte[]> values) {
    for (List<LogRecord> partition : of.partitions) {
      List<LogRecord> changed = new ArrayList<>();
      for (LogRecord r : partition) {
        changed.add(
            decoder.decode(
                r.topic(), r.partition(), r.offset(), r.appendTimeMs(), r.key(), values.apply(r)));
      }
      partitions.add(changed);
    }
  }

  private void appendOther(Random random, int i, long nowMs) {
    int kind = random.nextInt(100);
    int partition = random.nextInt(2);
    long eventMs = random.nextInt(10) == 0 ? nowMs - random.nextInt(3_600_000) : nowMs;
    if (kind < 1) {
      byte[] rubbish = new byte[random.nextInt(40)];
      random.nextBytes(rubbish);
      append(Topics.EVENTS, partition, nowMs, rubbish);
    } else if (kind < 3) {
      String topic = random.nextBoolean() ? Topics.EVENTS : Topics.PROFILES;
      append(topic, 0, nowMs, ticks.encode(new Tick(nowMs - 251, "test")));
    } else if (kind < 4 && !sentEvents.isEmpty()) {
      Event again = Event.newBuilder(sentEvents.get(random.nextInt(sentEvents.size()))).build();
      if (random.nextBoolean()) {
        again.setKind("other");
      }
      append(Topics.EVENTS, partition, nowMs, events.encode(again));
    } else if (kind < 20) {
      Event event = event(random, "e" + i, eventMs);
      sentEvents.add(event);
      append(Topics.EVENTS, partition, nowMs, events.encode(event));
    } else if (kind < 27) {
      append(Topics.PROFILES, 0, nowMs, profiles.encode(profile(random, "p" + i, eventMs)));
    }
  }

  /** Three accounts each; some accounts are of nobody. */
  private static @Nullable String customerOf(String account) {
    int number = Integer.parseInt(account.substring(1));
    return number % 5 == 4 ? null : "K" + number / 3;
  }

  public static Event event(Random random, String id, long eventMs) {
    boolean login = random.nextInt(3) > 0;
    String account = "A" + random.nextInt(20);
    return Event.newBuilder()
        .setEventId(id)
        .setEventTime(eventMs)
        .setAccount(account)
        .setCustomer(customerOf(account))
        .setKind(login ? "login" : "payee_changed")
        .setDevice(random.nextInt(3) == 0 ? null : "D" + random.nextInt(9))
        .setCounterparty(login ? null : "C" + random.nextInt(5))
        .setAttributes(login ? Map.of("result", random.nextBoolean() ? "ok" : "failed") : Map.of())
        .build();
  }

  public static Profile profile(Random random, String id, long eventMs) {
    boolean account = random.nextInt(3) > 0;
    Map<String, FactValue> facts = new HashMap<>();
    if (!account || random.nextBoolean()) {
      int figure = random.nextInt(100);
      facts.put(
          account ? "credit_limit" : "grade",
          random.nextInt(5) == 0
              ? new FactValue(null, null)
              : random.nextBoolean()
                  ? new FactValue(figure * 100.0, null)
                  : new FactValue(null, Integer.toString(figure)));
    }
    if (account && random.nextBoolean()) {
      facts.put("segment", new FactValue(null, random.nextBoolean() ? "gold" : "basic"));
    }
    int number = random.nextInt(account ? 20 : 12);
    String customer = account && id.hashCode() % 2 == 0 ? customerOf("A" + number) : null;
    return Profile.newBuilder()
        .setProfileId(id)
        .setEventTime(eventMs)
        .setEntity(customer != null ? "customer" : account ? "account" : "merchant")
        .setEntityId(customer != null ? customer : (account ? "A" : "M") + number)
        .setFacts(facts)
        .build();
  }

  /** By partition: those of transactions, of labels, then of events and of profiles if any. */
  List<List<LogRecord>> partitions() {
    return partitions;
  }

  private void append(Transaction t, long nowMs) {
    append(
        Topics.TRANSACTIONS,
        Math.floorMod(t.getAccount().hashCode(), PARTITIONS),
        nowMs,
        transactions.encode(t));
  }

  private void append(String topic, int partition, long nowMs, byte[] value) {
    List<LogRecord> log =
        partitions.get(
            switch (topic) {
              case Topics.LABELS -> PARTITIONS;
              case Topics.EVENTS -> PARTITIONS + 1 + partition;
              case Topics.PROFILES -> PARTITIONS + 3;
              default -> partition;
            });
    log.add(decoder.decode(topic, partition, log.size(), nowMs + 5, null, value));
  }

  public static Transaction transaction(Random random, String id, long eventMs) {
    Map<String, String> attributes = new HashMap<>();
    String account = "A" + random.nextInt(20);
    return Transaction.newBuilder()
        .setTransactionId(id)
        .setEventTime(eventMs)
        .setAccount(account)
        .setCustomer(customerOf(account))
        .setCard(random.nextBoolean() ? "%064x".formatted(random.nextInt(25)) : null)
        .setMerchant(random.nextInt(4) == 0 ? null : "M" + random.nextInt(12))
        .setTerminal("T" + random.nextInt(15))
        .setDevice(random.nextBoolean() ? "D" + random.nextInt(9) : null)
        .setCounterparty(random.nextInt(5) == 0 ? "C" + random.nextInt(5) : null)
        .setAmountMinor(1 + random.nextInt(100_000))
        .setCurrency("EUR")
        .setBillingAmountMinor(1 + random.nextInt(100_000))
        .setBillingCurrency("EUR")
        .setMcc(5411)
        .setChannel(Channel.values()[random.nextInt(5)])
        .setEntryMode(EntryMode.CHIP)
        .setCountry(random.nextBoolean() ? "DE" : "FR")
        .setLatitude(48 + random.nextDouble())
        .setLongitude(11 + random.nextDouble())
        .setAttributes(attributes)
        .build();
  }

  public static Label label(Transaction of, String id, LabelValue value, long labelMs) {
    return Label.newBuilder()
        .setLabelId(id)
        .setTransactionId(of.getTransactionId())
        .setTransactionTime(of.getEventTime())
        .setAccount(of.getAccount())
        .setCard(of.getCard())
        .setMerchant(of.getMerchant())
        .setTerminal(of.getTerminal())
        .setDevice(of.getDevice())
        .setCounterparty(of.getCounterparty())
        .setCustomer(of.getCustomer())
        .setNextTokens(of.getNextTokens())
        .setValue(value)
        .setSource(LabelSource.CHARGEBACK)
        .setLabelTime(labelMs)
        .build();
  }
}

package io.vigil.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.job.decide.Recorded;
import io.vigil.job.decide.ReplayMemory;
import io.vigil.job.decide.Replayer;
import io.vigil.job.record.LogRecord;
import io.vigil.schema.Decision;
import io.vigil.schema.Event;
import io.vigil.schema.FactValue;
import io.vigil.schema.Label;
import io.vigil.schema.Profile;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.Codec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.util.FileUtils;
import org.jspecify.annotations.Nullable;

/**
 * A key of tokens is changed with both tokens side by side for as long as the longest window. A
 * stream under one key is what it is held against: features don't care what a card is called.
 */
final class KeyRotationTest {
  private static final long HOUR_MS = 3_600_000;

  /** Longest look back: 4 h and a delay of 1 h, behind records that are up to an hour late. */
  private static final long REACH_MS = 6 * HOUR_MS;

  private static final String WINDOWS =
      """
      name: windows
      version: 1
      features:
        - {name: account_count_2h, entity: account, aggregate: count, window: 2h}
        - {name: card_count_2h, entity: card, aggregate: count, window: 2h}
        - {name: card_sum_4h, entity: card, aggregate: sum, of: amount, window: 4h, resolution: 5m}
        - {name: card_merchants_3h, entity: card, aggregate: distinct, of: merchant, window: 3h}
        - {name: card_ips_3h, entity: card, aggregate: distinct, of: ip, window: 3h}
        - {name: ip_cards_3h, entity: ip, aggregate: distinct, of: card, window: 3h}
        - {name: card_seen_3h, entity: card, aggregate: seen, of: ip, window: 3h}
        - {name: pair_sum_4h, entity: [account, card], aggregate: sum, of: amount, window: 4h}
        - {name: at_merchant_4h, entity: [card, merchant], aggregate: count, window: 4h}
        - {name: card_risk_4h, entity: card, aggregate: rate, of: fraud_label, window: 4h, delay: 1h}
        - {name: merchant_risk, entity: merchant, aggregate: rate, of: fraud_label, window: 4h}
        - {name: card_logins_3h, entity: card, aggregate: count, event: login, window: 3h}
        - {name: card_devices_3h, entity: card, aggregate: distinct, of: device, event: login, window: 3h}
        - {name: card_grade, entity: card, fact: grade, default: -1}
      """;

  /** What keeps a card's token as a value under the key of another entity. */
  private static final String VALUES =
      WINDOWS
          + "  - {name: device_cards_3h, entity: device, aggregate: distinct, of: card, window: 3h}\n";

  private static Path folder;

  @BeforeContainer
  static void makeFolder() throws Exception {
    folder = Files.createTempDirectory("rotation");
  }

  @AfterContainer
  static void dropFolder() throws Exception {
    FileUtils.deleteDirectory(folder.toFile());
  }

  /**
   * Which keys those have who write records, by when the log takes them: from some time on both,
   * from another on both in their new places, which is later for each further partition, and at
   * last the new one alone.
   */
  private record Producer(long beginsMs, long switchesMs, long eachMs, long endsMs) {
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

  /** A stream under the old key, one under the new one, and one that changes. */
  private record Streams(TestLog old, TestLog renamed, TestLog changing, Producer producer) {
    /**
     * @param eachMs how much later each further partition switches than the one before it
     */
    static Streams of(long seed, int count, int beginsAfterHours, long eachMs) {
      TestLog plain = new TestLog(seed, count, true);
      long startMs = plain.partitions().get(0).get(0).appendTimeMs();
      long beginsMs = startMs + beginsAfterHours * HOUR_MS;
      long switchesMs = beginsMs + REACH_MS;
      Producer producer = new Producer(beginsMs, switchesMs, eachMs, switchesMs + 3 * eachMs);
      return new Streams(
          new TestLog(plain, new Writer(Producer.OLD, beginsMs)::value),
          new TestLog(plain, new Writer(Producer.NEW, beginsMs)::value),
          new TestLog(plain, new Writer(producer, beginsMs)::value),
          producer);
    }
  }

  @Property(tries = 6)
  void aStreamThatChangesItsKeyHasTheVectorsOfOneThatNeverDid(
      @ForAll long seed,
      @ForAll @IntRange(min = 0, max = 3) int beginsAfterHours,
      @ForAll @IntRange(min = 0, max = 40) int eachMinutes)
      throws Exception {
    Streams streams = Streams.of(seed, 2_500, beginsAfterHours, eachMinutes * 60_000L);
    Configuration options = options(WINDOWS);

    Map<String, Decision> changing = OneThread.run(streams.changing, options, List.of());

    same(changing, OneThread.run(streams.renamed, options, List.of()), streams.producer);
  }

  @Example
  void whateverTheParallelismAndThroughARestore() throws Exception {
    Streams streams = Streams.of(23, 2_500, 3, 600_000);
    Configuration options = options(WINDOWS);
    Map<String, Decision> renamed = OneThread.run(streams.renamed, options, List.of());

    Map<String, Decision> one = BoundedJob.run(streams.changing, options, List.of(), 1, 8, 0);
    same(one, renamed, streams.producer);
    assertThat(BoundedJob.run(streams.changing, options, List.of(), 2, 64, 4)).isEqualTo(one);
    assertThat(halves(streams.changing, options)).isEqualTo(one);
  }

  /** Until the switch what is decided does not know that another key is to come. */
  @Example
  void nothingIsDecidedOtherwiseWhileBothTokensAreThere() throws Exception {
    Streams streams = Streams.of(31, 2_500, 3, 0);
    Configuration options = options(VALUES);

    Map<String, Decision> changing = OneThread.run(streams.changing, options, List.of());
    Map<String, Decision> old = OneThread.run(streams.old, options, List.of());

    changing.values().removeIf(decision -> isAfter(decision, streams.producer.switchesMs));
    old.keySet().retainAll(changing.keySet());
    changing.values().forEach(decision -> decision.getTransaction().setNextTokens(null));
    assertThat(changing).hasSizeGreaterThan(1_000).isEqualTo(old);
  }

  /** As the documents say: another entity's count of cards knows the old tokens for one window. */
  @Example
  void cardsThatAreCountedAsValuesCountTwiceForOneWindowAfterTheSwitch() throws Exception {
    Streams streams = Streams.of(31, 3_500, 3, 0);
    Configuration options = options(VALUES);
    int cards = VALUES.split("- ", -1).length - 2;

    Map<String, Decision> changing = OneThread.run(streams.changing, options, List.of());
    Map<String, Decision> renamed = OneThread.run(streams.renamed, options, List.of());

    int others = 0;
    for (Map.Entry<String, Decision> entry : changing.entrySet()) {
      float[] vector = MoreInputsTest.features(entry.getValue());
      float[] expected =
          MoreInputsTest.features(Objects.requireNonNull(renamed.get(entry.getKey())));
      long sinceMs = entry.getValue().getAppendTime() - streams.producer.switchesMs;
      if (sinceMs > 0 && sinceMs < 3 * HOUR_MS) {
        assertThat(vector[cards]).isGreaterThanOrEqualTo(expected[cards]);
        assertThat(vector[cards]).isLessThanOrEqualTo(2 * expected[cards]);
        others += vector[cards] == expected[cards] ? 0 : 1;
      } else if (sinceMs >= 4 * HOUR_MS) {
        assertThat(vector).as(entry.getKey()).isEqualTo(expected);
      }
    }
    assertThat(others).isPositive();
  }

  /** The state of before goes into a memory, and what comes later goes on from there. */
  private static Map<String, Decision> halves(TestLog log, Configuration options) throws Exception {
    List<LogRecord> all = OneThread.sequenced(log, List.of());
    int half = all.size() / 2;
    while (all.get(half).effectiveTimeMs() == all.get(half - 1).effectiveTimeMs()) {
      half++;
    }
    ReplayMemory memory = new ReplayMemory();
    Map<String, Decision> decisions = new TreeMap<>();
    for (List<LogRecord> part : List.of(all.subList(0, half), all.subList(half, all.size()))) {
      decisions.putAll(
          OneThread.run(
              new ArrayList<>(part), options, memory, Recorded.NOTHING, Replayer.Wanted.ALL));
    }
    return decisions;
  }

  private static void same(
      Map<String, Decision> changing, Map<String, Decision> renamed, Producer producer) {
    assertThat(changing.keySet()).isEqualTo(renamed.keySet());
    assertThat(changing.values())
        .filteredOn(decision -> isAfter(decision, producer.endsMs))
        .hasSizeGreaterThan(200);
    changing.forEach(
        (id, decision) -> {
          Decision expected = Objects.requireNonNull(renamed.get(id));
          assertThat(MoreInputsTest.features(decision))
              .as("%s, %s", id, isAfter(decision, producer.endsMs) ? "after" : "before")
              .isEqualTo(MoreInputsTest.features(expected));
          if (isAfter(decision, producer.endsMs)) {
            assertThat(decision).isEqualTo(expected);
          }
        });
  }

  private static boolean isAfter(Decision decision, long timeMs) {
    return decision.getAppendTime() >= timeMs;
  }

  private static Configuration options(String spec) throws Exception {
    String name = spec.equals(WINDOWS) ? "windows" : "values";
    Path bundle = folder.resolve(name);
    if (!Files.exists(bundle)) {
      TestBundle.write(bundle, spec);
    }
    Configuration options = new Configuration();
    options.set(VigilOptions.BUNDLE, bundle.toString());
    options.set(VigilOptions.RULES, "basic");
    options.set(VigilOptions.CONTROL_REGISTRY, folder.resolve("registry").toString());
    options.set(VigilOptions.MODE, VigilOptions.Mode.BOUNDED);
    return options;
  }
}

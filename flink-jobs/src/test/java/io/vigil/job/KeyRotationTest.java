package io.vigil.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.job.decide.Recorded;
import io.vigil.job.decide.ReplayMemory;
import io.vigil.job.decide.Replayer;
import io.vigil.job.record.LogRecord;
import io.vigil.schema.Decision;
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

/**
 * A key of tokens is changed with both tokens side by side for as long as the longest window. A
 * stream under one key is what it is held against: features don't care what a card is called.
 */
final class KeyRotationTest {
  private static final long HOUR_MS = 3_600_000;

  /** Longest look back: 4 h and a delay of 1 h, behind records that are up to an hour late. */
  private static final int REACH_HOURS = 6;

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

  @Property(tries = 6)
  void aStreamThatChangesItsKeyHasTheVectorsOfOneThatNeverDid(
      @ForAll long seed,
      @ForAll @IntRange(min = 0, max = 3) int beginsAfterHours,
      @ForAll @IntRange(min = 0, max = 40) int eachMinutes)
      throws Exception {
    RotatedLog streams = RotatedLog.of(seed, 2_500, beginsAfterHours, REACH_HOURS, eachMinutes);
    Configuration options = options(WINDOWS);

    Map<String, Decision> changing = OneThread.run(streams.changing(), options, List.of());

    same(changing, OneThread.run(streams.renamed(), options, List.of()), streams.producer());
  }

  @Example
  void whateverTheParallelismAndThroughARestore() throws Exception {
    RotatedLog streams = RotatedLog.of(23, 2_500, 3, REACH_HOURS, 10);
    Configuration options = options(WINDOWS);
    Map<String, Decision> renamed = OneThread.run(streams.renamed(), options, List.of());

    Map<String, Decision> one = BoundedJob.run(streams.changing(), options, List.of(), 1, 8, 0);
    same(one, renamed, streams.producer());
    assertThat(BoundedJob.run(streams.changing(), options, List.of(), 2, 64, 4)).isEqualTo(one);
    assertThat(halves(streams.changing(), options)).isEqualTo(one);
  }

  /** Until the switch what is decided does not know that another key is to come. */
  @Example
  void nothingIsDecidedOtherwiseWhileBothTokensAreThere() throws Exception {
    RotatedLog streams = RotatedLog.of(31, 2_500, 3, REACH_HOURS, 0);
    Configuration options = options(VALUES);

    Map<String, Decision> changing = OneThread.run(streams.changing(), options, List.of());
    Map<String, Decision> old = OneThread.run(streams.old(), options, List.of());

    changing.values().removeIf(decision -> isAfter(decision, streams.producer().switchesMs()));
    old.keySet().retainAll(changing.keySet());
    changing.values().forEach(decision -> decision.getTransaction().setNextTokens(null));
    assertThat(changing).hasSizeGreaterThan(1_000).isEqualTo(old);
  }

  /** As the documents say: another entity's count of cards knows the old tokens for one window. */
  @Example
  void cardsThatAreCountedAsValuesCountTwiceForOneWindowAfterTheSwitch() throws Exception {
    RotatedLog streams = RotatedLog.of(31, 3_500, 3, REACH_HOURS, 0);
    Configuration options = options(VALUES);
    int cards = VALUES.split("- ", -1).length - 2;

    Map<String, Decision> changing = OneThread.run(streams.changing(), options, List.of());
    Map<String, Decision> renamed = OneThread.run(streams.renamed(), options, List.of());

    int others = 0;
    for (Map.Entry<String, Decision> entry : changing.entrySet()) {
      float[] vector = MoreInputsTest.features(entry.getValue());
      float[] expected =
          MoreInputsTest.features(Objects.requireNonNull(renamed.get(entry.getKey())));
      long sinceMs = entry.getValue().getAppendTime() - streams.producer().switchesMs();
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
      Map<String, Decision> changing, Map<String, Decision> renamed, RotatedLog.Producer producer) {
    assertThat(changing.keySet()).isEqualTo(renamed.keySet());
    assertThat(changing.values())
        .filteredOn(decision -> isAfter(decision, producer.endsMs()))
        .hasSizeGreaterThan(200);
    changing.forEach(
        (id, decision) -> {
          Decision expected = Objects.requireNonNull(renamed.get(id));
          assertThat(MoreInputsTest.features(decision))
              .as("%s, %s", id, isAfter(decision, producer.endsMs()) ? "after" : "before")
              .isEqualTo(MoreInputsTest.features(expected));
          if (isAfter(decision, producer.endsMs())) {
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

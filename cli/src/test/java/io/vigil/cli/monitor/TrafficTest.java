package io.vigil.cli.monitor;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.cli.simulate.Simulator;
import io.vigil.cli.simulate.SimulatorOptions;
import io.vigil.model.monitor.Finding;
import io.vigil.model.monitor.InputWatch;
import io.vigil.schema.Channel;
import io.vigil.schema.Transaction;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Six weeks of the simulator's stream, left alone and disturbed. */
class TrafficTest {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
  private static final int ACCOUNTS = 15_000;
  private static final int LEARNED_DAYS = 14;
  private static final int DAYS = 44;
  private static final double PER_DAY = ACCOUNTS * 1.3;

  /** A Tuesday afternoon. */
  private static final Instant DISTURBED = Instant.parse("2026-02-03T13:07:00Z");

  /** Stream time by stream time, what was reported. */
  private static Map<Instant, List<Finding>> reports(
      long seed, Instant until, UnaryOperator<@Nullable Transaction> change) {
    Traffic traffic = new Traffic(t -> t.getChannel().name());
    Simulator simulator =
        new Simulator(
            SimulatorOptions.of(seed, (long) (PER_DAY * DAYS))
                .withAccounts(ACCOUNTS)
                .withStart(START));
    Map<Instant, List<Finding>> reports = new TreeMap<>();
    long reachedMs = START.toEpochMilli();
    while (simulator.hasNext()) {
      Transaction transaction = simulator.next().transaction();
      long timeMs = transaction.getEventTime();
      if (timeMs >= until.toEpochMilli()) {
        break;
      }
      for (; reachedMs <= timeMs; reachedMs += InputWatch.BUCKET_MS) {
        List<Finding> found = traffic.reached(reachedMs);
        if (!found.isEmpty()) {
          reports.put(Instant.ofEpochMilli(reachedMs), found);
        }
      }
      Transaction changed =
          timeMs < DISTURBED.toEpochMilli() ? transaction : change.apply(transaction);
      if (changed != null) {
        traffic.count(changed, timeMs, 40, Double.NaN);
      }
    }
    return reports;
  }

  @Test
  void aMonthThatNobodyDisturbsIsReportedOnceAtTheMost() {
    Map<Instant, List<Finding>> reports =
        reports(3, START.plus(Duration.ofDays(DAYS)), transaction -> transaction);
    reports.forEach((at, found) -> found.forEach(f -> System.out.println(at + " " + f.text())));
    assertThat(reports.keySet())
        .filteredOn(at -> at.isAfter(START.plus(Duration.ofDays(LEARNED_DAYS))))
        .hasSizeLessThanOrEqualTo(1);
  }

  @Test
  void aMerchantCategoryThatVanishesIsReportedWithinTheHour() {
    assertThat(found(t -> Integer.valueOf(5411).equals(t.getMcc()) ? null : t))
        .anyMatch(f -> f.dimension().equals("merchant category") && f.value().equals("5411"));
  }

  @Test
  void aCurrencyThatChangesIsReportedWithinTheHour() {
    assertThat(
            found(
                t -> {
                  if (t.getCurrency().equals("EUR")) {
                    t.setCurrency("XEU");
                  }
                  return t;
                }))
        .anyMatch(f -> f.kind() == Finding.Kind.NEW && f.value().equals("XEU"))
        .anyMatch(f -> f.value().equals("EUR"));
  }

  @Test
  void aFeedThatFallsSilentIsReportedWithinTheHour() {
    assertThat(found(t -> t.getChannel() == Channel.TRANSFER ? null : t))
        .anyMatch(f -> f.kind() == Finding.Kind.SILENT && f.value().equals("TRANSFER"));
  }

  @Test
  void aFeedThatIsNewIsWatchedAfterAWeekToo() {
    Instant first = DISTURBED.minus(Duration.ofDays(9));
    InputWatch watch = new InputWatch("feed");
    List<Finding> found = new ArrayList<>();
    for (long ms = START.toEpochMilli(); ms < DISTURBED.toEpochMilli(); ms += 30_000) {
      watch.add(ms, "feed", "old");
      if (ms >= first.toEpochMilli() && ms < DISTURBED.toEpochMilli() - 3_600_000) {
        watch.add(ms, "feed", "new");
      }
      found.addAll(watch.reached(ms));
    }
    assertThat(found).extracting(Finding::value).containsExactly("new");
    assertThat(found).extracting(Finding::kind).containsExactly(Finding.Kind.SILENT);
  }

  @Test
  void aFieldThatComesEmptyIsReportedWithinTheHour() {
    assertThat(
            found(
                t -> {
                  t.setDevice(null);
                  return t;
                }))
        .anyMatch(f -> f.dimension().equals("device") && f.value().equals(InputWatch.NONE));
  }

  private static List<Finding> found(UnaryOperator<@Nullable Transaction> change) {
    List<Finding> found = new ArrayList<>();
    reports(3, DISTURBED.plus(Duration.ofMinutes(61)), change)
        .forEach(
            (at, findings) -> {
              if (at.isAfter(DISTURBED)) {
                found.addAll(findings);
                findings.forEach(f -> System.out.println(at + " " + f.text()));
              }
            });
    return found;
  }
}

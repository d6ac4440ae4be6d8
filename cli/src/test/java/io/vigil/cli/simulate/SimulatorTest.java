package io.vigil.cli.simulate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.vigil.schema.Label;
import io.vigil.schema.LabelSource;
import io.vigil.schema.Transaction;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SimulatorTest {
  /** Change it only on purpose: it says that streams of earlier versions are no longer made. */
  private static final String GOLDEN =
      "555e6c8ddcfcf4ea3f8154319443a7923b1b312448e04a54f2e0254185cc970f";

  @Test
  void theSeedAloneDecidesTheRowsOnEveryMachine(@TempDir Path folder) throws IOException {
    Iterator<SimulatedTransaction> rows = first(10_000, SimulatorOptions.of(1, 100_000));

    assertThat(SimulatedFile.write(rows, folder.resolve("rows.csv"), count -> {}).sha256())
        .isEqualTo(GOLDEN);
  }

  @Test
  void equalOptionsGiveEqualStreamsAndAnotherSeedAnotherOne() {
    List<SimulatedTransaction> rows = all(SimulatorOptions.of(7, 5_000));

    assertThat(all(SimulatorOptions.of(7, 5_000))).isEqualTo(rows);
    assertThat(all(SimulatorOptions.of(8, 5_000))).isNotEqualTo(rows);
  }

  @Test
  void aLongerStreamOfTheSameAccountsBeginsWithTheShorterOne() {
    List<SimulatedTransaction> rows = all(SimulatorOptions.of(3, 8_000));

    assertThat(rows.subList(0, 3_000)).isEqualTo(all(SimulatorOptions.of(3, 3_000)));
  }

  @Test
  void rowsComeInTheOrderOfEventTimeFromTheStartOnWithRunningIds() {
    SimulatorOptions options =
        SimulatorOptions.of(2, 60_000).withStart(Instant.parse("2025-03-01T12:00:00Z"));
    long lastMs = options.start().toEpochMilli();
    long number = 0;
    for (SimulatedTransaction row : all(options)) {
      assertThat(row.transaction().getEventTime()).isGreaterThanOrEqualTo(lastMs);
      assertThat(row.transaction().getTransactionId()).isEqualTo("t" + ++number);
      lastMs = row.transaction().getEventTime();
    }
    assertThat(number).isEqualTo(60_000);
    assertThat(Duration.ofMillis(lastMs - options.start().toEpochMilli()).toHours() / 24.0)
        .as("days: transactions / (accounts x perAccountDay)")
        .isCloseTo(60_000 / (1_500 * 1.3), within(2.0));
  }

  @Test
  void anEndedStreamSaysSo() {
    Simulator simulator = new Simulator(SimulatorOptions.of(1, 1));
    simulator.next();

    assertThat(simulator.hasNext()).isFalse();
    assertThatThrownBy(simulator::next).isInstanceOf(NoSuchElementException.class);
  }

  @Test
  void fraudTakesItsShareByKind() {
    int rows = 0;
    int[] frauds = new int[FraudKind.values().length];
    List<FraudKind> kinds = Arrays.asList(FraudKind.values());
    for (int seed = 1; seed <= 4; seed++) {
      int inStream = 0;
      for (SimulatedTransaction row : all(SimulatorOptions.of(seed, 100_000))) {
        rows++;
        if (row.fraudKind() != null) {
          inStream++;
          frauds[kinds.indexOf(row.fraudKind())]++;
        }
      }
      assertThat(inStream / 100_000.0).isBetween(0.004, 0.006);
    }
    for (FraudKind kind : kinds) {
      assertThat(frauds[kinds.indexOf(kind)] / (double) rows)
          .as(kind.id())
          .isCloseTo(kind.defaultShare(), within(0.25 * kind.defaultShare()));
    }
  }

  @Test
  void otherSharesOfFraudAreMet() {
    SimulatorOptions options = SimulatorOptions.of(5, 60_000);

    assertThat(fraudShare(options.withFraudShare(0.1))).isCloseTo(0.1, within(0.01));
    assertThat(fraudShare(options.withFraudShare(0))).isZero();
    assertThat(all(options.withFraudShares(Map.of(FraudKind.MULE_RING, 0.01))))
        .extracting(SimulatedTransaction::fraudKind)
        .containsOnly(null, FraudKind.MULE_RING);
  }

  @Test
  void genuinePaymentsDoNotDependOnTheFraudAmongThem() {
    SimulatorOptions options = SimulatorOptions.of(4, 20_000);
    List<Transaction> without = genuineWithoutIds(all(options.withFraudShare(0)));
    List<Transaction> with = genuineWithoutIds(all(options.withFraudShare(0.05)));

    assertThat(with).isEqualTo(without.subList(0, with.size()));
  }

  @Test
  void labelsFollowTheirTransactionsAsChargebacksDo() {
    List<SimulatedTransaction> frauds =
        all(SimulatorOptions.of(6, 300_000)).stream()
            .filter(row -> row.fraudKind() != null)
            .toList();
    List<Label> labels = new ArrayList<>();
    List<Double> chargebackDays = new ArrayList<>();
    Set<LabelSource> sources = new HashSet<>();
    int atOnce = 0;
    for (SimulatedTransaction row : frauds) {
      Label label = row.label();
      if (label != null) {
        Transaction transaction = row.transaction();
        double days = (label.getLabelTime() - transaction.getEventTime()) / 86_400_000.0;
        assertThat(days).isGreaterThan(0).isLessThanOrEqualTo(120);
        assertThat(label.getLabelId()).isEqualTo("l-" + transaction.getTransactionId());
        assertThat(label.getTransactionTime()).isEqualTo(transaction.getEventTime());
        assertThat(label.getAccount()).isEqualTo(transaction.getAccount());
        assertThat(label.getCard()).isEqualTo(transaction.getCard());
        assertThat(label.getDevice()).isEqualTo(transaction.getDevice());
        atOnce += days < 1 ? 1 : 0;
        if (label.getSource() == LabelSource.CHARGEBACK) {
          chargebackDays.add(days);
        }
        labels.add(label);
        sources.add(label.getSource());
      }
    }
    chargebackDays.sort(null);

    assertThat(labels.size() / (double) frauds.size()).isCloseTo(0.85, within(0.06));
    assertThat(atOnce / (double) labels.size()).isCloseTo(0.2, within(0.06));
    assertThat(chargebackDays.get(chargebackDays.size() / 2)).isCloseTo(12, within(2.5));
    assertThat(chargebackDays.get(0)).isGreaterThanOrEqualTo(1);
    assertThat(sources)
        .containsExactlyInAnyOrder(
            LabelSource.CHARGEBACK, LabelSource.CUSTOMER, LabelSource.ANALYST);
  }

  @Test
  void optionsOutOfRangeAreRefusedByName() {
    SimulatorOptions options = SimulatorOptions.defaults();

    assertThatThrownBy(() -> SimulatorOptions.of(1, 0))
        .hasMessage("transactions: expected at least 1, got 0");
    assertThatThrownBy(() -> options.withAccounts(3))
        .hasMessage("accounts: expected 500 to 5000000, got 3");
    assertThatThrownBy(() -> options.withFraudShare(0.7))
        .hasMessage("fraud share in all: expected 0 to 0.5, got 0.7");
    assertThatThrownBy(() -> options.withFraudShares(Map.of(FraudKind.MULE_RING, Double.NaN)))
        .hasMessage("share of mule_ring: expected 0 to 1, got NaN");
  }

  static List<SimulatedTransaction> all(SimulatorOptions options) {
    List<SimulatedTransaction> rows = new ArrayList<>();
    new Simulator(options).forEachRemaining(rows::add);
    return rows;
  }

  static Iterator<SimulatedTransaction> first(int count, SimulatorOptions options) {
    Simulator simulator = new Simulator(options);
    return IntStream.range(0, count).mapToObj(i -> simulator.next()).iterator();
  }

  private static double fraudShare(SimulatorOptions options) {
    List<SimulatedTransaction> rows = all(options);
    return rows.stream().filter(row -> row.fraudKind() != null).count() / (double) rows.size();
  }

  private static List<Transaction> genuineWithoutIds(List<SimulatedTransaction> rows) {
    List<Transaction> genuine = new ArrayList<>();
    for (SimulatedTransaction row : rows) {
      if (row.fraudKind() == null) {
        row.transaction().setTransactionId("");
        genuine.add(row.transaction());
      }
    }
    return genuine;
  }
}

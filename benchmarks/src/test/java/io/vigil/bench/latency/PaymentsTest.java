package io.vigil.bench.latency;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vigil.cli.simulate.SimulatedTransaction;
import io.vigil.cli.simulate.Simulator;
import io.vigil.cli.simulate.SimulatorOptions;
import io.vigil.schema.AlertRaised;
import io.vigil.schema.Digest;
import io.vigil.schema.Outcome;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.codec.SingleObject;
import io.vigil.schema.codec.TransactionDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PaymentsTest {
  private static final long NOW_MS = 1_790_000_000_123L;

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void theyAreTheSimulatorsButForTheirTimeWhoPaysAgainAndWhatOutsidersAreCalled(int each)
      throws Exception {
    Payments payments = new Payments(3, 500, each);
    Simulator simulator = new Simulator(SimulatorOptions.of(3, Long.MAX_VALUE).withAccounts(500));
    TransactionDecoder decoder = new TransactionDecoder();

    Map<String, Integer> genuine = new HashMap<>();
    int frauds = 0;
    for (Payment payment : payments.next(4_000)) {
      SimulatedTransaction simulated = simulator.next();
      Transaction expected = simulated.transaction();
      int before =
          simulated.fraudKind() == null
              ? genuine.merge(expected.getAccount(), 1, Integer::sum) - 1
              : 0;
      frauds += simulated.fraudKind() == null ? 0 : 1;
      if (expected.getCounterparty() != null) {
        expected.setCounterparty(expected.getCounterparty().replaceFirst("^x", "e"));
      }
      if (before > 0) {
        int account = before / each;
        expected.setAccount(expected.getAccount() + (account == 0 ? "" : "-" + account));
        expected.setCard(another(expected.getCard(), before));
        expected.setDevice(
            expected.getDevice() == null
                ? null
                : expected.getDevice() + "e" + Integer.toHexString(before));
        expected.setIp(another(expected.getIp(), before));
      }
      assertThat(decoder.decode(payment.value())).isEqualTo(expected);

      payment.eventTime(NOW_MS);

      expected.setEventTime(NOW_MS);
      assertThat(decoder.decode(payment.value())).isEqualTo(expected);
      assertThat(new String(payment.key(), StandardCharsets.UTF_8))
          .isEqualTo(expected.getAccount());
      assertThat("t" + Payments.number(payment.value(), 0)).isEqualTo(expected.getTransactionId());
    }
    assertThat(payments.made()).isEqualTo(4_000);
    assertThat(genuine.values()).anyMatch(times -> times > 2);
    assertThat(frauds).isPositive();
  }

  private static String another(String token, int number) {
    return token == null ? null : token.substring(0, 56) + String.format("%08x", number);
  }

  @Test
  void aTimeThatNeedsOtherBytesIsRefused() {
    Payment payment = new Payments(3, 500, 1).next(1)[0];

    assertThatThrownBy(() -> payment.eventTime((1L << 34) - 1)).hasMessageContaining("mid 1970");
    assertThatThrownBy(() -> payment.eventTime(1L << 41)).hasMessageContaining("mid 1970");
    assertThatThrownBy(() -> payment.eventTime(-1)).hasMessageContaining("mid 1970");
  }

  @Test
  void aNumberIsFoundBehindOtherTexts() {
    Transaction transaction =
        new Simulator(SimulatorOptions.of(1, 1).withAccounts(500)).next().transaction();
    transaction.setTransactionId("t4711");
    Digest digest = new Digest(new byte[32]);
    AlertRaised alert =
        AlertRaised.newBuilder()
            .setAlertId("a".repeat(64)) // Its length takes two bytes.
            .setCaseId("c")
            .setTransaction(transaction)
            .setEffectiveTime(0)
            .setLate(false)
            .setOutcome(Outcome.REVIEW)
            .setScore(0.5)
            .setExpectedLossMinor(1)
            .setBaseCurrency("EUR")
            .setRuleHits(List.of())
            .setReasons(List.of())
            .setModel(digest)
            .setRuleSet(digest)
            .setPolicy(digest)
            .build();

    assertThat(Payments.number(Codec.of(AlertRaised.class).encode(alert), 2)).isEqualTo(4711);
  }

  @Test
  void anIdThatIsNoNumberIsRefused() {
    byte[] other = new byte[SingleObject.HEADER_BYTES + 3];
    other[SingleObject.HEADER_BYTES] = 2 << 1;
    other[SingleObject.HEADER_BYTES + 1] = 't';
    other[SingleObject.HEADER_BYTES + 2] = 'x';

    assertThatThrownBy(() -> Payments.number(other, 0)).hasMessageContaining("t and a number");
  }

  @Test
  void aPopulationStaysTheSameAndAtHome() throws Exception {
    Payments payments = Payments.ofPopulation(3, 500, 2);
    TransactionDecoder decoder = new TransactionDecoder();
    Map<String, Double> homes = new HashMap<>();
    Set<String> accounts = new HashSet<>();
    Set<String> cards = new HashSet<>();

    for (int i = 0; i < 40; i++) {
      for (Payment payment : payments.next(500)) {
        Transaction transaction = decoder.decode(payment.value());
        accounts.add(transaction.getAccount());
        if (transaction.getCard() != null) {
          cards.add(transaction.getCard());
        }
        if (transaction.getLatitude() != null && transaction.getAccount().endsWith("-1")) {
          homes.putIfAbsent(transaction.getAccount(), transaction.getLatitude());
          assertThat(transaction.getLatitude()).isEqualTo(homes.get(transaction.getAccount()));
        }
      }
    }

    assertThat(accounts).hasSizeBetween(900, 1_000);
    assertThat(payments.customersSeen()).isBetween(accounts.size() - 10, 1_000);
    assertThat(homes).hasSizeGreaterThan(400);
    // 20,000 payments; a card that was robbed is replaced.
    assertThat(cards).hasSizeLessThan(1_500);
  }
}

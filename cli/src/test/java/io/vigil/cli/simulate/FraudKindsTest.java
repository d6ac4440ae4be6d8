package io.vigil.cli.simulate;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.schema.Channel;
import io.vigil.schema.Transaction;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What each kind of fraud plants can be seen in the rows, campaign by campaign. */
class FraudKindsTest {
  private static final long HOUR_MS = 3_600_000;
  private static final long DAY_MS = 24 * HOUR_MS;

  private static List<SimulatedTransaction> rows = List.of();

  @BeforeAll
  static void simulate() {
    rows = SimulatorTest.all(SimulatorOptions.of(11, 250_000).withFraudShare(0.01));
  }

  @Test
  void aStolenCardIsSpentWithinHours() {
    for (List<Transaction> campaign : campaigns(FraudKind.STOLEN_CARD_SPREE).values()) {
      assertThat(distinct(campaign, Transaction::getCard)).hasSize(1);
      assertThat(spanMs(campaign)).isLessThan(DAY_MS);
      assertThat(distinct(campaign, Transaction::getChannel)).isSubsetOf(Channel.POS, Channel.ATM);
    }
    assertThat(mean(campaigns(FraudKind.STOLEN_CARD_SPREE))).isBetween(6.5, 9.0);
  }

  @Test
  void cardsAreTestedWithSmallAmountsAtOneWebShopFromOneDevice() {
    int abusedLater = 0;
    for (Map.Entry<String, List<Transaction>> campaign :
        campaigns(FraudKind.CARD_TESTING).entrySet()) {
      String webShop = campaign.getKey().substring(campaign.getKey().indexOf('@') + 1);
      List<Transaction> tests =
          campaign.getValue().stream().filter(row -> row.getMerchant().equals(webShop)).toList();
      assertThat(distinct(campaign.getValue(), Transaction::getDevice)).hasSize(1);
      assertThat(tests)
          .allSatisfy(row -> assertThat(row.getBillingAmountMinor()).isBetween(1L, 500L));
      assertThat(spanMs(tests)).isLessThan(2 * HOUR_MS);
      abusedLater += campaign.getValue().size() - tests.size();
    }
    assertThat(
            campaigns(FraudKind.CARD_TESTING).values().stream()
                .filter(campaign -> distinct(campaign, Transaction::getCard).size() >= 4))
        .hasSizeGreaterThan(campaigns(FraudKind.CARD_TESTING).size() * 9 / 10);
    assertThat(abusedLater).isPositive();
  }

  @Test
  void anAccountIsTakenOverFromADeviceItNeverUsed() {
    Map<String, Set<String>> genuineDevices = new HashMap<>();
    for (SimulatedTransaction row : rows) {
      if (row.fraudKind() == null && row.transaction().getDevice() != null) {
        genuineDevices
            .computeIfAbsent(row.transaction().getAccount(), account -> new HashSet<>())
            .add(row.transaction().getDevice());
      }
    }
    for (List<Transaction> campaign : campaigns(FraudKind.ACCOUNT_TAKEOVER).values()) {
      Transaction one = campaign.get(0);
      assertThat(distinct(campaign, Transaction::getAccount)).hasSize(1);
      assertThat(distinct(campaign, Transaction::getDevice)).hasSize(1);
      assertThat(genuineDevices.getOrDefault(one.getAccount(), Set.of()))
          .doesNotContain(one.getDevice());
      assertThat(spanMs(campaign)).isLessThan(2 * DAY_MS);
    }
    assertThat(
            campaigns(FraudKind.ACCOUNT_TAKEOVER).values().stream()
                .flatMap(List::stream)
                .filter(row -> row.getBillingAmountMinor() > 20_000)
                .count())
        .isGreaterThan(total(FraudKind.ACCOUNT_TAKEOVER) / 2);
  }

  @Test
  void everyCardOfACompromiseWasAtTheMerchantBefore() {
    Map<String, Long> firstAt = new HashMap<>();
    long earliestMs = rows.get(0).transaction().getEventTime();
    int seen = 0;
    int elsewhere = 0;
    for (SimulatedTransaction row : rows) {
      Transaction transaction = row.transaction();
      if (row.fraudKind() == null) {
        firstAt.putIfAbsent(
            transaction.getCard() + transaction.getMerchant(), transaction.getEventTime());
      } else if (row.fraudKind() == FraudKind.MERCHANT_COMPROMISE) {
        String cause = Objects.requireNonNull(row.cause());
        String merchant = cause.substring(cause.indexOf('@') + 1);
        Long visitMs = firstAt.get(transaction.getCard() + merchant);
        // Leaks of the first days began before the stream did.
        if (transaction.getEventTime() > earliestMs + 19 * DAY_MS) {
          assertThat(visitMs).as(cause).isLessThan(transaction.getEventTime() - DAY_MS);
          seen++;
          elsewhere += merchant.equals(transaction.getMerchant()) ? 0 : 1;
        }
      }
    }
    assertThat(seen).isGreaterThan(50);
    assertThat(elsewhere).isBetween(seen / 5, seen * 4 / 5);
  }

  @Test
  void aMuleRingSharesDevicesAndPayees() {
    Map<String, List<Transaction>> rings = campaigns(FraudKind.MULE_RING);
    int whole = 0;
    for (List<Transaction> ring : rings.values()) {
      assertThat(distinct(ring, Transaction::getChannel)).containsExactly(Channel.TRANSFER);
      assertThat(distinct(ring, Transaction::getDevice)).hasSizeLessThanOrEqualTo(2);
      assertThat(distinct(ring, Transaction::getCounterparty)).hasSizeLessThanOrEqualTo(3);
      assertThat(spanMs(ring)).isLessThan(6 * DAY_MS);
      boolean shared =
          ring.stream()
              .collect(
                  Collectors.groupingBy(
                      Transaction::getDevice,
                      Collectors.mapping(Transaction::getAccount, Collectors.toSet())))
              .values()
              .stream()
              .anyMatch(accounts -> accounts.size() >= 3);
      whole += shared ? 1 : 0;
    }
    // Those that the stream cuts off at its start or end may show less.
    assertThat(whole).isGreaterThan(rings.size() * 8 / 10).isGreaterThan(5);
  }

  @Test
  void slowFraudTakesAFewHighAmountsOverTwoWeeks() {
    Map<String, List<Transaction>> campaigns = campaigns(FraudKind.SLOW_HIGH_CNP);
    for (List<Transaction> campaign : campaigns.values()) {
      assertThat(campaign).hasSizeBetween(1, 6);
      assertThat(distinct(campaign, Transaction::getChannel)).containsExactly(Channel.ECOM);
      assertThat(distinct(campaign, Transaction::getCard)).hasSize(1);
      assertThat(spanMs(campaign)).isLessThanOrEqualTo(14 * DAY_MS);
      assertThat(campaign)
          .allSatisfy(row -> assertThat(row.getBillingAmountMinor()).isGreaterThan(5_000));
    }
    assertThat(campaigns.values().stream().filter(campaign -> spanMs(campaign) > 5 * DAY_MS))
        .hasSizeGreaterThan(campaigns.size() / 3);
  }

  private static Map<String, List<Transaction>> campaigns(FraudKind kind) {
    return rows.stream()
        .filter(row -> row.fraudKind() == kind)
        .collect(
            Collectors.groupingBy(
                row -> Objects.requireNonNull(row.cause()),
                Collectors.mapping(SimulatedTransaction::transaction, Collectors.toList())));
  }

  private static long total(FraudKind kind) {
    return rows.stream().filter(row -> row.fraudKind() == kind).count();
  }

  private static double mean(Map<String, List<Transaction>> campaigns) {
    return campaigns.values().stream().mapToInt(List::size).average().orElse(0);
  }

  private static <T> Set<T> distinct(List<Transaction> campaign, Function<Transaction, T> field) {
    return campaign.stream().map(field).collect(Collectors.toSet());
  }

  private static long spanMs(List<Transaction> campaign) {
    return campaign.isEmpty()
        ? 0
        : campaign.get(campaign.size() - 1).getEventTime() - campaign.get(0).getEventTime();
  }
}

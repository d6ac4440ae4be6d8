package io.vigil.cli.simulate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.vigil.schema.Channel;
import io.vigil.schema.Transaction;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Genuine payments show the regularities that docs/simulator.md claims. */
class RegularitiesTest {
  private static List<Transaction> genuine = List.of();
  private static Collection<List<Transaction>> byAccount = List.of();

  @BeforeAll
  static void simulate() {
    genuine =
        SimulatorTest.all(SimulatorOptions.of(21, 200_000).withFraudShare(0)).stream()
            .map(SimulatedTransaction::transaction)
            .toList();
    byAccount = genuine.stream().collect(Collectors.groupingBy(Transaction::getAccount)).values();
  }

  @Test
  void fewMerchantsTakeMostPaymentsAndManyTakeFew() {
    List<Long> counts = new ArrayList<>(counts(Transaction::getMerchant).values());
    counts.sort((a, b) -> Long.compare(b, a));
    long all = counts.stream().mapToLong(Long::longValue).sum();
    long topTenth = counts.stream().limit(counts.size() / 10).mapToLong(Long::longValue).sum();

    assertThat(topTenth / (double) all).isBetween(0.35, 0.8);
    assertThat(counts.get(counts.size() / 2)).isLessThan(all / counts.size());
  }

  @Test
  void amountsAreHeavyTailedAndTheirFirstDigitsFollowBenford() {
    double[] amounts =
        genuine.stream().mapToDouble(Transaction::getBillingAmountMinor).sorted().toArray();
    double mean =
        genuine.stream().mapToLong(Transaction::getBillingAmountMinor).average().orElse(0);
    int[] digits = new int[10];
    int counted = 0;
    for (Transaction row : genuine) {
      if (row.getChannel() != Channel.ATM) {
        digits[String.valueOf(row.getBillingAmountMinor()).charAt(0) - '0']++;
        counted++;
      }
    }

    assertThat(mean).isGreaterThan(1.5 * amounts[amounts.length / 2]);
    for (int digit = 1; digit <= 9; digit++) {
      assertThat(digits[digit] / (double) counted)
          .as("first digit " + digit)
          .isCloseTo(Math.log10(1 + 1.0 / digit), within(0.03));
    }
  }

  @Test
  void theDayHasItsPeaksAndTheNightIsQuiet() {
    int[] hours = new int[24];
    genuine.forEach(row -> hours[(int) (row.getEventTime() / 3_600_000 % 24)]++);

    // UTC; most customers live an hour ahead.
    assertThat(hours[2] * 10).isLessThan(hours[11]);
    assertThat(hours[16]).isGreaterThan(hours[13]);
  }

  @Test
  void waitsAreBurstyRatherThanRegular() {
    double sum = 0;
    double squares = 0;
    int waits = 0;
    for (List<Transaction> account : byAccount) {
      for (int i = 1; i < account.size() && account.size() > 60; i++) {
        double hours =
            (account.get(i).getEventTime() - account.get(i - 1).getEventTime())
                / 3_600_000.0
                * account.size();
        sum += hours;
        squares += hours * hours;
        waits++;
      }
    }
    double mean = sum / waits;
    double deviation = Math.sqrt(squares / waits - mean * mean);

    // Goh and Barabási's burstiness: 0 for a Poisson process, 1 at most.
    assertThat((deviation - mean) / (deviation + mean)).isBetween(0.1, 0.6);
  }

  @Test
  void accountsReturnToTheirMerchantsDevicesAndPayees() {
    assertThat(returns(Transaction::getMerchant)).isBetween(0.35, 0.75);
    assertThat(returns(Transaction::getDevice)).isBetween(0.75, 0.99);
    assertThat(returns(Transaction::getCounterparty)).isBetween(0.2, 0.7);
    assertThat(byAccount)
        .allSatisfy(
            account ->
                assertThat(account.stream().map(Transaction::getCard).distinct())
                    .hasSizeLessThanOrEqualTo(3));
  }

  @Test
  void cardsBelongToOneAccountAndTerminalsToOneMerchant() {
    assertThat(owners(Transaction::getCard, Transaction::getAccount)).containsOnly(1);
    assertThat(owners(Transaction::getTerminal, Transaction::getMerchant)).containsOnly(1);
    // Households share: a shared device alone does not make a mule ring.
    assertThat(owners(Transaction::getDevice, Transaction::getAccount)).contains(1, 2);
    assertThat(genuine)
        .filteredOn(row -> row.getCard() != null)
        .allSatisfy(row -> assertThat(row.getCard()).matches("[0-9a-f]{64}"));
  }

  @Test
  void mostStayNearHomeAndNobodyOutrunsAnAeroplane() {
    long fast = 0;
    long away = 0;
    long steps = 0;
    for (List<Transaction> account : byAccount) {
      Transaction last = null;
      for (Transaction row : account) {
        if (row.getLatitude() != null) {
          if (last != null) {
            double km = km(last, row);
            double hours = (row.getEventTime() - last.getEventTime()) / 3_600_000.0;
            fast += km > 100 && km / hours > 1_000 ? 1 : 0;
            away += km > 100 ? 1 : 0;
            steps++;
          }
          last = row;
        }
      }
    }

    assertThat(fast).isZero();
    assertThat(away / (double) steps).isBetween(0.002, 0.05);
  }

  @Test
  void currenciesAreMostlyTheEuroAndBillingAlwaysIs() {
    Map<String, Long> currencies = counts(Transaction::getCurrency);

    assertThat(currencies.getOrDefault("EUR", 0L) / (double) genuine.size()).isBetween(0.94, 0.99);
    assertThat(currencies).containsKeys("USD", "GBP", "JPY");
    assertThat(genuine)
        .allSatisfy(row -> assertThat(row.getBillingCurrency()).isEqualTo("EUR"))
        .allSatisfy(row -> assertThat(row.getAmountMinor()).isPositive());
  }

  /** Share of payments with something the account used before, of those after its tenth. */
  private static double returns(Function<Transaction, String> field) {
    int known = 0;
    int all = 0;
    for (List<Transaction> account : byAccount) {
      Set<String> seen = new HashSet<>();
      int used = 0;
      for (Transaction row : account) {
        String value = field.apply(row);
        if (value != null) {
          boolean isNew = seen.add(value);
          if (used++ >= 10) {
            all++;
            known += isNew ? 0 : 1;
          }
        }
      }
    }
    return known / (double) all;
  }

  private static Map<String, Long> counts(Function<Transaction, String> field) {
    return genuine.stream()
        .filter(row -> field.apply(row) != null)
        .collect(Collectors.groupingBy(field, Collectors.counting()));
  }

  private static Set<Integer> owners(
      Function<Transaction, String> thing, Function<Transaction, String> owner) {
    Map<String, Set<String>> owners = new HashMap<>();
    for (Transaction row : genuine) {
      String key = thing.apply(row);
      if (key != null) {
        owners.computeIfAbsent(key, any -> new HashSet<>()).add(owner.apply(row));
      }
    }
    return owners.values().stream().map(Set::size).collect(Collectors.toSet());
  }

  private static double km(Transaction from, Transaction to) {
    double north = Math.toRadians(to.getLatitude() - from.getLatitude());
    double east = Math.toRadians(to.getLongitude() - from.getLongitude());
    double h =
        Math.pow(Math.sin(north / 2), 2)
            + Math.cos(Math.toRadians(from.getLatitude()))
                * Math.cos(Math.toRadians(to.getLatitude()))
                * Math.pow(Math.sin(east / 2), 2);
    return 2 * 6371 * Math.asin(Math.sqrt(h));
  }
}

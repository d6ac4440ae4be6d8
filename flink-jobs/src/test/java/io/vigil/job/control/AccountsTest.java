package io.vigil.job.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class AccountsTest {
  private final Accounts accounts = new Accounts();

  @Test
  void aShareOfTheAccountsStandsBelowIt() {
    int of5 = 0;
    int of50 = 0;
    for (int i = 0; i < 100_000; i++) {
      int place = accounts.place("account-" + i);
      assertThat(place).isBetween(0, Accounts.PLACES - 1);
      of5 += place < 500 ? 1 : 0;
      of50 += place < 5_000 ? 1 : 0;
    }
    // Six standard deviations of a binomial.
    assertThat(of5).isCloseTo(5_000, within(420));
    assertThat(of50).isCloseTo(50_000, within(950));
  }

  /** From {@code printf %s ID | sha256sum}: the first 16 hex digits, modulo 10,000. */
  @Test
  void thePlaceIsWhatAnybodyCanReckon() {
    assertThat(accounts.place("A7")).isEqualTo(3_870);
    assertThat(accounts.place("käufer")).isEqualTo(9_643);
  }
}

package io.vigil.bench.soak;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.bench.latency.Payment;
import io.vigil.bench.latency.Payments;
import org.junit.jupiter.api.Test;

class SupplyTest {
  @Test
  void paymentsComeInOrderAndNotFarAhead() throws Exception {
    Payments ahead = Payments.ofPopulation(3, 500, 2);
    Payment[] expected = Payments.ofPopulation(3, 500, 2).next(12_000);

    try (Supply supply = new Supply(ahead)) {
      for (Payment payment : expected) {
        assertThat(supply.next().value()).isEqualTo(payment.value());
      }
    }

    // 64 blocks of 100 wait, one is being handed over, one was made.
    assertThat(ahead.made()).isBetween(12_000L, 12_000L + 66 * 100);
  }
}

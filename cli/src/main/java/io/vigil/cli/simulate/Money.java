package io.vigil.cli.simulate;

/** The currencies of the simulated world at fixed rates to the euro, round figures of 2025. */
enum Money {
  EUR(2, 1_000_000),
  GBP(2, 860_000),
  CHF(2, 940_000),
  SEK(2, 11_200_000),
  DKK(2, 7_460_000),
  PLN(2, 4_250_000),
  CZK(2, 24_700_000),
  TRY(2, 48_000_000),
  USD(2, 1_150_000),
  JPY(0, 172_000_000);

  private static final long EUR_CENT_MICROS = 100_000_000L;

  private final int digits;
  private final long microsPerEuro;
  private final long minorPerUnit;

  Money(int digits, long microsPerEuro) {
    this.digits = digits;
    this.microsPerEuro = microsPerEuro;
    this.minorPerUnit = digits == 0 ? 1 : 100;
  }

  /** Decimal places of the currency: ISO 4217. */
  int digits() {
    return digits;
  }

  /** Euro cents in minor units of this currency, half up; at least 1. Exact up to 10^9 cents. */
  long fromCents(long cents) {
    return Math.max(1, divide(cents * microsPerEuro * minorPerUnit, EUR_CENT_MICROS));
  }

  /** Minor units of this currency in euro cents, half up; at least 1. */
  long toCents(long minor) {
    return Math.max(1, divide(minor * EUR_CENT_MICROS, microsPerEuro * minorPerUnit));
  }

  private static long divide(long dividend, long divisor) {
    return (dividend + divisor / 2) / divisor;
  }
}

package io.vigil.bench.queue;

import io.vigil.bench.queue.Period.Fraud;
import io.vigil.schema.AlertRaised;
import io.vigil.schema.Digest;
import io.vigil.schema.Outcome;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.Codec;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Alerts and payments for tests; hours count from the start of the period. */
final class Sample {
  static final long HOUR_MS = 3_600_000;
  static final long START_MS = 1_790_000_000_000L;

  private Sample() {}

  static long at(double hours) {
    return START_MS + Math.round(hours * HOUR_MS);
  }

  static SimAlert alert(
      String id, double hours, String account, double score, long minor, @Nullable String cause) {
    Transaction payment =
        Transaction.newBuilder()
            .setTransactionId("t-" + id)
            .setEventTime(at(hours))
            .setAccount(account)
            .setAmountMinor(minor)
            .setCurrency("EUR")
            .setBillingAmountMinor(minor)
            .setBillingCurrency("EUR")
            .build();
    Digest digest = new Digest(new byte[32]);
    AlertRaised alert =
        new AlertRaised(
            id,
            account,
            payment,
            payment.getEventTime(),
            false,
            Outcome.REVIEW,
            score,
            Math.round(score * minor),
            "EUR",
            List.of(),
            List.of(),
            digest,
            digest,
            digest,
            null);
    return new SimAlert(
        alert,
        Codec.of(AlertRaised.class).encode(alert),
        cause == null ? null : new Episode(cause, account));
  }

  static Fraud fraud(SimAlert alert) {
    return new Fraud(
        alert.alert().getTransaction().getTransactionId(),
        alert.timeMs(),
        alert.alert().getTransaction().getBillingAmountMinor(),
        false);
  }

  /** A day. */
  static Period period(List<SimAlert> alerts, Map<Episode, List<Fraud>> frauds) {
    return new Period(START_MS, at(24), alerts.size(), alerts, frauds);
  }
}

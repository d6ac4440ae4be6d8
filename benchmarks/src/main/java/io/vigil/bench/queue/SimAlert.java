package io.vigil.bench.queue;

import io.vigil.schema.AlertRaised;
import org.jspecify.annotations.Nullable;

/**
 * An alert with the truth about it. Immutable by agreement.
 *
 * @param alert as it stands in the case topic
 * @param record its bytes
 * @param episode of the payment; null when it is genuine
 */
record SimAlert(AlertRaised alert, byte[] record, @Nullable Episode episode) {

  String id() {
    return alert.getAlertId();
  }

  /** Milliseconds since the epoch; the alert reaches the console then. */
  long timeMs() {
    return alert.getTransaction().getEventTime();
  }

  boolean fraud() {
    return episode != null;
  }
}

package io.vigil.cli;

import io.vigil.cli.result.Tally;
import io.vigil.job.Topics;
import io.vigil.model.order.PartitionClock;
import io.vigil.schema.Decision;
import io.vigil.schema.Tick;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.codec.DecodeException;
import io.vigil.schema.codec.SingleObject;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/** The log's transactions by origin, and how many ticks stand between them; reckoned by hand. */
record TransactionLog(Map<String, Logged> byOrigin, int ticks) {

  /** What the log alone says of one of its transactions. */
  record Logged(String id, long effectiveTimeMs, boolean late, boolean lateByATick) {}

  /** Runs each partition's clock over its log, with its ticks and without. */
  static TransactionLog read(String bootstrap, long boundMs) {
    Codec<Transaction> transactions = Codec.of(Transaction.class);
    Codec<Tick> ticks = Codec.of(Tick.class);
    long tickFingerprint = SingleObject.fingerprint(Tick.getClassSchema());
    Map<String, Logged> byOrigin = new TreeMap<>();
    Map<Integer, PartitionClock> with = new HashMap<>();
    Map<Integer, PartitionClock> without = new HashMap<>();
    int[] seen = new int[1];
    try (TopicCursor cursor = new TopicCursor(bootstrap, Topics.TRANSACTIONS)) {
      cursor.readToEnd(
          entry -> {
            PartitionClock clock = with.computeIfAbsent(entry.partition(), p -> unset(boundMs));
            if (fingerprint(entry.value()) == tickFingerprint) {
              clock.tick(TopicCursor.decode(ticks, entry.value()).getClock());
              seen[0]++;
              return;
            }
            Transaction transaction = TopicCursor.decode(transactions, entry.value());
            long timeMs = transaction.getEventTime();
            PartitionClock untickedClock =
                without.computeIfAbsent(entry.partition(), p -> unset(boundMs));
            boolean late = clock.isLate(timeMs);
            boolean lateAnyway = untickedClock.isLate(timeMs);
            untickedClock.record(timeMs);
            byOrigin.put(
                Tally.origin(entry.topic(), entry.partition(), entry.offset()),
                new Logged(
                    transaction.getTransactionId(),
                    clock.record(timeMs),
                    late,
                    late && !lateAnyway));
          });
    }
    return new TransactionLog(byOrigin, seen[0]);
  }

  private static PartitionClock unset(long boundMs) {
    return new PartitionClock(boundMs, PartitionClock.UNSET_MS);
  }

  /** What it says of a transaction that was decided. */
  Logged of(Decision decision) {
    String origin =
        Tally.origin(
            decision.getSourceTopic(), decision.getSourcePartition(), decision.getSourceOffset());
    Logged logged = byOrigin.get(origin);
    if (logged == null) {
      throw new AssertionError("decided, but not in the log: " + origin);
    }
    return logged;
  }

  private static long fingerprint(byte[] value) {
    try {
      return SingleObject.fingerprint(value);
    } catch (DecodeException e) {
      throw new AssertionError(e);
    }
  }
}

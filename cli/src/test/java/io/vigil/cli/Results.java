package io.vigil.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.cli.local.ChildProcess;
import io.vigil.cli.result.Tally;
import io.vigil.job.Topics;
import io.vigil.schema.DeadLetter;
import io.vigil.schema.Decision;
import io.vigil.schema.Receipt;
import io.vigil.schema.ReceiptOutcome;
import io.vigil.schema.RecordKind;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.codec.DecodeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** What became of the transactions, by origin, and all the bytes in the output topics. */
final class Results {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final List<String> OUTPUTS =
      List.of(Topics.DECISIONS, Topics.CASES, Topics.RECEIPTS, Topics.DEAD_LETTERS, Topics.ACTIONS);

  final Map<String, Decision> decisions = new TreeMap<>();
  final Map<String, DeadLetter> deadLetters = new TreeMap<>();
  final Map<String, Receipt> duplicates = new TreeMap<>();
  final List<byte[]> bytes = new ArrayList<>();
  int decisionRecords;

  private final Codec<Decision> decisionCodec = Codec.of(Decision.class);
  private final Codec<DeadLetter> letterCodec = Codec.of(DeadLetter.class);
  private final Codec<Receipt> receiptCodec = Codec.of(Receipt.class);

  Results(String bootstrap) {
    try (TopicReader reader = new TopicReader(bootstrap, OUTPUTS)) {
      reader.read(
          false,
          entry -> {
            bytes.add(entry.value());
            if (entry.key() != null) {
              bytes.add(entry.key());
            }
            try {
              add(entry.topic(), entry.value());
            } catch (DecodeException e) {
              throw new AssertionError(entry.topic() + "@" + entry.offset(), e);
            }
            return true;
          });
    }
  }

  private void add(String topic, byte[] value) throws DecodeException {
    switch (topic) {
      case Topics.DECISIONS -> {
        Decision d = decisionCodec.decode(value);
        decisionRecords++;
        decisions.putIfAbsent(
            Tally.origin(d.getSourceTopic(), d.getSourcePartition(), d.getSourceOffset()), d);
      }
      case Topics.DEAD_LETTERS -> {
        DeadLetter d = letterCodec.decode(value);
        deadLetters.putIfAbsent(
            Tally.origin(d.getSourceTopic(), d.getSourcePartition(), d.getSourceOffset()), d);
      }
      case Topics.RECEIPTS -> {
        Receipt r = receiptCodec.decode(value);
        if (r.getKind() == RecordKind.TRANSACTION) {
          assertThat(r.getOutcome()).isEqualTo(ReceiptOutcome.DUPLICATE);
          duplicates.putIfAbsent(
              Tally.origin(r.getSourceTopic(), r.getSourcePartition(), r.getSourceOffset()), r);
        }
      }
      default -> {
        // Alerts: only their bytes are looked at.
      }
    }
  }

  Set<String> settled() {
    Set<String> settled = new TreeSet<>(decisions.keySet());
    settled.addAll(deadLetters.keySet());
    settled.addAll(duplicates.keySet());
    return settled;
  }

  Decision decision(String id) {
    return decisions.values().stream()
        .filter(d -> d.getTransaction().getTransactionId().equals(id))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no decision of " + id));
  }

  /** Waits until each of the records that were sent, by origin, has its one end. */
  static Results await(String bootstrap, ChildProcess job, Set<String> sent)
      throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      Results results = new Results(bootstrap);
      Set<String> settled = results.settled();
      if (settled.containsAll(sent)) {
        assertThat(settled).isEqualTo(sent);
        // One end each: nothing is both decided and a dead letter.
        assertThat(
                results.decisions.size() + results.deadLetters.size() + results.duplicates.size())
            .isEqualTo(sent.size());
        return results;
      }
      assertThat(job.isAlive()).as(job.log().toString()).isTrue();
      Set<String> missing = new TreeSet<>(sent);
      missing.removeAll(settled);
      assertThat(System.nanoTime())
          .as("neither decided nor dead: %s", missing)
          .isLessThan(deadline);
      Thread.sleep(200);
    }
  }
}

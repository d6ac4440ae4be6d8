package io.vigil.cli;

import io.vigil.job.Topics;
import io.vigil.schema.AlertRaised;
import io.vigil.schema.DeadLetter;
import io.vigil.schema.Decision;
import io.vigil.schema.Digest;
import io.vigil.schema.Outcome;
import io.vigil.schema.Reason;
import io.vigil.schema.Receipt;
import io.vigil.schema.ReceiptOutcome;
import io.vigil.schema.RecordKind;
import io.vigil.schema.Stage;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.codec.DecodeException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Main class of a job for tests of what surrounds the job: approves everything but amounts that end
 * in 99, keeps no state, and crashes after its first start when the option {@code test.crash} says
 * so.
 */
public final class StandInJob {

  private final Codec<Transaction> transactions = Codec.of(Transaction.class);
  private final Codec<Decision> decisions = Codec.of(Decision.class);
  private final Codec<AlertRaised> alerts = Codec.of(AlertRaised.class);
  private final Codec<Receipt> receipts = Codec.of(Receipt.class);
  private final Codec<DeadLetter> deadLetters = Codec.of(DeadLetter.class);
  private final Map<String, String> seen = new HashMap<>();
  private final KafkaProducer<byte[], byte[]> producer;

  private StandInJob(String bootstrap) {
    producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", bootstrap),
            new ByteArraySerializer(),
            new ByteArraySerializer());
  }

  @SuppressWarnings("SystemOut") // The ready line is the contract.
  public static void main(String[] args) throws IOException {
    Map<String, String> options = new HashMap<>();
    for (String line : Files.readAllLines(Path.of(args[1]))) {
      int colon = line.indexOf(": ");
      options.put(line.substring(0, colon), line.substring(colon + 3, line.length() - 1));
    }
    String bootstrap = options.getOrDefault("vigil.kafka.bootstrap-servers", "");
    System.out.println("READY web=http://localhost:" + options.get("rest.port"));
    for (int said = System.in.read(); said != '\n'; said = System.in.read()) {
      if (said < 0) {
        return;
      }
    }
    StandInJob job = new StandInJob(bootstrap);
    try (TopicReader reader = new TopicReader(bootstrap, List.of(Topics.TRANSACTIONS))) {
      reader.read(false, job::decide);
    }
    job.producer.close();
    if (options.containsKey("test.crash") && options.get("vigil.resume").equals("false")) {
      Runtime.getRuntime().halt(134);
    }
    System.exit(0);
  }

  private boolean decide(ConsumerRecord<byte[], byte[]> entry) {
    try {
      Transaction transaction = transactions.decode(entry.value());
      String origin = entry.topic() + "-" + entry.partition() + "@" + entry.offset();
      String first = seen.putIfAbsent(transaction.getTransactionId(), origin);
      if (first != null) {
        send(Topics.RECEIPTS, receipts.encode(duplicate(transaction, entry, first)));
        return true;
      }
      boolean alerts99 = transaction.getAmountMinor() % 100 == 99;
      send(Topics.DECISIONS, decisions.encode(decision(transaction, entry, alerts99)));
      if (alerts99) {
        send(Topics.CASES, alerts.encode(alert(transaction)));
      }
    } catch (DecodeException e) {
      send(
          Topics.DEAD_LETTERS,
          deadLetters.encode(
              new DeadLetter(
                  entry.topic(),
                  entry.partition(),
                  entry.offset(),
                  entry.timestamp(),
                  null,
                  ByteBuffer.wrap(entry.value()),
                  false,
                  Stage.DECODE,
                  "not_avro",
                  e.getMessage())));
    }
    return true;
  }

  private void send(String topic, byte[] value) {
    var unused = producer.send(new ProducerRecord<>(topic, value));
  }

  private static Receipt duplicate(
      Transaction transaction, ConsumerRecord<byte[], byte[]> entry, String first) {
    return new Receipt(
        transaction.getTransactionId(),
        RecordKind.TRANSACTION,
        entry.topic(),
        entry.partition(),
        entry.offset(),
        transaction.getEventTime(),
        ReceiptOutcome.DUPLICATE,
        first,
        null);
  }

  private static Decision decision(
      Transaction transaction, ConsumerRecord<byte[], byte[]> entry, boolean alert) {
    Decision decision = new Decision();
    decision.setTransaction(transaction);
    decision.setSourceTopic(entry.topic());
    decision.setSourcePartition(entry.partition());
    decision.setSourceOffset(entry.offset());
    decision.setAppendTime(entry.timestamp());
    decision.setEffectiveTime(transaction.getEventTime());
    decision.setLate(false);
    decision.setOutcome(alert ? Outcome.REVIEW : Outcome.APPROVE);
    decision.setScore(0.5);
    decision.setLogitBits(0);
    decision.setEngineClass("stand-in");
    decision.setEngineVersion(1);
    decision.setFeatures(ByteBuffer.allocate(8));
    decision.setFeatureSpec(new Digest(new byte[32]));
    decision.setModel(new Digest(new byte[32]));
    decision.setRuleSet(new Digest(new byte[32]));
    decision.setPolicy(new Digest(new byte[32]));
    decision.setRates(new Digest(new byte[32]));
    decision.setRuleHits(List.of());
    decision.setReasons(List.of());
    decision.setAlertId(alert ? "alert-" + transaction.getTransactionId() : null);
    decision.setExpectedLossMinor(0L);
    decision.setChallengerScores(List.of());
    decision.setWarming(List.of());
    decision.setLists(List.of());
    return decision;
  }

  private static AlertRaised alert(Transaction transaction) {
    return new AlertRaised(
        "alert-" + transaction.getTransactionId(),
        "case-" + transaction.getAccount(),
        transaction,
        transaction.getEventTime(),
        false,
        Outcome.REVIEW,
        0.5,
        transaction.getAmountMinor() / 2,
        "EUR",
        List.of(),
        List.of(new Reason("amount", "Amount ends in 99", null, null, null)),
        new Digest(new byte[32]),
        new Digest(new byte[32]),
        new Digest(new byte[32]),
        null);
  }
}

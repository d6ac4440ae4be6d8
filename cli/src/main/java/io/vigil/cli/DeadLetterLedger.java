package io.vigil.cli;

import io.vigil.cli.result.Tally;
import io.vigil.job.Topics;
import io.vigil.schema.DeadLetter;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.codec.DecodeException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * The dead letters, and which of them were published again. The ledger is the log itself: a record
 * that was published again carries its origin in the header {@value #HEADER}. Not thread-safe.
 */
final class DeadLetterLedger {

  static final String HEADER = "vigil-replay-of";

  private static final Set<String> INPUTS =
      Set.of(Topics.TRANSACTIONS, Topics.LABELS, Topics.EVENTS, Topics.PROFILES, Topics.CONTROL);

  private final String bootstrap;
  private final List<Letter> letters = new ArrayList<>();

  /**
   * One dead letter.
   *
   * @param origin {@code topic-partition@offset} where it was read
   * @param replayed it was published again
   */
  record Letter(DeadLetter record, String origin, boolean replayed) {}

  /**
   * What a replay did.
   *
   * @param published how many it published
   * @param before how many had been published again before
   * @param refused origins with the reason why not
   */
  record Outcome(int published, int before, List<String> refused) {
    Outcome {
      refused = List.copyOf(refused);
    }
  }

  /** Reads all dead letters of the broker. */
  DeadLetterLedger(String bootstrap) {
    this.bootstrap = bootstrap;
    Codec<DeadLetter> codec = Codec.of(DeadLetter.class);
    // A restart of the job may have written a letter twice.
    Map<String, DeadLetter> byOrigin = new LinkedHashMap<>();
    try (TopicReader reader = new TopicReader(bootstrap, List.of(Topics.DEAD_LETTERS))) {
      reader.read(
          false,
          entry -> {
            try {
              DeadLetter letter = codec.decode(entry.value());
              byOrigin.putIfAbsent(
                  Tally.origin(
                      letter.getSourceTopic(),
                      letter.getSourcePartition(),
                      letter.getSourceOffset()),
                  letter);
              return true;
            } catch (DecodeException e) {
              throw new CliException(
                  "dead-letters-%d@%d: %s"
                      .formatted(entry.partition(), entry.offset(), e.getMessage()),
                  e);
            }
          });
    }
    if (!byOrigin.isEmpty()) {
      Set<String> replayed = replayed(byOrigin);
      byOrigin.forEach(
          (origin, letter) -> letters.add(new Letter(letter, origin, replayed.contains(origin))));
    }
  }

  /** Origins that stand in the headers of the inputs, from the first dead letter's time on. */
  private Set<String> replayed(Map<String, DeadLetter> byOrigin) {
    long from = byOrigin.values().stream().mapToLong(DeadLetter::getAppendTime).min().orElseThrow();
    Set<String> origins = new HashSet<>();
    try (TopicReader reader = new TopicReader(bootstrap, INPUTS)) {
      reader.from(from);
      reader.read(
          false,
          entry -> {
            Header header = entry.headers().lastHeader(HEADER);
            if (header != null) {
              origins.add(new String(header.value(), StandardCharsets.UTF_8));
            }
            return true;
          });
    }
    return origins;
  }

  /** All dead letters, in the order of the topic's partitions. */
  List<Letter> letters() {
    return List.copyOf(letters);
  }

  /** Publishes letters again that can be and have not been. */
  Outcome replay(List<Letter> chosen) throws InterruptedException {
    int before = 0;
    List<String> refused = new ArrayList<>();
    List<Future<RecordMetadata>> sent = new ArrayList<>();
    Map<String, Object> options =
        Map.of(
            ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
            bootstrap,
            ProducerConfig.ACKS_CONFIG,
            "all",
            ProducerConfig.MAX_REQUEST_SIZE_CONFIG,
            16 << 20);
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(options, new ByteArraySerializer(), new ByteArraySerializer())) {
      for (Letter letter : chosen) {
        DeadLetter dead = letter.record();
        if (letter.replayed()) {
          before++;
        } else if (dead.getMasked()) {
          refused.add(letter.origin() + ": its card-like digits were masked and are gone");
        } else if (!INPUTS.contains(dead.getSourceTopic())) {
          refused.add(letter.origin() + ": it never stood in a topic; import its file again");
        } else {
          ProducerRecord<byte[], byte[]> again =
              new ProducerRecord<>(
                  dead.getSourceTopic(), bytes(dead.getKey()), bytes(dead.getValue()));
          again.headers().add(HEADER, letter.origin().getBytes(StandardCharsets.UTF_8));
          sent.add(producer.send(again));
        }
      }
      for (Future<RecordMetadata> future : sent) {
        future.get();
      }
      return new Outcome(sent.size(), before, refused);
    } catch (ExecutionException e) {
      throw new CliException("cannot publish again: " + e.getCause(), e);
    }
  }

  private static byte @Nullable [] bytes(@Nullable ByteBuffer buffer) {
    if (buffer == null) {
      return null;
    }
    byte[] bytes = new byte[buffer.remaining()];
    buffer.duplicate().get(bytes);
    return bytes;
  }
}

package io.vigil.bench.rollout;

import io.vigil.bench.latency.Payments;
import io.vigil.cli.result.Tally;
import io.vigil.job.record.LogRecord;
import io.vigil.schema.Decision;
import io.vigil.schema.codec.Codec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * The first decisions of a job's transactions, by their numbers: of each what the checks need, some
 * hundred bytes. Not thread-safe.
 */
final class Decided {
  private static final int MAX_PARALLELISM = 128;

  private final One[] byNumber;
  private final Tally tally = new Tally();
  private final Codec<Decision> codec = Codec.of(Decision.class);
  private final Map<String, String> models = new HashMap<>();
  private final MessageDigest sha256;
  private final int parallelism;
  private final int features;
  private int others;

  /**
   * A decision.
   *
   * @param eventMs when it happened, milliseconds since the epoch
   * @param effectiveMs effective time, the same
   * @param loggedMs when the broker took it
   * @param model that decided, hex digest
   * @param scoredBeside the models that scored beside it, hex digests
   * @param content hash of outcome, logit, features, rule hits and reasons
   * @param subtask of the live job that decided it
   * @param fallback whether something is missing
   * @param warming features that may lack history
   */
  record One(
      String account,
      long eventMs,
      long effectiveMs,
      long loggedMs,
      String model,
      List<String> scoredBeside,
      long content,
      int subtask,
      boolean fallback,
      List<String> warming) {}

  /**
   * @param transactions their numbers are 1 to this
   * @param parallelism of the live job
   * @param features of the spec that the job was started with: what a model brought to it later
   *     stands behind them and is not compared
   */
  Decided(int transactions, int parallelism, int features) {
    byNumber = new One[transactions];
    this.parallelism = parallelism;
    this.features = features;
    try {
      sha256 = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java runtime has SHA-256", e);
    }
  }

  /** Takes a record of the topic; of several about one transaction the first. */
  void add(ConsumerRecord<byte[], byte[]> entry) {
    try {
      if (!tally.decision(entry.value(), entry.timestamp())) {
        return;
      }
      long number = Payments.number(entry.value(), 0);
      if (number < 1 || number > byNumber.length) {
        others++;
        return;
      }
      byNumber[(int) number - 1] = one(codec.decode(entry.value()), entry.timestamp());
    } catch (IOException e) {
      throw new IllegalStateException(
          "%s-%d@%d is no decision: %s"
              .formatted(entry.topic(), entry.partition(), entry.offset(), e.getMessage()),
          e);
    }
  }

  private One one(Decision decision, long loggedMs) {
    String id = decision.getTransaction().getTransactionId();
    List<String> beside = new ArrayList<>();
    decision.getChallengerScores().forEach(score -> beside.add(hex(score.getModel().bytes())));
    return new One(
        decision.getTransaction().getAccount(),
        decision.getTransaction().getEventTime(),
        decision.getEffectiveTime(),
        loggedMs,
        hex(decision.getModel().bytes()),
        beside.isEmpty() ? List.of() : beside,
        content(decision),
        KeyGroupRangeAssignment.assignKeyToParallelOperator(
            LogRecord.transactionKey(id), MAX_PARALLELISM, parallelism),
        decision.getFallbackCause() != null,
        List.copyOf(decision.getWarming()));
  }

  /** One copy of each digest: there are few. */
  private String hex(byte[] digest) {
    return models.computeIfAbsent(HexFormat.of().formatHex(digest), text -> text);
  }

  private long content(Decision decision) {
    sha256.reset();
    String text =
        "%s %s %s %s "
            .formatted(
                decision.getOutcome(),
                decision.getLogitBits(),
                decision.getRuleHits(),
                decision.getReasons());
    sha256.update(text.getBytes(StandardCharsets.UTF_8));
    ByteBuffer vector = decision.getFeatures().duplicate();
    sha256.update(vector.limit(vector.position() + features * Float.BYTES));
    return ByteBuffer.wrap(sha256.digest()).getLong();
  }

  /** The decision about the transaction of that number, from 1; null when there is none. */
  @org.jspecify.annotations.Nullable
  One get(int number) {
    return byNumber[number - 1];
  }

  int transactions() {
    return byNumber.length;
  }

  /** Decisions about transactions that nobody sent. */
  int others() {
    return others;
  }

  /** Copies that are no other bytes than the first. */
  long repeats() {
    return tally.counts().repeats();
  }

  /** Copies that are other bytes than the first. */
  long conflicts() {
    return tally.counts().conflicts();
  }

  /** As {@code vigil run} gives it. */
  String digest() {
    return tally.decisionsDigest();
  }
}

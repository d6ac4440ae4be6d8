package io.vigil.job.decide;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vigil.job.ArtefactSet;
import io.vigil.job.Topics;
import io.vigil.job.feature.FactsReader;
import io.vigil.job.feature.SpecTimeline;
import io.vigil.job.record.LogRecord;
import io.vigil.job.source.RecordDecoder;
import io.vigil.model.feature.FeaturePlan;
import io.vigil.model.rule.Lists;
import io.vigil.model.score.ScoringException;
import io.vigil.model.serving.CrashLog;
import io.vigil.model.serving.ScoringService;
import io.vigil.schema.Channel;
import io.vigil.schema.Decision;
import io.vigil.schema.Digest;
import io.vigil.schema.Outcome;
import io.vigil.schema.RuleHit;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.Codec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What comes out of the queue, whatever the model does. */
@Timeout(60)
class RowQueueTest {
  private static final long START_MS = Instant.parse("2026-03-01T12:00:00Z").toEpochMilli();
  private static final int BATCH = 4;
  private static final long DEADLINE_MS = 100;

  private final Codec<Transaction> transactions = Codec.of(Transaction.class);
  private final Codec<Decision> decisions = Codec.of(Decision.class);
  private final RecordDecoder decoder = new RecordDecoder(300_000);
  private final List<Object> out = new ArrayList<>();
  private final Map<String, String> options = new HashMap<>();
  private Path folder;
  private ArtefactSet artefacts;
  private FeaturePlan plan;
  private ScoringService service;
  private Rollout models;
  private RowQueue queue;
  private int sent;

  @BeforeEach
  void store(@TempDir Path temporary) {
    folder = temporary;
    for (String name : List.of("one", "two", "three")) {
      StubEngine.bundle(name).copyTo(folder.resolve(name));
    }
    options.put("vigil.artefacts.bundle", folder.resolve("one").toString());
    options.put("vigil.artefacts.rules", "basic");
  }

  @AfterEach
  void close() {
    for (String name : List.of("one", "two", "three")) {
      StubEngine.tell(name, null);
    }
    queue.abandon();
    models.close();
    service.close();
  }

  @Test
  void rowsAndWatermarksComeOutAsTheyWentIn() throws Exception {
    start(DEADLINE_MS);
    for (int i = 0; i < 10; i++) {
      send(5);
      if (i % 3 == 0) {
        queue.add(new Watermark(sent));
      }
    }
    queue.drainAll();

    assertThat(order())
        .containsExactly("0", "w1", "1", "2", "3", "w4", "4", "5", "6", "w7", "7", "8", "9", "w10");
    assertThat(decided()).allSatisfy(d -> assertThat(d.getFallbackCause()).isNull());
    assertThat(Float.intBitsToFloat(decided().get(0).getLogitBits())).isEqualTo(5 / 100f);
  }

  @Test
  void aShortStallIsWaitedFor() throws Exception {
    start(10_000);
    StubEngine.tell(
        "one",
        (inputs, rows, logits) -> {
          sleep(50);
          StubEngine.sum(inputs, rows, logits);
        });
    send(5);
    queue.drainAll();

    assertThat(decided().get(0).getFallbackCause()).isNull();
  }

  @Test
  void aModelThatStallsIsLeftBehindAndTakenUpAgain() throws Exception {
    start(DEADLINE_MS);
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch inside = new CountDownLatch(2);
    CountDownLatch released = new CountDownLatch(1);
    StubEngine.tell(
        "one",
        (inputs, rows, logits) -> {
          begun.countDown();
          inside.countDown();
          await(released);
          StubEngine.sum(inputs, rows, logits);
        });
    // Two threads serve; both are to be inside the model. Two batches that wait would be joined.
    for (int i = 0; i < BATCH; i++) {
      send(5);
    }
    await(begun);
    for (int i = 0; i < BATCH; i++) {
      send(5);
    }
    await(inside);
    queue.drainAll();
    assertThat(decided()).hasSize(2 * BATCH);
    assertThat(decided())
        .allSatisfy(
            d -> {
              assertThat(d.getFallbackCause()).isEqualTo("deadline");
              assertThat(d.getLogitBits()).isNull();
              assertThat(d.getScore()).isNaN();
            });
    // Who comes now does not even wait.
    send(5);
    queue.submit();
    queue.drain();
    assertThat(decided()).hasSize(2 * BATCH + 1);

    released.countDown();
    StubEngine.tell("one", null);
    Decision last;
    do {
      send(5);
      queue.drainAll();
      last = decided().get(decided().size() - 1);
    } while (last.getFallbackCause() != null);
    assertThat(last.getLogitBits()).isNotNull();
  }

  @Test
  void aModelThatThrowsFailsItsBatchAndNoMore() throws Exception {
    start(0);
    StubEngine.tell(
        "one",
        (inputs, rows, logits) -> {
          throw new ScoringException("expected [4, 1] logits, came [4, 7]");
        });
    send(5);
    queue.drainAll();
    StubEngine.tell(
        "one",
        (inputs, rows, logits) -> {
          throw new StackOverflowError("a model may throw anything");
        });
    send(5);
    queue.drainAll();
    StubEngine.tell("one", null);
    send(5);
    queue.drainAll();

    assertThat(causes()).containsExactly("error", "error", null);
  }

  @Test
  void aRowWithoutANumberIsAloneWithThat() throws Exception {
    start(0);
    StubEngine.tell(
        "one",
        (inputs, rows, logits) -> {
          StubEngine.sum(inputs, rows, logits);
          logits[1] = Float.NaN;
          logits[2] = Float.POSITIVE_INFINITY;
        });
    for (int i = 0; i < 4; i++) {
      send(5);
    }
    queue.drainAll();

    assertThat(causes()).containsExactly(null, "invalid_output", "invalid_output", null);
  }

  @Test
  void theModelInForceAtTheEffectiveTimeScores() throws Exception {
    options.put(
        "vigil.artefacts.bundle-schedule",
        "{'2026-03-01T12:00:02Z': '" + folder.resolve("two") + "'}");
    start(0);
    StubEngine.tell("two", (inputs, rows, logits) -> java.util.Arrays.fill(logits, 0, rows, -1));
    for (int i = 0; i < 4; i++) {
      send(5);
    }
    queue.drainAll();

    assertThat(decided().stream().map(d -> Float.intBitsToFloat(d.getLogitBits())).toList())
        .containsExactly(0.05f, 0.05f, -1f, -1f);
    assertThat(decided().get(1).getModel()).isNotEqualTo(decided().get(2).getModel());
  }

  @Test
  void challengersScoreBesideAndSpoilNothing() throws Exception {
    options.put(
        "vigil.artefacts.challengers", folder.resolve("two") + ";" + folder.resolve("three"));
    start(0);
    StubEngine.tell("two", (inputs, rows, logits) -> java.util.Arrays.fill(logits, 0, rows, -2));
    StubEngine.tell(
        "three",
        (inputs, rows, logits) -> {
          throw new IllegalStateException("a challenger failed");
        });
    send(5);
    queue.drainAll();

    Decision decision = decided().get(0);
    assertThat(decision.getFallbackCause()).isEqualTo("challenger_missing");
    assertThat(Float.intBitsToFloat(decision.getLogitBits())).isEqualTo(5 / 100f);
    assertThat(decision.getChallengerScores()).hasSize(2);
    assertThat(
            decision.getChallengerScores().stream()
                .map(score -> Float.intBitsToFloat(score.getLogitBits()))
                .toList())
        .containsExactlyInAnyOrder(-2f, Float.NaN);
  }

  @Test
  void anAlertKeepsItsScoreWhenItCannotBeExplained() throws Exception {
    start(0);
    StubEngine.tell(
        "one",
        (inputs, rows, logits) -> {
          // An explanation asks for several rows, the score here for one.
          if (rows > 1) {
            throw new ScoringException("no reasons today");
          }
          logits[0] = 20;
        });
    send(5);
    queue.drainAll();

    Decision decision = decided().get(0);
    assertThat(decision.getAlertId()).isNotNull();
    assertThat(decision.getScore()).isGreaterThan(0.9);
    assertThat(decision.getFallbackCause()).isEqualTo("reasons_error");
    assertThat(decision.getReasons()).isEmpty();
  }

  @Test
  void listsChangeBetweenRowsAndStandInTheDecision() throws Exception {
    Path rules = folder.resolve("rules.yaml");
    Files.writeString(
        rules,
        """
        name: lists
        version: 1
        points: {review: 30}
        rules:
          - {id: noted, when: amount > 1, weight: 5, reason: NOTED, text: noted}
          - {id: sure, when: score > 0.9, weight: 30, reason: SURE, text: "{100 * score:0} %"}
          - {id: blocked, when: 'account in list("blocked")', outcome: decline, reason: BLOCKED, text: so}
        """);
    Path list = folder.resolve("blocked.list");
    Files.writeString(list, "name: blocked\nversion: 1\nof: account\nA\n");
    options.put("vigil.artefacts.rules", rules.toString());
    options.put("vigil.artefacts.lists", list.toString());
    start(0);
    send(5);
    queue.drainAll();
    StubEngine.tell("one", (inputs, rows, logits) -> java.util.Arrays.fill(logits, 0, rows, 20));
    send(300);
    queue.drainAll();
    StubEngine.tell(
        "one",
        (inputs, rows, logits) -> {
          throw new ScoringException("none");
        });
    send(300);
    queue.drainAll();

    RuleHit noted = new RuleHit("noted", "NOTED", Outcome.APPROVE, 5);
    RuleHit sure = new RuleHit("sure", "SURE", Outcome.APPROVE, 30);
    RuleHit blocked = new RuleHit("blocked", "BLOCKED", Outcome.DECLINE, 0);
    assertThat(decided().stream().map(Decision::getRuleHits))
        .containsExactly(
            List.of(noted, blocked), List.of(noted, sure, blocked), List.of(noted, blocked));
    Digest one = Decider.digest(artefacts.lists().get("blocked").digest());
    assertThat(decided().stream().map(Decision::getLists)).containsOnly(List.of(one));
    assertThat(decided().get(1).getReasons().get(1).getText()).isEqualTo("100 %");
    Judging judging = artefacts.judging();
    assertThatThrownBy(
            () -> Judging.of(judging.rules(), judging.policy(), judging.explanations(), Lists.NONE))
        .hasMessageContaining("rules.yaml:7: rules[2].when: column 17: list(\"blocked\")");
  }

  @Test
  void whoAddsMoreThanFitsWaitsForTheOldest() throws Exception {
    start(0);
    for (int i = 0; i < 1_000; i++) {
      send(5);
      assertThat(queue.rows()).isLessThanOrEqualTo(4 * BATCH);
    }
    queue.drainAll();
    assertThat(decided()).hasSize(1_000);
    assertThat(queue.isEmpty()).isTrue();
  }

  @Test
  void aModelThatCrashedTheProcessTwiceIsNotRun() throws Exception {
    options.put("vigil.scoring.crash-dir", folder.resolve("crashes").toString());
    Files.createDirectories(folder.resolve("crashes"));
    String digest = io.vigil.model.bundle.Bundle.read(folder.resolve("one")).digest();
    Path log = CrashLog.in(folder.resolve("crashes")).file();
    Files.writeString(log, "x crashed inside " + digest + "\ny crashed inside " + digest + "\n");
    StubEngine.tell(
        "one",
        (inputs, rows, logits) -> {
          throw new AssertionError("a quarantined model must not run");
        });
    start(0);
    send(5);
    queue.drainAll();

    assertThat(causes()).containsExactly("quarantine");
    assertThat(decided().get(0).getEngineClass()).isEqualTo("none");
  }

  private void start(long deadlineMs) throws Exception {
    artefacts = ArtefactSet.read(Configuration.fromMap(options));
    plan = artefacts.plan();
    service = artefacts.scoringService(2);
    models =
        new Rollout(
            artefacts,
            new ArtefactLoader(
                artefacts,
                service,
                (kind, digest, bytesMax) -> {
                  throw new IOException("there is no registry here");
                },
                0),
            new SpecTimeline(artefacts.specYaml()),
            champion -> {});
    models.prepare(Long.MIN_VALUE);
    queue =
        new RowQueue(
            service,
            models,
            Recorded.NOTHING,
            BATCH,
            deadlineMs,
            4 * BATCH,
            () -> TimeUnit.NANOSECONDS.toMillis(System.nanoTime()),
            () -> {},
            new RowQueue.Exit() {
              @Override
              public void row(Row row) throws Exception {
                out.add(decisions.decode(row.deciding.decider().decide(row).decision().value()));
              }

              @Override
              public void watermark(Watermark mark) {
                out.add("w" + mark.getTimestamp());
              }
            });
  }

  /** Sends the next transaction; they are a second apart. */
  private void send(long amount) throws Exception {
    String id = Integer.toString(sent);
    long timeMs = START_MS + 1_000L * sent++;
    Transaction transaction =
        Transaction.newBuilder()
            .setTransactionId(id)
            .setEventTime(timeMs)
            .setAccount("A")
            .setAmountMinor(100 * amount)
            .setCurrency("EUR")
            .setBillingAmountMinor(100 * amount)
            .setBillingCurrency("EUR")
            .setChannel(Channel.values()[0])
            .setAttributes(Map.of())
            .build();
    LogRecord record =
        decoder
            .decode(
                Topics.TRANSACTIONS, 0, sent, timeMs + 5, null, transactions.encode(transaction))
            .sequenced(timeMs, false);
    var facts = new FactsReader(artefacts.rates()).read(transaction);
    float[] features = new float[plan.names().size()];
    plan.finish(facts, new double[plan.entities().size()][], features);
    queue.add(record, new Gathering.Whole(transaction, facts, 0), features);
  }

  private List<Decision> decided() {
    return out.stream().filter(Decision.class::isInstance).map(Decision.class::cast).toList();
  }

  private List<String> causes() {
    List<String> causes = new ArrayList<>();
    decided().forEach(d -> causes.add(d.getFallbackCause()));
    return causes;
  }

  private List<String> order() {
    return out.stream()
        .map(o -> o instanceof Decision d ? d.getTransaction().getTransactionId() : o.toString())
        .toList();
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void sleep(long millis) {
    try {
      TimeUnit.MILLISECONDS.sleep(millis);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}

package io.vigil.job.decide;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vigil.job.ArtefactSet;
import io.vigil.job.Topics;
import io.vigil.job.feature.FactsReader;
import io.vigil.job.feature.SpecTimeline;
import io.vigil.job.record.LogRecord;
import io.vigil.job.source.RecordDecoder;
import io.vigil.model.event.Facts;
import io.vigil.model.feature.EntityPlan;
import io.vigil.model.feature.FeaturePlan;
import io.vigil.model.feature.HeapStore;
import io.vigil.model.score.ScoringException;
import io.vigil.model.serving.ScoringService;
import io.vigil.schema.Channel;
import io.vigil.schema.Decision;
import io.vigil.schema.EntryMode;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.Codec;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Decisions of the job's own queue, decided once more from what they say. */
@Timeout(60)
class RescoringTest {
  private static final long START_MS = Instant.parse("2026-03-01T12:00:00Z").toEpochMilli();
  private static final int TRANSACTIONS = 300;
  private static final int BATCH = 32;

  private final Codec<Transaction> transactions = Codec.of(Transaction.class);
  private final Codec<Decision> decisions = Codec.of(Decision.class);
  private final List<Decision> decided = new ArrayList<>();
  private ScoringService service;
  private Rollout models;

  private ArtefactSet start(Map<String, String> options) throws Exception {
    ArtefactSet artefacts = ArtefactSet.read(Configuration.fromMap(options));
    service = artefacts.scoringService(1);
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
    return artefacts;
  }

  @AfterEach
  void close() {
    models.close();
    service.close();
  }

  private static Transaction payment(Random random, int number) {
    long minor = random.nextInt(10) == 0 ? 50_000 + random.nextInt(900_000) : random.nextInt(9_000);
    return Transaction.newBuilder()
        .setTransactionId("t" + number)
        .setEventTime(START_MS + number * 60_000L)
        .setAccount("account-" + random.nextInt(10))
        .setMerchant("merchant-" + random.nextInt(6))
        .setDevice(random.nextInt(3) == 0 ? null : "device-" + random.nextInt(8))
        .setAmountMinor(minor)
        .setCurrency("EUR")
        .setBillingAmountMinor(minor)
        .setBillingCurrency("EUR")
        .setChannel(Channel.values()[random.nextInt(Channel.values().length)])
        .setEntryMode(EntryMode.values()[random.nextInt(EntryMode.values().length)])
        .setAttributes(Map.of())
        .build();
  }

  private void decide(ArtefactSet artefacts) throws Exception {
    FeaturePlan plan = artefacts.plan();
    FactsReader facts = new FactsReader(artefacts.rates());
    RecordDecoder decoder = new RecordDecoder(300_000);
    Map<String, HeapStore> states = new HashMap<>();
    RowQueue queue =
        new RowQueue(
            service,
            models,
            Recorded.NOTHING,
            BATCH,
            0,
            4 * BATCH,
            () -> 0,
            () -> {},
            new RowQueue.Exit() {
              @Override
              public void row(Row row) throws Exception {
                decided.add(
                    decisions.decode(row.deciding.decider().decide(row).decision().value()));
              }

              @Override
              public void watermark(Watermark mark) {}
            });
    Random random = new Random(5);
    for (int number = 0; number < TRANSACTIONS; number++) {
      Transaction payment = payment(random, number);
      Facts read = facts.read(payment);
      double[][] parts = new double[plan.entities().size()][];
      for (int i = 0; i < parts.length; i++) {
        EntityPlan entity = plan.entities().get(i);
        String key = entity.grouping().key(read);
        if (key != null) {
          parts[i] = new double[entity.outputs()];
          entity.transaction(
              states.computeIfAbsent(key, HeapStore::new),
              read.eventTimeMs(),
              entity.inputs(read),
              parts[i]);
        }
      }
      float[] features = new float[plan.names().size()];
      plan.finish(read, parts, features);
      LogRecord record =
          decoder
              .decode(
                  Topics.TRANSACTIONS,
                  0,
                  number,
                  payment.getEventTime() + 5,
                  null,
                  transactions.encode(payment))
              .sequenced(payment.getEventTime(), false);
      queue.add(record, new Gathering.Whole(payment, read, 0), features);
    }
    queue.drainAll();
  }

  private static float[] vector(Decision decision) {
    float[] vector = new float[decision.getFeatures().remaining() / Float.BYTES];
    decision.getFeatures().duplicate().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(vector);
    return vector;
  }

  @Test
  void aDecisionComesOutAgainBitForBitWithItsReasons() throws Exception {
    ArtefactSet artefacts = start(Map.of());
    decide(artefacts);
    FactsReader facts = new FactsReader(artefacts.rates());
    Rescoring rescoring = new Rescoring(service, artefacts.judging(), 10_000);

    assertThat(decided).hasSize(TRANSACTIONS);
    assertThat(decided.stream().filter(each -> each.getReasons().size() > 1)).hasSizeGreaterThan(5);
    for (Decision decision : decided) {
      Rescoring.Rescored again =
          rescoring.decide(
              facts.read(decision.getTransaction()),
              vector(decision),
              decision.getEffectiveTime(),
              models.at(decision.getEffectiveTime()).champion(),
              Rescoring.Asked.of(decision.getLogitBits() != null, decision.getFallbackCause()));
      assertThat(again)
          .isEqualTo(
              new Rescoring.Rescored(
                  Float.intBitsToFloat(decision.getLogitBits()),
                  decision.getScore(),
                  decision.getOutcome(),
                  decision.getReasons()));
    }
  }

  @Test
  void aFallbackIsTakenAsGiven() throws Exception {
    ArtefactSet artefacts = start(Map.of());
    decide(artefacts);
    Decision alert =
        decided.stream()
            .filter(each -> !each.getRuleHits().isEmpty() && each.getReasons().size() > 1)
            .findFirst()
            .orElseThrow();
    Rescoring rescoring = new Rescoring(service, artefacts.judging(), 10_000);
    Facts facts = new FactsReader(artefacts.rates()).read(alert.getTransaction());
    List<Rescoring.Rescored> each = new ArrayList<>();
    for (Rescoring.Asked asked :
        List.of(
            Rescoring.Asked.of(false, "deadline"),
            Rescoring.Asked.of(true, Row.REASONS_DEADLINE),
            Rescoring.Asked.of(true, Row.CHALLENGER_MISSING))) {
      each.add(
          rescoring.decide(
              facts,
              vector(alert),
              alert.getEffectiveTime(),
              models.at(alert.getEffectiveTime()).champion(),
              asked));
    }
    assertThat(each.get(0).score()).isNaN();
    assertThat(each.get(0).reasons()).allSatisfy(r -> assertThat(r.getContribution()).isNull());
    assertThat(each.get(1).score()).isEqualTo(alert.getScore());
    assertThat(each.get(1).reasons()).allSatisfy(r -> assertThat(r.getContribution()).isNull());
    assertThat(each.get(2).reasons()).isEqualTo(alert.getReasons());
  }

  @Test
  void aModelThatStallsOrFailsIsSaid(@TempDir Path folder) throws Exception {
    StubEngine.bundle("one").copyTo(folder.resolve("one"));
    ArtefactSet artefacts =
        start(
            Map.of(
                "vigil.artefacts.bundle",
                folder.resolve("one").toString(),
                "vigil.artefacts.rules",
                "basic"));
    CountDownLatch released = new CountDownLatch(1);
    Rescoring rescoring = new Rescoring(service, artefacts.judging(), 20);
    Facts facts = new FactsReader(artefacts.rates()).read(payment(new Random(1), 1));
    float[] vector = new float[artefacts.plan().names().size()];
    try {
      StubEngine.tell(
          "one",
          (inputs, rows, logits) -> {
            try {
              released.await();
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
            throw new ScoringException("broken");
          });
      assertThatThrownBy(
              () ->
                  rescoring.decide(
                      facts,
                      vector,
                      START_MS,
                      models.at(START_MS).champion(),
                      Rescoring.Asked.SCORE_AND_REASONS))
          .isInstanceOf(ScoringException.class)
          .hasMessageContaining("has not answered after 20 ms");
    } finally {
      released.countDown();
      StubEngine.tell("one", null);
    }
  }

  @Test
  void theBuiltInBundleIsOfferedWhereItFits(@TempDir Path folder) throws Exception {
    ArtefactSet artefacts = start(Map.of("vigil.artefacts.challengers", "default"));
    assertThat(artefacts.bundles())
        .extracting(each -> each.manifest().name())
        .containsExactly("default");

    StubEngine.bundle("one").copyTo(folder.resolve("one"));
    assertThat(
            ArtefactSet.read(
                    Configuration.fromMap(
                        Map.of(
                            "vigil.artefacts.bundle",
                            folder.resolve("one").toString(),
                            "vigil.artefacts.rules",
                            "basic")))
                .bundles())
        .extracting(each -> each.manifest().name())
        .containsExactly("one");
  }
}

package io.vigil.job.dedupe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vigil.job.ArtefactSet;
import io.vigil.job.ControlLog;
import io.vigil.job.Topics;
import io.vigil.job.control.ActivationOperator;
import io.vigil.job.control.Change;
import io.vigil.job.control.ControlSettings;
import io.vigil.job.control.JobKeys;
import io.vigil.job.control.Report;
import io.vigil.job.control.WatchOperator;
import io.vigil.job.control.WatchReport;
import io.vigil.job.record.LogRecord;
import io.vigil.job.record.Outgoing;
import io.vigil.job.sink.Output;
import io.vigil.job.source.RecordDecoder;
import io.vigil.model.approval.Kind;
import io.vigil.model.approval.Refusal;
import io.vigil.model.approval.SigningKeys;
import io.vigil.model.watch.WatchCounts;
import io.vigil.schema.Alias;
import io.vigil.schema.ArtefactKind;
import io.vigil.schema.Deployment;
import io.vigil.schema.DeploymentStatus;
import io.vigil.schema.Receipt;
import io.vigil.schema.ReceiptOutcome;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.Codec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whoever can write to the control topic tries to decide. */
class ForgedAnswersTest {
  private static final long NOW_MS = 1_767_225_600_000L;
  private static final ControlSettings.Approvals NOBODY = (request, inForce, timeMs) -> null;
  private static final KeyPair PAIR = SigningKeys.generate();
  private static final JobKeys KEYS = keys(PAIR);
  private static final Deployment REQUEST =
      ControlLog.requested("r", ArtefactKind.MODEL, Alias.CHAMPION, "cards", "7", "a".repeat(64));

  private final Codec<Deployment> deployments = Codec.of(Deployment.class);
  private final Codec<Receipt> receipts = Codec.of(Receipt.class);
  private Path keyFile;

  private static JobKeys keys(KeyPair pair) {
    return JobKeys.of(
        List.of(Base64.getEncoder().encodeToString(SigningKeys.raw(pair.getPublic()))));
  }

  @BeforeEach
  void writeTheKey(@TempDir Path folder) throws Exception {
    keyFile = folder.resolve("job.key");
    Files.writeString(keyFile, SigningKeys.privatePem(PAIR.getPrivate()));
  }

  /** What the job writes. */
  private Deployment answer(@Nullable Refusal refusal) throws Exception {
    return answer(refusal, null);
  }

  private Deployment answer(@Nullable Refusal refusal, @Nullable String spec) throws Exception {
    try (OneInputStreamOperatorTestHarness<Report, Outgoing> activation =
        new OneInputStreamOperatorTestHarness<>(
            new ActivationOperator(KEYS, keyFile.toUri().toString(), NOBODY, false))) {
      activation.open();
      activation.processElement(
          new Report(deployments.encode(REQUEST), NOW_MS, 0, 1, refusal, spec), NOW_MS);
      return deployments.decode(activation.extractOutputValues().get(0).value());
    }
  }

  /** What the one who watches writes about a canary. */
  private Deployment back() throws Exception {
    WatchCounts bad = new WatchCounts();
    for (int i = 0; i < 10; i++) {
      bad.decided(false, true, false, Double.NaN);
    }
    Change canary =
        new Change(
            "answer-b",
            Kind.MODEL,
            io.vigil.model.approval.Alias.CHALLENGER,
            "cards",
            "7",
            "a".repeat(64),
            500,
            NOW_MS,
            Long.MAX_VALUE,
            false,
            "fallbacks: {max_share: 0.1, min_decisions: 10}",
            null);
    WatchReport report =
        new WatchReport(
            new WatchReport.Stretch(
                NOW_MS + 1,
                Change.initial(
                    Kind.MODEL,
                    io.vigil.model.approval.Alias.CHAMPION,
                    "cards",
                    "6",
                    "b".repeat(64),
                    Long.MIN_VALUE),
                null,
                new WatchCounts(),
                List.of(new WatchReport.Beside(canary, bad, new WatchCounts()))),
            List.of());
    try (OneInputStreamOperatorTestHarness<WatchReport, Outgoing> watch =
        new OneInputStreamOperatorTestHarness<>(
            new WatchOperator(KEYS, keyFile.toUri().toString()))) {
      watch.open();
      watch.processElement(report, NOW_MS);
      return deployments.decode(watch.extractOutputValues().get(0).value());
    }
  }

  @Test
  void aReturnIsSignedAndNobodyElseCanWriteOne() throws Exception {
    Deployment back = back();
    Seen seen =
        read(
            KEYS,
            List.of(
                // As a request, unsigned, of another one; then the job's own, twice.
                Deployment.newBuilder(REQUEST).setDeploymentId(back.getDeploymentId()).build(),
                Deployment.newBuilder(back).setSignatures(List.of()).build(),
                Deployment.newBuilder(back).setReturns("answer-c").build(),
                back,
                back));

    assertThat(back.getReason()).startsWith("returned: fallbacks: ");
    assertThat(seen.outcomes)
        .containsExactly(
            ReceiptOutcome.REFUSED,
            ReceiptOutcome.REFUSED,
            ReceiptOutcome.REFUSED,
            ReceiptOutcome.APPLIED,
            ReceiptOutcome.DUPLICATE);
    assertThat(seen.told).containsExactly(back);
  }

  @Test
  void anAnswerTakesNothingOfTheRequestButWhatWasJudged() throws Exception {
    REQUEST.setReturns("answer-b");
    REQUEST.setWatch("fallbacks: {max_share: 0, min_decisions: 1}");
    try {
      assertThat(answer(null).getReturns()).isNull();
      assertThat(answer(null).getWatch()).isNull();
    } finally {
      REQUEST.setReturns(null);
      REQUEST.setWatch(null);
    }
  }

  /** What became of the records, in their order, and which of them the deciding subtasks get. */
  private record Seen(List<ReceiptOutcome> outcomes, List<String> reasons, List<Deployment> told) {}

  private Seen read(JobKeys keys, List<Deployment> log) throws Exception {
    ArtefactSet artefacts = ArtefactSet.read(new Configuration()).withoutLists();
    RecordDecoder decoder = new RecordDecoder(300_000);
    try (var harness =
        new KeyedOneInputStreamOperatorTestHarness<>(
            new DeduplicateOperator(
                artefacts, keys, Duration.ofDays(7), Duration.ofDays(7), Duration.ofDays(400)),
            LogRecord::stateKey,
            Types.STRING)) {
      harness.open();
      for (int i = 0; i < log.size(); i++) {
        LogRecord record =
            decoder.decode(Topics.CONTROL, 0, i, NOW_MS + i, null, deployments.encode(log.get(i)));
        harness.processElement(record.sequenced(NOW_MS + i, false), NOW_MS + i);
      }
      harness.processWatermark(NOW_MS + log.size());
      Seen seen = new Seen(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
      Queue<StreamRecord<Outgoing>> written = harness.getSideOutput(Output.RECEIPTS);
      for (StreamRecord<Outgoing> each :
          written == null ? List.<StreamRecord<Outgoing>>of() : written) {
        Receipt receipt = receipts.decode(each.getValue().value());
        seen.outcomes.add(receipt.getOutcome());
        seen.reasons.add(String.valueOf(receipt.getReason()));
      }
      Queue<StreamRecord<LogRecord>> told = harness.getSideOutput(DeduplicateOperator.CONTROL);
      for (StreamRecord<LogRecord> each :
          told == null ? List.<StreamRecord<LogRecord>>of() : told) {
        seen.told.add(deployments.decode(each.getValue().value()));
      }
      return seen;
    }
  }

  @Test
  void theTrueAnswerIsObeyedWhateverStandsBeforeIt() throws Exception {
    Deployment answer = answer(null);
    List<Deployment> log =
        List.of(
            // Unsigned, for rules, for a request that nobody made, as a request, altered.
            Deployment.newBuilder(answer).setSignatures(List.of()).build(),
            ControlLog.activated(
                answer.getDeploymentId(), ArtefactKind.RULE_SET, Alias.CHAMPION, "b".repeat(64), 0),
            ControlLog.activated("x", ArtefactKind.MODEL, Alias.CHAMPION, "b".repeat(64), 0),
            Deployment.newBuilder(REQUEST).setDeploymentId(answer.getDeploymentId()).build(),
            Deployment.newBuilder(answer).setDigest("b".repeat(64)).build(),
            Deployment.newBuilder(answer).setStatus(DeploymentStatus.REFUSED).build(),
            REQUEST,
            answer,
            answer);

    Seen seen = read(KEYS, log);

    assertThat(seen.told).containsExactly(REQUEST, answer);
    assertThat(seen.outcomes)
        .containsExactly(
            ReceiptOutcome.REFUSED,
            ReceiptOutcome.REFUSED,
            ReceiptOutcome.REFUSED,
            ReceiptOutcome.REFUSED,
            ReceiptOutcome.REFUSED,
            ReceiptOutcome.REFUSED,
            ReceiptOutcome.APPLIED,
            ReceiptOutcome.APPLIED,
            ReceiptOutcome.DUPLICATE);
    assertThat(seen.reasons.subList(0, 6)).allMatch(reason -> reason.contains(": expected "));
  }

  @Test
  void featuresThatTheJobDidNotBringAreNotComputed() throws Exception {
    String spec =
        "name: pair\nversion: 1\nfeatures:\n"
            + "- {name: pair, entity: [merchant, account], aggregate: count, window: 1h}\n";
    Deployment answer = answer(null, spec);
    Deployment forged = Deployment.newBuilder(answer).setSignatures(List.of()).build();

    int without = requests(List.of());
    assertThat(requests(List.of(forged))).isEqualTo(without);
    assertThat(requests(List.of(forged, answer))).isEqualTo(without + 1);
  }

  /** How many entities a transaction asks after such a log. */
  private int requests(List<Deployment> log) throws Exception {
    RecordDecoder decoder = new RecordDecoder(300_000);
    try (var harness =
        new KeyedOneInputStreamOperatorTestHarness<>(
            new DeduplicateOperator(
                ArtefactSet.read(new Configuration()).withoutLists(),
                KEYS,
                Duration.ofDays(7),
                Duration.ofDays(7),
                Duration.ofDays(400)),
            LogRecord::stateKey,
            Types.STRING)) {
      harness.open();
      for (int i = 0; i < log.size(); i++) {
        byte[] value = deployments.encode(log.get(i));
        harness.processElement(
            decoder.decode(Topics.CONTROL, 0, i, NOW_MS, null, value).sequenced(NOW_MS, false), 0);
      }
      Transaction transaction =
          Transaction.newBuilder()
              .setTransactionId("t")
              .setEventTime(NOW_MS)
              .setAccount("a")
              .setMerchant("m")
              .setAmountMinor(1)
              .setCurrency("EUR")
              .setBillingAmountMinor(1)
              .setBillingCurrency("EUR")
              .setAttributes(Map.of())
              .build();
      byte[] value = Codec.of(Transaction.class).encode(transaction);
      harness.processElement(
          decoder
              .decode(Topics.TRANSACTIONS, 0, 0, NOW_MS, null, value)
              .sequenced(NOW_MS + 1, false),
          0);
      harness.processWatermark(NOW_MS + 1);
      return harness.getSideOutput(DeduplicateOperator.REQUESTS).size();
    }
  }

  @Test
  void refusalsAreSignedToo() throws Exception {
    Deployment refused = answer(new Refusal("no_plan", "expected a plan"));
    assertThat(refused.getStatus()).isEqualTo(DeploymentStatus.REFUSED);
    assertThat(read(KEYS, List.of(refused)).told).containsExactly(refused);
  }

  @Test
  void anotherJobsAnswerIsNone() throws Exception {
    Deployment answer = answer(null);
    assertThat(read(keys(SigningKeys.generate()), List.of(answer)).told).isEmpty();
    // Without keys it is as before there were any.
    assertThat(read(JobKeys.NONE, List.of(answer)).told).containsExactly(answer);
  }

  @Test
  void doesNotStartWithAKeyThatNobodyWouldBelieve() {
    JobKeys others = keys(SigningKeys.generate());
    assertThatThrownBy(
            () -> {
              try (OneInputStreamOperatorTestHarness<Report, Outgoing> activation =
                  new OneInputStreamOperatorTestHarness<>(
                      new ActivationOperator(others, keyFile.toUri().toString(), NOBODY, false))) {
                activation.open();
              }
            })
        .hasMessageStartingWith("vigil.control.job-keys: expected the public key of");
  }
}

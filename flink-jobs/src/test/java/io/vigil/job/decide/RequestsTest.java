package io.vigil.job.decide;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vigil.job.ArtefactSet;
import io.vigil.job.ControlLog;
import io.vigil.job.control.ControlSettings;
import io.vigil.job.control.Registry;
import io.vigil.model.approval.DeploymentRequest;
import io.vigil.model.approval.InForce;
import io.vigil.model.approval.Kind;
import io.vigil.model.approval.Refusal;
import io.vigil.model.artefact.Artefacts;
import io.vigil.model.bundle.Bundle;
import io.vigil.schema.Alias;
import io.vigil.schema.ArtefactKind;
import io.vigil.schema.Decision;
import io.vigil.schema.Deployment;
import io.vigil.schema.DeploymentStatus;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import org.apache.flink.configuration.Configuration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests to a live job: judged, loaded beside the rows, answered through the log. */
@Timeout(120)
class RequestsTest {
  private static final long START_MS = Instant.parse("2026-03-01T12:00:00Z").toEpochMilli();
  private static final Duration LOAD_LIMIT = Duration.ofSeconds(60);
  private static final long SIZE_MAX = 1 << 20;

  /** What the judge says to each request; static, for operators are shipped. */
  private static volatile @Nullable Refusal verdict;

  /** Reading an artefact waits for it. */
  private static volatile CountDownLatch readable = new CountDownLatch(0);

  private static final List<InForce> JUDGED_BY = Collections.synchronizedList(new ArrayList<>());

  private final Map<String, Bundle> bundles = new TreeMap<>();
  private Path registry;
  private ArtefactSet artefacts;

  /** How far a request has come when the job is stopped. */
  private enum Phase {
    REQUESTED,
    LOADING,
    REPORTED,
    ACTIVATED
  }

  @BeforeEach
  void fillTheRegistry(@TempDir Path folder) throws Exception {
    verdict = null;
    readable = new CountDownLatch(0);
    JUDGED_BY.clear();
    registry = folder.resolve("registry");
    for (String name : List.of("one", "two", "three")) {
      bundles.put(name, StubEngine.bundle(name));
      ControlLog.put(registry, bundles.get(name));
    }
    bundles.get("one").copyTo(folder.resolve("one"));
    artefacts =
        ArtefactSet.read(
            Configuration.fromMap(
                Map.of(
                    "vigil.artefacts.bundle",
                    folder.resolve("one").toString(),
                    "vigil.artefacts.rules",
                    "basic")));
  }

  @AfterEach
  void forget() {
    readable.countDown();
  }

  private ControlSettings settings(boolean live) {
    String root = registry.toUri().toString();
    return new ControlSettings(
        live,
        () -> {
          Registry files = new Registry(root);
          return (kind, digest, bytesMax) -> {
            try {
              readable.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
            return files.read(kind, digest, bytesMax);
          };
        },
        RequestsTest::judge,
        LOAD_LIMIT,
        SIZE_MAX);
  }

  private static @Nullable Refusal judge(
      DeploymentRequest request, InForce inForce, long effectiveTimeMs) {
    JUDGED_BY.add(inForce);
    return verdict;
  }

  private LiveJob job(int parallelism, LiveJob.@Nullable Snapshot from) throws Exception {
    return new LiveJob(artefacts, settings(true), parallelism, START_MS, from);
  }

  private Deployment request(String id, String bundle) {
    return ControlLog.requested(
        id, ArtefactKind.MODEL, Alias.CHAMPION, bundle, "1", bundles.get(bundle).digest());
  }

  @Test
  void isInForceFromWhereItsAnswerStandsOnceAllSubtasksHaveIt() throws Exception {
    try (LiveJob job = job(2, null)) {
      job.control(request("r", "two"), START_MS + 10);
      job.watermark(START_MS + 10);
      job.awaitLoaded(0);
      assertThat(job.answers()).isEmpty();
      job.awaitLoaded(1);

      List<Deployment> answers = job.answers();
      assertThat(answers).hasSize(1);
      Deployment answer = answers.get(0);
      assertThat(answer.getStatus()).isEqualTo(DeploymentStatus.ACTIVATED);
      assertThat(answer.getRequestId()).isEqualTo("r");
      assertThat(answer.getEffectiveAt()).isZero();
      assertThat(answer.getEndsAt()).isNull();
      // Warm is not in force: nothing but the log says so.
      job.transaction("1", "A", START_MS + 20);
      job.control(answer, START_MS + 30);
      job.transaction("2", "A", START_MS + 29);
      job.transaction("3", "A", START_MS + 30);
      job.transaction("4", "B", START_MS + 31);
      job.watermark(START_MS + 40);

      assertThat(models(job)).isEqualTo(Map.of("1", "one", "2", "one", "3", "two", "4", "two"));
    }
  }

  /** They come from different subtasks of deduplication, which need not be equally far. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void isSettledByAnAnswerThatComesBeforeIt(boolean restored) throws Exception {
    Deployment answer = activated("answer", "two");
    answer.setRequestId("r");
    LiveJob job = job(2, null);
    job.control(answer, START_MS + 20);
    if (restored) {
      LiveJob.Snapshot snapshot = job.snapshot();
      job.close();
      job = job(3, snapshot);
    }
    job.control(request("r", "two"), START_MS + 10);
    job.watermark(START_MS + 20);
    // What means the same artefact does not wait for it.
    Deployment next = request("next", "two");
    next.setAlias(Alias.CHALLENGER);
    job.control(next, START_MS + 30);
    job.watermark(START_MS + 30);
    job.awaitLoaded();

    assertThat(only(job.answers()).getRequestId()).isEqualTo("next");
    job.close();
  }

  @Test
  void theAnswerSaysWhatItMustHoldAsThePlanDoes() throws Exception {
    String plan =
        """
        format: vigil-plan-1
        verdict: change
        change: []
        against: []
        gates: []
        watch:
          fallbacks: {min_decisions: 10, max_share: 0.010}
        """;
    for (Alias alias : List.of(Alias.CHALLENGER, Alias.SHADOW)) {
      for (int share : List.of(10_000, 0)) {
        Deployment request = request("r", "two");
        request.setAlias(alias);
        request.setShareBasisPoints(share);
        request.setPlan(ByteBuffer.wrap(plan.getBytes(StandardCharsets.UTF_8)));
        try (LiveJob job = job(1, null)) {
          job.control(request, START_MS + 10);
          job.watermark(START_MS + 10);
          job.awaitLoaded();
          assertThat(only(job.answers()).getWatch())
              .as("of an end there is nothing to watch")
              .isEqualTo(
                  share == 0
                      ? null
                      : "stretch: 20000\nfallbacks: {max_share: 0.01, min_decisions: 10}\n");
        }
      }
    }
  }

  @Test
  void aRowWaitsUntilNoControlRecordCanBeMissing() throws Exception {
    try (LiveJob job = job(1, null)) {
      job.transaction("1", "A", START_MS + 30);
      job.control(activated("d", "two"), START_MS + 30);
      assertThat(job.decisions()).isEmpty();
      job.watermark(START_MS + 29);
      assertThat(job.decisions()).isEmpty();
      job.watermark(START_MS + 30);

      assertThat(models(job)).isEqualTo(Map.of("1", "two"));
    }
  }

  @Test
  void whatIsNotApprovedIsNotEvenReadAndTheChampionStays() throws Exception {
    verdict = new Refusal("signed_once", "expected two signatures, got one");
    readable = new CountDownLatch(1);
    try (LiveJob job = job(2, null)) {
      job.control(request("r", "two"), START_MS + 10);
      job.watermark(START_MS + 10);
      job.awaitLoaded();

      assertRefused(job, "signed_once: expected two signatures, got one");
      assertThat(JUDGED_BY.get(0).digests())
          .containsEntry(Kind.MODEL, bundles.get("one").digest())
          .containsEntry(Kind.FEATURE_SPEC, artefacts.plan().fingerprint());
      assertThat(JUDGED_BY.get(0).wasInForce()).containsExactly(bundles.get("one").digest());
    }
  }

  @Test
  void anArtefactThatIsNotThereIsRefused() throws Exception {
    Files.delete(file("two"));
    assertRefused("artefact_missing", request("r", "two"));
  }

  @Test
  void anArtefactWithAFlippedBitIsRefused() throws Exception {
    byte[] bytes = Files.readAllBytes(file("two"));
    bytes[bytes.length / 2] ^= 1;
    Files.write(file("two"), bytes);
    assertRefused("artefact_not_verified", request("r", "two"));
  }

  @Test
  void anotherArtefactUnderTheDigestIsRefused() throws Exception {
    Files.write(file("two"), Files.readAllBytes(file("three")));
    assertRefused("artefact_not_verified", request("r", "two"));
  }

  @Test
  void anArtefactThatIsTooLargeIsRefused() throws Exception {
    Files.write(file("two"), new byte[(int) SIZE_MAX + 1]);
    assertRefused("artefact_too_large", request("r", "two"));
  }

  @Test
  void aModelWhoseGoldenLogitsDifferIsRefused() throws Exception {
    StubEngine.tell("three", (inputs, rows, logits) -> Arrays.fill(logits, 0, rows, 99));
    try {
      assertRefused("artefact_not_verified", request("r", "three"));
    } finally {
      StubEngine.tell("three", null);
    }
  }

  @Test
  void anArtefactUnderAnotherNameIsRefused() throws Exception {
    Deployment request = request("r", "three");
    request.setName("two");
    assertRefused("other_artefact", request);
  }

  @ParameterizedTest
  @CsvSource({
    "FEATURE_SPEC,CHAMPION",
    "RATES,CHAMPION",
    "LIST,SHADOW",
    "RULE_SET,SHADOW",
    "UNKNOWN,CHAMPION",
    "MODEL,UNKNOWN"
  })
  void whatOnlyARestartChangesIsRefused(ArtefactKind kind, Alias alias) throws Exception {
    Deployment request = request("r", "two");
    request.setKind(kind);
    request.setAlias(alias);
    try (LiveJob job = job(2, null)) {
      job.control(request, START_MS + 10);
      job.watermark(START_MS + 10);
      assertRefused(job, "kind_not_live: ");
    }
  }

  @Test
  void rulesThatReadAFeatureThatIsNotThereAreRefused() throws Exception {
    String rules = Artefacts.builtIn("rules/default.yaml");
    String digest = ControlLog.put(registry, Kind.RULE_SET, rules);
    assertRefused(
        "artefact_does_not_fit",
        ControlLog.requested("r", ArtefactKind.RULE_SET, Alias.CHAMPION, "default", "1", digest));
  }

  @Test
  void aPolicyThatChangesOpenCasesIsRefused() throws Exception {
    String policy = Artefacts.builtIn("policies/default.yaml").replace("24h", "12h");
    String digest = ControlLog.put(registry, Kind.POLICY, policy);
    assertRefused(
        "artefact_does_not_fit",
        ControlLog.requested("r", ArtefactKind.POLICY, Alias.CHAMPION, "default", "1", digest));
  }

  @Test
  void rowsFlowWhileAnArtefactIsReadAndWhatTakesTooLongIsRefused() throws Exception {
    readable = new CountDownLatch(1);
    try (LiveJob job = job(2, null)) {
      job.control(request("r", "two"), START_MS + 10);
      job.watermark(START_MS + 10);
      job.transaction("1", "A", START_MS + 11);
      job.watermark(START_MS + 11);
      assertThat(models(job)).isEqualTo(Map.of("1", "one"));
      job.processingTime(START_MS + LOAD_LIMIT.toMillis() - 1);
      assertThat(job.answers()).isEmpty();

      job.processingTime(START_MS + LOAD_LIMIT.toMillis());
      assertRefused(job, "load_timeout: ");
    }
  }

  @Test
  void requestsAreAnsweredOneByOneInEffectiveOrder() throws Exception {
    try (LiveJob job = job(2, null)) {
      job.control(request("second", "three"), START_MS + 20);
      job.control(request("first", "two"), START_MS + 10);
      job.watermark(START_MS + 20);
      job.awaitLoaded();
      Deployment first = only(job.answers());
      assertThat(first.getRequestId()).isEqualTo("first");
      job.control(first, START_MS + 30);
      job.watermark(START_MS + 30);
      job.awaitLoaded();

      assertThat(only(job.answers()).getRequestId()).isEqualTo("second");
      // Judged by what the first one has changed.
      InForce last = JUDGED_BY.get(JUDGED_BY.size() - 1);
      assertThat(last.digests()).containsEntry(Kind.MODEL, bundles.get("two").digest());
      assertThat(last.wasInForce())
          .containsExactlyInAnyOrder(bundles.get("one").digest(), bundles.get("two").digest());
    }
  }

  @Test
  void aRequestOfBeforeTheStartWaitsUntilTheLogOfBeforeIsRead() throws Exception {
    try (LiveJob job = job(2, null)) {
      job.control(request("old", "two"), START_MS - 1_000);
      job.control(request("older", "three"), START_MS - 2_000);
      job.watermark(START_MS - 900);
      assertThat(JUDGED_BY).isEmpty();
      // Its answer stands in the log already.
      job.control(answer("older", "three"), START_MS - 800);
      job.watermark(START_MS);
      job.awaitLoaded();

      assertThat(only(job.answers()).getRequestId()).isEqualTo("old");
    }
  }

  @Test
  void aBoundedJobJudgesNothing() throws Exception {
    try (LiveJob job = new LiveJob(artefacts, settings(false), 2, 0, null)) {
      job.control(request("r", "two"), START_MS + 10);
      job.control(answer("r", "two"), START_MS + 20);
      job.transaction("1", "A", START_MS + 20);
      job.watermark(START_MS + 30);

      assertThat(JUDGED_BY).isEmpty();
      assertThat(job.answers()).isEmpty();
      assertThat(models(job)).isEqualTo(Map.of("1", "two"));
    }
  }

  @Test
  void rollingBackNeedsNoRegistry() throws Exception {
    try (LiveJob job = job(2, null)) {
      job.control(activated("d1", "two"), START_MS + 10);
      for (int id = 0; id < 8; id++) {
        job.transaction("a" + id, "A", START_MS + 11);
      }
      job.watermark(START_MS + 20);
      job.control(activated("d2", "three"), START_MS + 30);
      for (int id = 0; id < 8; id++) {
        job.transaction("b" + id, "A", START_MS + 31);
      }
      job.watermark(START_MS + 40);
      Files.delete(file("two"));
      job.control(request("back", "two"), START_MS + 50);
      job.watermark(START_MS + 50);
      job.awaitLoaded();

      Deployment answer = only(job.answers());
      assertThat(answer.getStatus()).isEqualTo(DeploymentStatus.ACTIVATED);
      job.control(answer, START_MS + 60);
      job.transaction("7", "A", START_MS + 61);
      job.watermark(START_MS + 70);
      assertThat(models(job)).containsEntry("b6", "three").containsEntry("7", "two");
    }
  }

  @Test
  void whatCameByBreakingTheGlassSaysWhenItEnds() throws Exception {
    Deployment request = request("r", "two");
    request.setBreakGlass(true);
    try (LiveJob job = job(1, null)) {
      job.control(request, START_MS + 10);
      job.watermark(START_MS + 10);
      job.awaitLoaded();
      Deployment answer = only(job.answers());
      long endMs = io.vigil.model.approval.Judge.breakGlassEndMs(START_MS + 10);
      assertThat(answer.getEndsAt()).isEqualTo(endMs);
      job.control(answer, START_MS + 20);
      job.transaction("1", "A", endMs - 1);
      job.transaction("2", "A", endMs);
      job.watermark(endMs);

      assertThat(models(job)).isEqualTo(Map.of("1", "two", "2", "one"));
    }
  }

  @ParameterizedTest
  @EnumSource(Phase.class)
  void aRequestSurvivesARestoreWithAnotherParallelism(Phase phase) throws Exception {
    LiveJob.Snapshot snapshot;
    Deployment before = null;
    if (phase == Phase.LOADING) {
      readable = new CountDownLatch(1);
    }
    try (LiveJob job = job(2, null)) {
      job.control(request("r", "two"), START_MS + 10);
      job.watermark(phase == Phase.REQUESTED ? START_MS + 9 : START_MS + 10);
      if (phase == Phase.REPORTED || phase == Phase.ACTIVATED) {
        job.awaitLoaded();
        before = only(job.answers());
      }
      if (phase == Phase.ACTIVATED) {
        job.control(before, START_MS + 20);
        job.watermark(START_MS + 20);
      }
      snapshot = job.snapshot();
      readable.countDown();
    }

    try (LiveJob job = job(3, snapshot)) {
      job.watermark(START_MS + 15);
      if (phase != Phase.ACTIVATED) {
        job.awaitLoaded();
        Deployment answer = only(job.answers());
        assertThat(answer.getStatus()).isEqualTo(DeploymentStatus.ACTIVATED);
        if (before != null) {
          assertThat(answer).as("said again, it is the same").isEqualTo(before);
        }
        job.control(answer, START_MS + 20);
      }
      job.transaction("1", "A", START_MS + 19);
      job.transaction("2", "A", START_MS + 20);
      job.watermark(START_MS + 30);

      assertThat(job.answers()).isEmpty();
      assertThat(models(job)).isEqualTo(Map.of("1", "one", "2", "two"));
    }
  }

  @Test
  void aModelBringsTheFeaturesThatItReadsAndTheSpecLacks() throws Exception {
    String spec =
        "name: more\nversion: 2\nfeatures: [{name: double, expression: amount * 2}, {name: triple, expression: amount * 3}]\n";
    bundles.put(
        "more", ControlLog.put(registry, StubEngine.bundle("more", spec, "double", "triple")));
    LiveJob.Snapshot snapshot;
    try (LiveJob job = job(2, null)) {
      job.control(request("r", "more"), START_MS + 10);
      // It is judged by what the first brings: nothing new is left to bring.
      job.control(request("s", "more"), START_MS + 11);
      job.watermark(START_MS + 11);
      job.awaitLoaded();
      Deployment answer = only(job.answers());
      assertThat(answer.getStatus()).isEqualTo(DeploymentStatus.ACTIVATED);
      assertThat(answer.getFeatureSpec()).isEqualTo(spec);
      job.control(answer, START_MS + 20);
      job.transaction("1", "A", START_MS + 19);
      job.transaction("2", "A", START_MS + 20);
      job.watermark(START_MS + 20);
      job.awaitLoaded();
      assertThat(only(job.answers()).getFeatureSpec()).isNull();
      snapshot = job.snapshot();

      assertThat(models(job)).isEqualTo(Map.of("1", "one", "2", "more"));
      assertThat(vectors(job))
          .isEqualTo(Map.of("1", List.of(10f, 0f), "2", List.of(10f, 0f, 20f, 30f)));
    }

    try (LiveJob job = job(3, snapshot)) {
      job.transaction("3", "A", START_MS + 30);
      job.watermark(START_MS + 30);

      assertThat(models(job)).isEqualTo(Map.of("3", "more"));
      assertThat(vectors(job)).isEqualTo(Map.of("3", List.of(10f, 0f, 20f, 30f)));
    }
  }

  @Test
  void aModelThatMeansSomethingElseByAFeatureIsRefused() throws Exception {
    String spec = StubEngine.SPEC.replace("expression: amount", "expression: amount * 2");
    bundles.put(
        "other", ControlLog.put(registry, StubEngine.bundle("other", spec, "shown", "night")));
    assertRefused("other_features", request("r", "other"));
  }

  @Test
  void aSpecThatReadsAloneButNotBehindAnotherIsRefused() throws Exception {
    String spec =
        "# more\n---\nname: more\nversion: 2\nfeatures:\n"
            + "- {name: double, expression: amount * 2}\n"
            + "- {name: triple, expression: amount * 3}\n";
    bundles.put(
        "more", ControlLog.put(registry, StubEngine.bundle("more", spec, "double", "triple")));
    assertRefused("artefact_does_not_fit", request("r", "more"));
  }

  private static Map<String, List<Float>> vectors(LiveJob job) throws Exception {
    Map<String, List<Float>> vectors = new TreeMap<>();
    for (Decision decision : job.decisions()) {
      FloatBuffer floats = decision.getFeatures().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
      List<Float> vector = new ArrayList<>();
      while (floats.hasRemaining()) {
        vector.add(floats.get());
      }
      vectors.put(decision.getTransaction().getTransactionId(), vector);
    }
    return vectors;
  }

  @Test
  void aRestoreObeysWithoutARegistryOnlyWhatItWasStartedWith() throws Exception {
    LiveJob.Snapshot snapshot;
    try (LiveJob job = job(2, null)) {
      job.control(activated("d", "two"), START_MS + 10);
      job.watermark(START_MS + 20);
      snapshot = job.snapshot();
    }
    Files.delete(file("two"));

    assertThatThrownBy(() -> job(2, snapshot))
        .hasMessageContaining("control: expected to load the model two 1")
        .hasMessageContaining("by the deployment d, got artefact_missing");
  }

  @Test
  void theEndOfTheInputIsNoTimeAtWhichAnythingIsForgotten() throws Exception {
    Deployment scheduled = activated("later", "three");
    scheduled.setEffectiveAt(START_MS + 1_000);
    LiveJob.Snapshot drained;
    try (LiveJob job = job(2, null)) {
      job.control(activated("d", "two"), START_MS + 10);
      job.control(scheduled, START_MS + 11);
      job.watermark(START_MS + 20);
      job.watermark(Long.MAX_VALUE);
      drained = job.snapshot();
    }

    try (LiveJob job = job(3, drained)) {
      job.transaction("1", "A", START_MS + 999);
      job.transaction("2", "A", START_MS + 1_000);
      job.watermark(START_MS + 2_000);

      assertThat(models(job)).isEqualTo(Map.of("1", "two", "2", "three"));
    }
  }

  /** Refused by both subtasks that were asked, and nothing has changed. */
  private void assertRefused(String code, Deployment request) throws Exception {
    try (LiveJob job = job(2, null)) {
      job.control(request, START_MS + 10);
      job.watermark(START_MS + 10);
      job.awaitLoaded();
      assertRefused(job, code + ": ");
    }
  }

  private void assertRefused(LiveJob job, String reason) throws Exception {
    Deployment answer = only(job.answers());
    assertThat(answer.getStatus()).isEqualTo(DeploymentStatus.REFUSED);
    assertThat(answer.getRequestId()).isEqualTo("r");
    assertThat(answer.getReason()).startsWith(reason);
    job.control(answer, START_MS + 1_000);
    job.transaction("last", "A", START_MS + 1_001);
    job.watermark(START_MS + 1_001);
    assertThat(models(job)).containsEntry("last", "one");
    assertThat(job.answers()).isEmpty();
  }

  private Path file(String bundle) {
    return registry.resolve(Registry.location(Kind.MODEL, bundles.get(bundle).digest()));
  }

  private Deployment activated(String id, String bundle) {
    Deployment activated =
        ControlLog.activated(
            id, ArtefactKind.MODEL, Alias.CHAMPION, bundles.get(bundle).digest(), 0);
    activated.setName(bundle);
    return activated;
  }

  private Deployment answer(String request, String bundle) {
    Deployment answer = activated("answer to " + request, bundle);
    answer.setRequestId(request);
    return answer;
  }

  private static Deployment only(List<Deployment> answers) {
    assertThat(answers).hasSize(1);
    return answers.get(0);
  }

  /** The names of the models that decided, by transaction. */
  private Map<String, String> models(LiveJob job) throws Exception {
    Map<String, String> names = new TreeMap<>();
    bundles.forEach((name, bundle) -> names.put(bundle.digest(), name));
    Map<String, String> models = new TreeMap<>();
    for (Decision decision : job.decisions()) {
      assertThat(decision.getFallbackCause()).isNull();
      models.put(
          decision.getTransaction().getTransactionId(),
          names.get(HexFormat.of().formatHex(decision.getModel().bytes())));
    }
    return models;
  }
}

package io.vigil.job.decide;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.job.ArtefactSet;
import io.vigil.job.ControlLog;
import io.vigil.job.control.ControlSettings;
import io.vigil.job.control.Registry;
import io.vigil.model.approval.DeploymentRequest;
import io.vigil.model.approval.InForce;
import io.vigil.model.approval.Refusal;
import io.vigil.model.bundle.Bundle;
import io.vigil.schema.Alias;
import io.vigil.schema.ArtefactKind;
import io.vigil.schema.Deployment;
import io.vigil.schema.DeploymentStatus;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import org.apache.flink.configuration.Configuration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Requests that are worked on side by side: who overtakes whom, and what that must not allow. */
@Timeout(120)
class OvertakingTest {
  private static final long START_MS = Instant.parse("2026-03-01T12:00:00Z").toEpochMilli();
  private static final Duration LOAD_LIMIT = Duration.ofSeconds(60);

  /** By request, the champion that its signers saw; static, for operators are shipped. */
  private static final Map<String, String> AGAINST = new ConcurrentHashMap<>();

  /** Reading the artefact of that digest waits for it. */
  private static final Map<String, CountDownLatch> BLOCKED = new ConcurrentHashMap<>();

  private final Map<String, Bundle> bundles = new TreeMap<>();
  private Path registry;
  private ArtefactSet artefacts;

  @BeforeEach
  void fillTheRegistry(@TempDir Path folder) throws Exception {
    AGAINST.clear();
    registry = folder.resolve("registry");
    for (String name : List.of("one", "two", "slow")) {
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
    BLOCKED.put(digest("slow"), new CountDownLatch(1));
  }

  @AfterEach
  void forget() {
    BLOCKED.values().forEach(CountDownLatch::countDown);
    BLOCKED.clear();
  }

  private ControlSettings settings() {
    String root = registry.toUri().toString();
    return new ControlSettings(
        true,
        () -> {
          Registry files = new Registry(root);
          return (kind, digest, bytesMax) -> {
            CountDownLatch blocked = BLOCKED.get(digest);
            if (blocked != null) {
              try {
                blocked.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            }
            return files.read(kind, digest, bytesMax);
          };
        },
        OvertakingTest::judge,
        LOAD_LIMIT,
        1 << 20);
  }

  private static @Nullable Refusal judge(
      DeploymentRequest request, InForce inForce, long effectiveTimeMs) {
    String champion = inForce.digests().get(request.kind());
    return champion.equals(AGAINST.get(request.id()))
        ? null
        : new Refusal("plan_against_another_champion", "expected " + champion);
  }

  /** A job whose champion is "one", and in which "two" is warm, for it was champion before. */
  private LiveJob job() throws Exception {
    LiveJob job = new LiveJob(artefacts, settings(), 2, START_MS, null);
    job.control(
        ControlLog.activated("d1", ArtefactKind.MODEL, Alias.CHAMPION, digest("two"), 0),
        START_MS + 1);
    transactions(job, "a", START_MS + 1);
    job.control(
        ControlLog.activated("d2", ArtefactKind.MODEL, Alias.CHAMPION, digest("one"), 0),
        START_MS + 2);
    transactions(job, "b", START_MS + 2);
    job.watermark(START_MS + 2);
    assertThat(job.answers()).isEmpty();
    return job;
  }

  /** Enough for both subtasks. */
  private static void transactions(LiveJob job, String prefix, long timeMs) throws Exception {
    for (int i = 0; i < 8; i++) {
      job.transaction(prefix + i, "A", timeMs);
    }
    job.watermark(timeMs);
  }

  @Test
  void aRollbackOvertakesAModelThatIsStillRead() throws Exception {
    try (LiveJob job = job()) {
      job.control(request("slow", "slow", Alias.CHAMPION, 0, "one"), START_MS + 10);
      job.watermark(START_MS + 10);
      job.control(request("back", "two", Alias.CHAMPION, 0, "one"), START_MS + 11);
      job.watermark(START_MS + 11);
      job.awaitLoaded();
      Deployment back = only(job);
      assertThat(back.getRequestId()).isEqualTo("back");
      assertThat(back.getStatus()).isEqualTo(DeploymentStatus.ACTIVATED);
      job.control(back, START_MS + 12);
      job.watermark(START_MS + 12);
      job.transaction("last", "A", START_MS + 13);
      job.watermark(START_MS + 13);
      BLOCKED.get(digest("slow")).countDown();
      job.awaitLoaded();

      Deployment late = only(job);
      assertThat(late.getRequestId()).isEqualTo("slow");
      assertThat(late.getReason()).startsWith("plan_against_another_champion: ");
      assertThat(job.decisions())
          .filteredOn(each -> each.getTransaction().getTransactionId().equals("last"))
          .allMatch(
              each -> io.vigil.job.decide.Decider.digest(digest("two")).equals(each.getModel()))
          .hasSize(1);
    }
  }

  @Test
  void ofTwoThatWereJudgedByOneChampionOneIsPutInForce() throws Exception {
    BLOCKED.get(digest("slow")).countDown();
    try (LiveJob job = job()) {
      job.control(request("first", "slow", Alias.CHAMPION, 0, "one"), START_MS + 10);
      job.control(request("second", "two", Alias.CHAMPION, 0, "one"), START_MS + 11);
      job.watermark(START_MS + 11);
      job.awaitLoaded();
      job.awaitLoaded();
      // All subtasks have reported both, before anybody knew of an answer.
      Deployment first = only(job);
      assertThat(first.getStatus()).isEqualTo(DeploymentStatus.ACTIVATED);
      job.control(first, START_MS + 12);
      job.watermark(START_MS + 12);
      job.awaitLoaded();

      Deployment second = only(job);
      assertThat(List.of(first.getRequestId(), second.getRequestId()))
          .containsExactlyInAnyOrder("first", "second");
      assertThat(second.getReason()).startsWith("plan_against_another_champion: ");
    }
  }

  @Test
  void whatMeansTheSamePlaceOrArtefactKeepsItsOrder() throws Exception {
    try (LiveJob job = job()) {
      job.control(request("canary", "slow", Alias.CHALLENGER, 500, "one"), START_MS + 10);
      job.control(request("other canary", "two", Alias.CHALLENGER, 900, "one"), START_MS + 11);
      job.control(request("end of it", "two", Alias.CHALLENGER, 0, "one"), START_MS + 12);
      job.control(request("shadow", "two", Alias.SHADOW, 10_000, "one"), START_MS + 13);
      job.control(request("shadow's end", "one", Alias.SHADOW, 0, "one"), START_MS + 14);
      job.watermark(START_MS + 14);
      job.awaitLoaded();
      Deployment end = only(job);
      assertThat(end.getRequestId()).as("what ends another one").isEqualTo("shadow's end");
      job.control(end, START_MS + 15);
      job.watermark(START_MS + 15);
      BLOCKED.get(digest("slow")).countDown();

      for (String expected : List.of("canary", "other canary", "end of it", "shadow")) {
        Deployment answer = next(job);
        assertThat(answer.getRequestId()).isEqualTo(expected);
        assertThat(answer.getStatus()).isEqualTo(DeploymentStatus.ACTIVATED);
        job.control(answer, START_MS + 16);
        job.watermark(START_MS + 16);
      }
    }
  }

  @Test
  void aRefusalWaitsForWhatTheOnesBeforeItMayAllow() throws Exception {
    try (LiveJob job = job()) {
      job.control(request("first", "slow", Alias.CHAMPION, 0, "one"), START_MS + 10);
      job.control(request("second", "two", Alias.CHAMPION, 0, "slow"), START_MS + 11);
      job.watermark(START_MS + 11);
      BLOCKED.get(digest("slow")).countDown();
      Deployment first = next(job);
      assertThat(first.getRequestId()).isEqualTo("first");
      job.control(first, START_MS + 12);
      job.watermark(START_MS + 12);

      Deployment second = next(job);
      assertThat(second.getRequestId()).isEqualTo("second");
      assertThat(second.getStatus()).isEqualTo(DeploymentStatus.ACTIVATED);
    }
  }

  @Test
  void ofTwoModelsThatBringFeaturesTheSecondIsReadAnewBesideThoseOfTheFirst() throws Exception {
    bring("more", "double", "amount * 2");
    bring("extra", "triple", "amount * 3");
    Integer alone;
    try (LiveJob job = job()) {
      job.control(request("extra", "extra", Alias.CHAMPION, 0, "one"), START_MS + 10);
      job.watermark(START_MS + 10);
      alone = logit(job, next(job));
    }
    try (LiveJob job = job()) {
      job.control(request("more", "more", Alias.SHADOW, 10_000, "one"), START_MS + 10);
      job.control(request("extra", "extra", Alias.CHAMPION, 0, "one"), START_MS + 11);
      job.watermark(START_MS + 11);
      // All subtasks have both, each as if it brought the first new feature.
      job.awaitLoaded();
      job.awaitLoaded();
      Deployment more = only(job);
      assertThat(more.getFeatureSpec()).contains("double");
      job.control(more, START_MS + 12);
      job.watermark(START_MS + 12);
      Deployment extra = next(job);
      assertThat(extra.getFeatureSpec()).contains("triple");

      assertThat(logit(job, extra)).isEqualTo(alone);
      assertThat(job.decisions())
          .as("vectors have the features of both")
          .anyMatch(each -> each.getFeatures().remaining() == 4 * Float.BYTES);
    }
  }

  /** Of a row that the answer lets the model decide about. */
  private static Integer logit(LiveJob job, Deployment answer) throws Exception {
    assertThat(answer.getStatus()).isEqualTo(DeploymentStatus.ACTIVATED);
    job.control(answer, START_MS + 20);
    job.transaction("last", "A", START_MS + 21);
    job.watermark(START_MS + 21);
    return job.decisions().stream()
        .filter(each -> each.getTransaction().getTransactionId().equals("last"))
        .findFirst()
        .orElseThrow()
        .getLogitBits();
  }

  private void bring(String model, String feature, String expression) throws Exception {
    String spec =
        "name: %s\nversion: 2\nfeatures: [{name: shown, expression: amount}, {name: %s, expression: %s}]\n"
            .formatted(model, feature, expression);
    bundles.put(model, ControlLog.put(registry, StubEngine.bundle(model, spec, "shown", feature)));
  }

  @Test
  void aRefusalAnswersThoughSomethingElseIsNotReadBackYet() throws Exception {
    BLOCKED.get(digest("slow")).countDown();
    try (LiveJob job = job()) {
      job.control(request("wrong", "slow", Alias.CHAMPION, 0, "two"), START_MS + 10);
      job.control(request("right", "two", Alias.CHAMPION, 0, "one"), START_MS + 11);
      job.watermark(START_MS + 11);
      job.awaitLoaded();
      job.awaitLoaded();

      assertThat(job.answers())
          .extracting(Deployment::getRequestId)
          .containsExactlyInAnyOrder("wrong", "right");
    }
  }

  /** Waits until both subtasks agree on something. */
  private static Deployment next(LiveJob job) throws Exception {
    List<Deployment> answers = job.answers();
    while (answers.isEmpty()) {
      job.awaitLoaded();
      answers = job.answers();
    }
    assertThat(answers).hasSize(1);
    return answers.get(0);
  }

  private static Deployment only(LiveJob job) throws Exception {
    List<Deployment> answers = job.answers();
    assertThat(answers).hasSize(1);
    return answers.get(0);
  }

  private Deployment request(String id, String bundle, Alias alias, int share, String against) {
    AGAINST.put(id, digest(against));
    return Deployment.newBuilder(
            ControlLog.requested(id, ArtefactKind.MODEL, alias, bundle, "1", digest(bundle)))
        .setShareBasisPoints(share)
        .build();
  }

  private String digest(String bundle) {
    return bundles.get(bundle).digest();
  }
}

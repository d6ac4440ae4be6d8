package io.vigil.job.decide;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.job.ArtefactSet;
import io.vigil.job.ControlLog;
import io.vigil.job.control.Accounts;
import io.vigil.job.control.ControlSettings;
import io.vigil.job.control.Registry;
import io.vigil.model.approval.Kind;
import io.vigil.model.artefact.Artefacts;
import io.vigil.model.bundle.Bundle;
import io.vigil.model.score.ScoringException;
import io.vigil.schema.Alias;
import io.vigil.schema.ArtefactKind;
import io.vigil.schema.Decision;
import io.vigil.schema.Deployment;
import io.vigil.schema.DeploymentStatus;
import io.vigil.schema.LabelValue;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.configuration.Configuration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Rollouts under watch: what is counted of them, and what takes them back. */
@Timeout(120)
class WatchTest {
  private static final long START_MS = Instant.parse("2026-03-01T12:00:00Z").toEpochMilli();
  private static final int HALF = 5_000;

  /** Above it the rules want somebody to look, whatever the score. */
  private static final long LARGE_MINOR = 600_000;

  private final Map<String, Bundle> bundles = new TreeMap<>();
  private final Accounts accounts = new Accounts();
  private Path registry;
  private ArtefactSet artefacts;
  private long nowMs = START_MS + 100;
  private int sent;

  /** What a rollout can do wrong. */
  private enum Wrong {
    ALERTS(
        "alert_rate: {max_ratio: 2, min_decisions: 40}",
        "alert_rate: expected at most 2 times the champion's, got 10.00 over 40 decisions") {
      @Override
      void tell(String model) {
        logit(model, 10);
      }
    },
    SCORES(
        "score_shift: {max_index: 0.25, min_decisions: 40}",
        "score_shift: expected an index of at most 0.25 against the champion's, got ") {
      @Override
      void tell(String model) {
        logit(model, -3);
      }
    },
    FALLBACKS(
        "fallbacks: {max_share: 0.05, min_decisions: 40}",
        "fallbacks: expected at most 5 %, got 100.00 % over 40 decisions") {
      @Override
      void tell(String model) {
        StubEngine.tell(
            model,
            (inputs, rows, logits) -> {
              throw new ScoringException("a test");
            });
      }
    },
    NO_NUMBER(
        "fallbacks: {max_share: 0.05, min_decisions: 40}",
        "fallbacks: expected at most 5 %, got 100.00 % over 40 decisions") {
      @Override
      void tell(String model) {
        logit(model, Float.NaN);
      }
    },
    LATENCY(
        "latency: {p99_ms: 2, min_decisions: 40}",
        "latency: expected at most 1 % slower than 2 ms, got 100.00 % over 40 decisions") {
      @Override
      void tell(String model) {
        StubEngine.tell(
            model,
            (inputs, rows, logits) -> {
              try {
                Thread.sleep(4);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
              StubEngine.sum(inputs, rows, logits);
            });
      }
    };

    private final String limit;
    private final String reason;

    Wrong(String limit, String reason) {
      this.limit = limit;
      this.reason = reason;
    }

    abstract void tell(String model);

    private static void logit(String model, float logit) {
      StubEngine.tell(model, (inputs, rows, logits) -> Arrays.fill(logits, 0, rows, logit));
    }
  }

  @BeforeEach
  void fillTheRegistry(@TempDir Path folder) throws Exception {
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
  void behave() {
    bundles.keySet().forEach(name -> StubEngine.tell(name, null));
  }

  private LiveJob job(int parallelism, boolean live, LiveJob.@Nullable Snapshot from)
      throws Exception {
    String root = registry.toUri().toString();
    ControlSettings settings =
        new ControlSettings(
            live,
            () -> new Registry(root),
            (request, inForce, effectiveTimeMs) -> null,
            Duration.ofSeconds(60),
            1 << 20);
    return new LiveJob(artefacts, settings, parallelism, START_MS, from);
  }

  /** So many of an account that has such a place, every tenth large, all decided. */
  private void send(LiveJob job, int count, boolean challenged) throws Exception {
    for (int i = 0; i < count; i++) {
      String account;
      int number = sent;
      do {
        account = "A" + number;
        number += 10_000;
      } while ((accounts.place(account) < HALF) != challenged);
      job.transaction("t" + sent, account, sent % 10 == 0 ? LARGE_MINOR : 1_000, ++nowMs);
      sent++;
    }
    job.watermark(nowMs);
  }

  private Deployment activated(String id, String bundle, Alias alias, int share, String watch) {
    Deployment activated =
        ControlLog.activated(id, ArtefactKind.MODEL, alias, bundles.get(bundle).digest(), share);
    activated.setName(bundle);
    activated.setWatch(watch);
    return activated;
  }

  /**
   * Puts it in force and has the models loaded, which is when they are held to their golden rows.
   */
  private void control(LiveJob job, Deployment deployment) throws Exception {
    job.control(deployment, ++nowMs);
    send(job, 1, true);
    send(job, 1, false);
  }

  private static Deployment only(List<Deployment> deployments) {
    assertThat(deployments).hasSize(1);
    return deployments.get(0);
  }

  @ParameterizedTest
  @EnumSource(Wrong.class)
  void aCanaryThatDoesBadlyIsTakenBackByTheLog(Wrong wrong) throws Exception {
    try (LiveJob job = job(2, true, null)) {
      control(job, activated("d", "two", Alias.CHALLENGER, HALF, "stretch: 100\n" + wrong.limit));
      send(job, 78, false);
      wrong.tell("two");
      send(job, 38, true);
      assertThat(job.returns()).as("39 decisions say nothing").isEmpty();
      send(job, 1, true);
      if (wrong == Wrong.LATENCY || wrong == Wrong.FALLBACKS || wrong == Wrong.NO_NUMBER) {
        // The first decision was a good one.
        send(job, 100, true);
      }

      Deployment back = only(job.returns());
      assertThat(back.getDeploymentId()).matches("return-[a-p]{32}");
      assertThat(back.getReturns()).isEqualTo("d");
      assertThat(back.getRequestId()).isNull();
      assertThat(back.getStatus()).isEqualTo(DeploymentStatus.ACTIVATED);
      assertThat(back.getKind()).isEqualTo(ArtefactKind.MODEL);
      assertThat(back.getAlias()).isEqualTo(Alias.CHALLENGER);
      assertThat(back.getShareBasisPoints()).isZero();
      assertThat(back.getDigest()).isEqualTo(bundles.get("two").digest());
      assertThat(back.getReason()).startsWith("returned: " + wrong.reason.split(", got ")[0]);
      // Once is enough, and nothing is in force by it before it stands in the log.
      send(job, 100, true);
      assertThat(job.returns()).isEmpty();
      assertThat(last(job)).isEqualTo("two");
      job.control(back, ++nowMs);
      send(job, 100, true);
      assertThat(last(job)).isEqualTo("one");
      assertThat(job.returns()).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource(Wrong.class)
  void aShadowIsHeldAgainstTheChampionOnTheSameRows(Wrong wrong) throws Exception {
    try (LiveJob job = job(2, true, null)) {
      control(job, activated("d", "two", Alias.SHADOW, 10_000, "stretch: 100\n" + wrong.limit));
      wrong.tell("two");
      send(job, 37, true);
      assertThat(job.returns()).isEmpty();
      send(job, 100, true);

      Deployment back = only(job.returns());
      assertThat(back.getAlias()).isEqualTo(Alias.SHADOW);
      assertThat(back.getReason()).startsWith("returned: " + wrong.reason.split(", got ")[0]);
      job.control(back, ++nowMs);
      send(job, 10, true);
      List<Decision> decisions = job.decisions();
      assertThat(decisions.stream().filter(d -> d.getChallengerScores().isEmpty()).count())
          .isEqualTo(10);
    }
  }

  @Test
  void aRolloutThatDoesWellIsLeftAlone() throws Exception {
    String watch =
        Arrays.stream(Wrong.values())
            .filter(wrong -> wrong != Wrong.NO_NUMBER && wrong != Wrong.LATENCY)
            .map(wrong -> wrong.limit + "\n")
            .reduce("stretch: 100\n", String::concat);
    try (LiveJob job = job(2, true, null)) {
      control(job, activated("d", "two", Alias.CHALLENGER, HALF, watch));
      control(job, activated("e", "three", Alias.SHADOW, 10_000, watch));
      for (int i = 0; i < 5; i++) {
        send(job, 100, true);
        send(job, 100, false);
      }
      assertThat(job.watches()).isTrue();
      assertThat(job.returns()).isEmpty();
    }
  }

  @Test
  void whatDecidedBeforeComesBackAfterABadPromotion() throws Exception {
    String watch = "stretch: 100\nafter_promotion: 300\n" + Wrong.ALERTS.limit;
    try (LiveJob job = job(2, true, null)) {
      send(job, 100, true);
      control(job, activated("d", "two", Alias.CHAMPION, 0, watch));
      Wrong.ALERTS.tell("two");
      send(job, 100, false);

      Deployment back = only(job.returns());
      assertThat(back.getAlias()).isEqualTo(Alias.CHAMPION);
      assertThat(back.getReturns()).isEqualTo("d");
      assertThat(back.getName()).isEqualTo("one");
      assertThat(back.getDigest()).isEqualTo(bundles.get("one").digest());
      assertThat(back.getReason())
          .startsWith("returned: alert_rate: expected at most 2 times what decided before, got ");
      job.control(back, ++nowMs);
      send(job, 100, false);
      assertThat(last(job)).isEqualTo("one");
      assertThat(job.returns()).isEmpty();
    }
  }

  @Test
  void aPromotionIsWatchedForAWhileAndOnlyIfThePlanSaysSo() throws Exception {
    for (String until : List.of("", "after_promotion: 50\n")) {
      try (LiveJob job = job(1, true, null)) {
        send(job, 100, true);
        control(
            job,
            activated(
                "d", "two", Alias.CHAMPION, 0, "stretch: 100\n" + until + Wrong.ALERTS.limit));
        send(job, 48, true);
        assertThat(job.returns()).isEmpty();
        Wrong.ALERTS.tell("two");
        send(job, 300, true);
        assertThat(job.returns()).isEmpty();
        StubEngine.tell("two", null);
      }
    }
  }

  @Test
  void rulesThatAlertTooOftenGiveWayToThoseOfBefore() throws Exception {
    String digest =
        ControlLog.put(
            registry,
            Kind.RULE_SET,
            Artefacts.builtIn("rules/basic.yaml").replace("amount > 5000", "amount > 5"));
    Deployment rules = ControlLog.activated("r", ArtefactKind.RULE_SET, Alias.CHAMPION, digest, 0);
    rules.setWatch("stretch: 100\nafter_promotion: 300\n" + Wrong.ALERTS.limit);
    try (LiveJob job = job(2, true, null)) {
      send(job, 100, true);
      job.control(rules, ++nowMs);
      send(job, 100, true);

      Deployment back = only(job.returns());
      assertThat(back.getKind()).isEqualTo(ArtefactKind.RULE_SET);
      assertThat(back.getName()).isEqualTo("basic");
      job.control(back, ++nowMs);
      send(job, 9, true);
      assertThat(job.decisions().get(job.decisions().size() - 1).getRuleHits()).isEmpty();
    }
  }

  @Test
  void precisionIsThatOfItsOwnAlertsAsLabelsCome() throws Exception {
    String watch = "precision: {min_share: 0.5, min_labels: 20}";
    LiveJob.Snapshot snapshot;
    int first;
    try (LiveJob job = job(2, true, null)) {
      control(job, activated("d", "two", Alias.CHALLENGER, HALF, watch));
      Wrong.ALERTS.tell("two");
      first = sent;
      send(job, 60, true);
      // Of the champion's rows, and of rows that nobody alerted, labels say nothing about it.
      send(job, 60, false);
      for (int i = first + 60; i < first + 120; i++) {
        job.label("t" + i, LabelValue.GENUINE, ++nowMs);
      }
      for (int i = first; i < first + 19; i++) {
        job.label("t" + i, LabelValue.GENUINE, ++nowMs);
        job.label("t" + i, LabelValue.GENUINE, ++nowMs);
      }
      job.watermark(nowMs);
      assertThat(job.returns()).as("19 labels").isEmpty();
      snapshot = job.snapshot();
    }

    StubEngine.tell("two", null);
    try (LiveJob job = job(3, true, snapshot)) {
      // Corrected: 12 of them were fraud after all, one is not known any more.
      for (int i = first; i < first + 12; i++) {
        job.label("t" + i, LabelValue.FRAUD, ++nowMs);
      }
      job.label("t" + (first + 18), LabelValue.WITHDRAWN, ++nowMs);
      for (int i = first + 18; i < first + 28; i++) {
        job.label("t" + i, LabelValue.GENUINE, ++nowMs);
      }
      job.watermark(nowMs);
      assertThat(job.returns()).as("12 of 28").isEmpty();
      for (int i = first + 28; i < first + 50; i++) {
        job.label("t" + i, LabelValue.GENUINE, ++nowMs);
      }
      job.watermark(nowMs);
      assertThat(only(job.returns()).getReason())
          .matches(
              "returned: precision: expected at least 50 % frauds, got 2\\d\\.\\d\\d % over \\d\\d"
                  + " labelled alerts");
    }
  }

  @Test
  void aLabelWaitsForItsTransactionAndALateOneCountsNoMore() throws Exception {
    String watch = "precision: {min_share: 0.9, min_labels: 10}";
    try (LiveJob job = job(1, true, null)) {
      control(job, activated("d", "two", Alias.CHALLENGER, HALF, watch));
      Wrong.ALERTS.tell("two");
      int first = sent;
      for (int i = first; i < first + 10; i++) {
        // As when a backlog is read: labels take a shorter way.
        job.label("t" + i, LabelValue.GENUINE, nowMs + 1_000);
      }
      send(job, 10, true);
      assertThat(job.returns()).isEmpty();
      nowMs += 1_000;
      job.watermark(nowMs);
      assertThat(only(job.returns()).getReason()).contains("0.00 % over 10 labelled alerts");
    }
    try (LiveJob job = job(1, true, null)) {
      StubEngine.tell("two", null);
      control(job, activated("d", "two", Alias.CHALLENGER, HALF, watch));
      Wrong.ALERTS.tell("two");
      int first = sent;
      send(job, 10, true);
      nowMs += WatchedAlerts.LABEL_MS_MAX + 1_000;
      for (int i = first; i < first + 10; i++) {
        job.label("t" + i, LabelValue.GENUINE, ++nowMs);
      }
      job.watermark(nowMs);
      assertThat(job.returns()).isEmpty();
    }
  }

  @Test
  void countsSurviveARestoreAndARepeatedReturnHasTheSameId() throws Exception {
    LiveJob.Snapshot snapshot;
    Deployment back;
    int before;
    long beforeMs;
    try (LiveJob job = job(2, true, null)) {
      control(
          job,
          activated("d", "two", Alias.CHALLENGER, HALF, "stretch: 100\n" + Wrong.ALERTS.limit));
      send(job, 60, false);
      Wrong.ALERTS.tell("two");
      send(job, 30, true);
      snapshot = job.snapshot();
      assertThat(job.returns()).isEmpty();
      before = sent;
      beforeMs = nowMs;
      send(job, 20, true);
      back = only(job.returns());
    }

    // Killed before anything else was checkpointed: the same rows come again, and others.
    sent = before;
    nowMs = beforeMs;
    StubEngine.tell("two", null);
    try (LiveJob job = job(3, true, snapshot)) {
      Wrong.ALERTS.tell("two");
      send(job, 30, true);
      Deployment again = only(job.returns());
      assertThat(again.getDeploymentId()).isEqualTo(back.getDeploymentId());
      assertThat(again.getReturns()).isEqualTo("d");
      // What was returned stays so after another restore.
      snapshot = job.snapshot();
    }
    StubEngine.tell("two", null);
    try (LiveJob job = job(1, true, snapshot)) {
      Wrong.ALERTS.tell("two");
      send(job, 100, true);
      assertThat(job.returns()).isEmpty();
    }
  }

  @Test
  void whatTookItsPlaceIsNotTakenBackWithIt() throws Exception {
    try (LiveJob job = job(2, true, null)) {
      control(
          job,
          activated("d", "two", Alias.CHALLENGER, HALF, "stretch: 100\n" + Wrong.ALERTS.limit));
      send(job, 60, false);
      Wrong.ALERTS.tell("two");
      send(job, 60, true);
      Deployment back = only(job.returns());
      // Somebody was quicker.
      control(job, activated("e", "three", Alias.CHALLENGER, HALF, null));
      job.control(back, ++nowMs);
      send(job, 10, true);
      assertThat(last(job)).isEqualTo("three");
      assertThat(job.returns()).isEmpty();
    }
  }

  @Test
  void aCanaryThatAPersonEndedIsNotReturnedByLabelsThatComeLater() throws Exception {
    try (LiveJob job = job(1, true, null)) {
      control(
          job,
          activated(
              "d", "two", Alias.CHALLENGER, HALF, "precision: {min_share: 0.9, min_labels: 5}"));
      Wrong.ALERTS.tell("two");
      int first = sent;
      send(job, 10, true);
      control(job, activated("e", "two", Alias.CHALLENGER, 0, null));
      job.returns();
      for (int i = first; i < first + 10; i++) {
        job.label("t" + i, LabelValue.GENUINE, ++nowMs);
      }
      send(job, 10, true);
      assertThat(job.returns()).isEmpty();
    }
  }

  @Test
  void rowsOfBeforeTheStartSayNothing() throws Exception {
    nowMs = START_MS - 1_000;
    try (LiveJob job = job(1, true, null)) {
      control(
          job,
          activated("d", "two", Alias.CHALLENGER, HALF, "stretch: 100\n" + Wrong.ALERTS.limit));
      Wrong.ALERTS.tell("two");
      send(job, 100, false);
      send(job, 100, true);
      assertThat(job.watches()).isFalse();
    }
  }

  @Test
  void aReplayObeysTheRecordsAndWatchesNothing() throws Exception {
    try (LiveJob job = job(2, false, null)) {
      Deployment canary =
          activated("d", "two", Alias.CHALLENGER, HALF, "stretch: 100\n" + Wrong.ALERTS.limit);
      control(job, canary);
      Wrong.ALERTS.tell("two");
      send(job, 100, false);
      send(job, 100, true);
      assertThat(last(job)).isEqualTo("two");
      job.label("t" + (sent - 1), LabelValue.GENUINE, ++nowMs);
      Deployment back = activated("back", "two", Alias.CHALLENGER, 0, null);
      back.setReturns("d");
      job.control(back, ++nowMs);
      send(job, 10, true);

      assertThat(last(job)).isEqualTo("one");
      assertThat(job.watches()).isFalse();
      assertThat(job.returns()).isEmpty();
    }
  }

  /** The name of the model that decided the newest transaction. */
  private String last(LiveJob job) throws Exception {
    Map<String, String> names = new TreeMap<>();
    bundles.forEach((name, bundle) -> names.put(bundle.digest(), name));
    for (Decision decision : job.decisions()) {
      if (decision.getTransaction().getTransactionId().equals("t" + (sent - 1))) {
        return names.get(HexFormat.of().formatHex(decision.getModel().bytes()));
      }
    }
    throw new AssertionError("t" + (sent - 1) + " is not decided");
  }
}

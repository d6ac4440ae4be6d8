package io.vigil.job.decide;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.job.ArtefactSet;
import io.vigil.job.ControlLog;
import io.vigil.job.ListFile;
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
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.flink.configuration.Configuration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Lists that change while the job runs, and rules that need them. */
@Timeout(120)
class LiveListsTest {
  private static final long START_MS = Instant.parse("2026-03-01T12:00:00Z").toEpochMilli();
  private static final String NONE = "-";

  private static final List<InForce> JUDGED_BY = Collections.synchronizedList(new ArrayList<>());

  private Path folder;
  private Path registry;
  private ArtefactSet artefacts;

  @BeforeEach
  void start(@TempDir Path temporary) throws Exception {
    JUDGED_BY.clear();
    folder = temporary;
    registry = folder.resolve("registry");
    Bundle bundle = StubEngine.bundle("one");
    bundle.copyTo(folder.resolve("one"));
    Files.writeString(folder.resolve("rules.yaml"), rules(1, "account in list(\"blocked\")"));
    Files.writeString(folder.resolve("blocked.list"), list("blocked", 1, "account", "A"));
    artefacts =
        ArtefactSet.read(
            Configuration.fromMap(
                Map.of(
                    "vigil.artefacts.bundle", folder.resolve("one").toString(),
                    "vigil.artefacts.rules", folder.resolve("rules.yaml").toString(),
                    "vigil.artefacts.lists", folder.resolve("blocked.list").toString())));
  }

  private LiveJob job(int parallelism, LiveJob.@Nullable Snapshot from) throws Exception {
    String root = registry.toUri().toString();
    return new LiveJob(
        artefacts,
        new ControlSettings(
            true, () -> new Registry(root), LiveListsTest::judge, Duration.ofSeconds(60), 1 << 20),
        parallelism,
        START_MS,
        from);
  }

  private static @Nullable Refusal judge(
      DeploymentRequest request, InForce inForce, long effectiveTimeMs) {
    JUDGED_BY.add(inForce);
    return null;
  }

  @Test
  void aListDecidesFromWhereItsAnswerStandsAndAfterEveryRestore() throws Exception {
    String second = list("blocked", 2, "account", "B");
    LiveJob.Snapshot snapshot;
    try (LiveJob job = job(2, null)) {
      Deployment answer = ask(job, list("r", "blocked", "2", second), 10);
      assertThat(answer.getStatus()).isEqualTo(DeploymentStatus.ACTIVATED);
      job.control(answer, START_MS + 20);
      job.transaction("1", "A", START_MS + 19);
      job.transaction("2", "A", START_MS + 20);
      job.transaction("3", "B", START_MS + 21);
      job.watermark(START_MS + 30);

      String first = list("blocked", 1, "account", "A");
      assertThat(hits(job))
          .isEqualTo(Map.of("1", "rule " + first, "2", NONE + second, "3", "rule " + second));
      assertThat(JUDGED_BY.get(0).digests()).containsEntry(Kind.LIST, Artefacts.digest(first));
      assertThat(ListFile.held(Artefacts.digest(second))).as("one for all").isNotNull();
      snapshot = job.snapshot();
    }

    try (LiveJob job = job(3, snapshot)) {
      job.transaction("4", "A", START_MS + 40);
      job.transaction("5", "B", START_MS + 40);
      job.watermark(START_MS + 40);
      assertThat(hits(job)).isEqualTo(Map.of("4", NONE + second, "5", "rule " + second));
    }
  }

  @Test
  void rulesThatReadAListThatIsNotInForceWaitForIt() throws Exception {
    String other = rules(2, "account in list(\"friends\")");
    String friends = list("friends", 1, "account", "C");
    try (LiveJob job = job(2, null)) {
      Deployment refused = ask(job, rules("r1", other), 10);
      assertThat(refused.getReason())
          .startsWith("artefact_does_not_fit: ")
          .contains("list(\"friends\"): expected a list in force");
      job.control(refused, START_MS + 11);
      // Of another kind than rules ask for, then one that no rule reads yet.
      Deployment ahead = ask(job, list("r2", "friends", "1", friends), 20);
      assertThat(ahead.getStatus()).isEqualTo(DeploymentStatus.ACTIVATED);
      assertThat(JUDGED_BY.get(JUDGED_BY.size() - 1).digests()).doesNotContainKey(Kind.LIST);
      job.control(ahead, START_MS + 21);
      job.watermark(START_MS + 21);
      Deployment fits = ask(job, rules("r3", other), 30);
      assertThat(fits.getStatus()).isEqualTo(DeploymentStatus.ACTIVATED);
      job.control(fits, START_MS + 31);
      job.transaction("1", "C", START_MS + 31);
      job.watermark(START_MS + 31);

      assertThat(hits(job)).isEqualTo(Map.of("1", "rule " + friends));
    }
  }

  @Test
  void aListOfSomethingElseThanRulesAskIsRefused() throws Exception {
    try (LiveJob job = job(2, null)) {
      Deployment refused =
          ask(job, list("r", "blocked", "2", list("blocked", 2, "device", "D")), 10);
      assertThat(refused.getStatus()).isEqualTo(DeploymentStatus.REFUSED);
      assertThat(refused.getReason())
          .startsWith("artefact_does_not_fit: ")
          .contains("expected a list of account, but it is of device");
    }
  }

  @Test
  void aListThatRulesToComeCannotReadIsRefused() throws Exception {
    try (LiveJob job = job(1, null)) {
      Deployment friends =
          ask(job, list("r1", "friends", "1", list("friends", 1, "account", "C")), 10);
      job.control(friends, START_MS + 11);
      job.watermark(START_MS + 11);
      Deployment later = rules("r2", rules(2, "account in list(\"friends\")"));
      later.setEffectiveAt(START_MS + 1_000);
      job.control(ask(job, later, 20), START_MS + 21);
      job.watermark(START_MS + 21);

      Deployment refused =
          ask(job, list("r3", "friends", "2", list("friends", 2, "device", "C")), 30);
      assertThat(refused.getReason())
          .startsWith("artefact_does_not_fit: ")
          .contains("expected a list of account, but it is of device");
    }
  }

  @Test
  void rulesAndAListThatDoNotFitEachOtherAreNotBothPutInForce() throws Exception {
    try (LiveJob job = job(2, null)) {
      Deployment friends =
          ask(job, list("r1", "friends", "1", list("friends", 1, "account", "C")), 10);
      job.control(friends, START_MS + 11);
      job.watermark(START_MS + 11);
      job.control(rules("r2", rules(2, "account in list(\"friends\")")), START_MS + 20);
      job.control(list("r3", "friends", "2", list("friends", 2, "device", "C")), START_MS + 20);
      job.watermark(START_MS + 20);
      job.awaitLoaded();
      job.awaitLoaded();
      List<Deployment> answers = job.answers();
      assertThat(answers)
          .extracting(Deployment::getStatus)
          .containsOnly(DeploymentStatus.ACTIVATED);
      assertThat(answers).hasSize(1);
      job.control(answers.get(0), START_MS + 21);
      job.watermark(START_MS + 21);
      job.awaitLoaded();

      assertThat(job.answers())
          .extracting(Deployment::getReason)
          .allMatch(reason -> reason.startsWith("artefact_does_not_fit: "))
          .hasSize(1);
    }
  }

  @Test
  void whatIsNoListIsRefused() throws Exception {
    try (LiveJob job = job(1, null)) {
      String file = "name: blocked\nversion: 2\nof: account\nA\nA\n";
      Deployment refused = ask(job, list("r", "blocked", "2", file), 10);
      assertThat(refused.getReason()).startsWith("artefact_does_not_fit: ");
    }
  }

  @Test
  void namesOfListsAreBounded() throws Exception {
    try (LiveJob job = job(1, null)) {
      for (int i = 0; i < Rollout.LISTS_MAX - 1; i++) {
        String file = list("list-" + i, 1, "any", "A");
        Deployment activated =
            ControlLog.activated(
                "d" + i,
                ArtefactKind.LIST,
                Alias.CHAMPION,
                ControlLog.put(registry, Kind.LIST, file),
                0);
        activated.setName("list-" + i);
        job.control(activated, START_MS + 1);
      }
      job.watermark(START_MS + 1);
      Deployment refused = ask(job, list("r", "more", "1", list("more", 1, "any", "A")), 10);
      assertThat(refused.getReason()).startsWith("too_many_lists: ");
      job.control(refused, START_MS + 11);
      Deployment known = ask(job, list("s", "list-7", "2", list("list-7", 2, "any", "B")), 20);
      assertThat(known.getStatus()).isEqualTo(DeploymentStatus.ACTIVATED);
    }
  }

  /** Publishes a request; returns its answer. */
  private static Deployment ask(LiveJob job, Deployment request, long afterMs) throws Exception {
    job.control(request, START_MS + afterMs);
    job.watermark(START_MS + afterMs);
    job.awaitLoaded();
    List<Deployment> answers = job.answers();
    assertThat(answers).hasSize(1);
    return answers.get(0);
  }

  private Deployment list(String id, String name, String version, String file) throws Exception {
    String digest = ControlLog.put(registry, Kind.LIST, file);
    return ControlLog.requested(id, ArtefactKind.LIST, Alias.CHAMPION, name, version, digest);
  }

  private Deployment rules(String id, String yaml) throws Exception {
    String digest = ControlLog.put(registry, Kind.RULE_SET, yaml);
    return ControlLog.requested(id, ArtefactKind.RULE_SET, Alias.CHAMPION, "lists", "2", digest);
  }

  private static String list(String name, int version, String of, String entry) {
    return "name: %s\nversion: %d\nof: %s\n%s\n".formatted(name, version, of, entry);
  }

  private static String rules(int version, String when) {
    return """
    name: lists
    version: %d
    rules:
      - {id: rule, when: '%s', outcome: decline, reason: BLOCKED, text: so}
    """
        .formatted(version, when);
  }

  /** By transaction the rule that held, if any, and the text of the one list that was read. */
  private Map<String, String> hits(LiveJob job) throws Exception {
    Map<String, String> texts = new TreeMap<>();
    for (Path file : files()) {
      texts.put(Artefacts.digest(Files.readString(file)), Files.readString(file));
    }
    Map<String, String> hits = new TreeMap<>();
    for (Decision decision : job.decisions()) {
      assertThat(decision.getLists()).hasSize(1);
      String digest = java.util.HexFormat.of().formatHex(decision.getLists().get(0).bytes());
      hits.put(
          decision.getTransaction().getTransactionId(),
          (decision.getRuleHits().isEmpty() ? NONE : decision.getRuleHits().get(0).getRule() + " ")
              + texts.get(digest));
    }
    return hits;
  }

  private Set<Path> files() throws Exception {
    Set<Path> files = new java.util.TreeSet<>(Set.of(folder.resolve("blocked.list")));
    try (var stored = Files.list(registry.resolve(Kind.LIST.id()))) {
      stored.forEach(files::add);
    }
    return files;
  }
}

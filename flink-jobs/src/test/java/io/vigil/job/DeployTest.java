package io.vigil.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vigil.job.control.Accounts;
import io.vigil.model.approval.Kind;
import io.vigil.model.artefact.Artefacts;
import io.vigil.model.bundle.Bundle;
import io.vigil.schema.Alias;
import io.vigil.schema.ArtefactKind;
import io.vigil.schema.Decision;
import io.vigil.schema.Deployment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.apache.flink.configuration.Configuration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A log whose control topic changes what decides again and again, decided without a keyring: held
 * against jobs that were started with what was in force, decision by decision.
 */
class DeployTest {
  private static final long HOUR_MS = 3_600_000L;
  private static final long START_MS = 1_767_225_600_000L;
  private static final TestLog LOG = new TestLog(23, 2_500);

  @TempDir static Path folder;
  private static Path registry;
  private static Bundle first;
  private static Bundle second;
  private static Bundle third;
  private static String rules;
  private static String policy;

  @BeforeAll
  static void fillTheRegistry() throws Exception {
    String spec = Artefacts.builtIn("specs/default.yaml");
    registry = folder.resolve("registry");
    first = TestBundle.bundle("first", 7, spec);
    first.copyTo(folder.resolve("first"));
    second = ControlLog.put(registry, TestBundle.bundle("second", 8, spec));
    second.copyTo(folder.resolve("second"));
    third = ControlLog.put(registry, TestBundle.bundle("third", 9, spec));
    third.copyTo(folder.resolve("third"));
    rules = Artefacts.builtIn("rules/basic.yaml").replace("amount > 5000", "amount > 200");
    Files.writeString(folder.resolve("rules.yaml"), rules);
    policy = Artefacts.builtIn("policies/default.yaml").replace("review: 0.5", "review: 0.4");
    Files.writeString(folder.resolve("policy.yaml"), policy);
  }

  /** Everything the control topic can change, one an hour. */
  private static ControlLog control() throws Exception {
    ControlLog control = new ControlLog();
    change(control, 1, "d1", ArtefactKind.MODEL, Alias.CHAMPION, second.digest(), 0);
    change(control, 2, "d2", ArtefactKind.MODEL, Alias.SHADOW, third.digest(), 10_000);
    change(control, 3, "d3", ArtefactKind.MODEL, Alias.CHALLENGER, third.digest(), 3_000);
    change(control, 4, "d4", ArtefactKind.MODEL, Alias.CHALLENGER, third.digest(), 6_000);
    change(control, 5, "d5", ArtefactKind.MODEL, Alias.CHALLENGER, third.digest(), 0);
    change(
        control,
        6,
        "d6",
        ArtefactKind.RULE_SET,
        Alias.CHAMPION,
        ControlLog.put(registry, Kind.RULE_SET, rules),
        0);
    change(
        control,
        7,
        "d7",
        ArtefactKind.POLICY,
        Alias.CHAMPION,
        ControlLog.put(registry, Kind.POLICY, policy),
        0);
    change(control, 8, "d8", ArtefactKind.MODEL, Alias.CHAMPION, first.digest(), 0);
    // A repeat, another answer to the same request, and an artefact that nobody has, in a year.
    control.append(
        ControlLog.activated("d8", ArtefactKind.MODEL, Alias.CHAMPION, first.digest(), 0));
    control.append(
        ControlLog.activated("d8", ArtefactKind.MODEL, Alias.CHAMPION, third.digest(), 0));
    control.append(
        io.vigil.schema.Deployment.newBuilder(
                ControlLog.activated(
                    "d9", ArtefactKind.MODEL, Alias.CHAMPION, "%064x".formatted(9), 0))
            .setEffectiveAt(START_MS + 8_760 * HOUR_MS)
            .build());
    return control;
  }

  private static void change(
      ControlLog control,
      int hour,
      String id,
      ArtefactKind kind,
      Alias alias,
      String digest,
      int share) {
    control.tick(atMs(hour) - 1);
    control.append(ControlLog.activated(id, kind, alias, digest, share));
  }

  private static long atMs(int hour) {
    return START_MS + hour * HOUR_MS;
  }

  @ParameterizedTest
  @CsvSource({"1,8,0", "2,256,2", "4,64,5"})
  void eachIsDecidedByWhatIsInForceAtItsEffectiveTime(int parallelism, int batchSize, int rotation)
      throws Exception {
    Map<String, Decision> decisions =
        BoundedJob.run(
            LOG, options("first"), control().records(), parallelism, batchSize, rotation);
    assertThat(OneThread.run(LOG, options("first"), control().records())).isEqualTo(decisions);

    Map<String, Decision> byFirst = fixed("first");
    Map<String, Decision> bySecond = fixed("second");
    Map<String, Decision> byThird = fixed("third");
    assertThat(decisions.keySet()).isEqualTo(byFirst.keySet());
    Accounts accounts = new Accounts();
    int[] decidedByThird = new int[9];
    decisions.forEach(
        (id, decision) -> {
          int hour = (int) Math.min(8, (decision.getEffectiveTime() - START_MS) / HOUR_MS);
          int place = accounts.place(decision.getTransaction().getAccount());
          int share = hour == 3 ? 3_000 : hour == 4 ? 6_000 : 0;
          Decision expected =
              Decision.newBuilder(
                      (hour == 0 || hour == 8 ? byFirst : place < share ? byThird : bySecond)
                          .get(id))
                  .build();
          if (place < share) {
            decidedByThird[hour]++;
          }
          if (hour >= 2) {
            assertThat(decision.getChallengerScores()).as(id).hasSize(1);
            assertThat(decision.getChallengerScores().get(0).getModel().bytes())
                .isEqualTo(HexFormat.of().parseHex(third.digest()));
            assertThat(decision.getChallengerScores().get(0).getLogitBits())
                .isEqualTo(byThird.get(id).getLogitBits());
            expected.setChallengerScores(decision.getChallengerScores());
          }
          if (hour < 6) {
            assertThat(decision).as(id).isEqualTo(expected);
          } else {
            assertThat(decision.getLogitBits()).as(id).isEqualTo(expected.getLogitBits());
            assertThat(decision.getModel()).as(id).isEqualTo(expected.getModel());
          }
        });
    assertThat(decidedByThird[3]).isPositive();
    assertThat(decidedByThird[4]).isGreaterThan(decidedByThird[3]);
  }

  @Test
  void rulesAndPolicyDecideAsInAJobThatWasStartedWithThem() throws Exception {
    Map<String, Decision> decisions =
        BoundedJob.run(LOG, options("first"), control().records(), 2, 64, 0);
    Configuration options = options("second");
    options.set(VigilOptions.RULES, folder.resolve("rules.yaml").toString());
    Map<String, Decision> withRules = BoundedJob.run(LOG, options, List.of(), 1, 256, 0);
    options.set(VigilOptions.BUNDLE, folder.resolve("first").toString());
    options.set(VigilOptions.POLICY, folder.resolve("policy.yaml").toString());
    Map<String, Decision> withBoth = BoundedJob.run(LOG, options, List.of(), 1, 256, 0);

    int compared = 0;
    for (Map.Entry<String, Decision> entry : decisions.entrySet()) {
      Decision decision = entry.getValue();
      long hour = (decision.getEffectiveTime() - START_MS) / HOUR_MS;
      if (hour == 6 || hour >= 8) {
        Decision expected = (hour == 6 ? withRules : withBoth).get(entry.getKey());
        expected.setChallengerScores(decision.getChallengerScores());
        assertThat(decision).isEqualTo(expected);
        compared++;
      }
    }
    assertThat(compared).isGreaterThan(100);
  }

  @Test
  void aListDecidesAsInAJobThatWasStartedWithIt() throws Exception {
    List<String> accounts =
        fixed("first").values().stream()
            .map(each -> each.getTransaction().getAccount())
            .distinct()
            .sorted()
            .toList();
    String early = list(1, accounts.subList(0, accounts.size() / 2));
    String late = list(2, accounts.subList(accounts.size() / 3, accounts.size()));
    Files.writeString(
        folder.resolve("listed.yaml"),
        """
        name: listed
        version: 1
        rules:
          - {id: listed, when: 'account in list("watched")', outcome: review, reason: LISTED, text: so}
        """);
    Configuration options = options("first");
    options.set(VigilOptions.RULES, folder.resolve("listed.yaml").toString());
    Map<String, Decision> byEarly = withList(options, early, new ControlLog());
    Map<String, Decision> byLate = withList(options, late, new ControlLog());
    ControlLog control = new ControlLog();
    control.tick(atMs(4) - 1);
    Deployment change =
        ControlLog.activated(
            "l1", ArtefactKind.LIST, Alias.CHAMPION, ControlLog.put(registry, Kind.LIST, late), 0);
    change.setName("watched");
    control.append(change);

    Map<String, Decision> decisions = withList(options, early, control);

    assertThat(decisions.keySet()).isEqualTo(byEarly.keySet());
    decisions.forEach(
        (id, decision) ->
            assertThat(decision)
                .as(id)
                .isEqualTo((decision.getEffectiveTime() < atMs(4) ? byEarly : byLate).get(id)));
    assertThat(byEarly).isNotEqualTo(byLate);
  }

  private static Map<String, Decision> withList(
      Configuration options, String list, ControlLog control) throws Exception {
    Path file = folder.resolve("watched.list");
    Files.writeString(file, list);
    options.set(VigilOptions.LISTS, List.of(file.toString()));
    return BoundedJob.run(LOG, options, control.records(), 2, 64, 0);
  }

  private static String list(int version, List<String> accounts) {
    return "name: watched\nversion: %d\nof: account\n%s\n"
        .formatted(version, String.join("\n", accounts));
  }

  @Test
  void whatIsInForceButNowhereToBeHadStopsTheJobByName() throws Exception {
    ControlLog control = new ControlLog();
    change(control, 1, "d1", ArtefactKind.MODEL, Alias.CHAMPION, "%064x".formatted(1), 0);

    assertThatThrownBy(() -> BoundedJob.run(LOG, options("first"), control.records(), 1, 64, 0))
        .hasStackTraceContaining("control: expected to load the model artefact 1 (000000000000)")
        .hasStackTraceContaining("by the deployment d1, got artefact_missing");
  }

  private static Map<String, Decision> fixed(String bundle) throws Exception {
    return BoundedJob.run(LOG, options(bundle), List.of(), 1, 256, 0);
  }

  private static Configuration options(String bundle) {
    Configuration options = new Configuration();
    options.set(VigilOptions.BUNDLE, folder.resolve(bundle).toString());
    options.set(VigilOptions.MODE, VigilOptions.Mode.BOUNDED);
    options.set(VigilOptions.CONTROL_REGISTRY, registry.toString());
    return options;
  }
}

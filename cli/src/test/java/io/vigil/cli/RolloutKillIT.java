package io.vigil.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vigil.job.control.Accounts;
import io.vigil.model.bundle.Bundle;
import io.vigil.schema.Decision;
import io.vigil.schema.Deployment;
import io.vigil.schema.DeploymentStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A model goes from shadow to canary to champion and back while the job is killed by SIGKILL at
 * every step of it. After each restart what decides is what the control topic says; at the end
 * nothing is missing, and a bounded job decides the same log from its beginning to the last bit.
 */
@Tag("slow")
class RolloutKillIT {
  private static final int SEEN = 150;

  private final Accounts accounts = new Accounts();
  @TempDir private Path folder = Path.of("");
  private Bundle first;
  private Bundle second;
  private ReleaseDesk desk;

  @Test
  @SuppressWarnings("SystemOut") // What was seen is worth showing beside the verdict.
  void whatDecidesAfterAKillIsWhatControlSays() throws Exception {
    first = Bundle.read(HundredFeatures.bundle(folder.resolve("first"), "first", 7));
    second = Bundle.read(HundredFeatures.bundle(folder.resolve("second"), "second", 8));
    desk = new ReleaseDesk(folder);
    desk.enrol("ada", "ada", "author", "2100-01-01");
    desk.enrol("bob", "bob", "approver", "2100-01-01");
    Path plan = desk.plan("plan.yaml", second, first.digest(), "change");
    try (LiveRollout live = new LiveRollout(folder, folder.resolve("first"), Map.of())) {
      live.await("decisions", () -> live.decided() > SEEN);

      Deployment shadow = signed("second", "shadow", "--against", first.digest());
      live.publish(shadow);
      live.kill(); // It stands in the log; whether the job has read it is left to chance.
      live.resume(3);
      activated(live, shadow);
      standing(live, "after a request", first, null, 0, Set.of(second.digest()));

      Deployment end = signed("second", "shadow", "--share", "0%", "--against", first.digest());
      live.publish(end);
      activated(live, end);
      live.kill(); // Right after the answer: nothing is in memory that the log lacks.
      live.resume(2);
      standing(live, "after an activation", first, null, 0, Set.of());

      // A job that was started anew has the second model no more, and must read it.
      Path kept = folder.resolve("registry/model/" + second.digest());
      byte[] zip = Files.readAllBytes(kept);
      Deployment canary = signed("second", "challenger", "--share", "30%", "--plan", at(plan));
      try (Pipe pipe = new Pipe(kept)) {
        live.publish(canary);
        live.await("the job reads the model", pipe::isRead);
        live.kill(); // In the middle of loading.
        assertThat(live.answers()).doesNotContainKey(canary.getDeploymentId());
      }
      Files.write(kept, zip);
      live.resume(3);
      activated(live, canary);
      standing(live, "after loading", first, second, 3_000, Set.of());

      live.kill(); // While both decide.
      live.resume(2);
      standing(live, "in canary", first, second, 3_000, Set.of());

      Deployment promotion = signed("second", "champion", "--plan", at(plan));
      live.publish(promotion);
      activated(live, promotion);
      live.kill(); // Before rows that it decides are in a checkpoint.
      live.resume(3);
      standing(live, "at promotion", second, null, 0, Set.of());

      Deployment back = signed("first", "champion", "--against", second.digest());
      live.publish(back);
      live.kill();
      live.resume(2);
      activated(live, back);
      standing(live, "at rollback", first, null, 0, Set.of());

      live.finish();
      live.replay();
      System.out.println(
          "replayed from the archive: "
              + ReplayCheck.same(live.archive(), folder.resolve("again")));
      assertThat(live.decisions()).allMatch(decision -> decision.getFallbackCause() == null);
      System.out.printf(
          "decisions %d, by the first model %d, by the second %d, answers %d%n",
          live.decided(),
          live.decisions().stream().filter(d -> isBy(d, first)).count(),
          live.decisions().stream().filter(d -> isBy(d, second)).count(),
          live.answers().size());
    }
  }

  private static String at(Path path) {
    return path.toString();
  }

  private Deployment signed(String bundle, String alias, String... more) throws IOException {
    return ReleaseDesk.record(desk.sign(desk.request(bundle, alias, more), "ada", "bob"));
  }

  private static void activated(LiveRollout live, Deployment request) throws InterruptedException {
    Deployment answer = live.answer(request);
    assertThat(answer.getStatus())
        .as(() -> String.valueOf(answer.getReason()))
        .isEqualTo(DeploymentStatus.ACTIVATED);
  }

  /**
   * Compares what {@code vigil model list} says with what was expected, and with the decisions of
   * the transactions that happen from now on.
   */
  private void standing(
      LiveRollout live, String when, Bundle champion, Bundle challenger, int share, Set<String> sh)
      throws Exception {
    Path json = folder.resolve("list.json");
    desk.vigil("model", "list", "--bootstrap", live.bootstrap(), "--json", json.toString());
    JsonNode list = new ObjectMapper().readTree(json.toFile());
    String listedChampion = first.digest();
    String listedChallenger = null;
    int listedShare = 0;
    Set<String> listedShadows = new TreeSet<>();
    for (JsonNode entry : list) {
      String digest = entry.get("sha256").asText();
      switch (entry.get("as").asText()) {
        case "champion" -> listedChampion = digest;
        case "challenger" -> {
          listedChallenger = digest;
          listedShare = entry.get("share_basis_points").asInt();
        }
        default -> listedShadows.add(digest);
      }
    }
    assertThat(listedChampion).as("champion " + when).isEqualTo(champion.digest());
    assertThat(listedChallenger)
        .as("challenger " + when)
        .isEqualTo(challenger == null ? null : challenger.digest());
    assertThat(listedShare).as("share " + when).isEqualTo(share);
    assertThat(listedShadows).as("shadows " + when).isEqualTo(sh);

    long fromMs = System.currentTimeMillis();
    live.await(
        "decisions " + when,
        () -> live.decisions().stream().filter(d -> d.getEffectiveTime() > fromMs).count() > SEEN);
    for (Decision decision : live.decisions()) {
      if (decision.getEffectiveTime() <= fromMs) {
        continue;
      }
      boolean canary =
          challenger != null && accounts.place(decision.getTransaction().getAccount()) < share;
      assertThat(LiveRollout.model(decision))
          .as("%s: %s", when, decision.getTransaction())
          .isEqualTo((canary ? challenger : champion).digest());
      List<String> scored =
          decision.getChallengerScores().stream()
              .map(score -> HexFormat.of().formatHex(score.getModel().bytes()))
              .toList();
      assertThat(scored).as("%s: scores beside it", when).containsExactlyElementsOf(sh);
    }
  }

  private static boolean isBy(Decision decision, Bundle bundle) {
    return LiveRollout.model(decision).equals(bundle.digest());
  }
}

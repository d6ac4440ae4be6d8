package io.vigil.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.job.archive.ArchiveFolder;
import io.vigil.job.archive.Starts;
import io.vigil.model.bundle.Bundle;
import io.vigil.model.feature.FeaturePlan;
import io.vigil.model.feature.FeatureSpec;
import io.vigil.schema.Decision;
import io.vigil.schema.Deployment;
import io.vigil.schema.DeploymentStatus;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A live job on a real broker is asked for a model whose features it lacks, with their history; it
 * is killed while it reads its archive, and goes on with another number of subtasks. From the
 * activation on each vector must be the one of a job that had the features from the beginning; and
 * the archive must yield all of it again.
 */
@Tag("slow")
class BackfillIT {
  @TempDir private Path folder = Path.of("");

  @Test
  @SuppressWarnings("SystemOut") // What was seen is worth showing beside the verdict.
  void newFeaturesComeIntoForceWithTheirHistoryAndTheJobIsKilledMeanwhile() throws Exception {
    ReleaseDesk desk = new ReleaseDesk(folder);
    Path first = HundredFeatures.bundle(folder.resolve("first"), "first", 7);
    Bundle before = Bundle.read(first);
    String more = HundredFeatures.more();
    Bundle after =
        Bundle.read(HundredFeatures.bundle(folder.resolve("more"), "more", 8, "untrained", more));
    desk.enrol("ada", "ada", "author", "2099-01-01");
    desk.enrol("bob", "bob", "approver", "2099-01-01");
    try (LiveRollout job = new LiveRollout(folder, first, Map.of("vigil.backfill.rate", "6000"))) {
      job.await("a past", () -> job.decided() > 2_500);
      Path request = desk.request("more", "shadow", "--against", before.digest(), "--backfill");
      desk.sign(request, "ada", "bob");
      Deployment asked = ReleaseDesk.record(request);
      job.publish(asked);
      job.await("the past is being read", () -> job.preparing().containsKey(id(asked)));
      // Until the archive holds it, and some of it is sent.
      long begun = job.decided();
      job.await("some of the past", () -> job.decided() > begun + 1_200);
      assertThat(job.answers()).doesNotContainKey(id(asked));
      job.kill();
      job.resume(3);
      Deployment answer = job.answer(asked);
      assertThat(answer.getReason()).isNull();
      assertThat(answer.getStatus()).isEqualTo(DeploymentStatus.ACTIVATED);
      String joined = FeatureSpec.joined(before.featureSpec(), after.featureSpec());
      FeatureSpec spec = FeatureSpec.read(joined, "joined");
      String fingerprint = FeaturePlan.compile(spec).fingerprint();
      // Payments of before the activation may still wait to be decided when it is answered.
      job.await("vectors with the new features", () -> under(fingerprint, job).size() > 500);
      job.finish();

      Map<String, Decision> whole = under(fingerprint, job);
      assertThat(whole.values()).allMatch(decision -> decision.getWarming().isEmpty());
      Map<String, Decision> always =
          job.decidedBy(
              HundredFeatures.bundle(folder.resolve("all"), "all", 9, "untrained", joined));
      int differ = 0;
      for (Map.Entry<String, Decision> each : whole.entrySet()) {
        ByteBuffer vector = always.get(each.getKey()).getFeatures();
        differ += each.getValue().getFeatures().equals(vector) ? 0 : 1;
      }
      System.out.printf(
          "decisions %d, with the new features %d, vectors that differ %d%n",
          job.decisions().size(), whole.size(), differ);
      assertThat(differ).isZero();
      assertThat(Starts.backfills(ArchiveFolder.of(job.archive().toString()), Long.MAX_VALUE))
          .hasSize(1);
      job.replay(Map.of("vigil.backfill.from-archive", job.archive().toUri().toString()));
      System.out.println(
          "replayed from the archive: " + ReplayCheck.same(job.archive(), folder.resolve("again")));
      assertThat(desk.vigil("model", "history", "--bootstrap", job.bootstrap()))
          .contains("preparing");
    }
  }

  /** What was decided with the features of a spec. */
  private static Map<String, Decision> under(String fingerprint, LiveRollout job) {
    Map<String, Decision> found = new TreeMap<>();
    for (Decision decision : job.decisions()) {
      if (HexFormat.of().formatHex(decision.getFeatureSpec().bytes()).equals(fingerprint)) {
        found.put(decision.getTransaction().getTransactionId(), decision);
      }
    }
    return found;
  }

  private static String id(Deployment request) {
    return request.getDeploymentId();
  }
}

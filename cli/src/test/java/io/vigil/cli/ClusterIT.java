package io.vigil.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * SIGKILL for a TaskManager, the JobManager and the broker of {@code vigil cluster}, an upgrade to
 * another parallelism by savepoint, a stop with another savepoint. Checkpoints, savepoints and the
 * archive are on an S3 server, where it is compacted and replayed. What is held to is in {@link
 * ClusterRig}.
 */
@Tag("slow")
class ClusterIT {
  private static final String S3_STATE = "state";
  private static final String S3_ARCHIVE = "archive";

  @Test
  @SuppressWarnings("SystemOut") // What was seen is worth showing beside the verdict.
  void killedMembersLoseNothingAndAnUpgradeNeither(@TempDir Path folder) throws Exception {
    try (S3Server s3 = S3Server.start(folder.resolve("s3"))) {
      Map<String, String> options = new TreeMap<>(s3.options(S3_STATE, S3_ARCHIVE));
      options.put("vigil.state.checkpoint-interval", "1 s");
      try (ClusterRig cluster = new ClusterRig(folder, 100, options)) {
        cluster.feedIt();
        for (String victim : List.of("TASK_MANAGER", "JOB_MANAGER", "cli.local.Broker")) {
          // What it has done since the last checkpoint is done again.
          cluster.awaitCheckpoint();
          long beganNs = System.nanoTime();
          cluster.kill(victim);
          cluster.recover("kill -9 of " + victim, beganNs);
        }
        long beganNs = System.nanoTime();
        System.out.println(cluster.vigil("upgrade", "--parallelism", "3"));
        cluster.recover("upgrade", beganNs);
        cluster.endFeed();
        Set<String> ids = cluster.end();
        compactAndReplay(cluster, s3, folder);
        s3.download(S3_ARCHIVE, folder.resolve("downloaded"));
        cluster.replay(ids, folder.resolve("downloaded").resolve(S3_ARCHIVE));
      }
    }
  }

  /** Where the archive lies. */
  @SuppressWarnings("SystemOut")
  private static void compactAndReplay(ClusterRig cluster, S3Server s3, Path folder)
      throws Exception {
    Map<String, String> options = s3.options(S3_STATE, S3_ARCHIVE);
    String archive = options.get("vigil.archive.dir");
    Path conf = Files.createDirectories(folder.resolve("flink"));
    Files.write(
        conf.resolve("config.yaml"),
        options.entrySet().stream()
            .filter(option -> option.getKey().startsWith("s3."))
            .map(option -> option.getKey() + ": " + option.getValue())
            .toList());
    String tomorrow = LocalDate.now(ZoneOffset.UTC).plusDays(1).toString();
    System.out.println(
        cluster.vigil(
            conf, List.of("archive", "compact", "--archive", archive, "--before", tomorrow)));
    String data = folder.resolve("replay-where-it-lies").toString();
    System.out.println(
        cluster.vigil(
            conf, List.of("replay", "--archive", archive, "--parallelism", "2", "--data", data)));
  }
}

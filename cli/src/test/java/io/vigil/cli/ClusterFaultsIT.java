package io.vigil.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.vigil.cli.local.SecondBroker;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.flink.util.TimeUtils;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Faults of what is around a {@code vigil cluster}: a partition that nobody reaches for a while
 * ({@code -Dvigil.cluster.away}, 15 s), with a TaskManager that dies meanwhile; the disk of the
 * checkpoints full, with another death; the archive's disk full. What is held to is in {@link
 * ClusterRig}.
 */
@Tag("slow")
class ClusterFaultsIT {
  private static final int RATE = 250;
  private static final String TASK_MANAGER = "TASK_MANAGER";
  private static final String DEDUPLICATE = "deduplicate";

  /** Of both disks, {@code -Dvigil.cluster.disk}; 0 leaves their faults out. */
  private static final int MEBIBYTES = Integer.getInteger("vigil.cluster.disk", 128);

  private final Duration away =
      TimeUtils.parseDuration(System.getProperty("vigil.cluster.away", "15 s"));

  @Test
  void aPartitionAwayAndFullDisksLoseNothing(@TempDir Path folder) throws Exception {
    try (SmallDisk state = SmallDisk.of(folder.resolve("state"), MEBIBYTES);
        SmallDisk archive = SmallDisk.of(folder.resolve("archive"), MEBIBYTES)) {
      boolean disks = state.mounted() && archive.mounted();
      Map<String, String> options = new TreeMap<>();
      options.put("vigil.state.dir", state.path().resolve("state").toUri().toString());
      options.put("vigil.archive.dir", archive.path().resolve("archive").toUri().toString());
      options.put("vigil.state.checkpoint-interval", "1 s");
      options.put("vigil.order.max-ahead", ahead().toMillis() + " ms");
      try (ClusterRig cluster = new ClusterRig(folder, RATE, options);
          SecondBroker second =
              SecondBroker.start(
                  cluster.process("cli.local.Broker"),
                  cluster.bootstrap(),
                  cluster.data(),
                  folder.resolve("second"))) {
        cluster.feedIt();
        leaveAPartitionAway(cluster, second);
        if (disks && MEBIBYTES > 0) {
          fillTheDiskOfCheckpoints(cluster, state);
          fillTheDiskOfTheArchive(cluster, archive);
        }
        cluster.endFeed();
        second.handBack();
        // It would tell whoever asks of a broker that is no more.
        second.close();
        Set<String> ids = cluster.end();
        cluster.replay(ids, archive.path().resolve("archive"));
      }
      assumeThat(disks)
          .as("the full disks too: mounting them takes root, or sudo without a password")
          .isTrue();
    }
  }

  /** How far partitions may be read ahead: less than the outage, so that it must stop them. */
  private Duration ahead() {
    return away.dividedBy(5).compareTo(Duration.ofMinutes(1)) < 0
        ? away.dividedBy(5)
        : Duration.ofMinutes(1);
  }

  @SuppressWarnings("SystemOut") // What was seen is worth showing beside the verdict.
  private void leaveAPartitionAway(ClusterRig cluster, SecondBroker second) throws Exception {
    String job = cluster.job();
    JsonNode failures = cluster.flink().failures(job);
    cluster.awaitCheckpoint();
    long beganNs = System.nanoTime();
    second.freeze();
    cluster.runFor(away.dividedBy(3));
    long decided = cluster.decisions().ids().size();
    // Neither the source nor the ticker fails over it, and checkpoints go on.
    assertThat(cluster.flink().failures(job)).isEqualTo(failures);
    cluster.awaitCheckpoint();
    // All that was read and waits is read again, and what a restart forgets of time with it.
    cluster.kill(TASK_MANAGER);
    cluster.runFor(away.dividedBy(3));
    cluster.awaitCheckpoint();
    long restMs = away.toMillis() - Duration.ofNanos(System.nanoTime() - beganNs).toMillis();
    cluster.runFor(Duration.ofMillis(Math.max(0, restMs)));
    // Flink asks its members for figures when somebody asks it, and has none at first.
    cluster.await("figures of the members", () -> cluster.flink().heapMibMax() > 0);
    long waiting = cluster.flink().sum(job, DEDUPLICATE, "order_buffer_records");
    System.out.printf(
        "a partition away for %.0f s: %d decided meanwhile, %d records wait in order buffers, heap"
            + " %d MiB, failures %s%n",
        (System.nanoTime() - beganNs) / 1e9,
        cluster.decisions().ids().size() - decided,
        waiting,
        cluster.flink().heapMibMax(),
        cluster.flink().failures(job).findValuesAsText("exceptionName"));
    assertThat(cluster.decisions().ids()).as("nothing is skipped").hasSize((int) decided);
    second.release();
    cluster.recover("a partition came back", System.nanoTime());
  }

  private void fillTheDiskOfCheckpoints(ClusterRig cluster, SmallDisk state) throws Exception {
    String job = cluster.job();
    cluster.awaitCheckpoint();
    long failed = cluster.flink().failedCheckpoints(job);
    JsonNode failures = cluster.flink().failures(job);
    long beganNs = System.nanoTime();
    state.fill();
    cluster.await("a failed checkpoint", () -> cluster.flink().failedCheckpoints(job) > failed + 1);
    cluster.recover("no room for checkpoints", beganNs);
    assertThat(cluster.flink().failures(job)).isEqualTo(failures);
    beganNs = System.nanoTime();
    cluster.kill(TASK_MANAGER);
    cluster.recover("kill -9 of a TaskManager meanwhile", beganNs);
    state.free();
    cluster.awaitCheckpoint();
  }

  private void fillTheDiskOfTheArchive(ClusterRig cluster, SmallDisk archive) throws Exception {
    String job = cluster.job();
    JsonNode failures = cluster.flink().failures(job);
    long beganNs = System.nanoTime();
    archive.fill();
    cluster.await(
        "a failure for lack of room",
        () ->
            !cluster.flink().failures(job).equals(failures)
                && cluster.flink().failures(job).path(0).toString().contains("No space left"));
    archive.free();
    cluster.recover("no room for the archive", beganNs);
    cluster.awaitCheckpoint();
  }
}

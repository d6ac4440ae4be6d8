package io.vigil.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.cli.local.ChildProcess;
import io.vigil.cli.local.DataDir;
import io.vigil.cli.local.FlinkRest;
import io.vigil.cli.local.JobSettings;
import io.vigil.cli.local.LocalStack;
import io.vigil.cli.local.ProcessUsage;
import io.vigil.job.Topics;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A job that was away for longer than its input is kept does not pass over what is gone. */
@Tag("slow")
class ExpiredRecordsIT {
  private static final Duration STALL = Duration.ofSeconds(90);

  @BeforeEach
  void useTheRealJob() {
    System.clearProperty("vigil.job.class");
  }

  @Test
  void whatExpiredUnreadFailsTheJobUnlessItMayBeSkipped(@TempDir Path directory) throws Exception {
    try (DataDir data = DataDir.open(directory.resolve("data"));
        ProcessUsage usage = new ProcessUsage();
        LocalStack stack = LocalStack.start(data, 0, usage);
        KillFeed feed = new KillFeed(stack.bootstrap());
        DecisionCopies decisions = new DecisionCopies(stack.bootstrap())) {
      try (ChildProcess job = JobOptions.start(stack, settings(false, false))) {
        FlinkRest rest = new FlinkRest(JobOptions.run(stack, job, settings(false, false)));
        awaitMore(decisions, job);
        rest.stop(Objects.requireNonNull(UpgradeCluster.newest(rest)).id());
      }
      int before = feed.ids().size();
      while (feed.ids().size() < before + 500) {
        Thread.sleep(20);
      }
      expire(stack.bootstrap());

      try (ChildProcess job = JobOptions.start(stack, settings(true, false))) {
        JobOptions.run(stack, job, settings(true, false));
        assertThat(job.awaitExit(STALL)).isEqualTo(1);
        assertThat(job.lastError()).contains("out of range for partition transactions-");
      }
      try (ChildProcess job = JobOptions.start(stack, settings(true, true))) {
        JobOptions.run(stack, job, settings(true, true));
        awaitMore(decisions, job);
      }
    }
  }

  private static JobSettings settings(boolean resume, boolean skip) {
    Map<String, String> more = new TreeMap<>();
    more.put("restart-strategy.type", "none");
    more.put("vigil.kafka.skip-expired", Boolean.toString(skip));
    Map<String, String> artefacts = Map.of("bundle", "default", "rules", "basic");
    return new JobSettings(true, 2, "250 ms", null, 0, artefacts, resume, more);
  }

  private static void awaitMore(DecisionCopies decisions, ChildProcess job)
      throws InterruptedException {
    decisions.read();
    int known = decisions.ids().size();
    long deadlineNs = System.nanoTime() + STALL.toNanos();
    while (decisions.ids().size() == known) {
      assertThat(job.awaitExit(Duration.ofMillis(100))).as(() -> "" + job.lastError()).isNull();
      assertThat(System.nanoTime()).as("decides").isLessThan(deadlineNs);
      decisions.read();
    }
  }

  /** As retention does it: all that stands there at the moment. */
  private static void expire(String bootstrap) throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
      Map<TopicPartition, RecordsToDelete> all = new HashMap<>();
      admin
          .describeTopics(List.of(Topics.TRANSACTIONS))
          .allTopicNames()
          .get()
          .get(Topics.TRANSACTIONS)
          .partitions()
          .forEach(
              partition ->
                  all.put(
                      new TopicPartition(Topics.TRANSACTIONS, partition.partition()),
                      RecordsToDelete.beforeOffset(-1)));
      admin.deleteRecords(all).all().get();
    }
  }
}

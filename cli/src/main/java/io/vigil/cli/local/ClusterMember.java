package io.vigil.cli.local;

import java.io.IOException;
import java.util.Arrays;
import org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint;
import org.apache.flink.runtime.taskexecutor.TaskManagerRunner;
import org.apache.flink.runtime.zookeeper.FlinkZooKeeperQuorumPeer;

/**
 * Main class of a local cluster's processes: one of Flink's own, which ends at once when its
 * standard input ends, so that nothing outlives its parent. What it was doing is in checkpoints.
 */
public final class ClusterMember {
  private ClusterMember() {}

  /** What a process is. */
  enum Role {
    ZOOKEEPER,
    JOB_MANAGER,
    TASK_MANAGER
  }

  /**
   * @param args a {@link Role}, then what Flink's main class takes
   */
  public static void main(String[] args) throws Exception {
    Thread listener = new Thread(ClusterMember::endWithParent, "vigil-parent");
    listener.setDaemon(true);
    listener.start();
    String[] flink = Arrays.copyOfRange(args, 1, args.length);
    switch (Role.valueOf(args[0])) {
      case ZOOKEEPER -> FlinkZooKeeperQuorumPeer.main(flink);
      case JOB_MANAGER -> StandaloneSessionClusterEntrypoint.main(flink);
      case TASK_MANAGER -> TaskManagerRunner.main(flink);
    }
  }

  @SuppressWarnings("SystemOut") // standard input is this process's contract with its parent
  private static void endWithParent() {
    byte[] sink = new byte[64];
    try {
      while (System.in.read(sink) >= 0) {
        // Nothing is ever said; only the end counts.
      }
    } catch (IOException e) {
      // The parent is gone in another way.
    }
    Runtime.getRuntime().halt(0);
  }
}

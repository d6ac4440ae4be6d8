package io.vigil.cli.local;

import io.vigil.job.Topics;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;

/**
 * A broker beside a local stack's own, without a controller, that leads one partition of the
 * transactions and can be frozen: then that partition is away while all others go on.
 */
public final class SecondBroker implements AutoCloseable {
  /** The partition that it leads. */
  public static final TopicPartition PARTITION = new TopicPartition(Topics.TRANSACTIONS, 3);

  private static final int NODE_ID = 2;
  private static final int FIRST = 1;
  private static final Duration START = Duration.ofMinutes(3);

  private final ChildProcess process;
  private final String bootstrap;

  private SecondBroker(ChildProcess process, String bootstrap) {
    this.process = process;
    this.bootstrap = bootstrap;
  }

  /**
   * Starts it, and gives it the partition.
   *
   * @param first the process of the stack's broker
   * @param stack the stack's data directory
   * @param folder for its own logs
   */
  public static SecondBroker start(ProcessHandle first, String bootstrap, Path stack, Path folder)
      throws Exception {
    Properties known = new Properties();
    try (var reader = Files.newBufferedReader(stack.resolve("kafka/meta.properties"))) {
      known.load(reader);
    }
    Path directory = Files.createDirectories(folder.resolve("kafka"));
    Files.writeString(
        directory.resolve("meta.properties"),
        "version=1%nnode.id=%d%ncluster.id=%s%ndirectory.id=%s%n"
            .formatted(NODE_ID, known.getProperty("cluster.id"), Uuid.randomUuid()));
    String[] arguments = first.info().arguments().orElseThrow();
    ChildProcess process =
        ChildProcess.start(
            new ChildProcess.Spec(
                "second-broker",
                SecondBroker.class.getName(),
                List.of(
                    directory.toString(),
                    Integer.toString(LocalStack.freePort()),
                    arguments[arguments.length - 1]),
                List.of("-Xmx256m", "-XX:+UseSerialGC"),
                Map.of(),
                folder));
    SecondBroker broker = new SecondBroker(process, bootstrap);
    try {
      process.awaitReady(START);
      broker.lead(NODE_ID);
      return broker;
    } catch (Exception | AssertionError e) {
      broker.close();
      throw e;
    }
  }

  /** Arguments: directory, port, and the port of the controller. */
  @SuppressWarnings("SystemOut") // The ready line is the process's contract with its parent.
  public static void main(String[] args) {
    try {
      Map<String, String> options =
          Broker.options(Path.of(args[0]), Integer.parseInt(args[1]), Integer.parseInt(args[2]));
      options.put("process.roles", "broker");
      options.put("node.id", Integer.toString(NODE_ID));
      options.put("listeners", options.get("advertised.listeners"));
      KafkaRaftServer server = new KafkaRaftServer(Broker.config(options), Time.SYSTEM);
      server.startup();
      System.out.println("READY");
      // Its end is its parent's.
      while (System.in.read() >= 0) {}
      Runtime.getRuntime().halt(0);
    } catch (Throwable e) {
      e.printStackTrace();
      Runtime.getRuntime().halt(1);
    }
  }

  private void lead(int node) throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
      admin
          .alterPartitionReassignments(
              Map.of(PARTITION, Optional.of(new NewPartitionReassignment(List.of(node)))))
          .all()
          .get();
      long deadlineNs = System.nanoTime() + START.toNanos();
      while (leader(admin) != node) {
        if (System.nanoTime() > deadlineNs) {
          throw new AssertionError(PARTITION + " is not led by " + node);
        }
        Thread.sleep(100);
      }
    }
  }

  private static int leader(Admin admin) throws Exception {
    var leader =
        admin
            .describeTopics(List.of(PARTITION.topic()))
            .allTopicNames()
            .get()
            .get(PARTITION.topic())
            .partitions()
            .get(PARTITION.partition())
            .leader();
    return leader == null ? -1 : leader.id();
  }

  /** Nobody reaches it any more, and nobody is told: connections stay open. */
  public void freeze() throws Exception {
    signal("STOP");
  }

  /** It goes on as if nothing had been. */
  public void release() throws Exception {
    signal("CONT");
  }

  private void signal(String name) throws Exception {
    int code =
        new ProcessBuilder("kill", "-" + name, Long.toString(process.handle().pid()))
            .inheritIO()
            .start()
            .waitFor();
    if (code != 0) {
      throw new AssertionError("kill -" + name + " ended with " + code);
    }
  }

  /** Gives the partition, with all that is in it, to the stack's own broker. */
  public void handBack() throws Exception {
    lead(FIRST);
  }

  @Override
  public void close() {
    process.handle().destroyForcibly();
    process.close();
  }
}

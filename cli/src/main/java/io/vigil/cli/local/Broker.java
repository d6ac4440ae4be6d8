package io.vigil.cli.local;

import java.io.IOException;
import java.io.PrintStream;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;

/**
 * Main class of the broker process: one Kafka node that is broker and controller (KRaft).
 *
 * <p>Arguments: the directory of its logs, the port of the broker, the port of the controller. It
 * prints {@code READY bootstrap=HOST:PORT} once it takes requests, stops on SIGTERM and when its
 * standard input ends (so nothing is left running when the parent is killed), and exits with 1 and
 * one line on stderr when it cannot start.
 */
public final class Broker {

  /** Only this machine may connect: the local stack has no authentication. */
  static final String HOST = "127.0.0.1";

  private static final int NODE_ID = 1;
  private static final long LOCK_WAIT_MS = 15_000;

  private Broker() {}

  @SuppressWarnings("SystemOut") // The ready line is the process's contract with its parent.
  public static void main(String[] args) {
    try {
      Path directory = Path.of(args[0]);
      int port = Integer.parseInt(args[1]);
      int controllerPort = Integer.parseInt(args[2]);
      checkFree(port);
      checkFree(controllerPort);
      awaitUnlocked(directory);
      format(directory, List.of());
      KafkaRaftServer server =
          new KafkaRaftServer(config(options(directory, port, controllerPort)), Time.SYSTEM);
      server.startup();
      Runtime.getRuntime().addShutdownHook(new Thread(server::shutdown, "broker-shutdown"));
      System.out.println("READY bootstrap=" + HOST + ":" + port);
      awaitEndOfInput();
      System.exit(0);
    } catch (Throwable e) {
      System.err.println(oneLine(e));
      // Half-started broker threads would hold up an orderly exit; nothing has been promised yet.
      Runtime.getRuntime().halt(1);
    }
  }

  private static String oneLine(Throwable e) {
    String message = e.getMessage() == null ? e.toString() : e.getMessage();
    return "broker: " + message.lines().findFirst().orElse(e.toString());
  }

  private static void awaitEndOfInput() throws IOException {
    byte[] sink = new byte[256];
    while (System.in.read(sink) >= 0) {
      // Nothing is ever sent; only the end counts.
    }
  }

  private static void checkFree(int port) throws IOException {
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    } catch (BindException e) {
      throw new IOException(
          "port "
              + port
              + " on "
              + HOST
              + " is taken by another process; choose another with --kafka-port PORT"
              + " (0 takes any free one)",
          e);
    }
  }

  /** A broker whose parent was killed a moment ago may still be closing its logs: give it time. */
  private static void awaitUnlocked(Path directory) throws IOException, InterruptedException {
    Path lock = directory.resolve(".lock");
    if (!Files.exists(lock)) {
      return;
    }
    long deadline = System.nanoTime() + LOCK_WAIT_MS * 1_000_000;
    try (FileChannel channel = FileChannel.open(lock, StandardOpenOption.WRITE)) {
      while (true) {
        try (var held = channel.tryLock()) {
          if (held != null) {
            return;
          }
        }
        if (System.nanoTime() > deadline) {
          throw new IOException("another broker uses " + directory + "; stop it first");
        }
        Thread.sleep(100);
      }
    }
  }

  /**
   * Makes the directory a node's, unless it is one.
   *
   * @param scram people who may come in, as Kafka's own storage tool takes them
   */
  static void format(Path directory, List<String> scram) throws Exception {
    if (Files.exists(directory.resolve("meta.properties"))) {
      return;
    }
    Files.createDirectories(directory);
    try (PrintStream quiet =
        new PrintStream(PrintStream.nullOutputStream(), false, StandardCharsets.UTF_8)) {
      new Formatter()
          .setPrintStream(quiet)
          .setNodeId(NODE_ID)
          .setClusterId(Uuid.randomUuid().toString())
          .addDirectory(directory.toString())
          .setMetadataLogDirectory(directory.toString())
          .setControllerListenerName("CONTROLLER")
          .setIgnoreFormatted(false)
          .setScramArguments(scram)
          .run();
    }
  }

  /** How the node runs. */
  static Map<String, String> options(Path directory, int port, int controllerPort) {
    Map<String, String> options = new HashMap<>();
    options.put("process.roles", "broker,controller");
    options.put("node.id", Integer.toString(NODE_ID));
    options.put(
        "listeners",
        "PLAINTEXT://%s:%d,CONTROLLER://%s:%d".formatted(HOST, port, HOST, controllerPort));
    options.put("advertised.listeners", "PLAINTEXT://%s:%d".formatted(HOST, port));
    options.put("controller.listener.names", "CONTROLLER");
    options.put("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT");
    options.put("controller.quorum.voters", NODE_ID + "@" + HOST + ":" + controllerPort);
    options.put("log.dirs", directory.toString());
    options.put("auto.create.topics.enable", "false");
    // One node: nothing to replicate to, nobody to wait for.
    for (String topic : new String[] {"offsets.topic", "transaction.state.log"}) {
      options.put(topic + ".replication.factor", "1");
      options.put(topic + ".num.partitions", "1");
    }
    options.put("transaction.state.log.min.isr", "1");
    options.put("share.coordinator.state.topic.replication.factor", "1");
    options.put("share.coordinator.state.topic.min.isr", "1");
    options.put("share.coordinator.state.topic.num.partitions", "1");
    options.put("group.initial.rebalance.delay.ms", "0");
    // Sized for one laptop: the defaults serve hundreds of clients and reserve 128 MiB to compact.
    options.put("num.network.threads", "2");
    options.put("num.io.threads", "4");
    options.put("background.threads", "2");
    options.put("num.recovery.threads.per.data.dir", "2");
    options.put("queued.max.requests", "64");
    options.put("log.cleaner.dedupe.buffer.size", "4194304");
    options.put("log.segment.bytes", "268435456");
    // Flushing is left to the operating system, as in any Kafka: a process that dies loses nothing.
    return options;
  }

  static KafkaConfig config(Map<String, String> options) {
    Properties properties = new Properties();
    properties.putAll(options);
    return new KafkaConfig(properties, false);
  }
}

package io.vigil.cli.local;

import io.vigil.cli.CliException;
import io.vigil.model.torch.TorchRuntime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.JobManagerOptions;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.runtime.clusterframework.TaskExecutorProcessSpec;
import org.apache.flink.runtime.clusterframework.TaskExecutorProcessUtils;
import org.apache.flink.runtime.jobmanager.JobManagerProcessUtils;
import org.apache.flink.runtime.util.config.memory.ProcessMemoryUtils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A Flink cluster on this machine, each member a process of its own: a ZooKeeper that remembers who
 * leads and where the last checkpoint is, a JobManager, TaskManagers. Members that die are started
 * again, as Kubernetes or systemd would. Not thread-safe.
 */
public final class LocalCluster implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LocalCluster.class);
  private static final String HOST = "127.0.0.1";
  private static final Duration START = Duration.ofMinutes(3);
  private static final Duration POLL = Duration.ofMillis(200);

  private final List<Member> members = new ArrayList<>();
  private final ProcessUsage usage;
  private final FlinkRest rest;
  private final String address;

  /** A process and how it is started again. */
  private final class Member {
    private static final long PAUSE_MS_MAX = 30_000;

    final ChildProcess.Spec spec;
    ChildProcess process;
    long startedNanos;
    long pauseMs = 1_000;

    /** How long it had run when its death was seen; below 0 while it lives. */
    long ranMs = -1;

    Member(ChildProcess.Spec spec) {
      this.spec = spec;
      process = start();
    }

    private ChildProcess start() {
      startedNanos = System.nanoTime();
      ChildProcess started = ChildProcess.start(spec);
      usage.watch(spec.name(), started.handle());
      return started;
    }

    /** The pause doubles for one that dies again and again, and is forgotten when it lasts. */
    void revive() {
      if (process.isAlive()) {
        return;
      }
      long sinceStartMs = Duration.ofNanos(System.nanoTime() - startedNanos).toMillis();
      if (ranMs < 0) {
        ranMs = sinceStartMs;
      }
      if (sinceStartMs < pauseMs) {
        return;
      }
      pauseMs = ranMs > PAUSE_MS_MAX ? 1_000 : Math.min(PAUSE_MS_MAX, pauseMs * 2);
      LOG.warn("a member of the cluster died and is started again: {}", process.describeEnd());
      process = start();
      ranMs = -1;
    }
  }

  private LocalCluster(ProcessUsage usage, int restPort) {
    this.usage = usage;
    this.address = "http://" + HOST + ":" + restPort;
    this.rest = new FlinkRest(address);
  }

  /**
   * Starts the members, and returns when all TaskManagers are there.
   *
   * @param size TaskManagers and slots of each
   * @param restPort of Flink's REST interface and web page
   * @param flink further options of the cluster by their full names
   */
  static LocalCluster start(
      DataDir data,
      ClusterFiles files,
      Size size,
      int restPort,
      Map<String, String> flink,
      ProcessUsage usage)
      throws InterruptedException {
    Path folder = data.emptyCluster();
    LocalCluster cluster = new LocalCluster(usage, restPort);
    try {
      int zooKeeperPort = LocalStack.freePort();
      Configuration options = options(folder, size, restPort, zooKeeperPort, flink);
      Files.createDirectories(folder.resolve("tmp"));
      // Flink reads it from a folder, under this name.
      Path conf = Files.createDirectories(folder.resolve("conf"));
      StringBuilder text = new StringBuilder();
      new TreeMap<>(options.toMap())
          .forEach(
              (key, value) ->
                  text.append(key).append(": '").append(value.replace("'", "''")).append("'\n"));
      Files.writeString(conf.resolve("config.yaml"), text);
      Path zooKeeper = folder.resolve("zoo.cfg");
      Files.writeString(
          zooKeeper,
          """
          dataDir=%s
          clientPortAddress=%s
          clientPort=%d
          tickTime=2000
          admin.enableServer=false
          """
              .formatted(folder.resolve("zookeeper"), HOST, zooKeeperPort));
      Map<String, String> environment = new TreeMap<>(TorchRuntime.environment());
      environment.put("DJL_OFFLINE", "true");
      environment.put("CLASSPATH", files.classPath());
      environment.put("FLINK_CONF_DIR", conf.toString());
      Starter starter = cluster.new Starter(data, environment);
      starter.start(
          "zookeeper",
          ClusterMember.Role.ZOOKEEPER,
          List.of("--zkConfigFile", zooKeeper.toString(), "--peerId", "1"),
          List.of("-Xmx64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
      starter.start(
          "jobmanager",
          ClusterMember.Role.JOB_MANAGER,
          List.of("--configDir", conf.toString()),
          jvm(
              JobManagerProcessUtils.generateJvmParametersStr(
                  JobManagerProcessUtils.processSpecFromConfig(options), options)));
      TaskExecutorProcessSpec spec = TaskExecutorProcessUtils.processSpecFromConfig(options);
      List<String> arguments = new ArrayList<>(List.of("--configDir", conf.toString()));
      arguments.addAll(words(TaskExecutorProcessUtils.generateDynamicConfigsStr(spec)));
      List<String> jvm = new ArrayList<>(jvm(ProcessMemoryUtils.generateJvmParametersStr(spec)));
      jvm.add("-XX:ErrorFile=" + data.crashes().resolve("hs_err_pid%p.log"));
      for (int i = 1; i <= size.taskManagers(); i++) {
        starter.start("taskmanager-" + i, ClusterMember.Role.TASK_MANAGER, arguments, jvm);
      }
      cluster.awaitTaskManagers(size.taskManagers());
      return cluster;
    } catch (IOException e) {
      cluster.close();
      throw new CliException("cannot use " + folder + ": " + e.getMessage(), e);
    } catch (InterruptedException | RuntimeException e) {
      cluster.close();
      throw e;
    }
  }

  /**
   * How large a cluster is.
   *
   * @param taskManagers processes, at least 1
   * @param slots of each, at least 1; the product bounds the job's parallelism
   */
  public record Size(int taskManagers, int slots) {
    public Size {
      if (taskManagers < 1 || slots < 1) {
        throw new CliException(
            "expected one TaskManager and one slot at least, got %d and %d"
                .formatted(taskManagers, slots));
      }
    }
  }

  /** Starts processes with what all of them have. */
  private final class Starter {
    private final DataDir data;
    private final Map<String, String> environment;

    Starter(DataDir data, Map<String, String> environment) {
      this.data = data;
      this.environment = environment;
    }

    void start(String name, ClusterMember.Role role, List<String> arguments, List<String> jvm) {
      members.add(
          new Member(
              new ChildProcess.Spec(
                  name,
                  ClusterMember.class.getName(),
                  Stream.concat(Stream.of(role.name()), arguments.stream()).toList(),
                  jvm,
                  environment,
                  data.logs())));
    }
  }

  private static Configuration options(
      Path folder, Size size, int restPort, int zooKeeperPort, Map<String, String> given) {
    Map<String, String> options = new LinkedHashMap<>();
    options.put("jobmanager.rpc.address", HOST);
    options.put("jobmanager.bind-host", HOST);
    options.put("taskmanager.host", HOST);
    options.put("taskmanager.bind-host", HOST);
    options.put("rest.address", HOST);
    options.put("rest.bind-address", HOST);
    options.put("rest.port", Integer.toString(restPort));
    options.put("rest.bind-port", Integer.toString(restPort));
    options.put("taskmanager.numberOfTaskSlots", Integer.toString(size.slots()));
    // Otherwise one TaskManager takes all it can, and the other waits.
    options.put("taskmanager.load-balance.mode", "SLOTS");
    options.put("io.tmp.dirs", folder.resolve("tmp").toString());
    options.put("web.upload.dir", folder.resolve("jars").toString());
    options.put("high-availability.type", "zookeeper");
    options.put("high-availability.zookeeper.quorum", HOST + ":" + zooKeeperPort);
    options.put("high-availability.storageDir", folder.resolve("ha").toUri().toString());
    options.put("high-availability.cluster-id", "/vigil");
    // A member that is dead is missed within seconds; Flink's defaults suit a network that is not.
    options.put("high-availability.zookeeper.client.session-timeout", "10 s");
    options.put("heartbeat.interval", "2 s");
    options.put("heartbeat.timeout", "20 s");
    // A member that starts on a busy machine needs longer than the ten seconds of Flink's defaults.
    options.put("pekko.startup-timeout", "60 s");
    options.put("pekko.ask.timeout", "60 s");
    // What a cluster of its own JVMs needs beside Flink's defaults: libtorch lives off the heap.
    Configuration configuration = Configuration.fromMap(options);
    configuration.set(JobManagerOptions.TOTAL_PROCESS_MEMORY, MemorySize.ofMebiBytes(1024));
    configuration.set(TaskManagerOptions.TASK_HEAP_MEMORY, MemorySize.ofMebiBytes(768));
    configuration.set(TaskManagerOptions.TASK_OFF_HEAP_MEMORY, MemorySize.ofMebiBytes(256));
    configuration.set(TaskManagerOptions.MANAGED_MEMORY_SIZE, MemorySize.ofMebiBytes(512));
    configuration.addAll(Configuration.fromMap(given));
    return configuration;
  }

  private static List<String> jvm(String memory) {
    List<String> jvm = new ArrayList<>(words(memory));
    jvm.add("-XX:+UseParallelGC");
    return jvm;
  }

  private static List<String> words(String text) {
    return List.of(text.strip().split("\\s+"));
  }

  private void awaitTaskManagers(int count) throws InterruptedException {
    long deadline = System.nanoTime() + START.toNanos();
    while (System.nanoTime() < deadline) {
      for (Member member : members) {
        if (!member.process.isAlive()) {
          throw new CliException(member.process.describeEnd());
        }
      }
      try {
        if (rest.taskManagers() >= count) {
          return;
        }
      } catch (IOException e) {
        LOG.debug("the JobManager does not answer yet", e);
      }
      Thread.sleep(POLL.toMillis());
    }
    throw new CliException(
        "the cluster was not ready after %d s; see %s"
            .formatted(START.toSeconds(), members.get(0).process.log().getParent()));
  }

  /** Where Flink's REST interface and web page are. */
  public String address() {
    return address;
  }

  public FlinkRest rest() {
    return rest;
  }

  /** The process that is called so: {@code jobmanager}, {@code taskmanager-1}. */
  public ProcessHandle process(String name) {
    return members.stream()
        .filter(member -> member.spec.name().equals(name))
        .findFirst()
        .orElseThrow()
        .process
        .handle();
  }

  /** Starts again who has died. */
  public void revive() {
    members.forEach(Member::revive);
  }

  /** Ends all processes; what they were doing is in the last checkpoint. */
  @Override
  public void close() {
    // The JobManager before TaskManagers, whose end it would take for a failure; ZooKeeper, which
    // began, last.
    members.stream().skip(1).forEach(member -> member.process.close());
    members.stream().limit(1).forEach(member -> member.process.close());
  }
}

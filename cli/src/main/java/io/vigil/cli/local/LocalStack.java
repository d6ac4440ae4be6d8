package io.vigil.cli.local;

import io.vigil.cli.CliException;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The broker with its topics, and the job on top of it, as child processes of this one. Not
 * thread-safe.
 */
public final class LocalStack implements AutoCloseable {

  /** Where the job's main class is; a name only, so that the job can be replaced in tests. */
  public static final String JOB_CLASS = "io.vigil.job.LocalJob";

  private static final Duration BROKER_START = Duration.ofMinutes(3);

  private static final List<String> BROKER_JVM =
      List.of("-Xms64m", "-Xmx400m", "-Xmn100m", "-XX:+UseSerialGC");

  private final DataDir data;
  private final ProcessUsage usage;
  private final ChildProcess.Spec brokerSpec;
  private ChildProcess broker;
  private final String bootstrap;
  private final int freePort;
  private @Nullable ChildProcess job;
  private @Nullable LocalCluster cluster;
  private @Nullable Path conf;
  private int metricsPort = -1;
  private @Nullable LocalScoring scoring;
  private @Nullable LocalConsole console;

  private LocalStack(
      DataDir data,
      ProcessUsage usage,
      ChildProcess.Spec brokerSpec,
      ChildProcess broker,
      String bootstrap,
      int freePort) {
    this.data = data;
    this.usage = usage;
    this.brokerSpec = brokerSpec;
    this.broker = broker;
    this.bootstrap = bootstrap;
    this.freePort = freePort;
  }

  /**
   * Starts the broker on the directory's logs, and creates the topics that are missing.
   *
   * @param port of the broker on 127.0.0.1; 0 for any free one
   */
  public static LocalStack start(DataDir data, int port, ProcessUsage usage)
      throws InterruptedException {
    List<Integer> free = freePorts();
    ChildProcess.Spec spec =
        new ChildProcess.Spec(
            "broker",
            Broker.class.getName(),
            List.of(
                data.kafka().toString(),
                Integer.toString(port == 0 ? free.get(0) : port),
                Integer.toString(free.get(1))),
            Stream.concat(BROKER_JVM.stream(), ChildProcess.COMPILE_LITTLE.stream()).toList(),
            Map.of(),
            data.logs());
    ChildProcess broker = ChildProcess.start(spec);
    try {
      usage.watch("broker", broker.handle());
      String bootstrap = broker.awaitReady(BROKER_START).replace("bootstrap=", "");
      LocalTopics.create(bootstrap);
      return new LocalStack(data, usage, spec, broker, bootstrap, free.get(2));
    } catch (InterruptedException | RuntimeException e) {
      broker.close();
      throw e;
    }
  }

  /** The broker's address. */
  public String bootstrap() {
    return bootstrap;
  }

  /**
   * Starts the job's process, and returns before it is ready. It waits for {@link #runJob}: until
   * then the topics may be filled and the settings change, but for parallelism and web port.
   */
  public ChildProcess startJob(
      JobSettings settings, List<String> jvmOptions, Map<String, String> environment) {
    Path written = writeConf(settings);
    List<String> jvm = new ArrayList<>(jvmOptions);
    jvm.add("-XX:ErrorFile=" + data.crashes().resolve("hs_err_pid%p.log"));
    ChildProcess started =
        ChildProcess.start(
            new ChildProcess.Spec(
                "job",
                System.getProperty("vigil.job.class", JOB_CLASS),
                List.of("--conf", written.toString()),
                jvm,
                environment,
                data.logs()));
    usage.watch("job", started.handle());
    job = started;
    conf = written;
    metricsPort = LocalMetrics.consolePort(settings);
    return started;
  }

  /** Lets a job that is ready run, with these settings. */
  public void runJob(ChildProcess ready, JobSettings settings) {
    var unused = writeConf(settings);
    ready.tell("run");
  }

  /**
   * Starts a Flink cluster in place of the one process, and returns when it can take a job.
   *
   * @param settings their parallelism and web port, and their options that are Flink's own
   */
  public LocalCluster startCluster(ClusterFiles files, LocalCluster.Size size, JobSettings settings)
      throws InterruptedException {
    Map<String, String> flink = new TreeMap<>(settings.extra());
    flink.keySet().removeIf(key -> key.startsWith("vigil."));
    int port = settings.webPort() == 0 ? freePort : settings.webPort();
    LocalCluster started = LocalCluster.start(data, files, size, port, flink, usage);
    cluster = started;
    return started;
  }

  /**
   * Gives the cluster the job.
   *
   * @param savepoint where it starts from; null for the newest checkpoint or savepoint
   * @return the job's id
   */
  public String submit(Path jar, JobSettings settings, @Nullable String savepoint)
      throws InterruptedException {
    if (cluster == null) {
      throw new IllegalStateException("job: expected a cluster that was started, got none");
    }
    Path written = writeConf(settings);
    conf = written;
    try {
      return cluster.rest().run(cluster.rest().upload(jar), written, savepoint);
    } catch (IOException e) {
      throw new CliException("the job cannot be submitted: " + e.getMessage(), e);
    }
  }

  private Path writeConf(JobSettings settings) {
    return data.writeConf(settings.options(bootstrap, freePort, data));
  }

  /**
   * Starts what answers "what if" with the artefacts of the job, which must have been started. A
   * console that is started after it asks it.
   */
  public void startScoring() {
    if (conf == null) {
      throw new IllegalStateException("scoring: expected a job that was started, got none");
    }
    scoring = LocalScoring.start(data, conf, usage);
  }

  /**
   * Starts the console with its database.
   *
   * @param port on 127.0.0.1; 0 for any free one
   */
  public LocalConsole startConsole(int port) throws InterruptedException {
    return startConsole(port, null);
  }

  /**
   * Starts the case console, which seals what people write.
   *
   * @param port on 127.0.0.1; 0 for any free one
   * @param vault a vault's directory; null for none
   */
  public LocalConsole startConsole(int port, @Nullable Path vault) throws InterruptedException {
    LocalConsole started =
        LocalConsole.start(data, bootstrap, port, metricsPort, scoring, vault, usage);
    console = started;
    return started;
  }

  /**
   * Fails when the broker has died, unless a cluster runs on it; what else has died is started
   * again, and so is the broker of a cluster.
   */
  public void check() throws InterruptedException {
    if (!broker.isAlive()) {
      if (cluster == null) {
        throw new CliException(broker.describeEnd());
      }
      broker = ChildProcess.start(brokerSpec);
      usage.watch("broker", broker.handle());
    }
    if (cluster != null) {
      cluster.revive();
    }
    if (console != null) {
      console.revive();
    }
    if (scoring != null) {
      scoring.revive();
    }
  }

  /** The broker's process. */
  public ProcessHandle broker() {
    return broker.handle();
  }

  /** Stops the console and what it asks, the job or the cluster, then the broker. */
  @Override
  public void close() {
    if (console != null) {
      console.close();
    }
    if (scoring != null) {
      scoring.close();
    }
    if (job != null) {
      job.close();
    }
    if (cluster != null) {
      cluster.close();
    }
    broker.close();
  }

  /** A port that nobody listens on now. */
  static int freePort() {
    return freePorts().get(0);
  }

  /** Ports that nobody listens on now; all different. */
  private static List<Integer> freePorts() {
    try (ServerSocket first = new ServerSocket(0);
        ServerSocket second = new ServerSocket(0);
        ServerSocket third = new ServerSocket(0)) {
      return List.of(first.getLocalPort(), second.getLocalPort(), third.getLocalPort());
    } catch (IOException e) {
      throw new CliException("no free port on this machine: " + e.getMessage(), e);
    }
  }
}

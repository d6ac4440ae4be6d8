package io.vigil.cli.local;

import io.vigil.cli.CliException;
import io.vigil.cli.whatif.WhatIfMain;
import io.vigil.model.torch.TorchRuntime;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The scoring service that answers the console's "what if", a child process. Nothing waits for it
 * and nothing fails with it: when it dies it is started again at the same address, a few times. It
 * loads no model before it is asked. Not thread-safe.
 */
final class LocalScoring implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(LocalScoring.class);
  private static final int SECRET_BYTES = 32;
  private static final int STARTS_MAX = 5;
  private static final Duration PAUSE = Duration.ofSeconds(10);

  /** A question now and then is not worth a compiler's time nor much memory. */
  private static final List<String> JVM =
      List.of(
          "-Xms16m",
          "-Xmx384m",
          "-XX:MaxDirectMemorySize=128m",
          "-XX:+UseSerialGC",
          "-XX:TieredStopAtLevel=1",
          "-Dsun.net.httpserver.maxReqTime=10",
          "-Dsun.net.httpserver.maxRspTime=30");

  private final ChildProcess.Spec spec;
  private final ProcessUsage usage;
  private final int port;
  private final String secret;
  private ChildProcess process;
  private int starts = 1;
  private long startedNanos = System.nanoTime();

  private LocalScoring(
      ChildProcess.Spec spec, ProcessUsage usage, int port, String secret, ChildProcess process) {
    this.spec = spec;
    this.usage = usage;
    this.port = port;
    this.secret = secret;
    this.process = process;
  }

  /**
   * Starts the process and returns at once.
   *
   * @param conf the job's options, which say what decides
   */
  static LocalScoring start(DataDir data, Path conf, ProcessUsage usage) {
    byte[] random = new byte[SECRET_BYTES];
    new SecureRandom().nextBytes(random);
    String secret = HexFormat.of().formatHex(random);
    int port = LocalStack.freePort();
    Path crashes = data.crashes().resolve("scoring");
    Map<String, String> environment = new TreeMap<>(TorchRuntime.environment());
    environment.put("DJL_OFFLINE", "true");
    // Not in a file and not on a command line, where others could read it.
    environment.put(WhatIfMain.SECRET, secret);
    ChildProcess.Spec spec =
        new ChildProcess.Spec(
            "scoring",
            WhatIfMain.class.getName(),
            List.of(conf.toString(), Integer.toString(port), crashes.toString()),
            Stream.concat(
                    JVM.stream(), Stream.of("-XX:ErrorFile=" + crashes.resolve("hs_err_pid%p.log")))
                .toList(),
            environment,
            data.logs());
    return new LocalScoring(spec, usage, port, secret, started(spec, usage));
  }

  private static ChildProcess started(ChildProcess.Spec spec, ProcessUsage usage) {
    ChildProcess process = ChildProcess.start(spec);
    usage.watch("scoring", process.handle());
    return process;
  }

  /** Its address. */
  String url() {
    return "http://127.0.0.1:" + port + "/";
  }

  /** What it wants to hear. */
  String secret() {
    return secret;
  }

  /** Starts the process again when it has died, after a pause and a few times. */
  void revive() {
    if (process.isAlive()
        || starts >= STARTS_MAX
        || System.nanoTime() - startedNanos < PAUSE.toNanos()) {
      return;
    }
    starts++;
    startedNanos = System.nanoTime();
    LOG.warn("the scoring service died and is started again: {}", process.describeEnd());
    try {
      process = started(spec, usage);
    } catch (CliException e) {
      LOG.warn("the scoring service cannot be started", e);
    }
  }

  @Override
  public void close() {
    process.close();
  }
}

package io.vigil.cli.local;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vigil.cli.CliException;
import io.vigil.cli.whatif.WhatIfMain;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The case console of the local stack, a child process with a PostgreSQL of its own. When it dies
 * it is started again at the same address. Not thread-safe.
 */
public final class LocalConsole implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(LocalConsole.class);
  private static final String MAIN_CLASS = "io.vigil.console.ConsoleMain";
  private static final Duration START = Duration.ofMinutes(2);
  private static final Duration ANSWER = Duration.ofSeconds(5);
  private static final Duration POLL = Duration.ofMillis(200);

  /** Looks in a row that must find nothing waiting: what the console says is a moment old. */
  private static final int LOOKS = 5;

  private static final List<String> JVM = List.of("-Xms64m", "-Xmx384m", "-XX:+UseSerialGC");

  /** Letters and digits that are not taken for one another. */
  private static final String LETTERS = "abcdefghjkmnpqrstuvwxyz23456789";

  /** Who works at a local console: name and role. */
  private static final Map<String, String> PEOPLE = people();

  private final ChildProcess.Spec spec;
  private final ProcessUsage usage;
  private final String url;
  private final Map<String, String> passwords;
  private ChildProcess process;

  private LocalConsole(
      ChildProcess.Spec spec,
      ProcessUsage usage,
      ChildProcess process,
      String url,
      Map<String, String> passwords) {
    this.spec = spec;
    this.usage = usage;
    this.process = process;
    this.url = url;
    this.passwords = passwords;
  }

  private static Map<String, String> people() {
    Map<String, String> people = new LinkedHashMap<>();
    people.put("analyst", "analyst");
    people.put("lead", "lead");
    people.put("auditor", "auditor");
    return people;
  }

  /**
   * @param metricsPort where it shows its metrics; -1 for nowhere
   * @param scoring what answers "what if"; null when nothing does
   * @param vault where what people write is sealed; null when nowhere
   */
  static LocalConsole start(
      DataDir data,
      String bootstrap,
      int port,
      int metricsPort,
      @Nullable LocalScoring scoring,
      @Nullable Path vault,
      ProcessUsage usage)
      throws InterruptedException {
    Map<String, String> passwords = new LinkedHashMap<>();
    SecureRandom random = new SecureRandom();
    PEOPLE.keySet().forEach(name -> passwords.put(name, password(random)));
    int fixed = port == 0 ? LocalStack.freePort() : port;
    Map<String, String> options = new TreeMap<>();
    options.put("kafka.bootstrap.servers", bootstrap);
    options.put("database.dir", data.postgres().toAbsolutePath().toString());
    options.put("port", Integer.toString(fixed));
    if (metricsPort > 0) {
      options.put("metrics.port", Integer.toString(metricsPort));
    }
    // Not in a file and not on a command line, where others could read them.
    Map<String, String> secrets = new TreeMap<>();
    secrets.put(
        "VIGIL_CONSOLE_PEOPLE",
        PEOPLE.entrySet().stream()
            .map(each -> each.getKey() + ":" + each.getValue() + ":" + passwords.get(each.getKey()))
            .collect(Collectors.joining(",")));
    if (scoring != null) {
      options.put("scoring.url", scoring.url());
      secrets.put(WhatIfMain.SECRET, scoring.secret());
    }
    if (vault != null) {
      options.put("vault.dir", vault.toAbsolutePath().normalize().toString());
    }
    Path conf = data.writeConsoleConf(options);
    ChildProcess.Spec spec =
        new ChildProcess.Spec(
            "console",
            MAIN_CLASS,
            List.of(conf.toString(), "--while-input"),
            Stream.concat(JVM.stream(), ChildProcess.COMPILE_LITTLE.stream()).toList(),
            secrets,
            data.logs());
    ChildProcess process = ChildProcess.start(spec);
    usage.watch("console", process.handle());
    try {
      String ready = process.awaitReady(START);
      Map<String, String> said = new LinkedHashMap<>();
      for (String each : ready.split(" ", -1)) {
        int equals = each.indexOf('=');
        said.put(each.substring(0, equals), each.substring(equals + 1));
      }
      List<String> welcomed = List.of(said.getOrDefault("welcomed", "").split(",", -1));
      passwords.keySet().retainAll(welcomed);
      return new LocalConsole(
          spec, usage, process, said.getOrDefault("url", ""), Map.copyOf(passwords));
    } catch (InterruptedException | RuntimeException e) {
      process.close();
      throw e;
    }
  }

  private static String password(SecureRandom random) {
    StringBuilder password = new StringBuilder();
    for (int i = 0; i < 16; i++) {
      if (i > 0 && i % 4 == 0) {
        password.append('-');
      }
      password.append(LETTERS.charAt(random.nextInt(LETTERS.length())));
    }
    return password.toString();
  }

  /** Its address, for a browser. */
  public String url() {
    return url;
  }

  /** One-time passwords by name; without those who have chosen one of their own. */
  public Map<String, String> passwords() {
    return passwords;
  }

  /** Waits until every alert of the topic is a case. */
  public void awaitCases() throws InterruptedException {
    HttpClient http = HttpClient.newBuilder().connectTimeout(ANSWER).build();
    ObjectMapper mapper = new ObjectMapper();
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url + "health")).timeout(ANSWER).GET().build();
    int quiet = 0;
    while (quiet < LOOKS) {
      Thread.sleep(POLL.toMillis());
      revive();
      try {
        JsonNode health =
            mapper.readTree(http.send(request, HttpResponse.BodyHandlers.ofString()).body());
        quiet = health.path("lag").path("cases").asLong(-1) == 0 ? quiet + 1 : 0;
      } catch (IOException e) {
        quiet = 0;
        LOG.info("the console does not answer yet", e);
      }
    }
  }

  /** Starts the process again when it has died. */
  void revive() throws InterruptedException {
    if (process.isAlive()) {
      return;
    }
    LOG.warn("the console died and is started again: {}", process.describeEnd());
    ChildProcess again = ChildProcess.start(spec);
    usage.watch("console", again.handle());
    process = again;
    try {
      var unused = again.awaitReady(START);
    } catch (CliException e) {
      again.close();
      throw e;
    }
  }

  @Override
  public void close() {
    process.close();
  }
}

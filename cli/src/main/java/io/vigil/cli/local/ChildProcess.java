package io.vigil.cli.local;

import io.vigil.cli.CliException;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A JVM started by the command line: the broker, the job, or another.
 *
 * <p>Its standard input is a pipe that only ever ends, so a child notices when its parent is gone,
 * even by SIGKILL. It ignores the terminal's Ctrl-C: the parent decides in which order things stop.
 * What it prints goes to its log file. Thread-safe.
 */
public final class ChildProcess implements AutoCloseable {
  /**
   * JVM options: only what is hot for long goes to the second compiler, which takes the time of a
   * run of minutes on few cores that its code would save.
   */
  public static final List<String> COMPILE_LITTLE =
      List.of(
          "-XX:Tier4InvocationThreshold=20000",
          "-XX:Tier4MinInvocationThreshold=2400",
          "-XX:Tier4CompileThreshold=60000",
          "-XX:Tier4BackEdgeThreshold=160000");

  private static final Duration GRACE = Duration.ofSeconds(10);
  private static final int SIGNAL_BASE = 128;
  private static final int SIGNAL_MAX = 64;

  private final String name;
  private final Path log;
  private final Process process;
  private final CompletableFuture<String> ready = new CompletableFuture<>();
  private final Thread outReader;
  private final Thread errReader;
  private volatile @Nullable String lastError;

  /**
   * What to start.
   *
   * @param name what messages and the log file call it
   * @param mainClass on this JVM's class path
   * @param arguments of the main class
   * @param jvmOptions such as {@code -Xmx400m}
   * @param environment variables on top of this process's own
   * @param logs the directory of the log file
   */
  public record Spec(
      String name,
      String mainClass,
      List<String> arguments,
      List<String> jvmOptions,
      Map<String, String> environment,
      Path logs) {
    public Spec {
      arguments = List.copyOf(arguments);
      jvmOptions = List.copyOf(jvmOptions);
      environment = Map.copyOf(environment);
    }
  }

  private ChildProcess(String name, Path log, Process process) {
    this.name = name;
    this.log = log;
    this.process = process;
    this.outReader = reader("out", process.getInputStream());
    this.errReader = reader("err", process.getErrorStream());
  }

  /** Starts the process and returns at once. */
  public static ChildProcess start(Spec spec) {
    Path log = spec.logs().resolve(spec.name() + ".log").toAbsolutePath();
    List<String> command = new ArrayList<>();
    // An ignored signal stays ignored across exec, and the JVM honours that; the pid stays too.
    command.addAll(List.of("/bin/sh", "-c", "trap '' INT HUP; exec \"$@\"", "sh"));
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // Before the options: the last of two equal ones counts.
    command.add("-XX:ErrorFile=" + spec.logs().toAbsolutePath().resolve("hs_err_%p.log"));
    command.addAll(spec.jvmOptions());
    for (String opened : new String[] {"java.util", "java.lang", "java.nio"}) {
      command.add("--add-opens=java.base/" + opened + "=ALL-UNNAMED");
    }
    command.add("-XX:+ExitOnOutOfMemoryError");
    command.add("-Dvigil.log.file=" + log);
    command.add(spec.mainClass());
    command.addAll(spec.arguments());
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
    builder.environment().putAll(spec.environment());
    try {
      Files.createDirectories(spec.logs());
      ChildProcess child = new ChildProcess(spec.name(), log, builder.start());
      child.outReader.start();
      child.errReader.start();
      return child;
    } catch (IOException e) {
      throw new CliException("cannot start the " + spec.name() + ": " + e.getMessage(), e);
    }
  }

  private Thread reader(String which, InputStream stream) {
    Thread thread = new Thread(() -> copyLines(stream, which.equals("err")), name + "-" + which);
    thread.setDaemon(true);
    return thread;
  }

  /** Copies to the log, line by line, and picks out the READY line and the last error. */
  private void copyLines(InputStream stream, boolean errors) {
    try (BufferedReader lines =
            new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8));
        BufferedWriter copy =
            Files.newBufferedWriter(log, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        copy.write(line);
        copy.newLine();
        copy.flush();
        if (errors) {
          if (!line.isBlank()) {
            lastError = line.strip();
          }
        } else if (line.startsWith("READY")) {
          ready.complete(line.substring("READY".length()).strip());
        }
      }
    } catch (IOException e) {
      if (process.isAlive()) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /**
   * Waits for the READY line.
   *
   * @return what the line says after the word
   * @throws CliException when the process ends first, or the time is up
   */
  public String awaitReady(Duration timeout) throws InterruptedException {
    CompletableFuture<Object> first =
        CompletableFuture.anyOf(ready, process.onExit().thenApply(ended -> ""));
    try {
      first.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new CliException(
          "the %s was not ready after %d s; see %s".formatted(name, timeout.toSeconds(), log), e);
    } catch (ExecutionException e) {
      throw new CliException("the " + name + " could not be watched: " + e.getMessage(), e);
    }
    if (!process.isAlive()) {
      drain();
    }
    String said = ready.getNow(null);
    if (said == null) {
      String error = lastError;
      throw new CliException(error != null ? error : describeEnd());
    }
    return said;
  }

  /** Writes a line to the process's input; what a process that has ended is told is lost. */
  public void tell(String line) {
    try {
      OutputStream input = process.getOutputStream();
      input.write((line + "\n").getBytes(StandardCharsets.UTF_8));
      input.flush();
    } catch (IOException e) {
      if (process.isAlive()) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** Waits for the output that a process wrote before it ended. */
  private void drain() throws InterruptedException {
    outReader.join(GRACE.toMillis());
    errReader.join(GRACE.toMillis());
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  public ProcessHandle handle() {
    return process.toHandle();
  }

  /** Where the process writes what it has to say. */
  public Path log() {
    return log;
  }

  /** The last line on the process's stderr, or null when it wrote none. */
  public @Nullable String lastError() {
    return lastError;
  }

  /**
   * Waits for the process to end.
   *
   * @return the exit code, or empty text's absence: null when it still runs after the time
   */
  public @Nullable Integer awaitExit(Duration timeout) throws InterruptedException {
    if (!process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
      return null;
    }
    drain();
    return process.exitValue();
  }

  /** How the process ended, in words; call it only when it has. */
  public String describeEnd() {
    int code = process.exitValue();
    String how =
        code > SIGNAL_BASE && code <= SIGNAL_BASE + SIGNAL_MAX
            ? "was killed by signal %d (%s)".formatted(code - SIGNAL_BASE, signalName(code))
            : "ended with exit code " + code;
    String error = lastError;
    return "the %s %s%s; its log is %s"
        .formatted(name, how, error == null ? "" : ": " + error, log);
  }

  private static String signalName(int code) {
    return switch (code - SIGNAL_BASE) {
      case 6 -> "SIGABRT, the JVM or native code crashed";
      case 9 -> "SIGKILL, perhaps for lack of memory";
      case 11 -> "SIGSEGV, native code crashed";
      case 15 -> "SIGTERM";
      default -> "see kill -l";
    };
  }

  /** Asks the process to end: its input ends, then SIGTERM, and SIGKILL after ten seconds. */
  @Override
  public void close() {
    try {
      process.getOutputStream().close();
    } catch (IOException e) {
      // The pipe is broken because the process is gone already.
    }
    try {
      if (process.waitFor(GRACE.toMillis() / 2, TimeUnit.MILLISECONDS)) {
        return;
      }
      process.destroy();
      if (!process.waitFor(GRACE.toMillis() / 2, TimeUnit.MILLISECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}

package io.vigil.bench.rollout;

import io.vigil.cli.Vigil;
import io.vigil.model.torch.TorchRuntime;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs {@code vigil} as people do, each command in a process of its own, beside the stream. Not
 * thread-safe.
 */
final class Commands {
  private final Path folder;
  private final List<String> vigil;

  /** A command that ended. */
  record Ended(int code, String output, double seconds) {}

  /**
   * @param folder where the commands run, and what they print is kept
   */
  Commands(Path folder) {
    this.folder = folder;
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    vigil =
        List.of(
            java.toString(),
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Xmx1g",
            "-cp",
            System.getProperty("java.class.path"),
            Vigil.class.getName());
  }

  /**
   * Runs a command that must succeed.
   *
   * @throws IllegalStateException with what it printed when it does not
   */
  Ended run(String... args) throws IOException, InterruptedException {
    return run(0, args);
  }

  /** As {@link #run(String...)}, of a command that ends with that code. */
  Ended run(int code, String... args) throws IOException, InterruptedException {
    List<String> line = new ArrayList<>(vigil);
    line.addAll(List.of(args));
    Path printed = folder.resolve("printed.txt");
    ProcessBuilder builder =
        new ProcessBuilder(line)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(printed.toFile());
    builder.environment().putAll(TorchRuntime.environment());
    builder.environment().put("DJL_OFFLINE", "true");
    long beganNs = System.nanoTime();
    Process process = builder.start();
    try {
      int ended = process.waitFor();
      double seconds = (System.nanoTime() - beganNs) / 1e9;
      String output = Files.readString(printed, StandardCharsets.UTF_8);
      if (ended != code) {
        throw new IllegalStateException(
            "vigil %s: expected exit code %d, got %d: %s"
                .formatted(String.join(" ", args), code, ended, output));
      }
      return new Ended(ended, output, seconds);
    } finally {
      process.destroyForcibly();
    }
  }
}

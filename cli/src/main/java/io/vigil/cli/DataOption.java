package io.vigil.cli;

import io.vigil.cli.local.DataDir;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where a local stack keeps its data: {@code --data}, or a directory per command. */
final class DataOption {

  private static final List<String> COMMANDS = List.of("up", "demo", "run", ClusterCommand.NAME);

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description =
          "Where the local stack keeps its data (default: $VIGIL_HOME, or .vigil beside the"
              + " launcher, and there a directory per command).")
  private @Nullable Path data;

  /** The directory of that command's stack. */
  Path of(String command) {
    return data != null ? data : home().resolve(command);
  }

  /** The directory of the stack that runs, or else of the one that was used last. */
  Path mostRecent() {
    if (data != null) {
      return data;
    }
    List<Path> used = COMMANDS.stream().map(home()::resolve).filter(DataDir::hasData).toList();
    return Stream.concat(
            used.stream().filter(path -> DataDir.running(path) != null),
            used.stream().sorted(Comparator.comparing(DataOption::lastUsed).reversed()))
        .findFirst()
        .orElseThrow(
            () ->
                new CliException(
                    "there is no local stack below %s yet; start one with vigil demo"
                        .formatted(home())));
  }

  private static FileTime lastUsed(Path path) {
    try {
      return Files.getLastModifiedTime(path.resolve("logs"));
    } catch (IOException e) {
      return FileTime.fromMillis(0);
    }
  }

  private static Path home() {
    String given = System.getenv("VIGIL_HOME");
    return given != null && !given.isEmpty()
        ? Path.of(given)
        : Path.of(System.getProperty("vigil.root", ""), ".vigil").toAbsolutePath();
  }
}

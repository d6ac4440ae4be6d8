package io.vigil.cli.local;

import io.vigil.cli.CliException;
import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What a cluster is made of: the job's jar, and what belongs into its lib folder. */
public final class ClusterFiles {
  private final Path target;

  /**
   * @param root the checkout, built
   */
  public ClusterFiles(Path root) {
    this.target = root.resolve("flink-jobs/target");
  }

  /** The job's shaded jar. */
  public Path jar() {
    try (Stream<Path> built = Files.list(target)) {
      return built
          .filter(file -> file.getFileName().toString().endsWith("-job.jar"))
          .findFirst()
          .orElseThrow(
              () -> new CliException("no job jar in " + target + ": run mvn package there"));
    } catch (IOException e) {
      throw new CliException("cannot read " + target + ": run mvn package there", e);
    }
  }

  /**
   * The class path of the cluster's processes: Flink and the engines, the logging of this process,
   * and {@link ClusterMember}. Nothing of the job, which comes in its jar.
   */
  String classPath() {
    Path listed = target.resolve("lib.txt");
    try {
      String lib = Files.readString(listed).strip();
      String logging =
          Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
              .filter(entry -> Path.of(entry).getFileName().toString().startsWith("log4j-"))
              .collect(Collectors.joining(File.pathSeparator));
      Path own =
          Path.of(ClusterMember.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      return String.join(File.pathSeparator, List.of(own.toString(), lib, logging));
    } catch (IOException | URISyntaxException e) {
      throw new CliException("cannot read " + listed + ": run mvn package", e);
    }
  }
}

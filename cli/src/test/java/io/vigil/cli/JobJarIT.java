package io.vigil.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.cli.local.DataDir;
import io.vigil.cli.local.LocalStack;
import io.vigil.cli.local.ProcessUsage;
import io.vigil.job.Topics;
import io.vigil.model.torch.TorchRuntime;
import io.vigil.schema.Decision;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.codec.DecodeException;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The shaded job jar, restarted again and again on one Flink in one JVM. Each start has a class
 * loader of its own, which finds Vigil's classes in the jar first; the native library stays with
 * Flink and is loaded once.
 */
@Tag("slow")
class JobJarIT {
  private static final int STARTS = 20;

  /** By then Flink itself has loaded what it loads. */
  private static final int WARM = 5;

  private static final int PAYMENTS = 300;

  /** What a cluster's lib folder lacks, because the jar brings it. */
  private static final Pattern IN_THE_JAR =
      Pattern.compile(
          "/(schemas|models|flink-jobs|console|cli)/target/(classes|vigil)"
              + "|/(vigil|avro|flink-connector-kafka|kafka|jackson|zstd-jni|lz4)[^/]*\\.jar");

  @Test
  @SuppressWarnings("SystemOut") // What was seen is worth showing beside the verdict.
  void startsTwentyTimesInOneJvm(@TempDir Path directory) throws Exception {
    Path bundle = HundredFeatures.bundle(directory.resolve("bundle"));
    try (DataDir data = DataDir.open(directory.resolve("data"));
        ProcessUsage usage = new ProcessUsage();
        LocalStack stack = LocalStack.start(data, 0, usage)) {
      publish(stack.bootstrap());
      Path conf = directory.resolve("job.yaml");
      Files.writeString(
          conf,
          """
          vigil.kafka.bootstrap-servers: "%s"
          vigil.mode: bounded
          vigil.artefacts.bundle: "%s"
          vigil.artefacts.rules: basic
          parallelism.default: 2
          """
              .formatted(stack.bootstrap(), bundle));
      List<String> said = host(directory, conf);
      List<Integer> loaded =
          said.stream()
              .filter(line -> line.startsWith("classes "))
              .flatMap(line -> Stream.of(line.substring("classes ".length()).split(" ")))
              .map(Integer::valueOf)
              .toList();
      System.out.println("classes loaded after each start: " + loaded);

      Map<String, List<String>> copies = decisions(stack.bootstrap());
      assertThat(copies).hasSize(PAYMENTS);
      assertThat(copies.values())
          .allSatisfy(each -> assertThat(each).hasSize(STARTS))
          .allSatisfy(each -> assertThat(new TreeSet<>(each)).hasSize(1));
      // A start's own classes are some 3,000. The collector may be behind by a start or two; were
      // they kept, all of the last five counts would have grown.
      assertThat(Collections.min(loaded.subList(STARTS - 5, STARTS)))
          .isLessThan(loaded.get(WARM) + loaded.get(WARM) / 10);
      assertThat(said).noneMatch(line -> line.startsWith("thread vigil-scoring"));
    }
  }

  private static void publish(String bootstrap) throws Exception {
    try (PlainFeed feed = new PlainFeed(bootstrap)) {
      for (int i = 0; i < PAYMENTS; i++) {
        feed.send(
            PlainFeed.payment("p" + i, "account-" + i % 20, System.currentTimeMillis() + i * 10L));
      }
    }
  }

  /** Runs the jar in a process that knows Flink and the engines, and returns what it printed. */
  private static List<String> host(Path directory, Path conf) throws Exception {
    String lib =
        Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(entry -> !IN_THE_JAR.matcher(entry).find())
            .collect(Collectors.joining(File.pathSeparator));
    Path out = directory.resolve("host.out");
    Path err = directory.resolve("host.err");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    for (String opened : List.of("java.util", "java.lang", "java.nio")) {
      command.add("--add-opens=java.base/" + opened + "=ALL-UNNAMED");
    }
    command.addAll(
        List.of(
            "-Xmx512m",
            "-cp",
            lib,
            FlinkHost.class.getName(),
            jar().toString(),
            conf.toString(),
            Integer.toString(STARTS)));
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
    builder.environment().putAll(TorchRuntime.environment());
    builder.environment().put("DJL_OFFLINE", "true");
    Process host = builder.start();
    try {
      assertThat(host.waitFor(5, TimeUnit.MINUTES)).as("it ends").isTrue();
      if (host.exitValue() != 0) {
        throw new AssertionError("the host failed: " + Files.readString(err));
      }
      return Files.readAllLines(out);
    } finally {
      host.destroyForcibly();
    }
  }

  private static Path jar() throws IOException {
    try (Stream<Path> built = Files.list(Path.of("../flink-jobs/target"))) {
      return built
          .filter(file -> file.getFileName().toString().endsWith("-job.jar"))
          .findFirst()
          .orElseThrow(() -> new AssertionError("the job jar is not built: run mvn package"));
    }
  }

  /** All copies of each decision, by transaction id, as text that differs when a bit does. */
  private static Map<String, List<String>> decisions(String bootstrap) {
    Map<String, List<String>> copies = new HashMap<>();
    Codec<Decision> codec = Codec.of(Decision.class);
    try (TopicReader reader = new TopicReader(bootstrap, List.of(Topics.DECISIONS))) {
      reader.read(
          false,
          entry -> {
            try {
              copies
                  .computeIfAbsent(
                      codec.decode(entry.value()).getTransaction().getTransactionId(),
                      id -> new ArrayList<>())
                  .add(HexFormat.of().formatHex(entry.value()));
            } catch (DecodeException e) {
              throw new AssertionError(entry.topic() + "@" + entry.offset(), e);
            }
            return true;
          });
    }
    return copies;
  }
}

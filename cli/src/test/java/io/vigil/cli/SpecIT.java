package io.vigil.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.vigil.schema.Decision;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.avro.file.DataFileReader;
import org.apache.avro.specific.SpecificDatumReader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A hundred features over five kinds of entities on the simulator's stream: the same digest for any
 * parallelism, arrival, and after a killed job goes on with another parallelism.
 */
class SpecIT {
  private static final int ROWS = 20_000;

  private final Path directory;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  SpecIT(@TempDir Path directory) {
    this.directory = directory;
  }

  @Test
  void aHundredFeaturesAreTheSameHoweverTheyAreReckoned() throws Exception {
    System.clearProperty("vigil.job.class");
    Path bundle = HundredFeatures.bundle(directory.resolve("bundle"));
    Path input = directory.resolve("simulated.csv");
    assertThat(execute("simulate", "--transactions", "" + ROWS, "--out", input.toString()))
        .as(err.toString())
        .isZero();

    String out = directory.resolve("out").toString();
    String expected = digest(input, bundle, "p1", "--parallelism", "1", "--out", out);
    theFileOfVectorsHasTheBitsOfTheDecisions(input, bundle);
    assertThat(digest(input, bundle, "p4", "--parallelism", "4", "--batch-size", "64"))
        .isEqualTo(expected);
    assertThat(digest(input, bundle, "late", "--bound", "10 min", "--disorder-ms", "540000"))
        .isEqualTo(expected);
    assertThat(killedAndResumed(input, bundle)).isEqualTo(expected);
  }

  private void theFileOfVectorsHasTheBitsOfTheDecisions(Path input, Path bundle)
      throws IOException {
    Path csv = directory.resolve("vectors.csv");
    String[] features = {"features", "--format", "simulated", "--input", input.toString()};
    assertThat(execute(with(features, "--spec", bundle.toString(), "--out", csv.toString())))
        .as(err.toString())
        .isZero();
    Map<String, float[]> vectors = new HashMap<>();
    for (String line : Files.readAllLines(csv).subList(1, ROWS + 1)) {
      String[] cells = line.split(",");
      float[] vector = new float[cells.length - 1];
      for (int i = 0; i < vector.length; i++) {
        vector[i] = Float.parseFloat(cells[i + 1]);
      }
      vectors.put(cells[0], vector);
    }
    int compared = 0;
    try (DataFileReader<Decision> decisions =
        new DataFileReader<>(
            directory.resolve("out/decisions.avro").toFile(),
            new SpecificDatumReader<>(Decision.class))) {
      for (Decision decision : decisions) {
        float[] live = new float[100];
        decision.getFeatures().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(live);
        assertThat(vectors.get(decision.getTransaction().getTransactionId())).containsExactly(live);
        compared++;
      }
    }
    assertThat(compared).isEqualTo(ROWS);
  }

  private String killedAndResumed(Path input, Path bundle) throws Exception {
    String[] checkpoints = {"--option", "vigil.state.checkpoint-interval=500 ms"};
    CompletableFuture<Integer> first =
        CompletableFuture.supplyAsync(
            () -> run(input, bundle, "killed", with(checkpoints, "--parallelism", "2")));
    awaitCheckpoint(directory.resolve("killed"), first);
    ProcessHandle job =
        ProcessHandle.current()
            .descendants()
            .filter(
                p ->
                    p.info()
                        .arguments()
                        .map(List::of)
                        .orElse(List.of())
                        .toString()
                        .contains("io.vigil.job.LocalJob"))
            .findFirst()
            .orElseThrow();
    job.destroyForcibly();
    assertThat(first.get(60, TimeUnit.SECONDS)).isEqualTo(1);
    assertThat(err.toString()).contains("the job was killed by signal 9");
    String[] resumed = with(checkpoints, "--resume", "--parallelism", "3");
    assertThat(run(input, bundle, "killed", resumed)).as(err.toString()).isZero();
    return digestOf("killed");
  }

  /** Until some state has been checkpointed, while the job still runs. */
  private static void awaitCheckpoint(Path data, CompletableFuture<Integer> running)
      throws Exception {
    while (!running.isDone()) {
      if (Files.isDirectory(data.resolve("state"))) {
        try (var files = Files.walk(data.resolve("state"))) {
          if (files.anyMatch(file -> file.endsWith("_metadata"))) {
            return;
          }
        } catch (java.io.UncheckedIOException e) {
          // Flink removes an old checkpoint while we look.
        }
      }
      TimeUnit.MILLISECONDS.sleep(20);
    }
    throw new AssertionError("the run ended before it had a checkpoint");
  }

  private static String[] with(String[] some, String... more) {
    List<String> all = new ArrayList<>(List.of(some));
    all.addAll(List.of(more));
    return all.toArray(String[]::new);
  }

  private String digest(Path input, Path bundle, String name, String... more) throws IOException {
    assertThat(run(input, bundle, name, more)).as(err.toString()).isZero();
    return digestOf(name);
  }

  private String digestOf(String name) throws IOException {
    return new ObjectMapper()
        .readTree(directory.resolve(name + ".json").toFile())
        .get("decisions_digest")
        .asText();
  }

  private int run(Path input, Path bundle, String name, String... more) {
    List<String> args = new ArrayList<>(List.of("run", "--format", "simulated"));
    args.addAll(List.of("--input", input.toString(), "--model", bundle.toString()));
    args.addAll(List.of("--rules", "basic", "--data", directory.resolve(name).toString()));
    args.addAll(List.of("--json", directory.resolve(name + ".json").toString()));
    args.addAll(List.of(more));
    return execute(args.toArray(String[]::new));
  }

  private int execute(String... args) {
    return Vigil.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(args);
  }
}

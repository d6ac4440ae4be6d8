package io.vigil.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vigil.schema.Decision;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.avro.file.DataFileReader;
import org.apache.avro.specific.SpecificDatumReader;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Events and profiles through the real broker and job, beside the simulator's transactions. */
@Tag("slow")
class OtherInputsIT {
  private static final int ROWS = 3_000;

  private final Path directory;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  OtherInputsIT(@TempDir Path directory) {
    this.directory = directory;
  }

  @Test
  void theJobDecidesByThemAsTheFileOfVectorsSays() throws IOException {
    System.clearProperty("vigil.job.class");
    Path bundle =
        HundredFeatures.bundle(
            directory.resolve("bundle"),
            "around",
            7,
            "untrained",
            Files.readString(Path.of("../examples/event-features.yaml")));
    Path input = directory.resolve("simulated.csv");
    assertThat(execute("simulate", "--transactions", "" + ROWS, "--out", input.toString()))
        .as(err.toString())
        .isZero();
    List<String> beside = others(input);

    JsonNode one = run(input, bundle, beside, "p1", "--parallelism", "1");
    JsonNode four = run(input, bundle, beside, "p4", "--parallelism", "4", "--batch-size", "64");

    assertThat(one.get("decisions").asInt()).isEqualTo(ROWS);
    assertThat(one.get("unaccounted").asInt()).isZero();
    // An event without a kind is a dead letter, and no transaction.
    assertThat(one.get("transactions_in").asInt()).isEqualTo(ROWS);
    assertThat(four.get("decisions_digest")).isEqualTo(one.get("decisions_digest"));
    assertThat(vectorsMovedByThem(input, bundle, beside)).isGreaterThan(ROWS / 2);
  }

  private int vectorsMovedByThem(Path input, Path bundle, List<String> beside) throws IOException {
    Path csv = directory.resolve("vectors.csv");
    List<String> args = new ArrayList<>(List.of("features", "--format", "simulated"));
    args.addAll(List.of("--input", input.toString(), "--spec", bundle.toString()));
    args.addAll(List.of("--data", directory.resolve("v").toString(), "--out", csv.toString()));
    args.addAll(beside);
    assertThat(execute(args.toArray(String[]::new))).as(err.toString()).isZero();
    Map<String, String> vectors = new HashMap<>();
    for (String line : Files.readAllLines(csv)) {
      vectors.put(line.substring(0, line.indexOf(',')), line);
    }
    int moved = 0;
    try (DataFileReader<Decision> decisions =
        new DataFileReader<>(
            directory.resolve("p1/out/decisions.avro").toFile(),
            new SpecificDatumReader<>(Decision.class))) {
      for (Decision decision : decisions) {
        float[] live = new float[9];
        decision.getFeatures().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(live);
        String id = decision.getTransaction().getTransactionId();
        String[] cells = String.valueOf(vectors.get(id)).split(",");
        for (int i = 0; i < live.length; i++) {
          assertThat(Float.parseFloat(cells[i + 1])).as(id + " " + i).isEqualTo(live[i]);
        }
        moved += live[1] != 0 || live[4] != 0 || live[6] != 0 ? 1 : 0;
      }
    }
    return moved;
  }

  /** Of the accounts that pay, at the milliseconds at which they pay, and around them. */
  private List<String> others(Path input) throws IOException {
    List<String> lines = Files.readAllLines(input);
    List<String> header = List.of(lines.get(0).split(","));
    int time = header.indexOf("event_time");
    int account = header.indexOf("account");
    Random random = new Random(3);
    StringBuilder events = new StringBuilder("id,when,customer,action,phone,payee,outcome\n");
    StringBuilder profiles = new StringBuilder("valid_from,customer,limit,segment\n");
    for (int i = 1; i < lines.size(); i++) {
      String[] cells = lines.get(i).split(",", -1);
      Instant when = Instant.parse(cells[time]).plusMillis(random.nextInt(3) - 1);
      if (random.nextInt(3) == 0) {
        boolean login = random.nextBoolean();
        events.append(
            "e-%d,%s,%s,%s,d-%d,,%s%n"
                .formatted(
                    i,
                    when,
                    cells[account],
                    login ? "login" : "payee_changed",
                    random.nextInt(5),
                    login && random.nextBoolean() ? "failed" : ""));
      }
      if (random.nextInt(3) == 0) {
        profiles.append(
            "%s,%s,%d,%s%n"
                .formatted(
                    when,
                    cells[account],
                    random.nextInt(9_000),
                    random.nextBoolean() ? "gold" : ""));
      }
    }
    events.append("bad,%s,a,,,,%n".formatted(Instant.EPOCH));
    Path mapping =
        Files.writeString(
            directory.resolve("profiles.yaml"),
            Files.readString(Path.of("../examples/account-profiles.yaml"))
                .replaceAll("event_time: .*", "event_time: valid_from"));
    return List.of(
        "--events",
        Files.writeString(directory.resolve("events.csv"), events).toString(),
        "--events-format",
        "../examples/account-events.yaml",
        "--profiles",
        Files.writeString(directory.resolve("profiles.csv"), profiles).toString(),
        "--profiles-format",
        mapping.toString());
  }

  private JsonNode run(Path input, Path bundle, List<String> beside, String name, String... more)
      throws IOException {
    Path json = directory.resolve(name + ".json");
    List<String> args = new ArrayList<>(List.of("run", "--format", "simulated"));
    args.addAll(List.of("--input", input.toString(), "--model", bundle.toString()));
    args.addAll(List.of("--rules", "basic", "--data", directory.resolve(name).toString()));
    args.addAll(List.of("--json", json.toString()));
    args.addAll(List.of("--out", directory.resolve(name).resolve("out").toString()));
    args.addAll(beside);
    args.addAll(List.of(more));
    assertThat(execute(args.toArray(String[]::new))).as(err.toString()).isZero();
    return new ObjectMapper().readTree(json.toFile());
  }

  private int execute(String... args) {
    return Vigil.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(args);
  }
}

package io.vigil.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vigil.schema.Decision;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.avro.file.DataFileReader;
import org.apache.avro.specific.SpecificDatumReader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The commands around a job that is none: real broker, real files, real processes. */
class RunIT {

  private static final int ROWS = 3_000;

  private final Path directory;
  private final Path data;
  private final Path json;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  RunIT(@TempDir Path directory) {
    this.directory = directory;
    this.data = directory.resolve("data");
    this.json = directory.resolve("result.json");
  }

  @BeforeEach
  void useTheStandIn() {
    System.setProperty("vigil.job.class", StandInJob.class.getName());
  }

  @AfterEach
  void useTheJobAgain() {
    System.clearProperty("vigil.job.class");
  }

  @Test
  void runsAFileToTheEndAndShowsItsAlertsAndDeadLetters() throws IOException {
    Path input = simulate();
    Files.writeString(input, Files.readString(input) + "not a transaction\n");
    assertThat(run(input, "--out", directory.resolve("out").toString()))
        .as(err.toString())
        .isZero();

    JsonNode result = new ObjectMapper().readTree(json.toFile());
    assertThat(result.get("transactions_in").asInt()).isEqualTo(ROWS + 1);
    assertThat(result.get("decisions").asInt()).isEqualTo(ROWS);
    assertThat(result.get("dead_letters").asInt()).isEqualTo(1);
    assertThat(result.get("unaccounted").asInt()).isZero();
    assertThat(result.get("alerts").asInt()).isPositive();
    assertThat(result.get("decisions_digest").asText()).hasSize(64);
    assertThat(out.toString()).contains("decisions digest");

    List<Decision> decisions = new ArrayList<>();
    try (DataFileReader<Decision> file =
        new DataFileReader<>(
            directory.resolve("out/decisions.avro").toFile(),
            new SpecificDatumReader<>(Decision.class))) {
      file.forEachRemaining(decisions::add);
    }
    assertThat(decisions).hasSize(ROWS);
    assertThat(directory.resolve("out/alerts.avro")).exists();
    assertThat(directory.resolve("out/dead-letters.avro")).exists();

    assertThat(execute("alerts", "--data", data.toString(), "--limit", "1")).isZero();
    assertThat(out.toString()).contains("- Amount ends in 99").contains("case case-");
    assertThat(execute("deadletters", "list", "--data", data.toString())).isZero();
    assertThat(out.toString()).contains("1 dead letters");
    assertThat(execute("deadletters", "replay", "--data", data.toString())).isEqualTo(1);
    assertThat(err.toString()).contains("it never stood in a topic");
  }

  @Test
  void resumesAfterACrashAndComesToTheSameDigest() throws IOException {
    Path input = simulate();
    assertThat(run(input)).as(err.toString()).isZero();
    String expected = digest();

    assertThat(run(input, "--option", "test.crash=true")).isEqualTo(1);
    assertThat(err.toString())
        .contains("the job was killed by signal 6 (SIGABRT")
        .contains("vigil run --resume --data " + data);
    assertThat(run(input, "--resume")).isEqualTo(1);
    assertThat(err.toString()).contains("resume it with its own options");

    assertThat(run(input, "--option", "test.crash=true", "--resume")).as(err.toString()).isZero();
    assertThat(digest()).isEqualTo(expected);
    JsonNode result = new ObjectMapper().readTree(json.toFile());
    assertThat(result.get("repeated_decisions").asInt()).isEqualTo(ROWS);
    assertThat(result.get("conflicting_copies").asInt()).isZero();
  }

  @Test
  void clearMessagesForWhatIsMissing() {
    assertThat(run(directory.resolve("none.csv"))).isEqualTo(1);
    assertThat(err.toString()).contains("none.csv: there is no such file");
    assertThat(execute("run", "--input", "x")).isEqualTo(2);
    assertThat(execute("no-such-command")).isEqualTo(2);
    assertThat(execute("alerts", "--data", directory.resolve("nothing").toString())).isEqualTo(1);
  }

  private String digest() throws IOException {
    return new ObjectMapper().readTree(json.toFile()).get("decisions_digest").asText();
  }

  private Path simulate() {
    Path input = directory.resolve("simulated.csv");
    assertThat(
            execute(
                "simulate",
                "--transactions",
                Integer.toString(ROWS),
                "--never-reported",
                "0",
                "--out",
                input.toString()))
        .as(err.toString())
        .isZero();
    return input;
  }

  private int run(Path input, String... more) {
    List<String> args =
        new ArrayList<>(List.of("run", "--input", input.toString(), "--format", "simulated"));
    args.addAll(List.of("--data", data.toString(), "--json", json.toString()));
    args.addAll(List.of(more));
    return execute(args.toArray(String[]::new));
  }

  private int execute(String... args) {
    CommandLine commandLine = Vigil.commandLine();
    commandLine.setOut(new PrintWriter(out, true));
    commandLine.setErr(new PrintWriter(err, true));
    return commandLine.execute(args);
  }
}

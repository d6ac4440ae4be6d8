package io.vigil.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A thousand card numbers, each in every column of a file, written as people write them: none is in
 * a byte of what the system keeps, nor in the memory of the job.
 */
@Tag("slow")
class CanaryIT {
  private static final int CANARIES = 1_000;

  /** In a field that stays as it is: a search that misses it proves nothing. */
  private static final String PLANTED = "planted-control-merchant";

  private static final String MAPPING =
      """
      name: canaries
      columns:
        transaction_id: transaction_id
        event_time: event_time
        account: account
        card: {column: card, tokenise: pan}
        card_reference: reference
        merchant: merchant
        terminal: terminal
        device: device
        ip: {column: ip, tokenise: ip}
        counterparty: counterparty
        customer: customer
        amount: amount
        currency: currency
        billing_amount: billing_amount
        billing_currency: billing_currency
        mcc: mcc
        channel: channel
        entry_mode: entry_mode
        country: country
        latitude: latitude
        longitude: longitude
      attributes:
        note: note
      label:
        column: is_fraud
        fraud_values: ["1", "true"]
        time: label_time
      """;

  private final Path directory;
  private final Path data;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final Set<String> canaries = new LinkedHashSet<>();
  private int rows;
  private int tokens;

  CanaryIT(@TempDir Path directory) {
    this.directory = directory;
    this.data = directory.resolve("data");
  }

  @Test
  void noCardNumberTravels() throws Exception {
    System.clearProperty("vigil.job.class");
    Path input = input();
    Path mapping = Files.writeString(directory.resolve("canaries.yaml"), MAPPING);
    Path exports = directory.resolve("exports");
    Path json = directory.resolve("run.json");
    CompletableFuture<Integer> running =
        CompletableFuture.supplyAsync(
            () ->
                execute(
                    "run",
                    "--rules=basic",
                    "--input=" + input,
                    "--format=" + mapping,
                    "--data=" + data,
                    "--out=" + exports,
                    "--json=" + json,
                    "--option=vigil.state.checkpoint-interval=500 ms"));
    while (!StateFiles.hold(data.resolve("state"), PLANTED)) {
      assertThat(running.isDone()).as(err.toString()).isFalse();
      TimeUnit.MILLISECONDS.sleep(50);
    }
    Path heap = heapOfTheJob();
    Path checkpoint = directory.resolve("checkpoint");
    StateFiles.copy(data.resolve("state"), checkpoint);
    assertThat(running.get(5, TimeUnit.MINUTES)).as(err.toString()).isZero();

    JsonNode result = new ObjectMapper().readTree(json.toFile());
    System.out.printf(
        "%d rows, %d canaries in %d ways of writing: %s decided, %s dead letters%n",
        rows, CANARIES, canaries.size(), result.path("decisions"), result.path("dead_letters"));
    // Those in the column that is tokenised are decided.
    assertThat(result.path("decisions").asInt()).isGreaterThanOrEqualTo(tokens);
    assertThat(result.path("dead_letters").asInt()).isGreaterThan(rows / 2);
    ByteSearch search = new ByteSearch(canaries);
    ByteSearch control = new ByteSearch(Set.of(PLANTED));
    assertThat(search.below(directory.resolve("input")).texts()).hasSameSizeAs(canaries);
    for (Path place :
        List.of(data.resolve("kafka"), data.resolve("archive"), checkpoint, exports)) {
      assertThat(control.below(place).texts()).as(place.toString()).containsExactly(PLANTED);
    }
    assertThat(control.in(Files.readAllBytes(heap))).as("heap").containsExactly(PLANTED);
    for (Path place : List.of(data, checkpoint, exports)) {
      ByteSearch.Found found = search.below(place);
      assertThat(found.texts()).as("%s: %s", place, found.files()).isEmpty();
    }
    assertThat(search.in(Files.readAllBytes(heap))).as("heap").isEmpty();
    assertThat(search.in(Files.readAllBytes(json))).as("result").isEmpty();
    assertThat(search.in((out.toString() + err).getBytes(StandardCharsets.UTF_8)))
        .as("output")
        .isEmpty();
  }

  /** Each column of the simulator's rows has each canary once. */
  private Path input() throws IOException {
    Path simulated = directory.resolve("simulated.csv");
    Random random = new Random(20);
    List<String> numbers = new ArrayList<>();
    for (int i = 0; i < CANARIES; i++) {
      numbers.add(number(random));
    }
    assertThat(execute("simulate", "--transactions=" + CANARIES * 25, "--out=" + simulated))
        .as(err.toString())
        .isZero();
    List<String> source = Files.readAllLines(simulated);
    List<String> lines = new ArrayList<>();
    lines.add(source.get(0) + ",customer,reference,note");
    int columns = lines.get(0).split(",", -1).length;
    int card = List.of(lines.get(0).split(",", -1)).indexOf("card");
    int merchant = List.of(lines.get(0).split(",", -1)).indexOf("merchant");
    for (int column = 0; column < columns; column++) {
      for (String number : numbers) {
        String line = source.get(1 + rows % (source.size() - 1)) + ",,,";
        String[] cells = line.split(",", -1);
        cells[0] = "row-" + rows;
        cells[merchant] = rows % 50 == 7 ? PLANTED : cells[merchant];
        cells[column] = written(number, rows);
        canaries.add(number);
        canaries.add(cells[column]);
        lines.add(String.join(",", cells));
        tokens += column == card ? 1 : 0;
        rows++;
      }
    }
    Files.createDirectories(directory.resolve("input"));
    return Files.write(directory.resolve("input/canaries.csv"), lines);
  }

  private static String written(String number, int how) {
    String separator = how % 3 == 0 ? "" : how % 3 == 1 ? " " : "-";
    return String.join(separator, number.split("(?<=\\G.{4})"));
  }

  /** Sixteen digits that pass Luhn's check. */
  private static String number(Random random) {
    StringBuilder digits = new StringBuilder("4");
    while (digits.length() < 15) {
      digits.append(random.nextInt(10));
    }
    int sum = 0;
    for (int i = 0; i < 15; i++) {
      int digit = digits.charAt(14 - i) - '0';
      int doubled = i % 2 == 0 ? 2 * digit : digit;
      sum += doubled > 9 ? doubled - 9 : doubled;
    }
    return digits.append((10 - sum % 10) % 10).toString();
  }

  private Path heapOfTheJob() throws IOException, InterruptedException {
    long job =
        ProcessHandle.current()
            .descendants()
            .filter(p -> p.info().commandLine().orElse("").contains("io.vigil.job.LocalJob"))
            .findFirst()
            .orElseThrow()
            .pid();
    Path heap = directory.resolve("job.hprof");
    Process jcmd =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                Long.toString(job),
                "GC.heap_dump",
                "-all",
                heap.toString())
            .redirectErrorStream(true)
            .start();
    String said = new String(jcmd.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(jcmd.waitFor()).as(said).isZero();
    return heap;
  }

  private int execute(String... args) {
    return Vigil.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(args);
  }
}

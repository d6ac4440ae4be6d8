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
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.avro.file.DataFileReader;
import org.apache.avro.specific.SpecificDatumReader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A hundred people are erased in the middle of a run: nothing that identifies them is in any byte
 * that the system keeps, and all decisions come out, and replay, as if there had been neither vault
 * nor erasure.
 */
class VaultIT {
  private static final int ROWS = 20_000;
  private static final int ERASED = 100;

  /** In fields that stay as they are: a search that misses it proves nothing. */
  private static final String PLANTED = "planted-control-merchant";

  private static final String MAPPING =
      """
      name: people
      columns:
        transaction_id: transaction_id
        event_time: event_time
        account: account
        card: card
        card_reference: reference
        merchant: merchant
        terminal: terminal
        device: device
        ip: ip
        counterparty: counterparty
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
      """;

  private static final String IDENTIFYING =
      """
      attributes:
        email: {column: email, identifies: true}
      """;

  private static final String LABEL =
      """
      label:
        column: is_fraud
        fraud_values: ["1", "true"]
        time: label_time
      """;

  private final Path directory;
  private final Path data;
  private final Path vault;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  /** What identifies the people of the file, by account. */
  private final Map<String, Set<String>> people = new LinkedHashMap<>();

  private final Map<String, String> accountOf = new TreeMap<>();

  VaultIT(@TempDir Path directory) {
    this.directory = directory;
    this.data = directory.resolve("data");
    this.vault = directory.resolve("vault");
  }

  @Test
  void theErasedAreGoneAndTheirDecisionsStand() throws Exception {
    System.clearProperty("vigil.job.class");
    Path input = input();
    Path plain = Files.writeString(directory.resolve("plain.yaml"), MAPPING + LABEL);
    Path sealed =
        Files.writeString(directory.resolve("sealed.yaml"), MAPPING + IDENTIFYING + LABEL);

    String expected = digest(run(input, plain, directory.resolve("plain")), "plain");
    killedWithACheckpoint(input, sealed);
    List<String> gone = erase();
    Path checkpoint = directory.resolve("checkpoint");
    StateFiles.copy(data.resolve("state"), checkpoint);
    Path exports = directory.resolve("exports");
    // Nobody needs the file any more, so nobody can read people from it again.
    Files.writeString(input, Files.readString(input).replace("ident-", "other-"));
    int resumed =
        run(
            input,
            sealed,
            data,
            "--resume",
            "--vault=" + vault,
            "--out=" + exports,
            "--option=vigil.state.checkpoint-interval=500 ms");
    assertThat(digest(resumed, "data")).isEqualTo(expected);

    nothingIdentifiesTheErased(gone, checkpoint, exports);
    othersCanBeRevealed(gone, exports);
    everyDecisionReplays();
  }

  private void nothingIdentifiesTheErased(List<String> gone, Path checkpoint, Path exports)
      throws IOException {
    Set<String> texts = new LinkedHashSet<>();
    gone.forEach(account -> texts.addAll(people.getOrDefault(account, Set.of())));
    assertThat(texts).hasSizeGreaterThan(3 * ERASED);
    ByteSearch erased = new ByteSearch(texts);
    ByteSearch control = new ByteSearch(Set.of(PLANTED));
    int rocksdb = 0;
    for (Path place :
        List.of(data.resolve("kafka"), data.resolve("archive"), checkpoint, exports)) {
      assertThat(control.below(place).texts()).as(place.toString()).containsExactly(PLANTED);
      ByteSearch.Found found = erased.below(place);
      assertThat(found.texts()).as("%s: %s", place, found.files()).isEmpty();
      assertThat(found.avro() + found.kafka() + found.rocksdb()).as(place.toString()).isPositive();
      rocksdb += found.rocksdb();
    }
    assertThat(rocksdb).isPositive();
    for (Path place : List.of(data, vault, directory.resolve("data.json"))) {
      assertThat(erased.below(place).files()).as(place.toString()).isEmpty();
    }
    // The same search finds them where they are: in the run without a vault.
    assertThat(erased.below(directory.resolve("plain/kafka")).texts())
        .containsAll(texts.stream().filter(text -> !text.contains("@")).toList());
  }

  /**
   * From the archive alone, those of erased people among them. This process has not pinned the code
   * paths of its engine, so the last bits of scores may differ, and nothing else.
   */
  private void everyDecisionReplays() throws IOException {
    Path json = directory.resolve("replayed.json");
    assertThat(
            execute(
                "replay",
                "--archive=" + data.resolve("archive"),
                "--data=" + directory.resolve("replay"),
                "--json=" + json))
        .as(err.toString())
        .isZero();
    JsonNode replayed = new ObjectMapper().readTree(json.toFile());
    assertThat(replayed.path("recorded").asInt()).isEqualTo(ROWS);
    assertThat(replayed.path("differing").asInt()).isZero();
  }

  private void othersCanBeRevealed(List<String> gone, Path exports) throws IOException {
    Path decisions = exports.resolve("decisions.avro");
    Set<String> pseudonyms = new HashSet<>();
    String kept = null;
    String lost = null;
    try (DataFileReader<Decision> file =
        new DataFileReader<>(decisions.toFile(), new SpecificDatumReader<>(Decision.class))) {
      for (Decision each : file) {
        pseudonyms.add(each.getTransaction().getAccount());
        String id = each.getTransaction().getTransactionId();
        boolean erased = gone.contains(accountOf.get(id));
        kept = !erased && each.getTransaction().getDevice() != null ? id : kept;
        lost = erased ? id : lost;
      }
    }
    assertThat(pseudonyms).hasSize(people.size());
    Path json = directory.resolve("revealed.json");
    String[] reveal = {"vault", "reveal", "--vault=" + vault, "--file=" + decisions};
    assertThat(execute(with(reveal, "--transaction=" + kept, "--json=" + json)))
        .as(err.toString())
        .isZero();
    JsonNode revealed = new ObjectMapper().readTree(json.toFile()).path("transactions").get(0);
    String account = String.valueOf(accountOf.get(kept));
    assertThat(revealed.path("account").asText()).isEqualTo(account);
    assertThat(people.get(account))
        .contains(
            revealed.path("card_reference").asText(),
            revealed.path("device").asText(),
            revealed.path("attributes").path("email").asText());
    assertThat(execute(with(reveal, "--transaction=" + lost))).isEqualTo(1);
    assertThat(err.toString()).contains("was erased at").contains("request 4711");
  }

  /** Erases the first hundred of the file, but for one that is held. */
  private List<String> erase() throws IOException {
    List<String> gone = new ArrayList<>(people.keySet()).subList(0, ERASED);
    Path json = directory.resolve("erased.json");
    String held = gone.get(7);
    String[] target = {"--vault=" + vault, "--account=" + held, "--reason=court order 7"};
    assertThat(execute(with(new String[] {"vault", "hold"}, target))).as(err.toString()).isZero();
    assertThat(erase(held, json)).isEqualTo(1);
    assertThat(err.toString()).contains("is held: court order 7");
    assertThat(execute(with(new String[] {"vault", "release"}, target))).isZero();
    for (String account : gone) {
      assertThat(erase(account, json)).as(err.toString()).isZero();
    }
    JsonNode last = new ObjectMapper().readTree(json.toFile());
    assertThat(last.path("reason").asText()).isEqualTo("request 4711");
    assertThat(last.path("replays").size()).isPositive();
    assertThat(execute("vault", "list", "--vault=" + vault)).isZero();
    assertThat(out.toString()).contains(ERASED + " erased");
    return gone;
  }

  private int erase(String account, Path json) {
    return execute(
        "vault",
        "erase",
        "--vault=" + vault,
        "--account=" + account,
        "--reason=request 4711",
        "--json=" + json);
  }

  private void killedWithACheckpoint(Path input, Path mapping) throws Exception {
    CompletableFuture<Integer> running =
        CompletableFuture.supplyAsync(
            () ->
                run(
                    input,
                    mapping,
                    data,
                    "--vault=" + vault,
                    "--option=vigil.state.checkpoint-interval=500 ms"));
    while (!StateFiles.hold(data.resolve("state"), PLANTED)) {
      assertThat(running.isDone()).as(err.toString()).isFalse();
      TimeUnit.MILLISECONDS.sleep(100);
    }
    ProcessHandle.current()
        .descendants()
        .filter(p -> p.info().commandLine().orElse("").contains("io.vigil.job.LocalJob"))
        .findFirst()
        .orElseThrow()
        .destroyForcibly();
    assertThat(running.get(60, TimeUnit.SECONDS)).isEqualTo(1);
    assertThat(err.toString()).contains("the job was killed by signal 9");
  }

  /** The simulator's payments by people with names that a search can't mistake. */
  private Path input() throws IOException {
    Path simulated = directory.resolve("simulated.csv");
    assertThat(execute("simulate", "--transactions=" + ROWS, "--out=" + simulated))
        .as(err.toString())
        .isZero();
    List<String> lines = new ArrayList<>();
    for (String line : Files.readAllLines(simulated)) {
      String[] cells = line.split(",", -1);
      if (lines.isEmpty()) {
        lines.add(line + ",reference,email");
        continue;
      }
      String id = cells[2];
      cells[2] = "ident-account-" + id;
      cells[4] = lines.size() % 50 == 7 ? PLANTED : cells[4];
      cells[6] = cells[6].isEmpty() ? "" : "ident-device-" + cells[6];
      cells[8] = cells[8].isEmpty() ? "" : "ident-account-" + cells[8];
      String reference = "ident-reference-" + id;
      String email = "ident-" + id + "@example.org";
      lines.add(String.join(",", cells) + "," + reference + "," + email);
      accountOf.put(cells[0], cells[2]);
      Set<String> known = people.computeIfAbsent(cells[2], key -> new LinkedHashSet<>());
      Stream.of(cells[2], cells[3], cells[6], cells[7], reference, email)
          .filter(each -> !each.isEmpty())
          .forEach(known::add);
    }
    return Files.write(directory.resolve("people.csv"), lines);
  }

  private int run(Path input, Path mapping, Path where, String... more) {
    List<String> args = new ArrayList<>(List.of("run", "--rules=basic"));
    args.addAll(List.of("--input=" + input, "--format=" + mapping, "--data=" + where));
    args.add("--json=" + directory.resolve(where.getFileName() + ".json"));
    args.addAll(List.of(more));
    return execute(args.toArray(String[]::new));
  }

  private String digest(int code, String name) throws IOException {
    assertThat(code).as(err.toString()).isZero();
    JsonNode result = new ObjectMapper().readTree(directory.resolve(name + ".json").toFile());
    assertThat(result.path("decisions").asInt()).isEqualTo(ROWS);
    assertThat(result.path("dead_letters").asInt()).isZero();
    return result.path("decisions_digest").asText();
  }

  private static String[] with(String[] some, String... more) {
    List<String> all = new ArrayList<>(List.of(some));
    all.addAll(List.of(more));
    return all.toArray(String[]::new);
  }

  private int execute(String... args) {
    return Vigil.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(args);
  }
}

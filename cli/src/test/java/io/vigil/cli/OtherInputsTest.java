package io.vigil.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What stands beside transactions, in {@code vigil features}, by the files among the examples. */
class OtherInputsTest {
  private static final String MAPPING =
      """
      name: bank
      columns:
        transaction_id: id
        event_time: time
        account: account
        counterparty: payee
        amount: amount
        currency: {constant: EUR}
      """;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @TempDir Path folder = Path.of("");

  @Test
  void eachCountsFromItsMillisecondOn() throws IOException {
    Path vectors = folder.resolve("vectors.csv");
    List<Object> arguments = new ArrayList<>(features(vectors));
    arguments.addAll(others());

    assertThat(run(arguments.toArray())).as(err.toString()).isZero();

    // amount, payees changed, seconds since, this payee, devices, failed, limit, gold, of limit
    assertThat(Files.readAllLines(vectors).subList(1, 6))
        .containsExactly(
            "before,10,0,-1,0,0,0,0,0,1",
            "at,10,1,0,1,1,1,5000,1,0.002",
            "after,20,1,0.001,0,1,1,5000,1,0.004",
            "later,20,1,7200,1,1,0,5000,1,0.004",
            "without,20,0,86401,1,0,0,0,0,1");
    assertThat(out.toString()).contains("bad rows          1  {not_a_name=1}");
  }

  @Test
  void withoutThemEverythingIsAtItsDefault() throws IOException {
    Path vectors = folder.resolve("vectors.csv");

    assertThat(run(features(vectors).toArray())).as(err.toString()).isZero();

    assertThat(Files.readAllLines(vectors).get(2)).isEqualTo("at,10,0,-1,0,0,0,0,0,1");
  }

  @Test
  void explainsWhatIsKeptOfEach() {
    assertThat(run("features", "explain", "../examples/event-features.yaml"))
        .as(err.toString())
        .isZero();

    assertThat(out.toString())
        .contains(
            "entity: account, aggregate: count, event: payee_changed, window: 1d",
            "fact: segment, entity: account, equals: gold",
            "entity account, payee_changed events: 3 aggregates, takes no labels",
            "entity account, profile: 2 aggregates, takes no labels",
            "fact credit_limit: number",
            "fact segment: text");
  }

  @Test
  void wrongUsageIsTwoAndAWrongFileIsOne() throws IOException {
    Path vectors = folder.resolve("vectors.csv");
    List<Object> half = new ArrayList<>(features(vectors));
    half.add("--events=" + folder.resolve("events.csv"));
    assertThat(run(half.toArray())).isEqualTo(2);
    assertThat(err.toString()).contains("--events and --events-format: expected both or neither");

    List<Object> missing = new ArrayList<>(half);
    missing.add("--events-format=../examples/account-events.yaml");
    assertThat(run(missing.toArray())).isEqualTo(1);
    assertThat(err.toString()).contains("events.csv, which is missing");

    List<Object> swapped = new ArrayList<>(half);
    swapped.add("--events-format=../examples/account-profiles.yaml");
    assertThat(run(swapped.toArray())).isEqualTo(1);
    assertThat(err.toString()).contains("record: expected event here, got 'profile'");
  }

  private List<Object> features(Path vectors) throws IOException {
    Path mapping = Files.writeString(folder.resolve("bank.yaml"), MAPPING);
    Path input =
        Files.writeString(
            folder.resolve("payments.csv"),
            """
            id,time,account,payee,amount
            before,2026-03-01T09:59:59.999Z,a-1,b-9,10.00
            at,2026-03-01T10:00:00.000Z,a-1,b-9,10.00
            after,2026-03-01T10:00:00.001Z,a-1,b-8,20.00
            later,2026-03-01T12:00:00.000Z,a-1,b-9,20.00
            without,2026-03-02T10:00:01.000Z,a-1,b-9,20.00
            """);
    return List.of(
        "features",
        "--data=" + folder.resolve("data"),
        "--input=" + input,
        "--format=" + mapping,
        "--spec=../examples/event-features.yaml",
        "--out=" + vectors);
  }

  private List<Object> others() throws IOException {
    Path events =
        Files.writeString(
            folder.resolve("events.csv"),
            """
            id,when,customer,action,phone,payee,outcome
            e-1,2026-03-01T10:00:00.000Z,a-1,payee_changed,,b-9,
            e-2,2026-03-01T09:59:59.999Z,a-2,payee_changed,,b-9,
            e-1,2026-03-01T10:00:00.000Z,a-1,payee_changed,,b-9,
            e-3,2026-03-01T10:00:00.000Z,a-1,login,d-1,,failed
            e-4,2026-03-01T10:00:00.000Z,a-1,Login!,d-1,,failed
            """);
    Path profiles =
        Files.writeString(
            folder.resolve("accounts.csv"),
            """
            valid_from,customer,limit,segment
            2026-03-02 11:00:01,a-1,,
            2026-03-01 11:00:00,a-1,5000,gold
            """);
    return List.of(
        "--events=" + events,
        "--events-format=../examples/account-events.yaml",
        "--profiles=" + profiles,
        "--profiles-format=../examples/account-profiles.yaml");
  }

  private int run(Object... arguments) {
    return Vigil.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(Stream.of(arguments).map(Object::toString).toArray(String[]::new));
  }
}

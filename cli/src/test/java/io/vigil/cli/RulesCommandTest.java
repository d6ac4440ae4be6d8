package io.vigil.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class RulesCommandTest {
  private static final Path EXAMPLES = Path.of("..", "examples");
  private static final String RULES = EXAMPLES.resolve("rules.yaml").toString();
  private static final String CASES = EXAMPLES.resolve("rules-cases.yaml").toString();
  private static final String LISTS =
      "%s,%s"
          .formatted(
              EXAMPLES.resolve("blocked-devices.list"), EXAMPLES.resolve("trusted-merchants.list"));

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @TempDir Path folder = Path.of("");

  @Test
  void theExampleRulesAreAsTheirCasesSay() throws IOException {
    Path json = folder.resolve("out.json");

    assertThat(vigil("rules", "test", RULES, "--cases", CASES, "--json=" + json))
        .as(out.toString() + err)
        .isZero();

    JsonNode result = read(json);
    assertThat(result.get("failed").asInt()).isZero();
    assertThat(result.get("passed").asInt()).isEqualTo(8);
    assertThat(result.get("untried")).isEmpty();
    assertThat(out.toString())
        .contains("pass  a card being tried out")
        .contains("8 of 8 cases as expected");
  }

  @Test
  void aCaseThatIsNotAsItSaysFails() throws IOException {
    Path cases = folder.resolve("cases.yaml");
    Files.writeString(
        cases,
        """
        cases:
          - name: large
            transaction: {event_time: 2026-05-04T14:30:00Z, amount: 5000.01}
            expect: {hits: [magnetic-stripe], outcome: approve, points: 5}
        """);
    Path json = folder.resolve("out.json");

    assertThat(vigil("rules", "test", "basic", "--cases", cases.toString(), "--json=" + json))
        .isEqualTo(1);

    assertThat(out.toString())
        .contains("FAIL  large")
        .contains("hits: expected magnetic-stripe, got large-amount")
        .contains("outcome: expected approve, got review")
        .contains("points: expected 5, got 0")
        .contains("no case in which it holds: large-at-night, magnetic-stripe, cash-like-merchant");
    assertThat(err.toString()).contains("expected 1 cases to be as they say, got 1 that are not");
    assertThat(read(json).get("cases").get(0).get("hits").get(0).asText())
        .isEqualTo("large-amount");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "amount: 42.00   | amount: 42.001  | :5: defaults.transaction.amount: expected an amount with at most two decimals, got 42.001",
        "channel: pos    | channel: shop   | :5: defaults.transaction.channel: expected one of unknown, pos",
        "score: 0.01     | score: 1.1      | :7: defaults.score: expected a number from 0.0 to 1.0, got 1.1",
        "amount: 1.50    | amuont: 1.50    | :16: cases[1].transaction.amuont: expected one of the keys amount, ",
        "event_time: 2026-05-04T14:30:00Z, | | :5: defaults.transaction.event_time: expected an instant such as 2026-01-31T14:30:00Z, got nothing",
        "card_count_10m: 6 | card_count_9m: 6 | :17: cases[1].features.card_count_9m: expected one of the keys card_count_10m, ",
        "hits: [many-small-payments] | hits: many-small-payments | :18: cases[1].expect.hits: expected a list of at most 10000 texts, got many-small-payments",
        "name: a blocked device | name: large and abroad | :26: cases[4].name: expected a name that no other case has, got large and abroad",
        "at: 2028-01-01T00:00:00Z | at: 2028 | :24: cases[3].at: expected an instant such as 2026-01-31T14:30:00Z, got 2028",
        "blocked-devices: [d-stolen] | blocked-devices: d-stolen | :10: lists.blocked-devices: expected a list of at most 10000 texts, got d-stolen",
        "blocked-devices: [d-stolen] | Blocked: [d-stolen] | :10: lists.Blocked: Blocked:1: expected 'name: ' and a name",
        "blocked-devices: [d-stolen] | other: [d-stolen] | :23: rules[2].when: column 16: list(\"blocked-devices\"): expected a list in force; closest: "
      })
  void brokenCasesAreRefused(String from, String to, String message) throws IOException {
    String sound = Files.readString(Path.of(CASES));
    assertThat(sound).contains(from);
    Path cases = folder.resolve("cases.yaml");
    Files.writeString(cases, sound.replace(from, to == null ? "" : to));

    assertThat(vigil("rules", "test", RULES, "--cases", cases.toString())).isEqualTo(1);

    assertThat(err.toString()).contains(message);
    assertThat(err.toString().lines()).hasSize(1);
  }

  @Test
  void validatesARuleSetAndItsLists() throws IOException {
    Path json = folder.resolve("out.json");

    assertThat(vigil("rules", "validate", RULES, "--lists", LISTS, "--json=" + json))
        .as(err.toString())
        .isZero();
    assertThat(out.toString())
        .contains("rules     ok  example-rules, version 2, 7 rules")
        .contains("list      ok  blocked-devices, version 1, 2 entries");
    JsonNode result = read(json);
    assertThat(result.get("lists").size()).isEqualTo(2);
    assertThat(result.get("lists_found").get(1).get("entries").asInt()).isEqualTo(2);
    assertThat(vigil("rules", "validate", RULES)).isZero();
    assertThat(out.toString())
        .contains("blocked-devices must be in force; not looked at without --lists");
  }

  @Test
  void refusesWhatIsWrongInOneLine() throws IOException {
    Path rules = folder.resolve("rules.yaml");
    Files.writeString(
        rules, Files.readString(Path.of(RULES)).replace("card_count_10m >= 5", "card_count >= 5"));

    assertThat(vigil("rules", "validate", rules.toString())).isEqualTo(1);
    assertThat(err.toString())
        .startsWith(
            "vigil rules validate: "
                + rules
                + ":10: rules[0].when: column 1: expected the name of a field, attribute or value,"
                + " got 'card_count'; closest: account, card_count_10m");
    assertThat(vigil("rules", "validate", "nothing")).isEqualTo(1);
    assertThat(err.toString()).contains("expected a file, or one of default, basic, got 'nothing'");
    assertThat(vigil("rules", "validate", RULES, "--spec", "nothing")).isEqualTo(1);
    assertThat(vigil("rules", "validate", RULES, "--lists", "nothing.list")).isEqualTo(1);
    assertThat(vigil("rules")).isEqualTo(2);
    assertThat(vigil("rules", "validate")).isEqualTo(2);
    assertThat(vigil("rules", "test", RULES)).isEqualTo(2);
    assertThat(vigil("rules", "explain", RULES, "--case", "x")).isEqualTo(2);
  }

  @Test
  void explainsEveryRule() throws IOException {
    Path json = folder.resolve("out.json");

    assertThat(vigil("rules", "explain", RULES, "--json=" + json)).as(err.toString()).isZero();

    assertThat(out.toString())
        .contains("points  step_up from 40, review from 60")
        .contains("large-for-the-account: 20 points")
        .contains("reads    fields amount; features amount_vs_account_mean")
        .contains("reads    fields device; lists blocked-devices")
        .contains("reads    the score")
        .contains("owner    card-fraud; expires 2027-12-31");
    assertThat(read(json).get("explained").get(2).get("reads").get("lists").get(0).asText())
        .isEqualTo("blocked-devices");
  }

  @Test
  void stepsThroughOneDecision() throws IOException {
    Path json = folder.resolve("out.json");

    assertThat(
            vigil(
                "rules",
                "explain",
                RULES,
                "--cases",
                CASES,
                "--case",
                "three doubts",
                "--json=" + json))
        .as(err.toString())
        .isZero();

    assertThat(out.toString())
        .contains("many-small-payments: does not hold")
        .contains("no     card_count_10m >= 5    [card_count_10m = 1]")
        .contains("new-device: holds, asks for 20 points")
        .contains("yes    channel == \"ecom\"    [channel = \"ecom\"]")
        .contains("no   device in list(\"blocked-devices\")    [device = missing]")
        .contains("tells    the model gives it 31 % to be fraud")
        .contains("the rules ask for review; 60 points");
    assertThat(read(json).get("explained").get(3).get("steps").size()).isEqualTo(3);
    assertThat(vigil("rules", "explain", RULES, "--cases", CASES, "--case", "none")).isEqualTo(1);
  }

  @Test
  void saysWhatChanged() throws IOException {
    Path changed = folder.resolve("rules.yaml");
    Files.writeString(
        changed,
        Files.readString(Path.of(RULES))
            .replace("step_up: 40, ", "")
            .replace("amount < 5\n", "amount < 6\n")
            .replace("weight: -30", "outcome: approve")
            .replace("id: new-device", "id: newer-device"));
    Path json = folder.resolve("out.json");

    assertThat(vigil("rules", "diff", RULES, changed.toString(), "--json=" + json)).isZero();

    assertThat(out.toString())
        .contains("removed  new-device")
        .contains("added    newer-device")
        .contains("changed  points, step_up\n         - 40\n         + -")
        .contains("changed  many-small-payments, when")
        .contains("changed  trusted-merchant, outcome\n         - -\n         + approve")
        .contains("changed  trusted-merchant, weight\n         - -30\n         + 0")
        .doesNotContain("reordered");
    assertThat(read(json).get("changed").size()).isEqualTo(4);
    assertThat(vigil("rules", "diff", RULES, RULES)).isZero();
    assertThat(out.toString()).contains("the same rules in the same order");
  }

  private static JsonNode read(Path json) throws IOException {
    return new ObjectMapper().readTree(json.toFile());
  }

  private int vigil(String... args) {
    CommandLine commandLine = Vigil.commandLine();
    commandLine.setOut(new PrintWriter(out));
    commandLine.setErr(new PrintWriter(err));
    return commandLine.execute(args);
  }
}

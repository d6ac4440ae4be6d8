package io.vigil.model.rule;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.vigil.model.artefact.ArtefactException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every broken file is refused with its line, the key, what was expected, and what came. */
class BrokenRuleSetTest {
  private static final String SOUND =
      """
      name: test
      version: 1
      rules:
        - id: large
          when: amount > 500 and count_1h > 2
          outcome: review
          reason: LARGE
          text: "{amount:0.00} is a lot"
          owner: somebody
          expires: 2027-01-01
        - id: small
          when: amount < 1
          outcome: approve
          reason: SMALL
          text: little
      """;

  private static Arguments broken(String from, String to, int line, String message) {
    assertThat(SOUND).contains(from);
    return Arguments.of(SOUND.replace(from, to), line, message);
  }

  static Stream<Arguments> broken() {
    return Stream.of(
        Arguments.of("", 1, "expected the keys name, version, points, rules, got nothing"),
        Arguments.of(
            "just words",
            1,
            "expected a mapping with name, version, points, rules, got just words"),
        Arguments.of(
            "- a\n- b\n", 1, "expected a mapping with name, version, points, rules, got a list"),
        Arguments.of("[".repeat(100_000), 1, "expected at most a few levels, got thousands"),
        broken("name: test", "name: [test", 2, "expected YAML, got an error:"),
        broken("name: test", "name: \"test", 8, "expected YAML, got an error:"),
        broken("version: 1", "version: 1\n---\nname: x", 3, "expected YAML, got an error:"),
        broken("name: test", "name: My Rules", 1, "name: expected a name of lower-case letters"),
        broken(
            "name: test\n",
            "",
            1,
            "name: expected a name of lower-case letters, digits, - and _, got nothing"),
        broken(
            "version: 1",
            "version: 0",
            2,
            "version: expected a whole number from 1 to 2147483647, got 0"),
        broken(
            "version: 1",
            "version: 1.5",
            2,
            "version: expected a whole number from 1 to 2147483647, got 1.5"),
        broken(
            "version: 1",
            "version: 1\nowner: me",
            3,
            "owner: expected one of the keys name, points, rules, version"),
        broken(
            "version: 1",
            "version: 1\nname: again",
            3,
            "name: expected the key once, got it again"),
        Arguments.of(
            "name: test\nversion: 1\n", 1, "rules: expected a list of at most 500, got nothing"),
        Arguments.of(
            "name: test\nversion: 1\nrules: none\n",
            3,
            "rules: expected a list of at most 500, got none"),
        Arguments.of(
            "name: test\nversion: 1\nrules:\n  - large\n",
            4,
            "rules[0]: expected a mapping with id, when"),
        broken(
            "id: large",
            "id: Too Large",
            4,
            "rules[0].id: expected a name of lower-case letters, digits, - and _, got Too Large"),
        broken(
            "id: small",
            "id: large",
            11,
            "rules[1].id: expected an id that no other rule has, got large"),
        broken(
            "when: amount < 1",
            "wehn: amount < 1",
            12,
            "rules[1].wehn: expected one of the keys when, "),
        broken(
            "    when: amount < 1\n", "", 11, "rules[1].when: expected a condition, got nothing"),
        broken("amount < 1", "amount <", 12, "rules[1].when: column 9: expected a name, a number"),
        broken(
            "amount < 1",
            "amuont < 1",
            12,
            "rules[1].when: column 1: expected the name of a field, attribute or value, got 'amuont'; closest: amount, "),
        broken(
            "count_1h",
            "count_2h",
            5,
            "rules[0].when: column 18: expected the name of a field, attribute or value, got 'count_2h'; closest: count_1h"),
        broken(
            "amount < 1",
            "amount * 2",
            12,
            "rules[1].when: expected a condition such as amount > 500, got amount * 2"),
        broken(
            "amount < 1", "{amount: 1}", 12, "rules[1].when: expected a condition, got a mapping"),
        broken(
            "outcome: approve",
            "outcome: block",
            13,
            "rules[1].outcome: expected one of approve, step_up, review, decline, got block"),
        broken(
            "outcome: approve",
            "outcome:",
            13,
            "rules[1].outcome: expected one of approve, step_up, review, decline, got nothing"),
        broken(
            "reason: SMALL",
            "reason: too small",
            14,
            "rules[1].reason: expected a code of capitals, digits and _, got too small"),
        broken("text: little", "text: ''", 15, "rules[1].text: expected a sentence, got nothing"),
        broken(
            "{amount:0.00}",
            "{amount",
            8,
            "rules[0].text: column 1: expected a closing '}', got the end"),
        broken(
            "is a lot",
            "is a} lot",
            8,
            "rules[0].text: column 19: expected '{' before '}', got '}' alone"),
        broken(
            "{amount:0.00}",
            "it {amuont}",
            8,
            "rules[0].text: column 5: expected the name of a field"),
        broken(
            "{amount:0.00}",
            "{amount:#.##}",
            8,
            "rules[0].text: column 9: expected a format such as 0 or 0.00, got '#.##'"),
        broken(
            "{amount:0.00}",
            "{country:0}",
            8,
            "rules[0].text: column 9: expected '}' after a text, got ':'"),
        broken(
            "{amount:0.00}",
            "{amount > 1}",
            8,
            "rules[0].text: column 2: expected a number or a text, got a condition"),
        broken(
            "amount < 1",
            "score < 1 and scoer < 1",
            12,
            "rules[1].when: column 15: expected the name of a field, attribute or value, got 'scoer'; closest: score"),
        broken(
            "amount < 1",
            "device in list(blocked)",
            12,
            "rules[1].when: column 16: expected a list's name in quotes: lower-case letters, digits, - and _, got 'blocked'"),
        broken(
            "amount < 1",
            "device in list('Blocked devices')",
            12,
            "rules[1].when: column 16: expected a list's name in quotes"),
        broken(
            "amount < 1",
            "amount in list('amounts')",
            12,
            "rules[1].when: column 1: expected a text, got a number"),
        broken(
            "amount < 1",
            "device not list('blocked')",
            12,
            "rules[1].when: column 12: expected 'in' after 'not', got 'list'"),
        broken(
            "outcome: approve",
            "weight: a lot",
            13,
            "rules[1].weight: expected a whole number from -1000 to 1000, got a lot"),
        broken(
            "outcome: approve",
            "weight: 1001",
            13,
            "rules[1].weight: expected a whole number from -1000 to 1000, got 1001"),
        broken(
            "outcome: approve",
            "weight: 10",
            13,
            "rules[1].weight: expected a rule set with points, which say what weights ask for, or no weight, got 10"),
        broken(
            "    outcome: approve\n",
            "",
            11,
            "rules[1].outcome: expected one of approve, step_up, review, decline, got nothing"),
        broken(
            "version: 1\n",
            "version: 1\npoints: 50\n",
            3,
            "points: expected a mapping with step_up, review, decline, got 50"),
        broken(
            "version: 1\n",
            "version: 1\npoints: {}\n",
            3,
            "points: expected at least one of step_up, review, decline, got nothing"),
        broken(
            "version: 1\n",
            "version: 1\npoints: {approve: 1}\n",
            3,
            "points.approve: expected one of the keys "),
        broken(
            "version: 1\n",
            "version: 1\npoints:\n  review: 50\n  decline: 50\n",
            5,
            "points.decline: expected a whole number from 51 to 500000, got 50"),
        broken(
            "version: 1\n",
            "version: 1\npoints: {review: 0}\n",
            3,
            "points.review: expected a whole number from 1 to 500000, got 0"),
        broken(
            "{amount:0.00}",
            "{device in list('a')}",
            8,
            "rules[0].text: column 2: expected a number or a text, got a condition"),
        broken(
            "expires: 2027-01-01",
            "expires: soon",
            10,
            "rules[0].expires: expected a date such as 2026-12-31, got soon"),
        broken(
            "expires: 2027-01-01",
            "expires: 2027-02-30",
            10,
            "rules[0].expires: expected a date such as 2026-12-31, got 2027-02-30"));
  }

  /** What only shows beside the lists in force. */
  static Stream<Arguments> unfitLists() {
    return Stream.of(
        broken(
            "amount < 1",
            "device in list('stolen-card')",
            12,
            "rules[1].when: column 16: list(\"stolen-card\"): expected a list in force; closest: stolen-cards, blocked-devices"),
        broken(
            "amount < 1",
            "amount < 1 and merchant not in list('blocked-devices')",
            12,
            "rules[1].when: column 37: list(\"blocked-devices\"): expected a list of merchant, but it is of device, attributes.phone"),
        broken(
            "amount > 500",
            "attributes.tablet in list('blocked-devices')",
            5,
            "rules[0].when: column 27: list(\"blocked-devices\"): expected a list of attributes.tablet, but it is of device, attributes.phone"),
        broken(
            "amount > 500",
            "ip == 'd1' or 'd1' in list('stolen-cards')",
            5,
            "rules[0].when: column 28: list(\"stolen-cards\"): expected a list of a constant, but it is of card"));
  }

  @ParameterizedTest
  @MethodSource
  void unfitLists(String yaml, int line, String message) {
    Lists lists =
        Lists.of(
            Stream.of(
                    "name: blocked-devices\nversion: 1\nof: device, attributes.phone\n",
                    "name: stolen-cards\nversion: 1\nof: card\n")
                .map(text -> EntryList.read(text.getBytes(UTF_8), "list"))
                .toList());
    RuleSet rules = RuleSet.read(yaml, "rules.yaml", List.of("count_1h"));

    ArtefactException thrown =
        catchThrowableOfType(ArtefactException.class, () -> rules.require(lists));

    assertThat(thrown).hasMessageStartingWith("rules.yaml:" + line + ": ");
    assertThat(thrown).hasMessageContaining(message);
    assertThatThrownBy(() -> rules.require(Lists.NONE))
        .hasMessageEndingWith("expected a list in force, of which there are none");
  }

  @ParameterizedTest
  @MethodSource
  void broken(String yaml, int line, String message) {
    ArtefactException thrown =
        catchThrowableOfType(
            ArtefactException.class, () -> RuleSet.read(yaml, "rules.yaml", List.of("count_1h")));

    assertThat(thrown).hasMessageStartingWith("rules.yaml:" + line + ": ");
    assertThat(thrown).hasMessageContaining(message);
    assertThat(thrown.line()).isEqualTo(line);
  }
}

package io.vigil.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.util.InstantiationUtil;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ArtefactSetTest {

  @Test
  void refusesABaseCurrencyWithoutTwoDecimals(@TempDir Path folder) throws Exception {
    Path rates = folder.resolve("rates.yaml");
    Files.writeString(
        rates,
        """
        name: yen
        version: 1
        base: JPY
        rates:
          - {currency: EUR, from: 2020-01-01, rate: 160}
        """);
    Configuration options =
        Configuration.fromMap(Map.of("vigil.artefacts.rates", rates.toString()));

    assertThatThrownBy(() -> ArtefactSet.read(options))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("expected a base currency with two decimals")
        .hasMessageContaining("JPY with 0");
  }

  @Test
  void refusesARuleSetWithoutItsLists(@TempDir Path folder) throws Exception {
    Path rules = folder.resolve("rules.yaml");
    Files.writeString(rules, RULES);
    Path list = folder.resolve("cards.list");
    Files.writeString(list, "name: stolen-cards\nversion: 1\nof: card\nc1\n");
    Configuration options =
        Configuration.fromMap(
            Map.of(
                "vigil.artefacts.rules", rules.toString(),
                "vigil.artefacts.lists", list.toString()));

    assertThatThrownBy(() -> ArtefactSet.read(options))
        .hasMessage(
            rules
                + ":4: rules[0].when: column 16: list(\"blocked-devices\"): expected a list in force;"
                + " closest: stolen-cards");
    options.setString("vigil.artefacts.lists", folder.resolve("none.list").toString());
    assertThatThrownBy(() -> ArtefactSet.read(options))
        .hasMessage("lists: expected a file, got " + folder.resolve("none.list"));
  }

  @Test
  void aListIsThereOnceHoweverManyTakeItIn(@TempDir Path folder) throws Exception {
    Path rules = folder.resolve("rules.yaml");
    Files.writeString(rules, RULES);
    Path list = folder.resolve("devices.list");
    Files.writeString(
        list, "name: blocked-devices\nversion: 1\nof: device\n" + "d".repeat(200) + "\n");
    Configuration options =
        Configuration.fromMap(
            Map.of(
                "vigil.artefacts.rules", rules.toString(),
                "vigil.artefacts.lists", list.toString()));
    ArtefactSet set = ArtefactSet.read(options);

    ArtefactSet shipped = shipped(set);
    assertThat(shipped.lists().get("blocked-devices")).isSameAs(set.lists().get("blocked-devices"));
    ArtefactSet without = shipped(set.withoutLists());
    assertThat(without.lists().names()).isEmpty();
    assertThat(without.digests()).isEqualTo(set.digests());
    assertThat(set.digests()).contains(set.lists().get("blocked-devices").digest());
  }

  private static final String RULES =
      """
      name: lists
      version: 1
      rules:
        - {id: blocked, when: 'device in list("blocked-devices")', outcome: decline, reason: BLOCKED, text: so}
      """;

  private static ArtefactSet shipped(ArtefactSet set) throws Exception {
    return InstantiationUtil.clone(set);
  }
}

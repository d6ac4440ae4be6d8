package io.vigil.job;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.apache.flink.configuration.Configuration;
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
}

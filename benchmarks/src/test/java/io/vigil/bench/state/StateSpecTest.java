package io.vigil.bench.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StateSpecTest {

  /** The files are what people read; the benchmark makes the same text. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theFileIsTheStandardSpec(boolean exact) throws IOException {
    StateSpec spec = StateSpec.of(30, exact);
    try (InputStream file = StateSpec.class.getResourceAsStream(spec.name() + ".yaml")) {
      assertThat(new String(file.readAllBytes(), StandardCharsets.UTF_8)).isEqualTo(spec.yaml());
    }
  }

  @Test
  void namesAreUnique() {
    assertThat(StateSpec.of(200, false).features().stream().map(StateSpec.Feature::name))
        .hasSize(200)
        .doesNotHaveDuplicates();
  }

  @Test
  void aWindowOnPanesBeginsWithAPane() {
    Span span = new Span(60, 10);

    assertThat(span.firstMs(1_009)).isEqualTo(950);
    assertThat(span.firstMs(1_010)).isEqualTo(960);
    assertThat(span.exact().firstMs(1_009)).isEqualTo(950);
    assertThat(span.exact().firstMs(1_010)).isEqualTo(951);
  }

  @Test
  void refusesMoreFeaturesThanTheWindowsYield() {
    assertThatThrownBy(() -> StateSpec.of(List.of(new Span(60, 10)), 11, false))
        .hasMessage("features: expected 1 to 10 of these windows, got 11");
  }
}

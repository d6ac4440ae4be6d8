package io.vigil.model.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vigil.model.score.InputShape;
import java.util.List;
import org.junit.jupiter.api.Test;

class InputLayoutTest {

  @Test
  void withoutASequenceAllAreSingleValues() {
    InputLayout layout = InputLayout.of(List.of("a", "past_1_amount"), null);

    assertThat(layout).isEqualTo(new InputLayout(List.of("a", "past_1_amount"), List.of()));
    assertThat(layout.shape()).isEqualTo(InputShape.flat(2));
  }

  @Test
  void stepsAreSortedByEventTheOldestFirst() {
    List<String> features =
        List.of(
            "past_1_elapsed",
            "past_1_amount",
            "a",
            "past_10_amount_eur",
            "device_1_amount",
            "past_2_amount",
            "past_2_elapsed",
            "past_0_amount",
            "past_amount");

    InputLayout layout =
        InputLayout.of(features.stream().filter(f -> !f.contains("eur")).toList(), "past");

    assertThat(layout)
        .isEqualTo(
            new InputLayout(
                List.of("a", "device_1_amount", "past_0_amount", "past_amount"),
                List.of(
                    List.of("past_2_amount", "past_2_elapsed"),
                    List.of("past_1_amount", "past_1_elapsed"))));
    assertThat(layout.shape()).isEqualTo(new InputShape(4, 2, 2));
    assertThatThrownBy(() -> InputLayout.of(features, "past"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "sequence past: expected the steps [amount_eur] of the event 9 back as of the oldest, came []");
  }

  @Test
  void refusesASequenceThatIsNotThere() {
    assertThatThrownBy(() -> InputLayout.of(List.of("a"), "past"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no features past_K_STEP");
  }
}

package io.vigil.model.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.vigil.model.score.ModelInput;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TrainingSetTest {

  @Test
  void scalesAlikeByAllValuesTogether() {
    float[][] vectors = {{1, 7, 5}, {3, 7, 7}, {Float.NaN, 7, 9}, {5, 7, Float.NaN}};
    TrainingSet set = new TrainingSet(List.of("old", "other", "new"), vectors, new boolean[4]);

    List<ModelInput> inputs = set.scaledAlike(List.of("new", "old"), true, 10);

    // 1, 3, 5, 5, 7, 9
    double std = Math.sqrt((16 + 4 + 4 + 16) / 6.0);
    assertThat(inputs).extracting(ModelInput::feature).containsExactly("new", "old");
    assertThat(inputs).extracting(ModelInput::baseline).containsExactly(7.0, 3.0);
    assertThat(inputs.get(0).scaling()).isEqualTo(inputs.get(1).scaling());
    assertThat(inputs.get(0).scaling().mean()).isCloseTo(5, within(1e-12));
    assertThat(inputs.get(0).scaling().std()).isCloseTo(std, within(1e-12));
    assertThat(set.scaledInputs(List.of("old"), true, 10).get(0).scaling().mean()).isEqualTo(3);
  }

  @Test
  void skewedAmountsGoThroughTheLogarithmThoughMinusOneStandsForNone() {
    Random random = new Random(1);
    float[][] vectors = new float[2_000][3];
    for (float[] vector : vectors) {
      float amount = (float) StrictMath.exp(2 * random.nextGaussian());
      vector[0] = amount;
      vector[1] = random.nextInt(4) == 0 ? -1 : amount;
      vector[2] = random.nextInt(4) == 0 ? -2 : amount;
    }
    TrainingSet set =
        new TrainingSet(List.of("amount", "last", "balance"), vectors, new boolean[2_000]);

    assertThat(
            set.scaledInputs(set.features(), true, 10).stream()
                .map(input -> input.scaling().log1p()))
        .containsExactly(true, true, false);
  }

  @Test
  void refusesFeaturesItLacks() {
    TrainingSet set = new TrainingSet(List.of("a"), new float[1][1], new boolean[1]);

    assertThat(set.index("a")).isZero();
    assertThatThrownBy(() -> set.scaledAlike(List.of("b"), true, 10))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("no feature b among [a]");
  }
}

package io.vigil.model.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.vigil.model.score.InputShape;
import io.vigil.model.train.NetworkOptions;
import io.vigil.model.train.NetworkOptions.Kind;
import io.vigil.model.train.NetworkOptions.Objective;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class NetworkTest {
  private static final InputShape FLAT = InputShape.flat(7);
  private static final InputShape STEPS = new InputShape(7, 5, 3);
  private static final InputShape STEPS_ONLY = new InputShape(0, 5, 3);

  private static final int LAYERS = 2;
  private static final int HEADS = 2;

  private static NetworkOptions options(Kind kind, Objective objective, List<Integer> hidden) {
    String sequence = kind == Kind.PERCEPTRON ? null : "past";
    return new NetworkOptions(
        kind, objective, 8, LAYERS, HEADS, hidden, sequence, true, 10, 0, 64, 1e-3, 0, 1, 10, 3);
  }

  static Stream<Arguments> everyKind() {
    Objective fraud = Objective.FRAUD;
    Objective reconstruct = Objective.RECONSTRUCT;
    List<Integer> none = List.of();
    List<Integer> two = List.of(16, 4);
    return Stream.of(
        Arguments.of(Kind.PERCEPTRON, fraud, none, FLAT, "perceptron 7-1"),
        Arguments.of(Kind.PERCEPTRON, fraud, two, FLAT, "perceptron 7-16-4-1, ReLU"),
        Arguments.of(
            Kind.PERCEPTRON, reconstruct, two, FLAT, "autoencoder, perceptron 7-16-4-7, ReLU"),
        Arguments.of(Kind.GRU, fraud, none, STEPS, "GRU of 8 over 5 steps of 3, perceptron 15-1"),
        Arguments.of(
            Kind.GRU,
            fraud,
            two,
            STEPS_ONLY,
            "GRU of 8 over 5 steps of 3, perceptron 8-16-4-1, ReLU"),
        Arguments.of(
            Kind.GRU,
            reconstruct,
            two,
            STEPS,
            "autoencoder, GRU of 8 over 5 steps of 3, perceptron 15-16-4-7, ReLU"),
        Arguments.of(
            Kind.TRANSFORMER,
            fraud,
            none,
            STEPS_ONLY,
            "transformer of 2 layers of 8 with 2 heads over 5 steps of 3, perceptron 8-1"),
        Arguments.of(
            Kind.TRANSFORMER,
            fraud,
            two,
            STEPS,
            "transformer of 2 layers of 8 with 2 heads over 5 steps of 3, perceptron 15-16-4-1, ReLU"),
        Arguments.of(
            Kind.TRANSFORMER,
            reconstruct,
            two,
            STEPS,
            "autoencoder, transformer of 2 layers of 8 with 2 heads over 5 steps of 3, perceptron 15-16-4-7, ReLU"));
  }

  @ParameterizedTest
  @MethodSource("everyKind")
  void passesInspectionAndTheScorersChecks(
      Kind kind, Objective objective, List<Integer> hidden, InputShape shape, String description) {
    Network network = Network.random(options(kind, objective, hidden), shape, 5);
    byte[] file = network.toTorchScript();

    assertThat(network.description()).isEqualTo(description);
    assertThat(network.shape()).isEqualTo(shape);
    assertThatCode(() -> new TorchEngine().inspect(file, shape)).doesNotThrowAnyException();
    float[] outputs = new float[2000];
    try (TorchScorer scorer = TorchScorer.load(file, shape, "cpu")) {
      scorer.score(TorchScorerTest.gaussian(2000, shape.width(), 1), 2000, outputs);
    }
    assertThat(outputs[0]).isNotEqualTo(outputs[1]);
  }

  @ParameterizedTest
  @MethodSource("everyKind")
  void theSameSeedGivesTheSameBytes(
      Kind kind, Objective objective, List<Integer> hidden, InputShape shape, String description) {
    NetworkOptions options = options(kind, objective, hidden);
    byte[] file = Network.random(options, shape, 5).toTorchScript();

    assertThat(Network.random(options, shape, 5).toTorchScript()).isEqualTo(file);
    assertThat(Network.random(options, shape, 6).toTorchScript()).isNotEqualTo(file);
  }

  @Test
  void aPerceptronIsWhatTheTextbookSays() {
    for (List<Integer> hidden : List.of(List.<Integer>of(), List.of(16, 4))) {
      Network network = Network.random(options(Kind.PERCEPTRON, Objective.FRAUD, hidden), FLAT, 3);
      assertSame(network, PlainNetwork::perceptron);
    }
  }

  @Test
  void aGruIsWhatTheTextbookSays() {
    for (InputShape shape : List.of(STEPS, STEPS_ONLY)) {
      for (List<Integer> hidden : List.of(List.<Integer>of(), List.of(16, 4))) {
        Network network = Network.random(options(Kind.GRU, Objective.FRAUD, hidden), shape, 3);
        assertSame(network, PlainNetwork::gru);
      }
    }
  }

  @Test
  void aTransformerIsWhatTheTextbookSays() {
    for (InputShape shape : List.of(STEPS, STEPS_ONLY)) {
      Network network =
          Network.random(options(Kind.TRANSFORMER, Objective.FRAUD, List.of(16)), shape, 3);
      // Layer norms begin as the identity, which would hide that one is left out.
      Map<String, float[]> uneven = new TreeMap<>();
      network.parameters().stream()
          .filter(parameter -> parameter.name().matches("(before\\d|after\\d|last)_.*"))
          .forEach(
              parameter -> {
                float[] values = parameter.values().clone();
                for (int i = 0; i < values.length; i++) {
                  values[i] += 0.1f * i - 0.3f;
                }
                uneven.put(parameter.name(), values);
              });
      assertSame(
          network.with(uneven),
          (given, row) -> PlainNetwork.transformer(given, row, LAYERS, HEADS));
    }
  }

  @Test
  void anAutoencoderGivesItsMeanSquaredError() {
    Network network =
        Network.random(options(Kind.PERCEPTRON, Objective.RECONSTRUCT, List.of(5)), FLAT, 3);
    assertSame(network, PlainNetwork::error);
  }

  private static void assertSame(Network network, BiFunction<Network, float[], Float> plain) {
    int width = network.shape().width();
    float[] rows = TorchScorerTest.gaussian(300, width, 2);
    float[] outputs = new float[300];
    try (TorchScorer scorer = TorchScorer.load(network.toTorchScript(), network.shape(), "cpu")) {
      scorer.score(rows, 300, outputs);
    }
    for (int row = 0; row < 300; row++) {
      float[] one = Arrays.copyOfRange(rows, row * width, (row + 1) * width);
      assertThat(outputs[row]).isCloseTo(plain.apply(network, one), within(1e-5f));
    }
  }

  @Test
  void theTrunkIsTheSameWhateverIsLearnt() {
    for (Kind kind : Kind.values()) {
      InputShape shape = kind == Kind.PERCEPTRON ? FLAT : STEPS;
      assertThat(trunk(kind, Objective.RECONSTRUCT, shape))
          .as("%s", kind)
          .isEqualTo(trunk(kind, Objective.FRAUD, shape));
    }
  }

  private static List<String> trunk(Kind kind, Objective objective, InputShape shape) {
    return Network.random(options(kind, objective, List.of(16, 4)), shape, 1).parameters().stream()
        .filter(parameter -> !Network.HEAD.contains(parameter.name()))
        .map(parameter -> parameter.name() + Arrays.toString(parameter.shape()))
        .toList();
  }

  @Test
  void otherParametersTakeThePlaceOfThoseNamed() {
    Network network =
        Network.random(options(Kind.PERCEPTRON, Objective.FRAUD, List.of(4)), FLAT, 1);

    Network other = network.with(Map.of("head_bias", new float[] {9}));

    assertThat(PlainNetwork.parameter(other, "head_bias").values()).containsExactly(9);
    assertThat(other.parameters().get(0)).isEqualTo(network.parameters().get(0));
    assertThatThrownBy(() -> network.with(Map.of("start", new float[1])))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no parameters [start] among [hidden0_weight, ");
    assertThatThrownBy(() -> network.with(Map.of("head_bias", new float[2])))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("head_bias: its shape holds 1 values, came 2");
  }

  @Test
  void refusesShapesThatItsKindCannotRead() {
    assertThatThrownBy(() -> Network.random(options(Kind.GRU, Objective.FRAUD, List.of()), FLAT, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("came GRU for");
    assertThatThrownBy(
            () -> Network.random(options(Kind.PERCEPTRON, Objective.FRAUD, List.of()), STEPS, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("came PERCEPTRON for");
    assertThatThrownBy(
            () ->
                Network.random(options(Kind.GRU, Objective.RECONSTRUCT, List.of(4)), STEPS_ONLY, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("needs single values");
  }
}

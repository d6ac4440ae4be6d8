package io.vigil.model.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.Model;
import io.vigil.model.score.InputShape;
import io.vigil.model.score.ScoringException;
import io.vigil.model.train.NetworkOptions;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TorchScorerTest {
  private static final int WIDTH = 25;
  private static final NetworkOptions OPTIONS = NetworkOptions.perceptron(List.of(64, 32));
  private static final Network MLP = Network.random(OPTIONS, InputShape.flat(WIDTH), 7);

  @Test
  void computesWhatPlainJavaComputes() {
    float[] inputs = gaussian(1500, WIDTH, 3);
    float[] logits = new float[1500];
    try (TorchScorer scorer =
        TorchScorer.load(MLP.toTorchScript(), InputShape.flat(WIDTH), "cpu")) {
      scorer.score(inputs, 1500, logits);
    }
    for (int row = 0; row < 1500; row++) {
      assertThat(logits[row])
          .isCloseTo(PlainNetwork.perceptron(MLP, row(inputs, row)), within(1e-5f));
    }
  }

  @Test
  void bitsDependNeitherOnTheBatchNorOnNeighbours() {
    float[] inputs = gaussian(2000, WIDTH, 4);
    float[] all = new float[2000];
    Random random = new Random(9);
    try (TorchScorer scorer =
            TorchScorer.load(MLP.toTorchScript(), InputShape.flat(WIDTH), "auto");
        TorchScorer another =
            TorchScorer.load(MLP.toTorchScript(), InputShape.flat(WIDTH), "auto")) {
      scorer.score(inputs, 2000, all);
      for (int rows : new int[] {1, 2, 7, 8, 95, 96, 97, 256, 288, 289, 1024, 1056, 1057}) {
        int[] picked = random.ints(rows, 0, 2000).toArray();
        float[] batch = new float[rows * WIDTH];
        for (int i = 0; i < rows; i++) {
          System.arraycopy(inputs, picked[i] * WIDTH, batch, i * WIDTH, WIDTH);
        }
        float[] logits = new float[rows];
        another.score(batch, rows, logits);
        for (int i = 0; i < rows; i++) {
          assertThat(Float.floatToRawIntBits(logits[i]))
              .as("row %d of %d", i, rows)
              .isEqualTo(Float.floatToRawIntBits(all[picked[i]]));
        }
      }
    }
  }

  @Test
  void memoryStaysFlatOverManySmallBatches() throws Exception {
    float[] inputs = gaussian(8, WIDTH, 5);
    float[] logits = new float[8];
    try (TorchScorer scorer =
        TorchScorer.load(MLP.toTorchScript(), InputShape.flat(WIDTH), "cpu")) {
      batches(scorer, inputs, logits, 5_000);
      long leastGrowthKb = Long.MAX_VALUE;
      for (int round = 0; round < 4; round++) {
        long before = residentKb();
        batches(scorer, inputs, logits, 10_000);
        leastGrowthKb = Math.min(leastGrowthKb, residentKb() - before);
      }
      // A leaked 8 x 64 tensor a batch would be 20 MB in every round; the heap grows in some only.
      assertThat(leastGrowthKb).isLessThan(10_000);
    }
  }

  private static void batches(TorchScorer scorer, float[] inputs, float[] logits, int count) {
    for (int i = 0; i < count; i++) {
      scorer.score(inputs, 1 + i % 8, logits);
    }
    System.gc();
  }

  private static long residentKb() throws Exception {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("\\D", ""));
      }
    }
    return 0;
  }

  @Test
  void loadsForTrainingThroughDjlItself(@TempDir Path folder) throws Exception {
    Files.write(folder.resolve("mlp.pt"), MLP.toTorchScript());
    TorchRuntime.engine();
    try (Model model = Model.newInstance("mlp", Device.cpu(), "PyTorch")) {
      model.load(folder, "mlp", Map.of("trainParam", "true"));
      assertThat(model.getBlock().getParameters().keys())
          .containsExactly(
              "hidden0_weight",
              "hidden0_bias",
              "hidden1_weight",
              "hidden1_bias",
              "head_weight",
              "head_bias");
    }
  }

  @Test
  void archivesAreByteDeterministic() {
    assertThat(Network.random(OPTIONS, InputShape.flat(WIDTH), 7).toTorchScript())
        .isEqualTo(MLP.toTorchScript());
  }

  @Test
  void refusesWhatIsNoNetwork() {
    byte[] text = "no network".getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> TorchScorer.load(text, InputShape.flat(3), "cpu"))
        .isInstanceOf(ScoringException.class)
        .hasMessageContaining("does not load");
  }

  @Test
  void refusesAnotherWidth() {
    assertThatThrownBy(
            () -> TorchScorer.load(MLP.toTorchScript(), InputShape.flat(WIDTH + 1), "cpu"))
        .isInstanceOf(ScoringException.class)
        .hasMessageContaining("failed");
  }

  @Test
  void refusesOutputsThatAreNoLogits() {
    String wide = "  def forward(self: __torch__.Wide,\n    x: Tensor) -> Tensor:\n    return x\n";
    assertThatThrownBy(
            () ->
                TorchScorer.load(
                    TorchScriptArchive.write("Wide", wide, List.of()), InputShape.flat(3), "cpu"))
        .isInstanceOf(ScoringException.class)
        .hasMessageContaining("expected [1056, 1] float32 logits");
    float[] weight = new float[3];
    Arrays.fill(weight, Float.NaN);
    Network broken =
        Network.random(NetworkOptions.perceptron(List.of()), InputShape.flat(3), 1)
            .with(Map.of("head_weight", weight));
    assertThatThrownBy(() -> TorchScorer.load(broken.toTorchScript(), InputShape.flat(3), "cpu"))
        .isInstanceOf(ScoringException.class)
        .hasMessageContaining("NaN");
  }

  @Test
  void refusesNetworksWhoseLogitsDependOnTheBatch() {
    String mixing =
        """
          def forward(self: __torch__.Mixing,
            x: Tensor) -> Tensor:
            return torch.sum(torch.sub(x, torch.mean(x)), [1])
        """;
    assertThatThrownBy(
            () ->
                TorchScorer.load(
                    TorchScriptArchive.write("Mixing", mixing, List.of()),
                    InputShape.flat(3),
                    "cpu"))
        .isInstanceOf(ScoringException.class)
        .hasMessageContaining("logits depend on the batch");
  }

  @Test
  void refusesUnknownDevices() {
    assertThatThrownBy(() -> TorchScorer.load(MLP.toTorchScript(), InputShape.flat(WIDTH), "tpu"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'tpu'");
    assertThatThrownBy(
            () -> TorchScorer.load(MLP.toTorchScript(), InputShape.flat(WIDTH), "gpu:99"))
        .isInstanceOf(ScoringException.class)
        .hasMessageContaining("gpu:99 is not there");
  }

  @Test
  void theEngineClassSaysWhetherThePinsHold() {
    try (TorchScorer scorer =
        TorchScorer.load(MLP.toTorchScript(), InputShape.flat(WIDTH), "cpu")) {
      assertThat(scorer.engineClass())
          .startsWith(TorchRuntime.pinned() ? "pytorch-2.7.1/cpu/" : "pytorch-2.7.1/cpu/unpinned-");
    }
  }

  static float[] gaussian(int rows, int width, long seed) {
    Random random = new Random(seed);
    float[] values = new float[rows * width];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  private static float[] row(float[] inputs, int row) {
    return Arrays.copyOfRange(inputs, row * WIDTH, (row + 1) * WIDTH);
  }
}

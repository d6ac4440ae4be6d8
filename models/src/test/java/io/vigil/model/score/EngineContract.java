package io.vigil.model.score;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.vigil.model.bundle.Bundle;
import io.vigil.model.bundle.BundleDraft;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every engine must do. An engine's test extends this with a model of its own. */
public abstract class EngineContract {
  private static final int MOST = 1024;

  protected abstract ScoringEngine engine();

  /** A small model that {@link #logit} computes too. */
  protected abstract byte[] model();

  protected abstract InputShape shape();

  /** The logit of a row in plain Java. */
  protected abstract double logit(float[] row);

  /** Whether an input may be NaN. */
  protected abstract boolean takesMissing();

  /** Whether no beginning of the model's file passes as a model. */
  protected boolean refusesAllBeginnings() {
    return true;
  }

  @Test
  void isFoundByItsName() {
    assertThat(ScoringEngine.named(engine().name())).hasSameClassAs(engine());
    assertThat(engine().modelFile()).matches("model\\.[a-z0-9]{1,12}");
  }

  @Test
  void computesWhatPlainJavaComputes() {
    float[][] rows = rows(300, 1);
    float[] logits = new float[rows.length];
    try (Scorer scorer = open("cpu")) {
      assertThat(scorer.width()).isEqualTo(shape().width());
      scorer.score(flat(rows), rows.length, logits);
    }
    for (int i = 0; i < rows.length; i++) {
      assertThat((double) logits[i]).as("row %d", i).isCloseTo(logit(rows[i]), within(1e-4));
    }
  }

  @Test
  void bitsDependNeitherOnTheBatchNorOnTheLoad() {
    float[][] rows = rows(MOST, 2);
    float[] all = new float[MOST];
    try (Scorer scorer = open("auto")) {
      scorer.score(flat(rows), MOST, all);
    }
    Random random = new Random(3);
    try (Scorer scorer = open("cpu")) {
      for (int count :
          new int[] {1, 2, 3, 7, 8, 31, 64, 65, 127, 255, 256, 500, 1000, 1023, MOST}) {
        int[] picked = random.ints(count, 0, MOST).toArray();
        float[] logits = new float[count];
        scorer.score(
            flat(Arrays.stream(picked).mapToObj(i -> rows[i]).toArray(float[][]::new)),
            count,
            logits);
        for (int i = 0; i < count; i++) {
          assertThat(Float.floatToRawIntBits(logits[i]))
              .as("row %d of %d", i, count)
              .isEqualTo(Float.floatToRawIntBits(all[picked[i]]));
        }
      }
    }
  }

  @Test
  void takesMissingValuesOrSaysSo() {
    float[][] rows = rows(64, 4);
    for (int i = 0; i < rows.length; i++) {
      rows[i][i % rows[i].length] = Float.NaN;
    }
    float[] logits = new float[rows.length];
    try (Scorer scorer = open("cpu")) {
      if (!takesMissing()) {
        scorer.score(flat(rows), rows.length, logits);
        for (float logit : logits) {
          assertThat(logit).isNaN();
        }
        return;
      }
      scorer.score(flat(rows), rows.length, logits);
    }
    for (int i = 0; i < rows.length; i++) {
      assertThat((double) logits[i]).as("row %d", i).isCloseTo(logit(rows[i]), within(1e-4));
    }
  }

  @Test
  void refusesBatchesThatDoNotFit() {
    int width = shape().width();
    try (Scorer scorer = open("cpu")) {
      assertThatThrownBy(() -> scorer.score(new float[width], 0, new float[1]))
          .isInstanceOf(ScoringException.class);
      assertThatThrownBy(() -> scorer.score(new float[2 * width - 1], 2, new float[2]))
          .isInstanceOf(ScoringException.class);
      assertThatThrownBy(() -> scorer.score(new float[2 * width], 2, new float[1]))
          .isInstanceOf(ScoringException.class);
    }
  }

  @Test
  void refusesAnotherShape() {
    InputShape wider = new InputShape(shape().values() + 1, shape().steps(), shape().fields());
    InputShape longer = new InputShape(shape().values(), shape().steps() + 1, shape().fields() + 1);
    for (InputShape other : List.of(wider, longer)) {
      assertThatThrownBy(
              () -> {
                engine().inspect(model(), other);
                engine().load(model(), other, "cpu").close();
              })
          .isInstanceOfAny(IllegalArgumentException.class, ScoringException.class);
    }
  }

  @Test
  void refusesDevicesThatAreNone() {
    assertThatThrownBy(() -> engine().load(model(), shape(), "tpu"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'tpu'");
  }

  @Test
  void inspectionRefusesGarbage() {
    Random random = new Random(5);
    assertRefused(new byte[0]);
    for (int i = 0; i < 500; i++) {
      byte[] garbage = new byte[random.nextInt(2000)];
      random.nextBytes(garbage);
      assertRefused(garbage);
    }
  }

  @Test
  void inspectionNeverFailsOtherwise() {
    byte[] model = model();
    engine().inspect(model, shape());
    int step = Math.max(1, model.length / 3000);
    for (int length = 0; length < model.length; length += step) {
      byte[] beginning = Arrays.copyOf(model, length);
      assertThat(passes(beginning) && refusesAllBeginnings())
          .as("first %d bytes", length)
          .isFalse();
    }
    Random random = new Random(6);
    for (int i = 0; i < 5000; i++) {
      passes(damaged(model, random));
    }
  }

  /** What passes inspection may be wrong, but must not take the process down. */
  @Test
  void whatPassesInspectionLoadsOrIsRefused() {
    Random random = new Random(7);
    float[] inputs = flat(rows(8, 8));
    int tried = 0;
    for (int i = 0; i < 3000 && tried < 40; i++) {
      byte[] model = damaged(model(), random);
      if (passes(model)) {
        tried++;
        try (Scorer scorer = engine().load(model, shape(), "cpu")) {
          scorer.score(inputs, 8, new float[8]);
        } catch (ScoringException e) {
          assertThat(e).hasMessageMatching("(?s).{10,}");
        }
      }
    }
  }

  @Test
  void closesTwice() {
    Scorer scorer = open("cpu");
    scorer.close();
    scorer.close();
  }

  @Test
  void comesBackFromABundle(@TempDir Path folder) {
    int width = shape().width();
    StringBuilder spec = new StringBuilder("name: contract\nversion: 1\nfeatures:\n");
    List<ModelInput> inputs = new ArrayList<>();
    for (int i = 0; i < width; i++) {
      spec.append("  - {name: f%d, expression: amount * %d}\n".formatted(i, i + 1));
      inputs.add(new ModelInput("f" + i, 0.5, null));
    }
    float[][] golden = rows(20, 9);
    float[] expected = new float[golden.length];
    Bundle sealed;
    try (Scorer scorer = open("cpu")) {
      scorer.score(flat(golden), golden.length, expected);
      sealed =
          new BundleDraft(
                  "contract",
                  1,
                  engine().name(),
                  inputs,
                  shape(),
                  new Calibration(1, 0),
                  new TreeMap<>(Map.of("data", "none")),
                  model(),
                  spec.toString(),
                  "# contract\n")
              .seal(scorer, List.of(golden));
    }
    sealed.copyTo(folder.resolve("bundle"));

    Bundle read = Bundle.read(folder.resolve("bundle"));
    assertThat(read.digest()).isEqualTo(sealed.digest());
    assertThat(read.manifest().modelFile()).isEqualTo(engine().modelFile());
    float[] logits = new float[golden.length];
    try (Scorer scorer = read.open("cpu")) {
      assertThat(read.verifyGolden(scorer)).isEqualTo(Bundle.GoldenMatch.TO_THE_BIT);
      scorer.score(flat(golden), golden.length, logits);
    }
    assertThat(logits).isEqualTo(expected);
  }

  protected final Scorer open(String device) {
    engine().inspect(model(), shape());
    return engine().load(model(), shape(), device);
  }

  protected final float[][] rows(int count, long seed) {
    Random random = new Random(seed);
    float[][] rows = new float[count][shape().width()];
    for (float[] row : rows) {
      for (int i = 0; i < row.length; i++) {
        row[i] = (float) random.nextGaussian();
      }
    }
    return rows;
  }

  protected static float[] flat(float[][] rows) {
    float[] flat = new float[rows.length * rows[0].length];
    for (int i = 0; i < rows.length; i++) {
      System.arraycopy(rows[i], 0, flat, i * rows[0].length, rows[0].length);
    }
    return flat;
  }

  protected final void assertRefused(byte[] model) {
    assertThatThrownBy(() -> engine().inspect(model, shape()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /** Any other exception than the one that is promised fails the test. */
  private boolean passes(byte[] model) {
    try {
      engine().inspect(model, shape());
      return true;
    } catch (IllegalArgumentException e) {
      assertThat(e).hasMessageMatching("(?s).{10,2000}");
      return false;
    }
  }

  private static byte[] damaged(byte[] model, Random random) {
    byte[] damaged = model.clone();
    for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
      damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
    }
    return damaged;
  }
}

package io.vigil.model.score;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.vigil.model.reason.ReasonCode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class ExplainerTest {
  private static final ReasonCode[] CODES = ReasonCode.values();

  @Test
  void featuresOfOneCodeAreOneCauseNamedByTheStrongest() {
    Function<float[], Float> sum = x -> 1 + x[0] + 2 * x[1] - 3 * x[2] + 0 * x[3];
    Explainer.Explanation explanation =
        explainer(
                sum,
                ReasonCode.VELOCITY,
                ReasonCode.VELOCITY,
                ReasonCode.NEW_DEVICE,
                ReasonCode.CHANNEL)
            .explain(new float[] {5, 4, 2, 9});

    assertThat(rounded(explanation))
        .isEqualTo(
            new Explainer.Explanation(
                1 + 5 + 8 - 6,
                1 + 3 - 3,
                List.of(
                    new Explainer.Cause(ReasonCode.VELOCITY, "f1", 4, 1, 4 + 6),
                    new Explainer.Cause(ReasonCode.CHANNEL, "f3", 9, 1, 0),
                    new Explainer.Cause(ReasonCode.NEW_DEVICE, "f2", 2, 1, -3))));
  }

  @Test
  void aCauseThatSpeaksAgainstIsNamedByTheFeatureThatDoes() {
    Function<float[], Float> sum = x -> 3 * x[0] - 9 * x[1];
    Explainer.Explanation explanation =
        explainer(sum, ReasonCode.AMOUNT_UNUSUAL, ReasonCode.AMOUNT_UNUSUAL)
            .explain(new float[] {2, 2});

    assertThat(explanation.causes())
        .containsExactly(new Explainer.Cause(ReasonCode.AMOUNT_UNUSUAL, "f1", 2, 1, -6));
  }

  @Property(tries = 60)
  void contributionsOfRandomNetworksAddUp(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 23) int causes) {
    Random random = new Random(seed);
    int width = causes + random.nextInt(20);
    ReasonCode[] codes = new ReasonCode[width];
    for (int i = 0; i < width; i++) {
      codes[i] = CODES[i % causes];
    }
    Function<float[], Float> network = network(random, width);
    float[] vector = new float[width];
    for (int i = 0; i < width; i++) {
      vector[i] = random.nextInt(10) == 0 ? Float.NaN : (float) random.nextGaussian() * 3;
    }

    Explainer.Explanation once = explainer(network, codes).explain(vector);

    double sum = once.causes().stream().mapToDouble(Explainer.Cause::contribution).sum();
    assertThat(once.baselineLogit() + sum).isCloseTo(once.logit(), within(1e-9));
    assertThat(once.causes()).hasSize(causes);
    assertThat(explainer(network, codes).explain(vector)).isEqualTo(once);
  }

  @Property(tries = 40)
  void fewCausesHaveTheirShapleyValues(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 6) int causes) {
    Random random = new Random(seed);
    Function<float[], Float> network = network(random, causes);
    float[] vector = new float[causes];
    ReasonCode[] codes = new ReasonCode[causes];
    for (int i = 0; i < causes; i++) {
      // Within the clip of the inputs, which the orders below know nothing of.
      vector[i] = (float) Math.max(-10, Math.min(10, random.nextGaussian() * 3));
      codes[i] = CODES[i];
    }
    double[] expected = new double[causes];
    List<int[]> orders = new ArrayList<>();
    orders(new int[0], causes, orders);
    for (int[] order : orders) {
      float[] row = new float[causes];
      Arrays.fill(row, 1);
      double before = network.apply(row);
      for (int i : order) {
        row[i] = vector[i];
        double after = network.apply(row);
        expected[i] += (after - before) / orders.size();
        before = after;
      }
    }

    for (Explainer.Cause cause : explainer(network, codes).explain(vector).causes()) {
      assertThat(cause.contribution()).isCloseTo(expected[cause.code().ordinal()], within(1e-9));
    }
  }

  /** Each order comes with its reverse, so what only two causes do together is split evenly. */
  @Test
  void pairsOfManyCausesShareWhatTheyDoTogether() {
    int causes = 16;
    Function<float[], Float> pairs =
        x -> {
          float sum = 0;
          for (int i = 0; i < x.length; i += 2) {
            sum += (i + 1) * (x[i] - 1) * (x[i + 1] - 1);
          }
          return sum;
        };
    float[] vector = new float[causes];
    Arrays.fill(vector, 2);

    ReasonCode[] codes = Arrays.copyOf(CODES, causes);
    for (Explainer.Cause cause : explainer(pairs, codes).explain(vector).causes()) {
      int pair = cause.code().ordinal() / 2 * 2;
      assertThat(cause.contribution()).isCloseTo((pair + 1) / 2.0, within(1e-9));
    }
  }

  @Test
  void aModelThatKnowsItsContributionsIsNotAsked() {
    Map<String, ReasonCode> codes =
        Map.of("f0", ReasonCode.NEW_MERCHANT, "f1", ReasonCode.VELOCITY, "f2", ReasonCode.VELOCITY);
    ScoringModel model =
        new ScoringModel(
            List.of(raw("f0"), raw("f1"), raw("f2"), raw("f3")),
            new Calibration(1, 0),
            new Trees(),
            List.of("f0", "f1", "f2", "f3"));

    Explainer.Explanation explanation =
        new Explainer(model, codes).explain(new float[] {1, Float.NaN, 3, 4});

    assertThat(explanation)
        .isEqualTo(
            new Explainer.Explanation(
                2,
                -1,
                List.of(
                    new Explainer.Cause(ReasonCode.NEW_MERCHANT, "f0", 1, 1, 2),
                    new Explainer.Cause(ReasonCode.VELOCITY, "f1", Float.NaN, 1, 1.25),
                    new Explainer.Cause(ReasonCode.OTHER, "f3", 4, 1, -0.25))));
    double sum = explanation.causes().stream().mapToDouble(Explainer.Cause::contribution).sum();
    assertThat(explanation.baselineLogit() + sum)
        .isCloseTo(explanation.logit(), within(Explainer.ADDITIVITY_ERROR));
  }

  /** Averages over orders are exact but for the last bits. */
  private static Explainer.Explanation rounded(Explainer.Explanation explanation) {
    return new Explainer.Explanation(
        explanation.logit(),
        explanation.baselineLogit(),
        explanation.causes().stream()
            .map(
                c ->
                    new Explainer.Cause(
                        c.code(), c.feature(), c.value(), c.baseline(), (float) c.contribution()))
            .toList());
  }

  private static ModelInput raw(String name) {
    return new ModelInput(name, 1, null);
  }

  private static void orders(int[] begun, int count, List<int[]> all) {
    if (begun.length == count) {
      all.add(begun);
      return;
    }
    for (int next = 0; next < count; next++) {
      int candidate = next;
      if (Arrays.stream(begun).noneMatch(i -> i == candidate)) {
        int[] longer = Arrays.copyOf(begun, begun.length + 1);
        longer[begun.length] = next;
        orders(longer, count, all);
      }
    }
  }

  /** One hidden layer of eight. */
  private static Function<float[], Float> network(Random random, int width) {
    float[][] weights = new float[8][width];
    float[] outputs = new float[8];
    for (int unit = 0; unit < 8; unit++) {
      for (int i = 0; i < width; i++) {
        weights[unit][i] = (float) random.nextGaussian();
      }
      outputs[unit] = (float) random.nextGaussian() * 4;
    }
    return x -> {
      float logit = 0;
      for (int unit = 0; unit < 8; unit++) {
        float sum = 0;
        for (int i = 0; i < width; i++) {
          sum += weights[unit][i] * x[i];
        }
        logit += outputs[unit] * Math.max(0, sum);
      }
      return logit;
    };
  }

  /** Inputs f0, f1 … unscaled but for missing values, which become 0; the baseline of all is 1. */
  private static Explainer explainer(Function<float[], Float> logit, ReasonCode... codes) {
    List<ModelInput> inputs = new ArrayList<>();
    Map<String, ReasonCode> byName = new HashMap<>();
    for (int i = 0; i < codes.length; i++) {
      inputs.add(ModelInput.scaled("f" + i, false, 0, 1, 1));
      byName.put("f" + i, codes[i]);
    }
    List<String> names = inputs.stream().map(ModelInput::feature).toList();
    return new Explainer(
        new ScoringModel(inputs, new Calibration(1, 0), new RowByRow(logit, codes.length), names),
        byName);
  }

  private record RowByRow(Function<float[], Float> logit, int width) implements Scorer {
    @Override
    public void score(float[] inputs, int rows, float[] logits) {
      for (int row = 0; row < rows; row++) {
        logits[row] = logit.apply(Arrays.copyOfRange(inputs, row * width, (row + 1) * width));
      }
    }

    @Override
    public String engineClass() {
      return "function/1";
    }

    @Override
    public void close() {}
  }

  /** Of four inputs, whatever they are. */
  private static final class Trees implements AttributingScorer {
    @Override
    public int width() {
      return 4;
    }

    @Override
    public void attribute(float[] inputs, int rows, float[] contributions) {
      System.arraycopy(new float[] {2, 1.5f, -0.25f, -0.25f, -1}, 0, contributions, 0, 5);
    }

    @Override
    public void score(float[] inputs, int rows, float[] logits) {
      logits[0] = 2;
    }

    @Override
    public String engineClass() {
      return "trees/1";
    }

    @Override
    public void close() {}
  }
}

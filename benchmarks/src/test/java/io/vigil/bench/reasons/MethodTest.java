package io.vigil.bench.reasons;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.vigil.cli.simulate.FraudKind;
import io.vigil.model.reason.ReasonCode;
import io.vigil.model.score.ModelInput;
import io.vigil.model.score.Scorer;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class MethodTest {
  private static final List<Method> ALL =
      List.of(
          new Method.Ablation("ablation"),
          new Method.Greedy(),
          new Method.ExactShapley(),
          new Method.SampledShapley(2),
          new Method.IntegratedGradients(4));

  @Test
  void allAgreeWhereCausesDoNotWorkTogether() {
    Causes causes = causes(x -> 1 + 2 * x[0] + x[1] - 3 * x[2]);
    for (Method method : ALL) {
      double[] values = method.contributions(causes);
      assertThat(values[0]).as(method.id()).isCloseTo(3, within(1e-3));
      assertThat(values[1]).as(method.id()).isCloseTo(-3, within(1e-3));
    }
  }

  /** Velocity 1 + 1 and a new device: together 2, apart nothing. */
  @Test
  void theyDifferWhereCausesDo() {
    Causes causes = causes(x -> (x[0] + x[1]) * x[2]);

    assertThat(new Method.Ablation("").contributions(causes)).containsExactly(2, 2);
    assertThat(new Method.Greedy().contributions(causes)).containsExactly(2, 0);
    assertThat(new Method.ExactShapley().contributions(causes)).containsExactly(1, 1);
    assertThat(new Method.SampledShapley(1).contributions(causes)).containsExactly(1, 1);
    double[] gradients = new Method.IntegratedGradients(10).contributions(causes);
    assertThat(gradients[0]).isCloseTo(1, within(1e-3));
    assertThat(gradients[1]).isCloseTo(1, within(1e-3));
  }

  @Test
  void figuresCountWhatIsClearedAndNamed() {
    Causes causes = causes(x -> 2 * (x[0] + x[1]) + x[2]);
    Figures figures = new Figures(logit -> logit >= 1);
    double[] values = new Method.ExactShapley().contributions(causes);
    float[] vector = {1, 1, 1};
    figures.add(new Alerts.Alert(vector, FraudKind.STOLEN_CARD_SPREE), causes, values, values);
    figures.add(new Alerts.Alert(vector, FraudKind.MULE_RING), causes, values, values);
    figures.add(new Alerts.Alert(vector, null), causes, new double[] {0, 1}, null);

    assertThat(figures.clearedShare()).isCloseTo(2 / 3.0, within(1e-9));
    assertThat(figures.namedShareMin()).isZero();
    assertThat(figures.additivityErrorMax()).isCloseTo(4, within(1e-6));
    assertThat(figures.distanceToExact()).isZero();
  }

  @ParameterizedTest
  @EnumSource(FraudKind.class)
  void everyKindHasACauseThatIsNotEverywhere(FraudKind kind) {
    assertThat(PlantedCauses.of(kind))
        .isNotEmpty()
        .hasSizeLessThan(5)
        .doesNotContain(ReasonCode.OTHER, ReasonCode.CHANNEL, ReasonCode.UNUSUAL_TIME);
  }

  /** Two causes: velocity with two inputs, a new device with one; all are 1, the baselines 0. */
  private static Causes causes(ToDoubleFunction<float[]> logit) {
    List<String> names = List.of("fast", "often", "device");
    Causes causes =
        new Causes(
            new RowByRow(logit),
            names.stream().map(name -> new ModelInput(name, 0, null)).toList(),
            names,
            Map.of(
                "fast",
                ReasonCode.VELOCITY,
                "often",
                ReasonCode.VELOCITY,
                "device",
                ReasonCode.NEW_DEVICE),
            true);
    causes.present(new float[] {1, 1, 1});
    return causes;
  }

  private record RowByRow(ToDoubleFunction<float[]> logit) implements Scorer {
    @Override
    public int width() {
      return 3;
    }

    @Override
    public void score(float[] inputs, int rows, float[] logits) {
      for (int row = 0; row < rows; row++) {
        logits[row] =
            (float)
                logit.applyAsDouble(
                    new float[] {inputs[3 * row], inputs[3 * row + 1], inputs[3 * row + 2]});
      }
    }

    @Override
    public String engineClass() {
      return "function/1";
    }

    @Override
    public void close() {}
  }
}

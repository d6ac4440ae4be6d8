package io.vigil.model.torch;

import io.vigil.model.bundle.Bundle;
import io.vigil.model.bundle.BundleDraft;
import io.vigil.model.score.Calibration;
import io.vigil.model.score.InputShape;
import io.vigil.model.score.ModelInput;
import io.vigil.model.score.RankingMetrics;
import io.vigil.model.score.Scorer;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * What training gives.
 *
 * @param network with the best weights seen
 * @param inputs how features become its inputs
 * @param calibration of its logits, fitted on the validation slice
 * @param report how it did
 * @param golden vectors to pin its logits with
 */
public record TrainedModel(
    Mlp network,
    List<ModelInput> inputs,
    Calibration calibration,
    Report report,
    List<float[]> golden) {

  /**
   * How training went; the metrics are of the validation slice.
   *
   * @param trainingRows learnt from
   * @param trainingFrauds among them
   * @param validationRows judged by, all later
   * @param validationFrauds among them
   * @param epoch whose weights were kept, from 1
   * @param averagePrecision 0 to 1
   * @param interval its 90 % bootstrap interval
   * @param rocAuc 0 to 1
   */
  public record Report(
      int trainingRows,
      int trainingFrauds,
      int validationRows,
      int validationFrauds,
      int epoch,
      double averagePrecision,
      RankingMetrics.Interval interval,
      double rocAuc) {}

  /**
   * The bundle of this model, with golden logits of this machine's CPU.
   *
   * @param name see {@link io.vigil.model.bundle.Manifest}
   * @param version at least 1
   * @param features the feature spec that made the vectors
   * @param data what the model was trained on and from when, for the card
   */
  public Bundle bundle(String name, int version, String features, String data) {
    byte[] file = network.toTorchScript();
    TorchEngine engine = new TorchEngine();
    InputShape shape = InputShape.flat(network.width());
    try (Scorer scorer = engine.load(file, shape, "cpu")) {
      return new BundleDraft(
              name,
              version,
              engine.name(),
              inputs,
              shape,
              calibration,
              new TreeMap<>(Map.of("data", data)),
              file,
              features,
              card(name, version, data))
          .seal(scorer, golden);
    }
  }

  private String card(String name, int version, String data) {
    StringBuilder layers = new StringBuilder().append(network.width());
    network.layers().forEach(layer -> layers.append('-').append(layer.outputs()));
    return String.format(
        Locale.ROOT,
        """
        # %s, version %d

        Perceptron %s with ReLU, trained with Adam on the plain log loss, without class weights.

        ## Data

        %s

        | slice | rows | frauds |
        |---|---|---|
        | training | %d | %d |
        | validation (later) | %d | %d |

        ## Metrics on the validation slice

        | metric | value |
        |---|---|
        | average precision | %.4f (90 %% interval %.4f to %.4f) |
        | area under the ROC curve | %.4f |

        The share of frauds, which is the average precision of chance, is %.5f.

        ## Limits

        - The validation slice also chose the epoch (%d) and fitted the calibration, so these metrics
          are somewhat kind to the model; judge it on data it has never met.
        - Probabilities hold for the share of frauds seen here; where it differs, calibrate anew.
        - Inputs outside what training saw are clipped at ten standard deviations.
        - Reasons add up to the logit, not to the probability, and say what moved the model, not what is true.
        """,
        name,
        version,
        layers,
        data,
        report.trainingRows(),
        report.trainingFrauds(),
        report.validationRows(),
        report.validationFrauds(),
        report.averagePrecision(),
        report.interval().low(),
        report.interval().high(),
        report.rocAuc(),
        report.validationFrauds() / (double) report.validationRows(),
        report.epoch());
  }
}

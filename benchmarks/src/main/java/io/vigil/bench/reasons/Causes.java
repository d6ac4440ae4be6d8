package io.vigil.bench.reasons;

import io.vigil.model.reason.ReasonCode;
import io.vigil.model.score.ModelInput;
import io.vigil.model.score.Scorer;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * A model as a game of its causes: which inputs each one holds, and what the logit is when some of
 * them stand at their baselines. Counts the rows it scores. Not thread-safe.
 */
final class Causes {
  private final Scorer scorer;
  private final List<ModelInput> inputs;
  private final float[] absent;
  private final int[] features;
  private final List<ReasonCode> codes;
  private final int[] causeOf;
  private float[] present = new float[0];
  private long rows;

  /**
   * @param names of the vectors' features
   * @param grouped whether features of one code are one cause; else each is one
   */
  Causes(
      Scorer scorer,
      List<ModelInput> inputs,
      List<String> names,
      Map<String, ReasonCode> codes,
      boolean grouped) {
    this.scorer = scorer;
    this.inputs = inputs;
    int width = inputs.size();
    absent = new float[width];
    features = new int[width];
    for (int i = 0; i < width; i++) {
      absent[i] = inputs.get(i).normalise((float) inputs.get(i).baseline());
      features[i] = names.indexOf(inputs.get(i).feature());
    }
    List<ReasonCode> ofInputs = inputs.stream().map(input -> codes.get(input.feature())).toList();
    if (grouped) {
      this.codes = List.copyOf(new TreeSet<>(ofInputs));
      this.causeOf = ofInputs.stream().mapToInt(this.codes::indexOf).toArray();
    } else {
      this.codes = ofInputs;
      this.causeOf = new int[width];
      for (int i = 0; i < width; i++) {
        causeOf[i] = i;
      }
    }
  }

  /** The transaction that is spoken of from now on, in spec order. */
  void present(float[] vector) {
    present = new float[inputs.size()];
    for (int i = 0; i < present.length; i++) {
      present[i] = inputs.get(i).normalise(vector[features[i]]);
    }
  }

  int count() {
    return codes.size();
  }

  ReasonCode code(int cause) {
    return codes.get(cause);
  }

  int indexOf(ReasonCode code) {
    return codes.indexOf(code);
  }

  long rows() {
    return rows;
  }

  /** How far a cause stands from its baseline (0) towards its value in the transaction (1). */
  @FunctionalInterface
  interface Degree {
    double of(int row, int cause);
  }

  /** Logits of rows whose causes stand between their baselines and their values. */
  double[] logits(int count, Degree degree) {
    int width = present.length;
    float[] prepared = new float[count * width];
    for (int row = 0; row < count; row++) {
      for (int i = 0; i < width; i++) {
        double at = degree.of(row, causeOf[i]);
        prepared[row * width + i] =
            at == 1 ? present[i] : (float) (absent[i] + at * ((double) present[i] - absent[i]));
      }
    }
    float[] logits = new float[count];
    scorer.score(prepared, count, logits);
    rows += count;
    double[] widened = new double[count];
    for (int row = 0; row < count; row++) {
      widened[row] = logits[row];
    }
    return widened;
  }

  /** Logits with the causes in place that a bit is set for. */
  double[] logits(int[] coalitions) {
    return logits(coalitions.length, (row, cause) -> coalitions[row] >> cause & 1);
  }

  /** The coalition of all. */
  int all() {
    return (1 << count()) - 1;
  }
}

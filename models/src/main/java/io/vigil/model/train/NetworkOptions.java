package io.vigil.model.train;

import io.vigil.model.score.ModelInput;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A network and how it is trained: Adam on the mean loss of batches.
 *
 * @param kind of its trunk
 * @param objective what it learns
 * @param width of the recurrent state or of a step in the transformer, at least 1; for a perceptron
 *     without meaning
 * @param layers of the transformer, at least 1; else without meaning
 * @param heads of the transformer, a divisor of the width; else without meaning
 * @param hidden sizes of the layers after the trunk; for a perceptron, of all hidden layers
 * @param sequence name of the sequence of features that the trunk reads; null for a perceptron
 * @param logarithms whether inputs that are skewed go through ln(1 + x) before they are
 *     standardised
 * @param clip how many standard deviations inputs may lie from their mean, 1 to 1000
 * @param masked share of the single values that are hidden while the network learns to reconstruct
 *     them, 0 to 1
 * @param batchSize rows a step, at least 1
 * @param learningRate of Adam, above 0
 * @param weightDecay by which part, times the rate, each step shrinks all parameters beside what
 *     the gradient says (AdamW: Loshchilov and Hutter, "Decoupled weight decay regularization",
 *     2019), 0 or more
 * @param fraudWeight how many other rows a fraud counts as in the log loss, above 0
 * @param mostEpochs passes over the rows at most, at least 1
 * @param patience epochs without a better result on the later rows before it stops, at least 1
 */
public record NetworkOptions(
    Kind kind,
    Objective objective,
    int width,
    int layers,
    int heads,
    List<Integer> hidden,
    @Nullable String sequence,
    boolean logarithms,
    double clip,
    double masked,
    int batchSize,
    double learningRate,
    double weightDecay,
    double fraudWeight,
    int mostEpochs,
    int patience) {

  /** What the network is before its hidden layers. */
  public enum Kind {
    /** Nothing: the single values go to the hidden layers. */
    PERCEPTRON,
    /** One gated recurrent layer over the sequence; its last state joins the single values. */
    GRU,
    /** Pre-norm encoder layers over the sequence; their mean joins the single values. */
    TRANSFORMER
  }

  /** What the network learns. */
  public enum Objective {
    /** The log loss of fraud. */
    FRAUD,
    /**
     * To say the single values, from what is not hidden of them and from the sequence; no label is
     * looked at. Its output is the mean squared error, higher for what is unlike the rows learnt;
     * what is learnt by is the mean of ln(1 + that error), Cauchy's loss, so that the odd rows
     * among them stay odd.
     */
    RECONSTRUCT
  }

  public NetworkOptions {
    hidden = List.copyOf(hidden);
    boolean sizes =
        hidden.stream().allMatch(size -> size >= 1)
            && (kind == Kind.PERCEPTRON || width >= 1)
            && (kind != Kind.TRANSFORMER || (layers >= 1 && heads >= 1 && width % heads == 0));
    boolean steps =
        batchSize >= 1
            && learningRate > 0
            && weightDecay >= 0
            && fraudWeight > 0
            && mostEpochs >= 1
            && patience >= 1;
    if (!sizes || !steps || !(masked >= 0 && masked <= 1)) {
      throw new IllegalArgumentException(
          "network: sizes, rates and counts must be above 0, heads a divisor of the width, the"
              + " masked share 0 to 1, came width %d, layers %d, heads %d, hidden %s, batch size %d, rate %s, decay %s, fraud weight %s, epochs %d, patience %d, masked %s"
                  .formatted(
                      width,
                      layers,
                      heads,
                      hidden,
                      batchSize,
                      learningRate,
                      weightDecay,
                      fraudWeight,
                      mostEpochs,
                      patience,
                      masked));
    }
    if ((kind == Kind.PERCEPTRON) != (sequence == null)) {
      throw new IllegalArgumentException(
          "network: a recurrent network or transformer reads a sequence, a perceptron none, came "
              + kind
              + " with "
              + sequence);
    }
    if (objective == Objective.RECONSTRUCT && hidden.isEmpty()) {
      throw new IllegalArgumentException("network: what reconstructs needs hidden layers");
    }
  }

  /** A perceptron that learns fraud: Adam at 0.001, batches of 256, up to 30 epochs. */
  public static NetworkOptions perceptron(List<Integer> hidden) {
    return new NetworkOptions(
        Kind.PERCEPTRON,
        Objective.FRAUD,
        0,
        0,
        0,
        hidden,
        null,
        true,
        ModelInput.CLIP,
        0,
        256,
        1e-3,
        0,
        1,
        30,
        4);
  }
}

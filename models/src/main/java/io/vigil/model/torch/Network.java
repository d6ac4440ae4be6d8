package io.vigil.model.torch;

import io.vigil.model.score.InputShape;
import io.vigil.model.torch.TorchScriptArchive.Parameter;
import io.vigil.model.train.NetworkOptions;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * A network, trained or not: its shape, its code and its named parameters. Immutable by convention:
 * nobody writes into the arrays.
 *
 * <p>Linear layers are named {@code hidden0}, {@code hidden1}, … and {@code head}, each with {@code
 * _weight} ([outputs, inputs]) and {@code _bias} ([outputs]). Before them, a GRU has {@code input}
 * and {@code state} (three gates of the width: reset, update, new, as {@code torch.gru} orders
 * them), a transformer {@code embed}, {@code position}, and of each layer L {@code beforeL}, {@code
 * queryL}, {@code keyL}, {@code valueL}, {@code mixL}, {@code afterL}, {@code upL}, {@code downL},
 * then {@code last}. Names and sizes are the same whatever the network learns, except of the head.
 */
public final class Network {
  /** Of the layer that depends on what is learnt. */
  static final Set<String> HEAD = Set.of("head_weight", "head_bias");

  static final String CLASS_NAME = "Network";

  private final InputShape shape;
  private final String description;
  private final String scoring;
  private final String learning;
  private final List<Parameter> parameters;

  Network(
      InputShape shape,
      String description,
      String scoring,
      String learning,
      List<Parameter> parameters) {
    this.shape = shape;
    this.description = description;
    this.scoring = scoring;
    this.learning = learning;
    this.parameters = List.copyOf(parameters);
  }

  /**
   * A network with random weights: linear layers uniform within 1 / sqrt(inputs) of zero, as {@code
   * torch.nn.Linear} draws them, positions within 1 / sqrt(width); layer norms begin as the
   * identity. {@link Random} is specified to the bit, so a seed names the same network on every
   * JDK.
   *
   * @param options of which kind, objective, width, layers, heads and hidden layers matter
   * @param shape of a row; with a sequence unless the network is a perceptron
   * @throws IllegalArgumentException when a perceptron gets a sequence or another network none, or
   *     there are no single values to reconstruct
   */
  public static Network random(NetworkOptions options, InputShape shape, long seed) {
    return new NetworkDraft(options, shape, new Random(seed)).network();
  }

  /** Of a row that it reads. */
  public InputShape shape() {
    return shape;
  }

  /** Kind and sizes, for people: {@code perceptron 57-64-32-1, ReLU}. */
  public String description() {
    return description;
  }

  /** In the order of its file; the arrays are its own. */
  public List<Parameter> parameters() {
    return parameters;
  }

  /**
   * The same network with other parameters.
   *
   * @param values by name, row-major, not copied; what is not named stays
   * @throws IllegalArgumentException when a name is none of its parameters, or the count of values
   *     is another
   */
  public Network with(Map<String, float[]> values) {
    Set<String> unknown = new HashSet<>(values.keySet());
    List<Parameter> replaced = new ArrayList<>();
    for (Parameter parameter : parameters) {
      float[] value = values.get(parameter.name());
      unknown.remove(parameter.name());
      replaced.add(
          value == null ? parameter : new Parameter(parameter.name(), parameter.shape(), value));
    }
    if (!unknown.isEmpty()) {
      throw new IllegalArgumentException(
          "no parameters %s among %s"
              .formatted(unknown, parameters.stream().map(Parameter::name).toList()));
    }
    return new Network(shape, description, scoring, learning, replaced);
  }

  /**
   * A {@code .pt} file that scores: forward([n, values] float32) gives [n, 1] float32, with a
   * sequence forward([n, values], [n, steps, fields]), without single values forward([n, steps,
   * fields]). The output is a raw logit, or of a network that reconstructs the mean squared error
   * of a row's single values. There is no sigmoid in the graph: vectorised and tail paths of
   * transcendental functions differ in bits. The same network gives the same bytes.
   */
  public byte[] toTorchScript() {
    return TorchScriptArchive.write(CLASS_NAME, scoring, parameters);
  }

  /**
   * A {@code .pt} file to learn with, of the same parameters. Its forward takes what the scoring
   * one takes, then targets, and gives the mean loss over the batch, a scalar: of fraud, [n, 1]
   * labels of 0 or 1 and [n, 1] weights of rows; of reconstruction, the [n, values] that belong in
   * the first argument, where some of them may be hidden.
   */
  byte[] toLearningScript() {
    return TorchScriptArchive.write(CLASS_NAME, learning, parameters);
  }
}

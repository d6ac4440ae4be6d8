package io.vigil.model.torch;

import io.vigil.model.score.InputShape;
import io.vigil.model.score.ModelInput;
import io.vigil.model.train.Epoch;
import io.vigil.model.train.Fitted;
import io.vigil.model.train.Learner;
import io.vigil.model.train.NetworkOptions;
import io.vigil.model.train.NetworkOptions.Objective;
import io.vigil.model.train.TrainingSet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Trains networks on one core of the CPU: Adam, stopped early by a later slice of the data. The
 * same rows, options and engine class give the same network, bit for bit. Immutable; learns in the
 * calling thread.
 *
 * <p>Features named {@code SEQUENCE_K_STEP} of the options' sequence are its steps, all others are
 * single values, the steps of other sequences among them. Inputs are scaled by what the rows learnt
 * from ask for, a step alike in all events of the sequence. In memory the rows stand once more,
 * four bytes an input.
 *
 * <p>Never inside a job: gradients are a mode of the calling thread, and memory is not bounded.
 */
public final class NetworkLearner implements Learner {
  private final NetworkOptions options;
  private final Map<String, TorchScriptArchive.Parameter> start;

  /** A learner of networks that begin with random weights. */
  public NetworkLearner(NetworkOptions options) {
    this(options, Map.of());
  }

  private NetworkLearner(NetworkOptions options, Map<String, TorchScriptArchive.Parameter> start) {
    this.options = options;
    this.start = start;
  }

  /**
   * {@inheritDoc}
   *
   * <p>A network that reconstructs looks at no label: it stops by the mean error on {@code later},
   * and {@code later} may lack frauds; then the average precision of its epochs is NaN.
   *
   * @throws IllegalArgumentException also when the features lack the sequence, or no weights of
   *     {@link #from} have the right size
   */
  @Override
  public Fitted fit(TrainingSet rows, TrainingSet later, long seed, Consumer<Epoch> progress) {
    require(rows, "training");
    require(later, "later");
    if (!later.features().equals(rows.features())) {
      throw new IllegalArgumentException(
          "later rows: expected the features %s, came %s"
              .formatted(rows.features(), later.features()));
    }
    return fit(rows, later, options.mostEpochs(), seed, progress);
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException also when the features lack the sequence, or no weights of
   *     {@link #from} have the right size
   */
  @Override
  public Fitted fit(TrainingSet rows, int epochs, long seed, Consumer<Epoch> progress) {
    if (epochs < 1) {
      throw new IllegalArgumentException("epochs must be at least 1, came " + epochs);
    }
    require(rows, "training");
    return fit(rows, null, epochs, seed, progress);
  }

  /**
   * The learner that begins with the weights of another file of {@link Network}, those of the same
   * name and shape; the head, which depends on what is learnt, begins at random. A weight means the
   * same only where features and their scaling are the same too: learn from rows of one spec.
   *
   * @throws IllegalArgumentException when the file is no scoring network, or shares no names
   */
  @Override
  public NetworkLearner from(byte[] model) {
    TorchScriptInspector.inspect(model);
    Map<String, TorchScriptArchive.Parameter> found = NetworkTrainer.parameters(model);
    found.keySet().removeAll(Network.HEAD);
    return new NetworkLearner(options, requireNames(found));
  }

  /** Sizes are known only with the rows, names before. */
  private Map<String, TorchScriptArchive.Parameter> requireNames(
      Map<String, TorchScriptArchive.Parameter> found) {
    InputShape least = options.sequence() == null ? InputShape.flat(1) : new InputShape(1, 1, 1);
    Set<String> names = new TreeSet<>();
    Network.random(options, least, 0).parameters().forEach(own -> names.add(own.name()));
    Map<String, TorchScriptArchive.Parameter> shared = new HashMap<>(found);
    shared.keySet().retainAll(names);
    if (shared.isEmpty()) {
      throw new IllegalArgumentException(
          "the model shares no weights with this architecture: expected some of %s, came %s"
              .formatted(names, new TreeSet<>(found.keySet())));
    }
    return Map.copyOf(shared);
  }

  private Fitted fit(
      TrainingSet rows,
      @Nullable TrainingSet later,
      int mostEpochs,
      long seed,
      Consumer<Epoch> progress) {
    InputLayout layout = InputLayout.of(rows.features(), options.sequence());
    List<ModelInput> inputs = layout.scaled(rows, options.logarithms(), options.clip());
    Network initial = initial(layout.shape(), rows, seed);
    Judge judge = later == null ? null : new Judge(later, inputs, options.objective(), initial);
    List<Epoch> curve = new ArrayList<>();
    Network network = initial;
    int epochs = 0;
    try (NetworkTrainer trainer = new NetworkTrainer(initial, options)) {
      PreparedRows prepared = PreparedRows.of(rows, inputs);
      Random random = new Random(seed);
      int[] order = IntStream.range(0, rows.rows()).toArray();
      while (epochs < mostEpochs
          && (judge == null || epochs - judge.bestNumber() < options.patience())) {
        shuffle(order, random);
        epochs++;
        double loss = trainer.epoch(prepared, rows.frauds(), order, random);
        double found = judge == null ? Double.NaN : judge.look(trainer.network(), epochs);
        curve.add(new Epoch(epochs, loss, found));
        progress.accept(curve.get(curve.size() - 1));
      }
      network = trainer.network();
    }
    if (judge != null) {
      if (options.objective() == Objective.FRAUD && !judge.ranks()) {
        throw new IllegalStateException(
            "the network learnt nothing: after epoch %d all later rows score the same"
                .formatted(judge.bestNumber()));
      }
      network = judge.best();
      epochs = judge.bestNumber();
    }
    return new Fitted(
        new TorchEngine().name(),
        network.toTorchScript(),
        network.shape(),
        inputs,
        epochs,
        curve,
        network.description());
  }

  @Override
  public boolean supervised() {
    return options.objective() == Objective.FRAUD;
  }

  private void require(TrainingSet set, String name) {
    if (supervised()) {
      set.requireBoth(name);
    } else if (set.rows() == 0) {
      throw new IllegalArgumentException(name + " rows: expected at least one");
    }
  }

  /**
   * The weights to begin with. A network that learns fraud starts at the logit of the share of
   * frauds, counted by their weight, so that the first epochs need not find it.
   */
  private Network initial(InputShape shape, TrainingSet rows, long seed) {
    Network random = Network.random(options, shape, seed);
    Map<String, float[]> given = new HashMap<>();
    for (TorchScriptArchive.Parameter own : random.parameters()) {
      TorchScriptArchive.Parameter other = start.get(own.name());
      if (other != null && Arrays.equals(own.shape(), other.shape())) {
        given.put(own.name(), other.values());
      }
    }
    if (given.isEmpty() && !start.isEmpty()) {
      throw new IllegalArgumentException(
          "the model to begin with has no weights of the sizes of a %s"
              .formatted(random.description()));
    }
    if (options.objective() == Objective.FRAUD) {
      double frauds = rows.fraudRows() * options.fraudWeight();
      int others = rows.rows() - rows.fraudRows();
      given.put("head_bias", new float[] {(float) StrictMath.log(frauds / others)});
    }
    return random.with(given);
  }

  private static void shuffle(int[] order, Random random) {
    for (int i = order.length - 1; i > 0; i--) {
      int other = random.nextInt(i + 1);
      int swapped = order[i];
      order[i] = order[other];
      order[other] = swapped;
    }
  }
}

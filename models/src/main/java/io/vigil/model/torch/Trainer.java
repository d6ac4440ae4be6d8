package io.vigil.model.torch;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import io.vigil.model.score.Calibration;
import io.vigil.model.score.InputShape;
import io.vigil.model.score.ModelInput;
import io.vigil.model.score.RankingMetrics;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;

/**
 * Trains a perceptron on the CPU: Adam on the plain log loss, without class weights (they may raise
 * the AUC and lower the average precision), stopped early by the average precision of a later slice
 * of the data. The same data, options and engine class give the same network, bit for bit.
 *
 * <p>Never inside a job: gradients are a mode of the calling thread, and memory is not bounded.
 */
public final class Trainer implements AutoCloseable {
  // Adam's usual constants (Kingma and Ba, "Adam: a method for stochastic optimization", 2015).
  private static final float BETA_1 = 0.9f;
  private static final float BETA_2 = 0.999f;
  private static final float EPSILON = 1e-8f;
  private static final int BOOTSTRAP_SAMPLES = 200;

  private final Options options;
  private final Mlp shape;
  private final PtNDManager manager;
  private final PtSymbolBlock block;
  private final List<Weight> weights = new ArrayList<>();
  private final ByteBuffer inputs;
  private final ByteBuffer targets;
  private int steps;

  /**
   * How to train.
   *
   * @param hidden sizes of the hidden layers
   * @param batchSize rows a step, at least 1
   * @param learningRate of Adam, above 0
   * @param mostEpochs passes over the data at most, at least 1
   * @param patience epochs without a better average precision before it stops, at least 1
   * @param validationShare of the rows, the last ones, to judge by and calibrate on; above 0, below
   *     1
   * @param seed names the initial weights and the order of rows
   */
  public record Options(
      List<Integer> hidden,
      int batchSize,
      double learningRate,
      int mostEpochs,
      int patience,
      double validationShare,
      long seed) {
    /** Two hidden layers of 64 and 32. */
    public static final Options DEFAULT = new Options(List.of(64, 32), 256, 1e-3, 30, 4, 0.2, 1);

    public Options {
      hidden = List.copyOf(hidden);
      if (hidden.stream().anyMatch(size -> size < 1)
          || batchSize < 1
          || !(learningRate > 0)
          || mostEpochs < 1
          || patience < 1
          || !(validationShare > 0 && validationShare < 1)) {
        throw new IllegalArgumentException(
            "training options: sizes, rates and counts must be above 0, the validation share below"
                + " 1, came hidden %s, batch size %d, learning rate %s, epochs %d, patience %d, share %s"
                    .formatted(
                        hidden, batchSize, learningRate, mostEpochs, patience, validationShare));
      }
    }
  }

  /**
   * What an epoch came to.
   *
   * @param number from 1
   * @param loss mean log loss over the training rows, while they were learnt
   * @param averagePrecision on the validation slice, 0 to 1
   */
  public record Epoch(int number, double loss, double averagePrecision) {}

  /** A parameter with Adam's two moments. */
  private record Weight(String name, PtNDArray value, PtNDArray mean, PtNDArray variance) {}

  private Trainer(Mlp initial, Options options) {
    this.options = options;
    this.shape = initial;
    this.manager = (PtNDManager) TorchRuntime.engine().newBaseManager(Device.cpu());
    this.inputs =
        TorchRuntime.allocate(
            Math.multiplyExact(options.batchSize() * initial.width(), Float.BYTES));
    this.targets = TorchRuntime.allocate(Math.multiplyExact(options.batchSize(), Float.BYTES));
    try {
      ByteArrayInputStream file = new ByteArrayInputStream(initial.toTorchScript());
      this.block = JniUtils.loadModule(manager, file, true, false);
    } catch (IOException e) {
      manager.close();
      throw new UncheckedIOException("cannot read from memory", e);
    }
    for (Parameter parameter : block.getDirectParameters().values()) {
      PtNDArray value = (PtNDArray) parameter.getArray();
      weights.add(
          new Weight(
              parameter.getName(),
              value,
              (PtNDArray) value.zerosLike(),
              (PtNDArray) value.zerosLike()));
    }
  }

  /**
   * Trains a network.
   *
   * @param set oldest first, with frauds and others among both the training and the validation rows
   * @param progress is told of each epoch
   * @throws IllegalArgumentException when a slice has only one kind of row
   * @throws IllegalStateException when the loss is not finite, or the network learnt nothing
   */
  public static TrainedModel train(TrainingSet set, Options options, Consumer<Epoch> progress) {
    int rows = set.vectors().length;
    int trained = (int) (rows * (1 - options.validationShare()));
    requireBoth(set, 0, trained, "training");
    requireBoth(set, trained, rows, "validation");
    List<ModelInput> normalisation = set.inputs(trained);
    Mlp initial = initial(set, options, trained);
    float[] prepared = prepare(set, normalisation);
    boolean[] later = Arrays.copyOfRange(set.frauds(), trained, rows);
    Mlp best = initial;
    float[] bestLogits = new float[0];
    Epoch bestEpoch = new Epoch(0, 0, -1);
    try (Trainer trainer = new Trainer(initial, options)) {
      Random random = new Random(options.seed());
      int[] order = new int[trained];
      for (int i = 0; i < trained; i++) {
        order[i] = i;
      }
      for (int number = 1; number <= options.mostEpochs(); number++) {
        shuffle(order, random);
        double loss = trainer.epoch(prepared, set.frauds(), order);
        Mlp network = trainer.network();
        float[] logits = score(network, prepared, trained, rows);
        Epoch epoch = new Epoch(number, loss, RankingMetrics.averagePrecision(logits, later));
        progress.accept(epoch);
        if (epoch.averagePrecision() > bestEpoch.averagePrecision()) {
          best = network;
          bestLogits = logits;
          bestEpoch = epoch;
        } else if (number - bestEpoch.number() >= options.patience()) {
          break;
        }
      }
    }
    Calibration calibration;
    try {
      calibration = Calibration.fit(bestLogits, later);
    } catch (IllegalArgumentException e) {
      throw new IllegalStateException(
          "the network learnt nothing: average precision " + bestEpoch.averagePrecision(), e);
    }
    TrainedModel.Report report =
        new TrainedModel.Report(
            trained,
            set.frauds(0, trained),
            later.length,
            set.frauds(trained, rows),
            bestEpoch.number(),
            bestEpoch.averagePrecision(),
            RankingMetrics.averagePrecisionInterval(
                bestLogits, later, BOOTSTRAP_SAMPLES, options.seed()),
            RankingMetrics.rocAuc(bestLogits, later));
    return new TrainedModel(best, normalisation, calibration, report, golden(set, trained));
  }

  /** Starts at the logit of the share of frauds, so that the first epochs need not find it. */
  private static Mlp initial(TrainingSet set, Options options, int trained) {
    Mlp random = Mlp.random(set.features().size(), options.hidden(), options.seed());
    int frauds = set.frauds(0, trained);
    float[] bias = random.layers().get(random.layers().size() - 1).bias();
    bias[0] = (float) StrictMath.log(frauds / (double) (trained - frauds));
    return random;
  }

  private static void requireBoth(TrainingSet set, int from, int to, String slice) {
    int frauds = set.frauds(from, to);
    if (frauds == 0 || frauds == to - from) {
      throw new IllegalArgumentException(
          "%s rows: expected frauds and others, came %d frauds in %d rows"
              .formatted(slice, frauds, to - from));
    }
  }

  private static float[] prepare(TrainingSet set, List<ModelInput> normalisation) {
    int width = normalisation.size();
    float[] prepared = new float[Math.multiplyExact(set.vectors().length, width)];
    for (int row = 0; row < set.vectors().length; row++) {
      for (int i = 0; i < width; i++) {
        prepared[row * width + i] = normalisation.get(i).normalise(set.vectors()[row][i]);
      }
    }
    return prepared;
  }

  private static void shuffle(int[] order, Random random) {
    for (int i = order.length - 1; i > 0; i--) {
      int other = random.nextInt(i + 1);
      int swapped = order[i];
      order[i] = order[other];
      order[other] = swapped;
    }
  }

  /** Judges a network as it will run later: from its file. */
  private static float[] score(Mlp network, float[] prepared, int from, int to) {
    int width = network.width();
    float[] rows = Arrays.copyOfRange(prepared, from * width, to * width);
    float[] logits = new float[to - from];
    try (TorchScorer scorer =
        TorchScorer.load(network.toTorchScript(), InputShape.flat(width), "cpu")) {
      scorer.score(rows, logits.length, logits);
    }
    return logits;
  }

  /** Up to 64 validation vectors, evenly spread. */
  private static List<float[]> golden(TrainingSet set, int from) {
    int stride = Math.max(1, (set.vectors().length - from) / 64);
    List<float[]> vectors = new ArrayList<>();
    for (int i = from; i < set.vectors().length && vectors.size() < 64; i += stride) {
      vectors.add(set.vectors()[i].clone());
    }
    return vectors;
  }

  private double epoch(float[] prepared, boolean[] frauds, int[] order) {
    boolean before = JniUtils.isGradMode();
    JniUtils.setGradMode(true);
    JniUtils.setGraphExecutorOptimize(false);
    try {
      double sum = 0;
      for (int from = 0; from < order.length; from += options.batchSize()) {
        int count = Math.min(options.batchSize(), order.length - from);
        sum += step(prepared, frauds, order, from, count) * count;
      }
      return sum / order.length;
    } finally {
      JniUtils.setGradMode(before);
    }
  }

  private double step(float[] prepared, boolean[] frauds, int[] order, int from, int count) {
    int width = shape.width();
    FloatBuffer x = inputs.asFloatBuffer();
    FloatBuffer y = targets.asFloatBuffer();
    for (int i = 0; i < count; i++) {
      int row = order[from + i];
      x.put(prepared, row * width, width);
      y.put(frauds[row] ? 1f : 0f);
    }
    try (PtNDManager scope = manager.newSubManager(Device.cpu())) {
      NDArray rows =
          scope.create(
              inputs.slice(0, count * width * Float.BYTES).order(inputs.order()),
              new Shape(count, width),
              DataType.FLOAT32);
      NDArray labels =
          scope.create(
              targets.slice(0, count * Float.BYTES).order(targets.order()),
              new Shape(count, 1),
              DataType.FLOAT32);
      NDArray logits = IValueUtils.forward(block, new NDList(rows), true).singletonOrThrow();
      PtNDArray loss = (PtNDArray) logLoss(logits, labels);
      float value = loss.getFloat();
      if (!Float.isFinite(value)) {
        throw new IllegalStateException("the loss became " + value + ": lower the learning rate");
      }
      JniUtils.backward(loss, (PtNDArray) loss.onesLike(), false, false);
      steps++;
      float rate =
          (float)
              (options.learningRate()
                  * StrictMath.sqrt(1 - StrictMath.pow(BETA_2, steps))
                  / (1 - StrictMath.pow(BETA_1, steps)));
      for (Weight weight : weights) {
        try (PtNDArray gradient = weight.value().getGradient()) {
          JniUtils.adamUpdate(
              weight.value(),
              gradient,
              weight.mean(),
              weight.variance(),
              (float) options.learningRate(),
              rate,
              0f, // weight decay
              1f, // gradient scale
              -1f, // no clipping
              BETA_1,
              BETA_2,
              EPSILON,
              false);
        }
        JniUtils.zeroGrad(weight.value());
      }
      return value;
    }
  }

  /**
   * Mean of max(z, 0) - z y + ln(1 + exp(-|z|)): the log loss of logits, without overflow. DJL's
   * own loss has the wrong sign in 0.35.
   */
  private static NDArray logLoss(NDArray logits, NDArray labels) {
    return logits
        .maximum(0)
        .sub(logits.mul(labels))
        .add(logits.abs().neg().exp().add(1).log())
        .mean();
  }

  /** The network as it stands. */
  private Mlp network() {
    Map<String, float[]> values = new HashMap<>();
    for (Weight weight : weights) {
      values.put(weight.name(), weight.value().toFloatArray());
    }
    return shape.with(values);
  }

  @Override
  public void close() {
    manager.close();
  }
}

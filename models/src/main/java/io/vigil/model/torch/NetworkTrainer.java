package io.vigil.model.torch;

import ai.djl.Device;
import ai.djl.engine.EngineException;
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
import io.vigil.model.score.InputShape;
import io.vigil.model.train.NetworkOptions;
import io.vigil.model.train.NetworkOptions.Objective;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Adam on the CPU, over the parameters of a network's learning script. Not thread-safe; gradients
 * are a mode of the calling thread, which is left as it was.
 */
final class NetworkTrainer implements AutoCloseable {
  // Adam's usual constants (Kingma and Ba, "Adam: a method for stochastic optimization", 2015).
  private static final float BETA_1 = 0.9f;
  private static final float BETA_2 = 0.999f;
  private static final float EPSILON = 1e-8f;

  private final NetworkOptions options;
  private final Network initial;
  private final InputShape shape;
  private final boolean reconstruct;
  private final PtNDManager manager;
  private final PtSymbolBlock block;
  private final List<Weight> weights = new ArrayList<>();
  private final ByteBuffer values;
  private final ByteBuffer sequences;
  private final ByteBuffer targets;
  private final ByteBuffer rowWeights;
  private int steps;

  /** A parameter with Adam's two moments. */
  private record Weight(String name, PtNDArray value, PtNDArray mean, PtNDArray variance) {}

  NetworkTrainer(Network initial, NetworkOptions options) {
    this.options = options;
    this.initial = initial;
    this.shape = initial.shape();
    this.reconstruct = options.objective() == Objective.RECONSTRUCT;
    this.values = memory(shape.values());
    this.sequences = memory(shape.steps() * shape.fields());
    this.targets = memory(reconstruct ? shape.values() : 1);
    this.rowWeights = memory(1);
    this.manager = (PtNDManager) TorchRuntime.engine().newBaseManager(Device.cpu());
    try {
      this.block = load(manager, initial.toLearningScript());
    } catch (EngineException e) {
      manager.close();
      throw e;
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

  private ByteBuffer memory(int floats) {
    return TorchRuntime.allocate(
        Math.multiplyExact(Math.multiplyExact(options.batchSize(), floats), Float.BYTES));
  }

  private static PtSymbolBlock load(PtNDManager manager, byte[] script) {
    try {
      return JniUtils.loadModule(manager, new ByteArrayInputStream(script), true, false);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read from memory", e);
    }
  }

  /**
   * The parameters of another file, by name.
   *
   * @param script that was inspected
   * @throws IllegalArgumentException when libtorch cannot load it
   */
  static Map<String, TorchScriptArchive.Parameter> parameters(byte[] script) {
    Map<String, TorchScriptArchive.Parameter> found = new HashMap<>();
    try (PtNDManager manager = (PtNDManager) TorchRuntime.engine().newBaseManager(Device.cpu())) {
      for (Parameter parameter : load(manager, script).getDirectParameters().values()) {
        NDArray array = parameter.getArray();
        int[] extents = new int[array.getShape().dimension()];
        for (int i = 0; i < extents.length; i++) {
          extents[i] = (int) array.getShape().get(i);
        }
        if (array.getDataType() == DataType.FLOAT32) {
          found.put(
              parameter.getName(),
              new TorchScriptArchive.Parameter(parameter.getName(), extents, array.toFloatArray()));
        }
      }
    } catch (EngineException e) {
      throw new IllegalArgumentException("the network does not load: " + e.getMessage(), e);
    }
    return found;
  }

  /**
   * One pass over the rows.
   *
   * @param frauds labels of the rows, not looked at where the network reconstructs
   * @param order of the rows
   * @param random draws what is hidden
   * @return the mean loss over the rows, while they were learnt
   * @throws IllegalStateException when the loss is not finite
   */
  double epoch(PreparedRows rows, boolean[] frauds, int[] order, Random random) {
    boolean before = JniUtils.isGradMode();
    JniUtils.setGradMode(true);
    JniUtils.setGraphExecutorOptimize(false);
    try {
      double sum = 0;
      for (int from = 0; from < order.length; from += options.batchSize()) {
        int count = Math.min(options.batchSize(), order.length - from);
        fill(rows, frauds, order, from, count, random);
        sum += step(count) * count;
      }
      return sum / order.length;
    } finally {
      JniUtils.setGradMode(before);
    }
  }

  private void fill(
      PreparedRows rows, boolean[] frauds, int[] order, int from, int count, Random random) {
    FloatBuffer v = values.asFloatBuffer();
    FloatBuffer s = sequences.asFloatBuffer();
    FloatBuffer y = targets.asFloatBuffer();
    FloatBuffer w = rowWeights.asFloatBuffer();
    for (int i = from; i < from + count; i++) {
      int row = order[i];
      rows.put(row, 0, shape.values(), v);
      rows.put(row, shape.values(), shape.steps() * shape.fields(), s);
      if (reconstruct) {
        rows.put(row, 0, shape.values(), y);
      } else {
        y.put(frauds[row] ? 1f : 0f);
        w.put(frauds[row] ? (float) options.fraudWeight() : 1f);
      }
    }
    if (reconstruct && options.masked() > 0) {
      for (int i = 0; i < v.position(); i++) {
        if (random.nextFloat() < options.masked()) {
          v.put(i, 0f); // As a missing value would look.
        }
      }
    }
  }

  private double step(int count) {
    try (PtNDManager scope = manager.newSubManager(Device.cpu())) {
      NDList arguments = new NDList();
      if (shape.values() > 0) {
        arguments.add(tensor(scope, values, new Shape(count, shape.values())));
      }
      if (shape.steps() > 0) {
        arguments.add(tensor(scope, sequences, new Shape(count, shape.steps(), shape.fields())));
      }
      arguments.add(tensor(scope, targets, new Shape(count, reconstruct ? shape.values() : 1)));
      if (!reconstruct) {
        arguments.add(tensor(scope, rowWeights, new Shape(count, 1)));
      }
      PtNDArray loss = (PtNDArray) IValueUtils.forward(block, arguments, true).singletonOrThrow();
      float value = loss.getFloat();
      if (!Float.isFinite(value)) {
        throw new IllegalStateException("the loss became " + value + ": lower the learning rate");
      }
      JniUtils.backward(loss, (PtNDArray) loss.onesLike(), false, false);
      update();
      return value;
    }
  }

  private static NDArray tensor(PtNDManager scope, ByteBuffer memory, Shape shape) {
    ByteBuffer part = memory.slice(0, (int) shape.size() * Float.BYTES).order(memory.order());
    return scope.create(part, shape, DataType.FLOAT32);
  }

  private void update() {
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
            (float) options.weightDecay(),
            1f, // gradient scale
            -1f, // no clipping
            BETA_1,
            BETA_2,
            EPSILON,
            true); // decay decoupled from the gradient
      }
      JniUtils.zeroGrad(weight.value());
    }
  }

  /** The network as it stands. */
  Network network() {
    Map<String, float[]> trained = new HashMap<>();
    for (Weight weight : weights) {
      trained.put(weight.name(), weight.value().toFloatArray());
    }
    return initial.with(trained);
  }

  @Override
  public void close() {
    manager.close();
  }
}

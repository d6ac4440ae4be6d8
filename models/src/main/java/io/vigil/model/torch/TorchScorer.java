package io.vigil.model.torch;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.JniUtils;
import io.vigil.model.score.InputShape;
import io.vigil.model.score.Scorer;
import io.vigil.model.score.ScoringException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Scores with a TorchScript network: forward([n, values] float32) gives [n] or [n, 1] raw logits.
 * With a sequence it is forward([n, values], [n, steps, fields]), or without single values
 * forward([n, steps, fields]).
 *
 * <p>Rows are copied into one direct buffer and padded to one of a few fixed batch shapes, because
 * in a batch of any other size the bits of a row depend on whether it falls into a vectorised path
 * or its tail; longer batches are cut. Loading checks on random rows that all shapes and positions
 * agree to the bit. Not thread-safe; may be handed from thread to thread.
 */
public final class TorchScorer implements Scorer {
  // Multiples of 96: MKL's kernels for AVX-512 give a row the same bits in any multiple of 8, those
  // for AVX2 work on 24 rows at once and treat a tail otherwise. Measured in all of MKL's modes.
  private static final int[] CPU_SHAPES = {96, 288, 576, 1056};
  // On a GPU the kernel, and so the bits, may change with the shape: there is only one.
  private static final int[] GPU_SHAPES = {256};

  private final PtNDManager manager;
  private final PtSymbolBlock block;
  private final InputShape shape;
  private final Device device;
  private final String engineClass;
  private final int[] rowsOf;
  private final ByteBuffer values;
  private final ByteBuffer sequences;

  private TorchScorer(PtNDManager manager, PtSymbolBlock block, InputShape shape, Device device) {
    this.manager = manager;
    this.block = block;
    this.shape = shape;
    this.device = device;
    this.engineClass = TorchRuntime.engineClass(device);
    this.rowsOf = device.isGpu() ? GPU_SHAPES : CPU_SHAPES;
    int most = rowsOf[rowsOf.length - 1];
    this.values = TorchRuntime.allocate(Math.multiplyExact(most * Float.BYTES, shape.values()));
    this.sequences =
        TorchRuntime.allocate(
            Math.multiplyExact(most * Float.BYTES, shape.steps() * shape.fields()));
  }

  /**
   * Loads a network, warms it up and checks it.
   *
   * @param torchScript the bytes of a {@code .pt} file; a model is a program, so only bytes whose
   *     digest was verified may come here
   * @param shape of the rows
   * @param device {@code auto}, {@code cpu} or {@code gpu:N}
   * @throws ScoringException when the engine does not start, the network does not load, or its
   *     outputs have the wrong shape, are not finite, or depend on the batch
   */
  public static TorchScorer load(byte[] torchScript, InputShape shape, String device) {
    Device resolved = TorchRuntime.device(device);
    // Not ai.djl.Model: it closes itself in a finalizer, which may run under its last batch.
    PtNDManager manager = (PtNDManager) TorchRuntime.engine().newBaseManager(resolved);
    try {
      PtSymbolBlock block =
          JniUtils.loadModule(manager, new ByteArrayInputStream(torchScript), true, false);
      JniUtils.enableInferenceMode(block);
      TorchScorer scorer = new TorchScorer(manager, block, shape, resolved);
      scorer.warmUp();
      return scorer;
    } catch (IOException | EngineException | IllegalStateException e) {
      manager.close();
      throw new ScoringException("the network does not load: " + e.getMessage(), e);
    } catch (ScoringException e) {
      manager.close();
      throw e;
    }
  }

  /** Runs every shape, and the same rows at shifting positions, and compares bits. */
  private void warmUp() {
    int most = rowsOf[rowsOf.length - 1];
    int width = shape.width();
    float[] inputs = new float[most * width];
    Random random = new Random(1);
    for (int i = 0; i < inputs.length; i++) {
      inputs[i] = (float) random.nextGaussian();
    }
    float[] expected = new float[most];
    float[] logits = new float[most];
    score(inputs, most, expected);
    for (int i = 0; i < most; i++) {
      if (!Float.isFinite(expected[i])) {
        throw new ScoringException("logit of row " + i + " is " + expected[i]);
      }
    }
    for (int rows : rowsOf) {
      for (int from = 0; from + rows <= most; from += rows - 1) {
        float[] slice = Arrays.copyOfRange(inputs, from * width, (from + rows) * width);
        score(slice, rows, logits);
        for (int i = 0; i < rows; i++) {
          if (Float.floatToRawIntBits(logits[i]) != Float.floatToRawIntBits(expected[from + i])) {
            throw new ScoringException(
                "logits depend on the batch: row %d scored %s among %d rows and %s among %d"
                    .formatted(from + i, expected[from + i], most, logits[i], rows));
          }
        }
      }
    }
  }

  @Override
  public int width() {
    return shape.width();
  }

  @Override
  public String engineClass() {
    return engineClass;
  }

  @Override
  public void score(float[] inputs, int rows, float[] logits) {
    int width = shape.width();
    if (rows < 1 || inputs.length / width < rows || logits.length < rows) {
      throw new ScoringException(
          "expected at least one row and room for it, came %d rows of %d, %d inputs, %d logits"
              .formatted(rows, width, inputs.length, logits.length));
    }
    for (int from = 0; from < rows; ) {
      int left = rows - from;
      int pick = 0;
      while (pick < rowsOf.length - 1 && rowsOf[pick] < left) {
        pick++;
      }
      int count = Math.min(left, rowsOf[pick]);
      forward(inputs, from, count, pick, logits);
      from += count;
    }
  }

  private void forward(float[] inputs, int from, int count, int pick, float[] logits) {
    int rows = rowsOf[pick];
    // The flag is one a thread in libtorch, and the caller's thread may be new.
    JniUtils.setGraphExecutorOptimize(false);
    IValue[] arguments = new IValue[0];
    try (PtNDManager scope = manager.newSubManager(device)) {
      arguments = arguments(scope, inputs, from, count, rows);
      read(scope, arguments, from, count, rows, logits);
    } catch (EngineException | IllegalStateException e) {
      throw new ScoringException("the network failed: " + e.getMessage(), e);
    } finally {
      for (IValue argument : arguments) {
        argument.close();
      }
    }
  }

  private void read(
      PtNDManager scope, IValue[] arguments, int from, int count, int rows, float[] logits) {
    try (IValue result = block.forward(arguments)) {
      if (!result.isTensor()) {
        throw new ScoringException("expected a tensor of logits, came " + result.getType());
      }
      try (PtNDArray output = result.toTensor(scope)) {
        Shape found = output.getShape();
        boolean column = found.dimension() == 1 || (found.dimension() == 2 && found.get(1) == 1);
        if (!column || found.get(0) != rows || output.getDataType() != DataType.FLOAT32) {
          throw new ScoringException(
              "expected [%d, 1] float32 logits, came %s %s"
                  .formatted(rows, found, output.getDataType()));
        }
        output.toByteBuffer(true).asFloatBuffer().get(logits, from, count);
      }
    }
  }

  private IValue[] arguments(PtNDManager scope, float[] inputs, int from, int count, int rows) {
    List<IValue> arguments = new ArrayList<>(2);
    if (shape.values() > 0) {
      Shape single = new Shape(rows, shape.values());
      arguments.add(tensor(scope, values, single, inputs, from, count, 0));
    }
    if (shape.steps() > 0) {
      Shape sequence = new Shape(rows, shape.steps(), shape.fields());
      arguments.add(tensor(scope, sequences, sequence, inputs, from, count, shape.values()));
    }
    return arguments.toArray(IValue[]::new);
  }

  /** One tensor of a padded batch: of each row the part that begins at {@code start}. */
  private IValue tensor(
      PtNDManager scope,
      ByteBuffer memory,
      Shape padded,
      float[] inputs,
      int from,
      int count,
      int start) {
    int part = (int) (padded.size() / padded.get(0));
    ByteBuffer bytes = memory.slice(0, (int) padded.size() * Float.BYTES);
    FloatBuffer floats = bytes.order(ByteOrder.nativeOrder()).asFloatBuffer();
    for (int row = from; row < from + count; row++) {
      floats.put(inputs, row * shape.width() + start, part);
    }
    float[] none = new float[part];
    while (floats.hasRemaining()) {
      floats.put(none);
    }
    // The tensor is closed with the scope, its IValue by the caller.
    return IValue.from(scope.create(bytes, padded, DataType.FLOAT32));
  }

  @Override
  public void close() {
    manager.close();
  }
}

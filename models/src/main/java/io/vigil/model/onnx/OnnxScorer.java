package io.vigil.model.onnx;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import io.vigil.model.onnx.OnnxInspector.Signature;
import io.vigil.model.score.InputShape;
import io.vigil.model.score.Processor;
import io.vigil.model.score.Scorer;
import io.vigil.model.score.ScoringException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * Scores with one ONNX Runtime session, on one thread of the caller's.
 *
 * <p>Rows are padded to one of a few batch shapes, as kernels for one row or for a tail may add in
 * another order; loading checks on random rows that all shapes and positions agree to the bit. Not
 * thread-safe; may be handed from thread to thread.
 */
final class OnnxScorer implements Scorer {
  private static final int[] SHAPES = {32, 256, 1024};
  private static final float PROBABILITY_LEAST = 0x1p-24f;
  private static final float SUM_TOLERANCE = 1e-3f;

  private final OrtEnvironment environment;
  private final OrtSession session;
  private final Signature signature;
  private final InputShape shape;
  private final String engineClass;
  private final FloatBuffer values;
  private final FloatBuffer sequences;
  private final float[] outputs;
  private boolean closed;

  private OnnxScorer(
      OrtEnvironment environment, OrtSession session, Signature signature, InputShape shape) {
    this.environment = environment;
    this.session = session;
    this.signature = signature;
    this.shape = shape;
    this.engineClass =
        "onnxruntime-" + environment.getVersion() + "/cpu/" + Processor.fingerprint();
    int most = SHAPES[SHAPES.length - 1];
    this.values = allocate(Math.multiplyExact(most, shape.values()));
    this.sequences = allocate(Math.multiplyExact(most, shape.steps() * shape.fields()));
    this.outputs = new float[most * (signature.probabilities() ? 2 : 1)];
  }

  private static FloatBuffer allocate(int floats) {
    return ByteBuffer.allocateDirect(Math.multiplyExact(floats, Float.BYTES))
        .order(ByteOrder.nativeOrder())
        .asFloatBuffer();
  }

  /**
   * Loads a model and checks it.
   *
   * @param model the bytes that {@link OnnxInspector} passed
   * @param signature what it said
   * @throws ScoringException when ONNX Runtime does not start, the model does not load, or its
   *     logits have the wrong shape, are not finite, or depend on the batch
   */
  static OnnxScorer load(byte[] model, InputShape shape, Signature signature) {
    OnnxScorer scorer;
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      OrtEnvironment environment =
          OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL, "vigil");
      options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
      options.setExecutionMode(OrtSession.SessionOptions.ExecutionMode.SEQUENTIAL);
      options.setIntraOpNumThreads(1);
      options.setInterOpNumThreads(1);
      options.setDeterministicCompute(true);
      scorer =
          new OnnxScorer(environment, environment.createSession(model, options), signature, shape);
    } catch (OrtException e) {
      throw new ScoringException("the model does not load: " + e.getMessage(), e);
    } catch (LinkageError e) {
      throw doesNotStart(e);
    }
    try {
      scorer.check();
      return scorer;
    } catch (RuntimeException e) {
      scorer.close();
      throw e;
    }
  }

  private static ScoringException doesNotStart(LinkageError error) {
    Throwable root = error;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return new ScoringException(
        "ONNX Runtime does not start: %s. A JVM must load it once only: keep onnxruntime in Flink's lib folder"
            .formatted(root.getMessage()),
        error);
  }

  /** Runs every shape, and the same rows at shifting positions, and compares bits. */
  private void check() {
    int most = SHAPES[SHAPES.length - 1];
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
        throw new ScoringException(
            "expected a finite logit, or two probabilities that add up to 1, for row %d, came %s"
                .formatted(i, expected[i]));
      }
    }
    for (int rows : SHAPES) {
      for (int from = 0; from + rows <= most; from += rows - 1) {
        score(Arrays.copyOfRange(inputs, from * width, (from + rows) * width), rows, logits);
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
    if (closed || rows < 1 || inputs.length / width < rows || logits.length < rows) {
      throw new ScoringException(
          "expected at least one row, room for it and an open scorer, came %d rows of %d, %d inputs, %d logits%s"
              .formatted(rows, width, inputs.length, logits.length, closed ? ", closed" : ""));
    }
    for (int from = 0; from < rows; ) {
      int left = rows - from;
      int pick = 0;
      while (pick < SHAPES.length - 1 && SHAPES[pick] < left) {
        pick++;
      }
      int count = Math.min(left, SHAPES[pick]);
      forward(inputs, from, count, SHAPES[pick]);
      for (int i = 0; i < count; i++) {
        logits[from + i] =
            signature.probabilities() ? logOdds(outputs[2 * i], outputs[2 * i + 1]) : outputs[i];
      }
      from += count;
    }
  }

  private void forward(float[] inputs, int from, int count, int rows) {
    Map<String, OnnxTensor> tensors = new HashMap<>();
    try {
      if (signature.values() != null) {
        long[] form = {rows, shape.values()};
        tensors.put(signature.values(), tensor(values, form, inputs, from, count, 0));
      }
      if (signature.sequence() != null) {
        long[] form = {rows, shape.steps(), shape.fields()};
        tensors.put(
            signature.sequence(), tensor(sequences, form, inputs, from, count, shape.values()));
      }
      try (OrtSession.Result result = session.run(tensors, Set.of(signature.output()))) {
        read(result, rows);
      }
    } catch (OrtException e) {
      throw new ScoringException("the model failed: " + e.getMessage(), e);
    } finally {
      tensors.values().forEach(OnnxTensor::close);
    }
  }

  /** One tensor of a padded batch, over this scorer's own memory: of each row one part. */
  private OnnxTensor tensor(
      FloatBuffer memory, long[] form, float[] inputs, int from, int count, int start)
      throws OrtException {
    int part = (int) Arrays.stream(form).skip(1).reduce(1, (a, b) -> a * b);
    FloatBuffer floats = memory.slice(0, (int) form[0] * part);
    for (int row = from; row < from + count; row++) {
      floats.put(inputs, row * shape.width() + start, part);
    }
    while (floats.hasRemaining()) {
      floats.put(0f);
    }
    return OnnxTensor.createTensor(environment, floats.rewind(), form);
  }

  private void read(OrtSession.Result result, int rows) {
    if (!(result.get(0) instanceof OnnxTensor tensor)) {
      throw new ScoringException("expected a tensor of logits, came " + result.get(0).getType());
    }
    int columns = signature.probabilities() ? 2 : 1;
    long[] found = tensor.getInfo().getShape();
    boolean fits =
        found.length >= 1
            && found[0] == rows
            && (found.length == 1 ? columns == 1 : found.length == 2 && found[1] == columns);
    FloatBuffer floats = tensor.getFloatBuffer();
    if (!fits || floats == null) {
      throw new ScoringException(
          "expected [%d, %d] float32, came %s %s"
              .formatted(rows, columns, tensor.getInfo().type, Arrays.toString(found)));
    }
    floats.get(outputs, 0, rows * columns);
  }

  /** Not a number when these are no probabilities. */
  private static float logOdds(float genuine, float fraud) {
    if (!(genuine >= 0 && fraud >= 0 && Math.abs(genuine + fraud - 1) <= SUM_TOLERANCE)) {
      return Float.NaN;
    }
    double odds =
        (double) Math.max(fraud, PROBABILITY_LEAST) / Math.max(genuine, PROBABILITY_LEAST);
    return (float) StrictMath.log(odds);
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      session.close();
    } catch (OrtException e) {
      throw new ScoringException("the session does not close: " + e.getMessage(), e);
    }
  }
}

package io.vigil.bench.scoring;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ModelNotFoundException;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.translate.Batchifier;
import ai.djl.translate.TranslateException;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorContext;
import io.vigil.model.score.InputShape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The network through DJL's own Predictor, as its documentation shows it. */
final class DjlSide extends Scored {
  private final Path folder;
  private final ZooModel<float[], Float> model;
  private final Predictor<float[], Float> predictor;

  /**
   * One record a call, without a batchifier, which would only add an operation.
   *
   * @param device {@code cpu} or {@code gpu:N}
   */
  static DjlSide recordAtATime(Network network, String device, int repeats, float[][] rows)
      throws IOException {
    return new DjlSide("record_at_a_time", network, device, 1, repeats, rows);
  }

  /** Batches that DJL's StackBatchifier makes of single records. */
  static DjlSide batchifier(Network network, String device, int batch, int repeats, float[][] rows)
      throws IOException {
    return new DjlSide("batchifier", network, device, batch, repeats, rows);
  }

  private DjlSide(
      String name, Network network, String device, int batch, int repeats, float[][] rows)
      throws IOException {
    super(name, batch, repeats, rows);
    folder = Files.createTempDirectory("vigil-scoring");
    Path file = folder.resolve("network.pt");
    Files.write(file, network.torchScript());
    try {
      model =
          Criteria.builder()
              .setTypes(float[].class, Float.class)
              .optEngine("PyTorch")
              .optDevice(Device.fromName(device))
              .optModelPath(file)
              .optTranslator(new RowTranslator(network.shape(), batch > 1))
              .build()
              .loadModel();
    } catch (ModelNotFoundException | MalformedModelException e) {
      throw new IllegalStateException("DJL does not load " + network.id() + ": " + e, e);
    }
    predictor = model.newPredictor();
  }

  @Override
  float[] score(float[][] rows) throws TranslateException {
    // libtorch's default; our scorer switches it off for its thread, which is this one too.
    JniUtils.setGraphExecutorOptimize(true);
    float[] logits = new float[rows.length];
    if (batch() == 1) {
      for (int i = 0; i < rows.length; i++) {
        logits[i] = predictor.predict(rows[i]);
      }
    } else {
      List<Float> scored = predictor.batchPredict(Arrays.asList(rows));
      for (int i = 0; i < logits.length; i++) {
        logits[i] = scored.get(i);
      }
    }
    return logits;
  }

  @Override
  public void close() {
    predictor.close();
    model.close();
    try {
      Files.deleteIfExists(folder.resolve("network.pt"));
      Files.deleteIfExists(folder);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** A row as the network's arguments, and its logit back. */
  private static final class RowTranslator implements Translator<float[], Float> {
    private final InputShape shape;
    private final boolean stacked;

    RowTranslator(InputShape shape, boolean stacked) {
      this.shape = shape;
      this.stacked = stacked;
    }

    @Override
    public @Nullable Batchifier getBatchifier() {
      return stacked ? Batchifier.STACK : null;
    }

    @Override
    public NDList processInput(TranslatorContext context, float[] row) {
      NDManager manager = context.getNDManager();
      NDList arguments = new NDList(2);
      if (shape.values() > 0) {
        Shape single = new Shape(shape.values());
        arguments.add(manager.create(Arrays.copyOf(row, shape.values()), batched(single)));
      }
      if (shape.steps() > 0) {
        float[] sequence = Arrays.copyOfRange(row, shape.values(), row.length);
        Shape steps = new Shape(shape.steps(), shape.fields());
        arguments.add(manager.create(sequence, batched(steps)));
      }
      return arguments;
    }

    private Shape batched(Shape one) {
      return stacked ? one : new Shape(1).addAll(one);
    }

    @Override
    public Float processOutput(TranslatorContext context, NDList outputs) {
      NDArray logit = outputs.singletonOrThrow();
      return logit.toFloatArray()[0];
    }
  }
}

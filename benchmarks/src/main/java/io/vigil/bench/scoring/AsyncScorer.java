package io.vigil.bench.scoring;

import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.streaming.api.functions.async.ResultFuture;
import org.apache.flink.streaming.api.functions.async.RichAsyncFunction;
import org.jspecify.annotations.Nullable;

/** The usual way to score in Flink: an async function with a Predictor behind it, row by row. */
final class AsyncScorer extends RichAsyncFunction<float[], Float> {
  private static final long serialVersionUID = 1L;

  private final Network network;
  private final String device;

  private transient @Nullable DjlSide predictor;
  private transient @Nullable ExecutorService thread;

  AsyncScorer(Network network, String device) {
    this.network = network;
    this.device = device;
  }

  @Override
  public void open(OpenContext context) throws Exception {
    // One thread, as our side has: a Predictor is not thread-safe.
    thread = Executors.newSingleThreadExecutor(task -> new Thread(task, "async-scorer"));
    predictor = DjlSide.recordAtATime(network, device, 1, new float[0][]);
  }

  @Override
  @SuppressWarnings("FutureReturnValueIgnored") // What fails goes into the result.
  public void asyncInvoke(float[] vector, ResultFuture<Float> result) {
    DjlSide side = predictor;
    ExecutorService executor = thread;
    if (side == null || executor == null) {
      throw new IllegalStateException("asked before it was opened");
    }
    executor.execute(
        () -> {
          try {
            result.complete(List.of(side.score(new float[][] {vector})[0]));
          } catch (Exception e) {
            result.completeExceptionally(e);
          }
        });
  }

  @Override
  public void close() throws Exception {
    if (thread != null) {
      thread.shutdown();
      if (!thread.awaitTermination(10, java.util.concurrent.TimeUnit.SECONDS)) {
        throw new IllegalStateException("expected the scoring thread to end within 10 s");
      }
    }
    if (predictor != null) {
      predictor.close();
    }
  }
}

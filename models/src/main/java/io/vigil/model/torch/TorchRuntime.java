package io.vigil.model.torch;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.engine.StandardCapabilities;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.util.cuda.CudaUtils;
import io.vigil.model.score.Processor;
import io.vigil.model.score.ScoringException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The one place that starts libtorch and says on what it runs. libtorch reads its pins from the
 * environment of the process, so the launcher sets {@link #environment()} before the JVM starts.
 *
 * <p>Thread-safe. The native library must be loaded by one class loader a JVM.
 */
public final class TorchRuntime {
  private static final String ENGINE = "PyTorch";
  private static final int ALIGNMENT = 64;

  private TorchRuntime() {}

  /**
   * What a launcher must put into the environment of a JVM that scores, so that the same code paths
   * run on every processor of one vendor: ATen's kernels, oneDNN's and MKL's (which picks its
   * kernels by vendor and, unpinned, by memory alignment too); one thread a scorer; TF32 off.
   */
  public static SortedMap<String, String> environment() {
    boolean avx2 =
        Processor.value("flags").contains(" avx2") && Processor.value("flags").contains(" fma");
    SortedMap<String, String> pins = new TreeMap<>();
    pins.put("ATEN_CPU_CAPABILITY", avx2 ? "avx2" : "default");
    pins.put("ONEDNN_MAX_CPU_ISA", avx2 ? "AVX2" : "SSE41");
    pins.put("MKL_CBWR", avx2 ? "AVX2,STRICT" : "COMPATIBLE");
    pins.put("OMP_NUM_THREADS", "1");
    pins.put("MKL_NUM_THREADS", "1");
    pins.put("NVIDIA_TF32_OVERRIDE", "0");
    return pins;
  }

  /** Whether this JVM was started with all of {@link #environment()}. */
  public static boolean pinned() {
    return System.getenv().entrySet().containsAll(environment().entrySet());
  }

  /**
   * The device that a choice stands for.
   *
   * @param choice {@code auto} (the first GPU when libtorch sees one), {@code cpu}, or {@code
   *     gpu:N}
   * @throws IllegalArgumentException when the choice is none of these
   * @throws ScoringException when that GPU is not there or libtorch does not start
   */
  static Device device(String choice) {
    if (choice.equals("cpu")) {
      return Device.cpu();
    }
    int gpus = gpus();
    if (choice.equals("auto")) {
      return gpus > 0 ? Device.gpu(0) : Device.cpu();
    }
    if (!choice.matches("gpu:\\d{1,3}")) {
      throw new IllegalArgumentException(
          "device must be auto, cpu or gpu:N, came '" + choice + "'");
    }
    int index = Integer.parseInt(choice.substring(4));
    if (index >= gpus) {
      throw new ScoringException("device " + choice + " is not there: GPUs seen: " + gpus);
    }
    return Device.gpu(index);
  }

  private static int gpus() {
    Engine engine = engine();
    return engine.hasCapability(StandardCapabilities.CUDA) ? engine.getGpuCount() : 0;
  }

  /**
   * See {@link io.vigil.model.score.Scorer#engineClass()}. Pinned: {@code
   * pytorch-2.7.1/cpu/avx2-GenuineIntel}. Without the pins the class names the exact processor by a
   * hash of its model and flags: bits are then only promised among equal processors.
   *
   * @throws ScoringException when libtorch does not start
   */
  static String engineClass(Device device) {
    String runtime = "pytorch-" + engine().getVersion();
    if (device.isGpu()) {
      return runtime + "/gpu/sm" + CudaUtils.getComputeCapability(device.getDeviceId());
    }
    if (pinned()) {
      String vendor = Processor.value("vendor_id");
      return runtime
          + "/cpu/"
          + environment().get("ATEN_CPU_CAPABILITY")
          + (vendor.isEmpty() ? "" : "-" + vendor);
    }
    return runtime + "/cpu/unpinned-" + Processor.fingerprint();
  }

  /**
   * Starts libtorch on first use.
   *
   * @throws ScoringException when the native library cannot be loaded
   */
  static Engine engine() {
    return Holder.ENGINE_INSTANCE;
  }

  /** Direct memory in native order, aligned because MKL's kernels may differ by alignment. */
  static ByteBuffer allocate(int bytes) {
    // Both ends are rounded to the alignment.
    ByteBuffer memory = ByteBuffer.allocateDirect(bytes + 2 * ALIGNMENT).alignedSlice(ALIGNMENT);
    return memory.slice(0, bytes).order(ByteOrder.nativeOrder());
  }

  private static final class Holder {
    static final Engine ENGINE_INSTANCE = start();

    private static Engine start() {
      // A bank's machine downloads nothing and calls nobody at run time.
      System.setProperty("ai.djl.offline", "true");
      System.setProperty("OPT_OUT_TRACKING", "true");
      // No optimiser: it re-specialises graphs after the first runs, which costs latency then and
      // may fuse operations, which changes bits.
      System.setProperty("ai.djl.pytorch.graph_optimizer", "false");
      System.setProperty("ai.djl.pytorch.num_threads", "1");
      System.setProperty("ai.djl.pytorch.num_interop_threads", "1");
      try {
        Engine engine = Engine.getEngine(ENGINE);
        JniUtils.setNumThreads(1);
        return engine;
      } catch (RuntimeException | LinkageError e) {
        throw new ScoringException("libtorch does not start: " + e.getMessage(), e);
      }
    }
  }
}

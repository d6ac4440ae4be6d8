package io.vigil.model.serving;

import io.vigil.model.bundle.Bundle;
import io.vigil.model.score.ScoringException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The scoring threads of one device, shared by all subtasks of a JVM (of one class loader). Each
 * thread takes what waits, joins the batches of one model up to {@value #DEVICE_ROWS_MAX} rows,
 * runs them at once, and hands the logits back. A model's failure is its batches' failure and
 * nothing else's. What waits is bounded by its owners: each bounds what it has in flight.
 *
 * <p>Thread-safe.
 */
public final class ScoringService implements AutoCloseable {
  /** A full device batch: the largest shape that engines on a CPU are padded to. */
  static final int DEVICE_ROWS_MAX = 1_056;

  private static final long LEAVE_NANOS_MAX = 1_000_000_000L;
  private static final Logger LOG = LoggerFactory.getLogger(ScoringService.class);
  private static final Map<String, ScoringService> SHARED = new HashMap<>();

  private final String device;
  private final int threads;
  private final @Nullable CrashLog crashes;
  private final List<Lane> lanes = new CopyOnWriteArrayList<>();
  private final Map<String, ServedModel> models = new TreeMap<>();

  /** Held while a model is loaded, so that nobody who only lets one go waits for that. */
  private final Object loading = new Object();

  private final ArrayDeque<ScoringTask> queue = new ArrayDeque<>();
  private int holders;
  private boolean closed;

  private ScoringService(String device, int threads, @Nullable CrashLog crashes) {
    this.device = device;
    this.threads = threads;
    this.crashes = crashes;
  }

  /**
   * The service of a device; made by whoever asks first, ended when the last one closes it.
   *
   * @param device {@code auto}, {@code cpu} or {@code gpu:N}
   * @param threads that score on a CPU at the same time, at least 1; who comes later gets those
   *     there are. A GPU has one
   * @param crashes where crashes are remembered, or null for nowhere
   */
  public static ScoringService share(String device, int threads, @Nullable CrashLog crashes) {
    synchronized (SHARED) {
      ScoringService service =
          SHARED.computeIfAbsent(device, d -> new ScoringService(d, threads, crashes));
      service.holders++;
      return service;
    }
  }

  /**
   * Puts a model into service, or shares the one that is: loaded for every thread, verified and
   * warm when this returns. One that the process crashed in twice is not loaded, see {@link
   * ServedModel#quarantined()}. May take its time: models are loaded one after the other, while
   * those in service go on.
   *
   * @param features names of the vectors' features, in their order
   * @return to be closed by the caller
   * @throws io.vigil.model.bundle.BundleException when the bundle is not what it should be
   * @throws ScoringException when the model does not load or score
   */
  public ServedModel serve(Bundle bundle, List<String> features) {
    String key = bundle.digest() + features;
    ServedModel served = held(key);
    if (served != null) {
      return served;
    }
    synchronized (loading) {
      served = held(key);
      if (served == null) {
        ServedModel model;
        if (crashes != null && crashes.crashes(bundle.digest()) >= CrashLog.CRASHES_MOST) {
          LOG.error(
              "a model is quarantined, rules decide alone: model={} name={} crashes={}",
              bundle.digest(),
              bundle.manifest().name(),
              crashes.file());
          model = ServedModel.quarantined(this, key, bundle);
        } else {
          model = new ServedModel(this, key, bundle, loadMarked(bundle, features));
        }
        synchronized (models) {
          models.put(key, model);
          served = model.hold();
        }
      }
      return served;
    }
  }

  private @Nullable ServedModel held(String key) {
    synchronized (models) {
      ServedModel model = models.get(key);
      return model == null ? null : model.hold();
    }
  }

  /** A model that crashes the process while it is loaded is blamed like one that does so later. */
  private List<ServedModel.Loaded> loadMarked(Bundle bundle, List<String> features) {
    if (crashes == null) {
      return load(bundle, features);
    }
    try (CrashLog.Mark mark = crashes.mark()) {
      mark.enter(HexFormat.of().parseHex(bundle.digest()));
      return load(bundle, features);
    }
  }

  /** Loads it for every thread; the first model shows on what the device is, and starts them. */
  private List<ServedModel.Loaded> load(Bundle bundle, List<String> features) {
    List<ServedModel.Loaded> loaded = new ArrayList<>();
    try {
      loaded.add(ServedModel.Loaded.open(bundle, device, features));
      boolean gpu = loaded.get(0).scorer().engineClass().contains("/gpu");
      while (lanes.size() < (gpu ? 1 : threads)) {
        Lane lane = new Lane(lanes.size(), crashes == null ? null : crashes.mark());
        lanes.add(lane);
        lane.start();
      }
      while (loaded.size() < lanes.size()) {
        loaded.add(ServedModel.Loaded.open(bundle, device, features));
      }
      return loaded;
    } catch (RuntimeException e) {
      loaded.forEach(one -> one.scorer().close());
      throw e;
    }
  }

  void release(ServedModel model) {
    synchronized (models) {
      if (!model.release()) {
        return;
      }
      models.remove(model.key());
    }
    // What still waits for it is failed instead of run; what runs it is waited for.
    model.retire();
    if (leftAlone(model)) {
      model.free();
    } else {
      // Freeing memory under a running model would crash the process.
      LOG.warn("a model does not come back, its memory is not freed: model={}", model.key());
    }
  }

  /** Waits a little for all threads to be out of a model that nobody asks any more. */
  private boolean leftAlone(ServedModel model) {
    long deadlineNanos = System.nanoTime() + LEAVE_NANOS_MAX;
    for (Lane lane : lanes) {
      while (lane.running == model) {
        if (System.nanoTime() > deadlineNanos) {
          return false;
        }
        LockSupport.parkNanos(100_000);
      }
    }
    return true;
  }

  /**
   * Has a task run. Returns at once.
   *
   * @param patienceMs when all threads have been inside a model for longer, the task fails at once
   *     instead of queueing behind them; 0 for no such limit
   * @param whenDone called on a thread of the service when the task is done; must be brief
   */
  public void submit(ScoringTask task, long patienceMs, Runnable whenDone) {
    task.submitted(System.nanoTime(), whenDone);
    if (task.model().quarantined()) {
      task.fail(ScoringTask.QUARANTINE);
      return;
    }
    if (patienceMs > 0 && stalledFor(patienceMs)) {
      task.fail(ScoringTask.DEADLINE);
      return;
    }
    synchronized (queue) {
      queue.add(task);
      queue.notify();
    }
  }

  private boolean stalledFor(long millis) {
    long now = System.nanoTime();
    boolean stalled = !lanes.isEmpty();
    for (Lane lane : lanes) {
      long since = lane.busySinceNanos;
      if (since == Lane.IDLE || now - since < millis * 1_000_000) {
        stalled = false;
      }
    }
    return stalled;
  }

  /** Ends the service when nobody else uses it. A thread inside a model ends when it comes out. */
  @Override
  public void close() {
    synchronized (SHARED) {
      if (--holders > 0) {
        return;
      }
      SHARED.remove(device);
    }
    synchronized (queue) {
      closed = true;
      queue.notifyAll();
    }
    for (Lane lane : lanes) {
      lane.join(1_000);
    }
  }

  /** Takes the next task, and with a batch those of the same model behind it; empty at the end. */
  private List<ScoringTask> take() throws InterruptedException {
    synchronized (queue) {
      while (queue.isEmpty() && !closed) {
        queue.wait();
      }
      List<ScoringTask> taken = new ArrayList<>();
      int rows = 0;
      while (!queue.isEmpty()) {
        ScoringTask next = queue.element();
        rows += next instanceof ScoringBatch batch ? batch.size() : DEVICE_ROWS_MAX;
        if (!taken.isEmpty() && (next.model() != taken.get(0).model() || rows > DEVICE_ROWS_MAX)) {
          break;
        }
        taken.add(queue.remove());
      }
      return taken;
    }
  }

  /** A thread that runs models. */
  private final class Lane extends Thread {
    static final long IDLE = Long.MIN_VALUE;

    private final int number;
    private final CrashLog.@Nullable Mark mark;
    private float[][] vectors = new float[0][];
    private float[] logits = new float[0];
    private volatile long busySinceNanos = IDLE;
    private volatile @Nullable ServedModel running;

    Lane(int number, CrashLog.@Nullable Mark mark) {
      super("vigil-scoring-" + device + "-" + number);
      this.number = number;
      this.mark = mark;
      setDaemon(true);
    }

    void join(int millis) {
      try {
        super.join(millis);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    @Override
    public void run() {
      try {
        for (List<ScoringTask> tasks = take(); !tasks.isEmpty(); tasks = take()) {
          tasks.removeIf(this::skipped);
          if (!tasks.isEmpty()) {
            work(tasks);
          }
        }
      } catch (InterruptedException e) {
        LOG.info("interrupted, ends");
      } finally {
        if (mark != null) {
          mark.close();
        }
      }
    }

    private boolean skipped(ScoringTask task) {
      if (task.abandoned()) {
        task.fail(ScoringTask.DEADLINE);
        return true;
      }
      return false;
    }

    private void work(List<ScoringTask> tasks) {
      ServedModel model = tasks.get(0).model();
      long startNanos = System.nanoTime();
      busySinceNanos = startNanos;
      // Said before the look at retired(): whoever retires it afterwards sees it running.
      running = model;
      if (model.retired()) {
        running = null;
        busySinceNanos = IDLE;
        tasks.forEach(task -> task.fail(ScoringTask.DEADLINE));
        return;
      }
      if (mark != null) {
        mark.enter(model.digest());
      }
      String failure = null;
      int rows = 1;
      try {
        if (tasks.get(0) instanceof ExplanationRequest request) {
          request.run(model.lane(number).explainer());
        } else {
          rows = score(tasks, model.lane(number));
        }
      } catch (RuntimeException | Error e) {
        // Whatever a model throws: the rows fall back, the thread goes on.
        LOG.warn("a model failed: model={}", model.key(), e);
        failure = ScoringTask.ERROR;
      }
      if (mark != null) {
        mark.leave();
      }
      running = null;
      busySinceNanos = IDLE;
      long endNanos = System.nanoTime();
      for (ScoringTask task : tasks) {
        if (failure == null) {
          task.ran(startNanos, endNanos, rows);
        } else {
          task.fail(failure);
        }
      }
    }

    private int score(List<ScoringTask> tasks, ServedModel.Loaded model) {
      int rows = 0;
      for (ScoringTask task : tasks) {
        rows += ((ScoringBatch) task).size();
      }
      if (vectors.length < rows) {
        vectors = new float[Math.max(rows, DEVICE_ROWS_MAX)][];
        logits = new float[vectors.length];
      }
      int at = 0;
      for (ScoringTask task : tasks) {
        ScoringBatch batch = (ScoringBatch) task;
        batch.copyVectors(vectors, at);
        at += batch.size();
      }
      model.model().score(vectors, rows, logits);
      at = 0;
      for (ScoringTask task : tasks) {
        ScoringBatch batch = (ScoringBatch) task;
        batch.logits(logits, at);
        at += batch.size();
      }
      return rows;
    }
  }
}

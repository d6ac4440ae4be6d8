package io.vigil.model.feature;

import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What the state of one entity costs, found by running the plan itself over made-up records: a
 * prediction that cannot drift from the engine. Events come at random (exponential gaps), amounts
 * have three to five digits, each text is one of 32, each condition holds for every other event.
 *
 * @param gets values read per event from the state backend: the hot one, and chunks not at hand
 * @param puts values written per event, dropped chunks included
 * @param bytesRewritten bytes written per event
 * @param bytesKept bytes kept on average
 */
public record StateCost(double gets, double puts, double bytesRewritten, double bytesKept) {
  private static final int WARM_UP_MAX = 20_000;
  private static final int MEASURED = 4_000;
  private static final int TEXTS = 32;

  /** A plan keeps chunks at hand by entity and number: no two runs may be the same entity. */
  private static final AtomicLong RUNS = new AtomicLong();

  /**
   * Of an entity in the long run.
   *
   * @param eventsPerDay how busy it is, above 0; beyond 20,000 events within its longest window the
   *     figures are those of the first 20,000
   */
  public static StateCost of(EntityPlan plan, double eventsPerDay) {
    if (!(eventsPerDay > 0)) {
      throw new IllegalArgumentException("events a day: expected above 0, got " + eventsPerDay);
    }
    Metered store = new Metered();
    SplittableRandom random = new SplittableRandom(7);
    double gapMs = Window.DAY_MS / eventsPerDay;
    double timeMs = 1_700_000_000_000.0;
    double[] out = new double[plan.outputs()];
    long warmUp = (long) Math.min(WARM_UP_MAX, plan.reachMs() / gapMs + 200);
    double kept = 0;
    for (long event = 0; event < warmUp + MEASURED; event++) {
      if (event == warmUp) {
        store.reset();
      }
      timeMs += 1 - StrictMath.log(1 - random.nextDouble()) * gapMs;
      long[] inputs = plan.madeUp(random, TEXTS);
      if (plan.grouping().history().equals(History.TRANSACTIONS)) {
        plan.transaction(store, (long) timeMs, inputs, out);
      } else {
        plan.add(store, (long) timeMs, inputs);
      }
      kept += event < warmUp ? 0 : store.bytesKept();
    }
    return new StateCost(
        (double) store.gets / MEASURED,
        (double) store.puts / MEASURED,
        (double) store.bytes / MEASURED,
        kept / MEASURED);
  }

  /** Counts what is asked of a store. Not thread-safe. */
  private static final class Metered implements EntityStore {
    private final HeapStore store = new HeapStore("made up " + RUNS.incrementAndGet());
    private long gets;
    private long puts;
    private long bytes;

    void reset() {
      gets = 0;
      puts = 0;
      bytes = 0;
    }

    long bytesKept() {
      return store.bytes();
    }

    @Override
    public String key() {
      return store.key();
    }

    @Override
    public byte @Nullable [] hot() {
      gets++;
      return store.hot();
    }

    @Override
    public void hot(byte[] value) {
      puts++;
      bytes += value.length;
      store.hot(value);
    }

    @Override
    public byte[] chunk(int number) {
      gets++;
      return store.chunk(number);
    }

    @Override
    public void chunk(int number, byte[] value) {
      puts++;
      bytes += value.length;
      store.chunk(number, value);
    }

    @Override
    public void drop(int number) {
      puts++;
      store.drop(number);
    }
  }
}

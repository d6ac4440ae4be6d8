package io.vigil.bench.latency;

import io.vigil.bench.Machine;
import io.vigil.cli.local.DataDir;
import io.vigil.cli.local.JobSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.apache.kafka.common.TopicPartition;

/** Steps at a constant rate, one after another on one stack. Not thread-safe. */
public final class LatencyRun implements AutoCloseable {
  /** How long the last decisions of a step may take; what is missing then stays missing. */
  private static final Duration DRAIN = Duration.ofSeconds(60);

  private final Rig rig;
  private final Contents contents;

  /** On a stack that runs already, and ends with this. */
  public LatencyRun(Rig rig) {
    this.rig = rig;
    contents = new Contents(rig.bootstrap());
  }

  /** Starts the stack as {@code vigil up} does, and returns once it has decided. */
  public static LatencyRun start(DataDir data, JobSettings settings, Payments payments)
      throws InterruptedException {
    return new LatencyRun(Rig.start(data, settings, payments));
  }

  /**
   * Sends at a constant rate and measures.
   *
   * @param rate transactions a second
   * @param warmUpS seconds at that rate that do not count, right before those that do
   * @param seconds that count
   */
  public Step step(int rate, int warmUpS, int seconds) throws InterruptedException {
    int warmUp = Math.multiplyExact(rate, warmUpS);
    int count = Math.addExact(warmUp, Math.multiplyExact(rate, seconds));
    long firstNumber = rig.payments().made() + 1;
    Payment[] step = rig.payments().next(count);
    Arrivals decisions = new Arrivals(count);
    Arrivals alerts = new Arrivals(count);
    rig.tap().watch(firstNumber, decisions, alerts);
    Map<TopicPartition, Long> before = contents.ends();
    double loadBefore = Machine.load();
    // The rig's own garbage must not be collected while it measures: what was encoded is old now.
    System.gc();
    Schedule schedule = rig.schedule(rate);
    CompletableFuture<long[]> sending = rig.feed().start(schedule, step);
    rig.sleepUntil(schedule.intendedNs(warmUp));
    Rig.Cpu cpuBefore = rig.cpu();
    while (!sending.isDone()) {
      TimeUnit.MILLISECONDS.sleep(Rig.WATCH.toMillis());
      rig.check();
    }
    Map<String, Double> cpuS = rig.cpu().since(cpuBefore);
    long[] sentNs = rig.feed().sent(sending);
    rig.await(decisions, count, DRAIN);
    double loadAfter = Machine.load();
    Contents.Found found = contents.read(before, firstNumber + warmUp, firstNumber + count);
    rig.await(alerts, found.alerts(), Rig.WATCH);
    List<Histogram> bySecond = new ArrayList<>();
    for (int from = warmUp; from < count; from += rate) {
      bySecond.add(StepFigures.latencies(schedule, decisions, from, from + rate));
    }
    return new Step(
        StepFigures.of(schedule, sentNs, decisions, alerts, warmUp),
        found,
        bySecond,
        schedule.eventTimeMs(warmUp),
        cpuS,
        loadBefore,
        loadAfter);
  }

  @Override
  public void close() throws InterruptedException {
    contents.close();
    rig.close();
  }
}

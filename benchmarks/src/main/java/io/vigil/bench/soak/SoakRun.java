package io.vigil.bench.soak;

import io.vigil.bench.Machine;
import io.vigil.bench.latency.LatencyRun;
import io.vigil.bench.latency.Payments;
import io.vigil.bench.latency.Rig;
import io.vigil.bench.latency.RigClock;
import io.vigil.bench.latency.Schedule;
import io.vigil.cli.local.DataDir;
import io.vigil.cli.local.JobSettings;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.HdrHistogram.Histogram;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.jspecify.annotations.Nullable;

/** Sends at one rate for as long as asked, and measures each minute. Not thread-safe. */
final class SoakRun implements AutoCloseable {
  private static final RigClock CLOCK = RigClock.SYSTEM;
  private static final long MINUTE_NS = TimeUnit.MINUTES.toNanos(1);

  /** How long the last decisions may take; what is missing then stays missing. */
  private static final Duration DRAIN = Duration.ofSeconds(60);

  /**
   * How many transactions may be without a decision at once: a quarter of an hour of 2,000 a
   * second.
   */
  private static final int WAITED_FOR = 1 << 21;

  private final Rig rig;
  private final Probe probe;
  private final Supply supply;
  private final long firstNumber;
  private @Nullable LatencyRun steps;

  /** Where minutes go as they are measured. */
  interface Minutes {
    void add(Minute minute) throws IOException;
  }

  /**
   * How a run ended.
   *
   * @param missing without a decision a minute after the last was sent
   * @param sentS seconds from when the first was due to when the last had been sent
   * @param decidedS and to when the last had been decided, or was given up
   * @param rest latencies of what was decided after the last minute, microseconds
   * @param liveHeapEarlyMb what a full collection left of the job's heap after a third of the run
   * @param liveHeapEndMb and at its end
   */
  record Outcome(
      long sent,
      long missing,
      double sentS,
      double decidedS,
      Histogram rest,
      double liveHeapEarlyMb,
      double liveHeapEndMb) {

    double rateSent() {
      return sent / sentS;
    }

    double rateDecided() {
      return (sent - missing) / decidedS;
    }
  }

  private SoakRun(Rig rig, Probe probe) {
    this.rig = rig;
    this.probe = probe;
    firstNumber = rig.payments().made() + 1;
    supply = new Supply(rig.payments());
  }

  /**
   * Starts the stack, and returns once it has decided.
   *
   * @param local where the job keeps its working state
   * @param metricsPort of the job
   * @param topicBytes of a partition of what is sent and decided that the broker keeps
   */
  static SoakRun start(
      DataDir data,
      JobSettings settings,
      Payments payments,
      Path local,
      int metricsPort,
      long topicBytes)
      throws InterruptedException, IOException {
    Rig rig = Rig.start(data, settings, payments);
    try {
      keep(rig.bootstrap(), topicBytes);
      return new SoakRun(rig, new Probe(data, local, metricsPort, rig.job(), rig.broker()));
    } catch (InterruptedException | IOException | RuntimeException e) {
      rig.close();
      throw e;
    }
  }

  private static void keep(String bootstrap, long bytes) throws InterruptedException {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
      List<AlterConfigOp> bounds =
          List.of(
              set(TopicConfig.RETENTION_BYTES_CONFIG, bytes),
              set(TopicConfig.SEGMENT_BYTES_CONFIG, Math.max(1 << 20, bytes / 4)));
      Map<ConfigResource, Collection<AlterConfigOp>> all = new LinkedHashMap<>();
      for (String topic : admin.listTopics().names().get()) {
        all.put(new ConfigResource(ConfigResource.Type.TOPIC, topic), bounds);
      }
      admin.incrementalAlterConfigs(all).all().get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("cannot bound the topics: " + e.getCause(), e);
    }
  }

  private static AlterConfigOp set(String key, long value) {
    return new AlterConfigOp(new ConfigEntry(key, Long.toString(value)), OpType.SET);
  }

  /**
   * Does it.
   *
   * @param early the minute at whose end the job's heap is collected once
   * @param stopped asked often; once true, the run ends as if its time were up
   */
  Outcome run(int rate, int minutes, int early, BooleanSupplier stopped, Minutes to)
      throws InterruptedException, IOException {
    Schedule schedule = rig.schedule(rate);
    Meter meter = new Meter(schedule, WAITED_FOR);
    rig.tap()
        .watch(
            (decision, number, nowNs) -> {
              if (decision) {
                meter.decided(number - firstNumber, nowNs);
              }
            });
    CompletableFuture<Integer> sending =
        rig.feed()
            .start(
                schedule,
                Math.multiplyExact(rate, minutes * 60),
                () -> {
                  meter.sending();
                  return supply.next();
                },
                meter::sent);
    double liveEarly = 0;
    Rig.Cpu cpuBefore = rig.cpu();
    for (int minute = 1; minute <= minutes && !stopped.getAsBoolean(); minute++) {
      long endNs = schedule.startNs() + minute * MINUTE_NS;
      while (CLOCK.nowNs() < endNs && !stopped.getAsBoolean()) {
        CLOCK.sleepNs(Math.min(endNs - CLOCK.nowNs(), Rig.WATCH.toNanos()));
        rig.check();
        if (sending.isCompletedExceptionally()) {
          rig.feed().sent(sending); // Says why.
        }
      }
      if (CLOCK.nowNs() < endNs) {
        break; // A minute that is cut off would not compare with the others.
      }
      if (minute == early) {
        liveEarly = Minute.mb(probe.job().liveHeap());
      }
      Rig.Cpu cpu = rig.cpu();
      Map<String, Double> figures = new LinkedHashMap<>();
      Histogram latency = meter.cut(figures);
      figures.put("accounts_seen", (double) rig.payments().customersSeen());
      figures.put("load", Machine.load());
      cpu.since(cpuBefore).forEach((name, s) -> figures.put("cpu_" + name + "_s", s));
      probe.into(figures);
      to.add(new Minute(minute, System.currentTimeMillis(), figures, latency));
      cpuBefore = cpu;
    }
    rig.feed().end();
    int sent = rig.feed().sent(sending);
    double sentS = (CLOCK.nowNs() - schedule.startNs()) / 1e9;
    long untilNs = CLOCK.nowNs() + DRAIN.toNanos();
    while (meter.missing() > 0 && CLOCK.nowNs() < untilNs) {
      rig.sleepUntil(CLOCK.nowNs() + Rig.WATCH.toNanos());
    }
    double decidedS = (CLOCK.nowNs() - schedule.startNs()) / 1e9;
    return new Outcome(
        sent,
        meter.missing(),
        sentS,
        decidedS,
        meter.cut(new LinkedHashMap<>()),
        liveEarly,
        Minute.mb(probe.job().liveHeap()));
  }

  /**
   * The limit of the stack as the run has left it, its state full and its code compiled.
   *
   * @param rates ascending
   */
  Limit limit(List<Integer> rates, Limit.Seconds seconds, PrintWriter out)
      throws InterruptedException {
    supply.close();
    LatencyRun run = new LatencyRun(rig);
    steps = run;
    return Limit.measure(run, rates, seconds, out);
  }

  @Override
  public void close() throws InterruptedException, IOException {
    supply.close();
    probe.close();
    if (steps != null) {
      steps.close(); // And with it the stack.
    } else {
      rig.close();
    }
  }
}

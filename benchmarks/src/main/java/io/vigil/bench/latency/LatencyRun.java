package io.vigil.bench.latency;

import io.vigil.bench.Machine;
import io.vigil.cli.JobOptions;
import io.vigil.cli.local.ChildProcess;
import io.vigil.cli.local.DataDir;
import io.vigil.cli.local.JobSettings;
import io.vigil.cli.local.LocalStack;
import io.vigil.cli.local.ProcessUsage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.apache.kafka.common.TopicPartition;

/**
 * The local stack with its live job, one producer and one consumer; steps run one after another on
 * it. Not thread-safe.
 */
final class LatencyRun implements AutoCloseable {
  private static final RigClock CLOCK = RigClock.SYSTEM;

  /** Between the choice of a schedule and its first transaction. */
  private static final Duration LEAD = Duration.ofMillis(200);

  private static final Duration WATCH = Duration.ofMillis(100);

  /** How long the last decisions of a step may take; what is missing then stays missing. */
  private static final Duration DRAIN = Duration.ofSeconds(60);

  /** The first transactions find a job that is still being deployed. */
  private static final Duration FIRST_DECISIONS = Duration.ofMinutes(3);

  private static final int FIRST = 100;

  private final ProcessUsage usage;
  private final LocalStack stack;
  private final ChildProcess job;
  private final Payments payments;
  private final Tap tap;
  private final Contents contents;
  private final Feed feed;

  /** Processor time of all that count, at one moment. */
  private record Cpu(double rigS, double brokerS, double jobS, HostCpu host) {}

  private LatencyRun(
      ProcessUsage usage, LocalStack stack, ChildProcess job, Payments payments, String bootstrap) {
    this.usage = usage;
    this.stack = stack;
    this.job = job;
    this.payments = payments;
    tap = new Tap(bootstrap, CLOCK);
    contents = new Contents(bootstrap);
    feed = new Feed(bootstrap, CLOCK);
  }

  /** Starts the stack as {@code vigil up} does, and returns once it has decided. */
  static LatencyRun start(DataDir data, JobSettings settings, long seed, int accounts)
      throws InterruptedException {
    ProcessUsage usage = new ProcessUsage();
    LocalStack stack = LocalStack.start(data, 0, usage);
    try {
      ChildProcess job = JobOptions.start(stack, settings);
      Payments payments = new Payments(seed, accounts, 1);
      String web = JobOptions.run(stack, job, settings);
      data.announce(Map.of("bootstrap", stack.bootstrap(), "web", web));
      LatencyRun run = new LatencyRun(usage, stack, job, payments, stack.bootstrap());
      run.awaitFirstDecisions();
      return run;
    } catch (InterruptedException | RuntimeException e) {
      stack.close();
      usage.close();
      throw e;
    }
  }

  private void awaitFirstDecisions() throws InterruptedException {
    Payment[] first = payments.next(FIRST);
    Arrivals decisions = new Arrivals(FIRST);
    tap.watch(1, decisions, new Arrivals(FIRST));
    long nowMs = System.currentTimeMillis();
    for (Payment payment : first) {
      payment.eventTime(nowMs);
      feed.send(payment);
    }
    await(decisions, FIRST, FIRST_DECISIONS);
    if (decisions.count() < FIRST) {
      throw new IllegalStateException(
          "the job decided %d of the first %d transactions in %d s; see %s"
              .formatted(decisions.count(), FIRST, FIRST_DECISIONS.toSeconds(), job.log()));
    }
  }

  /**
   * Sends at a constant rate and measures.
   *
   * @param rate transactions a second
   * @param warmUpS seconds at that rate that do not count, right before those that do
   * @param seconds that count
   */
  Step step(int rate, int warmUpS, int seconds) throws InterruptedException {
    int warmUp = Math.multiplyExact(rate, warmUpS);
    int count = Math.addExact(warmUp, Math.multiplyExact(rate, seconds));
    long firstNumber = payments.made() + 1;
    Payment[] step = payments.next(count);
    Arrivals decisions = new Arrivals(count);
    Arrivals alerts = new Arrivals(count);
    tap.watch(firstNumber, decisions, alerts);
    Map<TopicPartition, Long> before = contents.ends();
    double loadBefore = Machine.load();
    // The rig's own garbage must not be collected while it measures: what was encoded is old now.
    System.gc();
    Schedule schedule =
        new Schedule(
            CLOCK.nowNs() + LEAD.toNanos(), System.currentTimeMillis() + LEAD.toMillis(), rate);
    CompletableFuture<long[]> sending = feed.start(schedule, step);
    sleepUntil(schedule.intendedNs(warmUp));
    Cpu cpuBefore = cpu();
    while (!sending.isDone()) {
      TimeUnit.MILLISECONDS.sleep(WATCH.toMillis());
      check();
    }
    Map<String, Double> cpuS = spent(cpuBefore, cpu());
    long[] sentNs = feed.sent(sending);
    await(decisions, count, DRAIN);
    double loadAfter = Machine.load();
    Contents.Found found = contents.read(before, firstNumber + warmUp, firstNumber + count);
    await(alerts, found.alerts(), WATCH);
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

  private void sleepUntil(long ns) throws InterruptedException {
    for (long left = ns - CLOCK.nowNs(); left > 0; left = ns - CLOCK.nowNs()) {
      CLOCK.sleepNs(Math.min(left, WATCH.toNanos()));
      check();
    }
  }

  private void await(Arrivals arrivals, int count, Duration most) throws InterruptedException {
    long endNs = CLOCK.nowNs() + most.toNanos();
    while (arrivals.count() < count && CLOCK.nowNs() < endNs) {
      TimeUnit.MILLISECONDS.sleep(WATCH.toMillis());
      check();
    }
  }

  private void check() throws InterruptedException {
    stack.check();
    tap.check();
    if (job.awaitExit(Duration.ZERO) != null) {
      throw new IllegalStateException(job.describeEnd());
    }
    feed.check();
  }

  private Cpu cpu() {
    usage.sample();
    return new Cpu(
        usage.cpuSeconds("cli"),
        usage.cpuSeconds("broker"),
        usage.cpuSeconds("job"),
        HostCpu.now());
  }

  private static Map<String, Double> spent(Cpu before, Cpu after) {
    double rig = after.rigS - before.rigS;
    double broker = after.brokerS - before.brokerS;
    double job = after.jobS - before.jobS;
    HostCpu host = after.host.since(before.host);
    Map<String, Double> cpu = new LinkedHashMap<>();
    cpu.put("rig", rig);
    cpu.put("broker", broker);
    cpu.put("job", job);
    cpu.put("others", Math.max(0, host.busyS() - rig - broker - job));
    cpu.put("stolen", host.stolenS());
    return cpu;
  }

  @Override
  public void close() throws InterruptedException {
    feed.close();
    tap.close();
    contents.close();
    stack.close();
    usage.close();
  }
}

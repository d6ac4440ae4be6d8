package io.vigil.bench.latency;

import io.vigil.cli.JobOptions;
import io.vigil.cli.local.ChildProcess;
import io.vigil.cli.local.DataDir;
import io.vigil.cli.local.JobSettings;
import io.vigil.cli.local.LocalStack;
import io.vigil.cli.local.ProcessUsage;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The local stack with its live job, one producer and one consumer. Not thread-safe. */
public final class Rig implements AutoCloseable {
  static final RigClock CLOCK = RigClock.SYSTEM;

  /** How often what is waited for is looked at. */
  public static final Duration WATCH = Duration.ofMillis(100);

  /** Between the choice of a schedule and its first transaction. */
  private static final Duration LEAD = Duration.ofMillis(200);

  /** The first transactions find a job that is still being deployed. */
  private static final Duration FIRST_DECISIONS = Duration.ofMinutes(3);

  private static final int FIRST = 100;

  private final ProcessUsage usage;
  private final LocalStack stack;
  private final ChildProcess job;
  private final Payments payments;
  private final Tap tap;
  private final Feed feed;

  /**
   * Processor time of all that count, at one moment, in seconds.
   *
   * @param host of the whole machine
   */
  public record Cpu(double rigS, double brokerS, double jobS, HostCpu host) {

    /** What was spent since then, by process; the rest of the machine is {@code others}. */
    public Map<String, Double> since(Cpu before) {
      double rig = rigS - before.rigS;
      double broker = brokerS - before.brokerS;
      double job = jobS - before.jobS;
      HostCpu all = host.since(before.host);
      Map<String, Double> cpu = new LinkedHashMap<>();
      cpu.put("rig", rig);
      cpu.put("broker", broker);
      cpu.put("job", job);
      cpu.put("others", Math.max(0, all.busyS() - rig - broker - job));
      cpu.put("stolen", all.stolenS());
      return cpu;
    }
  }

  private Rig(ProcessUsage usage, LocalStack stack, ChildProcess job, Payments payments) {
    this.usage = usage;
    this.stack = stack;
    this.job = job;
    this.payments = payments;
    tap = new Tap(stack.bootstrap(), CLOCK);
    feed = new Feed(stack.bootstrap(), CLOCK);
  }

  /** Starts the stack as {@code vigil up} does, and returns once it has decided. */
  public static Rig start(DataDir data, JobSettings settings, Payments payments)
      throws InterruptedException {
    ProcessUsage usage = new ProcessUsage();
    LocalStack stack = LocalStack.start(data, 0, usage);
    try {
      ChildProcess job = JobOptions.start(stack, settings);
      String web = JobOptions.run(stack, job, settings);
      data.announce(Map.of("bootstrap", stack.bootstrap(), "web", web));
      Rig rig = new Rig(usage, stack, job, payments);
      rig.awaitFirstDecisions();
      return rig;
    } catch (InterruptedException | RuntimeException e) {
      stack.close();
      usage.close();
      throw e;
    }
  }

  private void awaitFirstDecisions() throws InterruptedException {
    long firstNumber = payments.made() + 1;
    Payment[] first = payments.next(FIRST);
    Arrivals decisions = new Arrivals(FIRST);
    tap.watch(firstNumber, decisions, new Arrivals(FIRST));
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

  /** A schedule that begins in a moment. */
  public Schedule schedule(int rate) {
    return new Schedule(
        CLOCK.nowNs() + LEAD.toNanos(), System.currentTimeMillis() + LEAD.toMillis(), rate);
  }

  /** The broker's address. */
  public String bootstrap() {
    return stack.bootstrap();
  }

  public Payments payments() {
    return payments;
  }

  public Feed feed() {
    return feed;
  }

  public Tap tap() {
    return tap;
  }

  public ProcessHandle job() {
    return job.handle();
  }

  public ProcessHandle broker() {
    return stack.broker();
  }

  /** Waits until so many have come, or the time is up. */
  void await(Arrivals arrivals, int count, Duration most) throws InterruptedException {
    long endNs = CLOCK.nowNs() + most.toNanos();
    while (arrivals.count() < count && CLOCK.nowNs() < endNs) {
      TimeUnit.MILLISECONDS.sleep(WATCH.toMillis());
      check();
    }
  }

  /** Waits until that time by the {@link RigClock}, and meanwhile checks. */
  public void sleepUntil(long ns) throws InterruptedException {
    for (long left = ns - CLOCK.nowNs(); left > 0; left = ns - CLOCK.nowNs()) {
      CLOCK.sleepNs(Math.min(left, WATCH.toNanos()));
      check();
    }
  }

  /** Fails when a part of it has failed. */
  public void check() throws InterruptedException {
    stack.check();
    tap.check();
    if (job.awaitExit(Duration.ZERO) != null) {
      throw new IllegalStateException(job.describeEnd());
    }
    feed.check();
  }

  public Cpu cpu() {
    usage.sample();
    return new Cpu(
        usage.cpuSeconds("cli"),
        usage.cpuSeconds("broker"),
        usage.cpuSeconds("job"),
        HostCpu.now());
  }

  @Override
  public void close() throws InterruptedException {
    feed.close();
    tap.close();
    stack.close();
    usage.close();
  }
}

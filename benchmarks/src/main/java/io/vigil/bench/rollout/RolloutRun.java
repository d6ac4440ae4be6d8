package io.vigil.bench.rollout;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vigil.bench.latency.Arrivals;
import io.vigil.bench.latency.Feed;
import io.vigil.bench.latency.Payment;
import io.vigil.bench.latency.Payments;
import io.vigil.bench.latency.RigClock;
import io.vigil.bench.latency.Schedule;
import io.vigil.bench.latency.Tap;
import io.vigil.cli.JobOptions;
import io.vigil.cli.local.ChildProcess;
import io.vigil.cli.local.JobSettings;
import io.vigil.cli.local.LocalStack;
import io.vigil.model.bundle.Bundle;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * One live job under a constant stream, and a candidate's way through it: shadow, canary, champion,
 * and back. Not thread-safe.
 */
final class RolloutRun implements AutoCloseable {
  private static final RigClock CLOCK = RigClock.SYSTEM;
  private static final Duration LEAD = Duration.ofMillis(200);
  private static final Duration WATCH = Duration.ofMillis(100);
  private static final Duration START = Duration.ofMinutes(3);
  private static final int FIRST = 100;
  private static final int EACH = 4;

  private final LocalStack stack;
  private final ChildProcess job;
  private final String web;
  private final Payments payments;
  private final Feed feed;
  private final Tap tap;
  private final Desk desk;

  /**
   * What happened.
   *
   * @param transactions sent, their numbers are 1 to this
   * @param first how many of them were sent before the schedule began
   * @param decisions of those of the schedule
   * @param candidate digest, hex
   * @param restarted whether Flink began the job anew
   * @param sentPerSecond over the schedule
   */
  record Happened(
      Timeline timeline,
      int transactions,
      int first,
      Arrivals decisions,
      String candidate,
      boolean restarted,
      double sentPerSecond) {}

  /**
   * Starts the job on a stack that runs, and returns once it has decided.
   *
   * @param accounts that the simulator plays; each pays a few times before another takes over
   */
  RolloutRun(LocalStack stack, JobSettings settings, Desk desk, long seed, int accounts)
      throws InterruptedException {
    this.stack = stack;
    this.desk = desk;
    job = JobOptions.start(stack, settings);
    payments = new Payments(seed, accounts, EACH);
    web = JobOptions.run(stack, job, settings);
    feed = new Feed(stack.bootstrap(), CLOCK);
    tap = new Tap(stack.bootstrap(), CLOCK);
    Payment[] first = payments.next(FIRST);
    Arrivals decisions = new Arrivals(FIRST);
    tap.watch(1, decisions, new Arrivals(FIRST));
    long nowMs = System.currentTimeMillis();
    for (Payment payment : first) {
      payment.eventTime(nowMs);
      feed.send(payment);
    }
    await(decisions, FIRST, START);
  }

  /**
   * Does it all.
   *
   * @param warmUpS seconds before anything counts
   * @param holdS seconds that each stage lasts
   * @param mostS seconds after which the stream ends, and with it the run as a failure
   */
  Happened run(int rate, int warmUpS, int holdS, int mostS)
      throws IOException, InterruptedException {
    Payment[] all = payments.next(Math.multiplyExact(rate, mostS));
    Arrivals decisions = new Arrivals(all.length);
    tap.watch(FIRST + 1, decisions, new Arrivals(all.length));
    // The rig's own garbage must not be collected while it measures: what was encoded is old now.
    System.gc();
    Schedule schedule =
        new Schedule(
            CLOCK.nowNs() + LEAD.toNanos(), System.currentTimeMillis() + LEAD.toMillis(), rate);
    CompletableFuture<long[]> sending = feed.start(schedule, all);
    Timeline timeline = new Timeline(schedule);
    String candidate = rollOut(timeline, warmUpS, holdS);
    if (sending.isDone()) {
      throw new IllegalStateException(
          "--most: the stream ended after %d s, before the rollout did".formatted(mostS));
    }
    feed.end();
    long[] sentNs = feed.sent(sending);
    await(decisions, sentNs.length, START);
    boolean restarted = restarted();
    double sentS = (sentNs[sentNs.length - 1] - schedule.startNs()) / 1e9;
    job.close();
    return new Happened(
        timeline,
        FIRST + sentNs.length,
        FIRST,
        decisions,
        candidate,
        restarted,
        sentNs.length / sentS);
  }

  private String rollOut(Timeline timeline, int warmUpS, int holdS)
      throws IOException, InterruptedException {
    hold(timeline, "warm-up", warmUpS);
    hold(timeline, "before", holdS);
    long fromNs = CLOCK.nowNs();
    Bundle candidate = desk.pack();
    desk.validate();
    desk.plan();
    timeline.add(new Timeline.Phase("package, validate, plan", fromNs, CLOCK.nowNs()));
    String champion = Bundle.builtIn("default").digest();
    step(timeline, "shadow", "candidate", "shadow", "--share=100%", "--against=" + champion);
    hold(timeline, "in shadow", holdS);
    step(timeline, "canary", "candidate", "challenger", "--share=5%", "--plan=plan.yaml");
    hold(timeline, "in canary", holdS);
    step(timeline, "promote", "candidate", "champion", "--plan=plan.yaml");
    hold(timeline, "promoted", holdS);
    step(
        timeline,
        "rollback",
        "default",
        "champion",
        "--kind=model",
        "--against=" + candidate.digest());
    hold(timeline, "after", holdS);
    return candidate.digest();
  }

  private void step(Timeline timeline, String name, String artefact, String alias, String... more)
      throws IOException, InterruptedException {
    long fromNs = CLOCK.nowNs();
    String request = desk.request(artefact, alias, more);
    long appliedMs = System.currentTimeMillis();
    double seconds = desk.apply(request, stack.bootstrap());
    timeline.add(new Timeline.Phase("to " + name, fromNs, CLOCK.nowNs()));
    timeline.add(new Timeline.Step(name, desk.id(request), appliedMs, seconds));
    check();
  }

  private void hold(Timeline timeline, String name, int seconds) throws InterruptedException {
    long fromNs = CLOCK.nowNs();
    long untilNs = fromNs + TimeUnit.SECONDS.toNanos(seconds);
    for (long left = untilNs - fromNs; left > 0; left = untilNs - CLOCK.nowNs()) {
      CLOCK.sleepNs(Math.min(left, WATCH.toNanos()));
      check();
    }
    timeline.add(new Timeline.Phase(name, fromNs, CLOCK.nowNs()));
  }

  private void await(Arrivals arrivals, int count, Duration most) throws InterruptedException {
    long endNs = CLOCK.nowNs() + most.toNanos();
    while (arrivals.count() < count) {
      TimeUnit.MILLISECONDS.sleep(WATCH.toMillis());
      check();
      if (CLOCK.nowNs() > endNs) {
        throw new IllegalStateException(
            "the job decided %d of %d transactions in %d s; see %s"
                .formatted(arrivals.count(), count, most.toSeconds(), job.log()));
      }
    }
  }

  private void check() throws InterruptedException {
    stack.check();
    tap.check();
    feed.check();
    if (job.awaitExit(Duration.ZERO) != null) {
      throw new IllegalStateException(job.describeEnd());
    }
  }

  /** Whether Flink ever began the job anew, which it notes the time of. */
  private boolean restarted() throws IOException, InterruptedException {
    String id = json("/jobs/overview").at("/jobs/0/jid").asText();
    JsonNode restartingMs = json("/jobs/" + id).at("/timestamps/RESTARTING");
    if (!restartingMs.isNumber()) {
      throw new IllegalStateException("Flink does not say when the job " + id + " restarted");
    }
    return restartingMs.asLong() > 0;
  }

  private JsonNode json(String path) throws IOException, InterruptedException {
    HttpRequest request = HttpRequest.newBuilder(URI.create(web + path)).build();
    return new ObjectMapper()
        .readTree(
            HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body());
  }

  @Override
  public void close() throws InterruptedException {
    feed.close();
    tap.close();
  }
}

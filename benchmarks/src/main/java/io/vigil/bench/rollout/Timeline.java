package io.vigil.bench.rollout;

import io.vigil.bench.latency.Arrivals;
import io.vigil.bench.latency.Schedule;
import io.vigil.bench.latency.StepFigures;
import java.util.ArrayList;
import java.util.List;
import org.HdrHistogram.Histogram;

/**
 * What was done when, and how long decisions took meanwhile. Times are those of the schedule's
 * clock. Not thread-safe.
 */
final class Timeline {
  private final Schedule schedule;
  private final List<Phase> phases = new ArrayList<>();
  private final List<Step> steps = new ArrayList<>();

  /** A stretch of the run, nanoseconds. */
  record Phase(String name, long fromNs, long untilNs) {}

  /**
   * A request that was applied.
   *
   * @param appliedMs when the command was started, milliseconds since the epoch
   * @param commandS how long it took to say that the request is in force, seconds
   */
  record Step(String name, String requestId, long appliedMs, double commandS) {}

  Timeline(Schedule schedule) {
    this.schedule = schedule;
  }

  void add(Phase phase) {
    phases.add(phase);
  }

  void add(Step step) {
    steps.add(step);
  }

  List<Phase> phases() {
    return List.copyOf(phases);
  }

  List<Step> steps() {
    return List.copyOf(steps);
  }

  /** Latencies of what was due in that phase, microseconds from when it was due. */
  Histogram latencies(Phase phase, Arrivals decisions, int sent) {
    return StepFigures.latencies(
        schedule, decisions, index(phase.fromNs(), sent), index(phase.untilNs(), sent));
  }

  /** How many transactions were due in that phase. */
  int due(Phase phase, int sent) {
    return index(phase.untilNs(), sent) - index(phase.fromNs(), sent);
  }

  private int index(long ns, int sent) {
    long seconds = Math.max(0, ns - schedule.startNs()) / Schedule.SECOND_NS;
    long rest = Math.max(0, ns - schedule.startNs()) % Schedule.SECOND_NS;
    return (int)
        Math.min(sent, seconds * schedule.rate() + rest * schedule.rate() / Schedule.SECOND_NS);
  }
}

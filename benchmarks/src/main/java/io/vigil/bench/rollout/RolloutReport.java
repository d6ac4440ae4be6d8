package io.vigil.bench.rollout;

import io.vigil.bench.Machine;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.HdrHistogram.Histogram;

/** The result as it is printed and as JSON. Not thread-safe. */
final class RolloutReport {
  private static final double MICROS_MS = 1e3;
  private static final double SHADOW_S_MAX = 30;
  private static final double ROLLBACK_S_MAX = 5;
  private static final double ENOUGH = 0.99;

  private final PrintWriter out;
  private final Map<String, Object> json = new LinkedHashMap<>();
  private final List<String> faults = new ArrayList<>();

  RolloutReport(PrintWriter out, Map<String, Object> parameters) {
    this.out = out;
    json.put("parameters", parameters);
    json.put("machine", Machine.describe());
  }

  void put(String name, Object value) {
    json.put(name, value);
  }

  void fault(String fault) {
    faults.add(fault);
  }

  /** The phases with their latencies, and what was sent. */
  void phases(RolloutRun.Happened happened, int rate) {
    line("", "seconds", "decided", "p50 ms", "p99 ms", "p99.9 ms", "max ms");
    List<Object> phases = new ArrayList<>();
    int sent = happened.transactions() - happened.first();
    for (Timeline.Phase phase : happened.timeline().phases()) {
      Histogram latency = happened.timeline().latencies(phase, happened.decisions(), sent);
      double seconds = (phase.untilNs() - phase.fromNs()) / 1e9;
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("phase", phase.name());
      one.put("seconds", round(seconds));
      one.put("due", happened.timeline().due(phase, sent));
      one.put("decided", latency.getTotalCount());
      one.put("p50_ms", ms(latency, 50));
      one.put("p99_ms", ms(latency, 99));
      one.put("p999_ms", ms(latency, 99.9));
      one.put("max_ms", ms(latency, 100));
      phases.add(one);
      line(
          phase.name(),
          round(seconds),
          latency.getTotalCount(),
          ms(latency, 50),
          ms(latency, 99),
          ms(latency, 99.9),
          ms(latency, 100));
    }
    json.put("phases", phases);
    json.put("transactions", happened.transactions());
    json.put("sent_per_second", round(happened.sentPerSecond()));
    json.put("restarted", happened.restarted());
    if (happened.sentPerSecond() < ENOUGH * rate) {
      fault("rate %d/s missed: sent %.1f/s".formatted(rate, happened.sentPerSecond()));
    }
    if (happened.restarted()) {
      fault("the job restarted");
    }
  }

  /** How long each step took until decisions showed it. */
  void steps(RolloutRun.Happened happened, Control control, Decided live) {
    line("", "answer s", "effect s", "command s");
    List<Object> steps = new ArrayList<>();
    for (Timeline.Step step : happened.timeline().steps()) {
      Control.Answer answer = control.byRequest().get(step.requestId());
      if (answer == null) {
        fault(step.name() + " has no answer");
        continue;
      }
      double answerS = (answer.loggedMs() - step.appliedMs()) / MICROS_MS;
      double effectS =
          (firstLoggedMs(live, answer, control, happened.candidate()) - step.appliedMs())
              / MICROS_MS;
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("step", step.name());
      one.put("apply_to_activated_s", round(answerS));
      one.put("apply_to_first_decision_s", round(effectS));
      one.put("command_s", round(step.commandS()));
      steps.add(one);
      line(step.name(), round(answerS), round(effectS), round(step.commandS()));
      double most = step.name().equals("rollback") ? ROLLBACK_S_MAX : SHADOW_S_MAX;
      if (!(effectS < most)) {
        fault("%s took %.1f s, expected less than %.0f s".formatted(step.name(), effectS, most));
      }
    }
    json.put("steps", steps);
  }

  /** When the broker had the first decision that shows an activation. */
  private static long firstLoggedMs(
      Decided live, Control.Answer answer, Control control, String candidate) {
    History.Activation of =
        control.activations().stream()
            .filter(activation -> activation.fromMs() == answer.fromMs())
            .findFirst()
            .orElseThrow();
    long firstMs = Long.MAX_VALUE;
    for (int number = 1; number <= live.transactions(); number++) {
      Decided.One one = live.get(number);
      if (one == null || one.effectiveMs() < of.fromMs()) {
        continue;
      }
      boolean shows =
          of.place() == History.Place.SHADOW
              ? one.scoredBeside().contains(candidate)
              : one.model().equals(of.model());
      if (shows) {
        firstMs = Math.min(firstMs, one.loggedMs());
      }
    }
    return firstMs;
  }

  /** What was wrong, in words; empty when nothing was. */
  List<String> faults() {
    return List.copyOf(faults);
  }

  Map<String, Object> json() {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("verdict", faults.isEmpty() ? "PASS" : "FAIL");
    all.put("faults", faults());
    all.putAll(json);
    return all;
  }

  private void line(String first, Object... columns) {
    StringBuilder line = new StringBuilder("%-26s".formatted(first));
    for (Object column : columns) {
      line.append("%12s".formatted(column));
    }
    out.println(line);
    out.flush();
  }

  private static double ms(Histogram micros, double percentile) {
    return round(micros.getValueAtPercentile(percentile) / MICROS_MS);
  }

  private static double round(double value) {
    return Double.parseDouble(String.format(Locale.ROOT, "%.3f", value));
  }
}

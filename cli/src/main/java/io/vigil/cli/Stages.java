package io.vigil.cli;

import java.util.LinkedHashMap;
import java.util.Map;

/** A stopwatch with named stages. Not thread-safe. */
final class Stages {

  private final long startNs = System.nanoTime();
  private final Map<String, Double> seconds = new LinkedHashMap<>();
  private long stageNs = startNs;

  /** Ends a stage: what passed since the last one ended, or since the start. */
  void end(String stage) {
    long now = System.nanoTime();
    seconds.merge(stage, (now - stageNs) / 1e9, Double::sum);
    stageNs = now;
  }

  /** Seconds by stage, in their order. */
  Map<String, Double> seconds() {
    return new LinkedHashMap<>(seconds);
  }

  /** Seconds since the start. */
  double elapsed() {
    return (System.nanoTime() - startNs) / 1e9;
  }
}

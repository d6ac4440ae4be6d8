package io.vigil.bench.state;

import io.vigil.bench.Machine;
import io.vigil.bench.measure.Rounds;
import io.vigil.bench.measure.Spread;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Prints the results as they come, and holds them for machines to read. */
final class StateReport {
  private static final String OURS = Contender.OURS.id();
  private static final List<Contender> THEIRS =
      List.of(Contender.MAPSTATE, Contender.ITERATOR, Contender.RAW);

  private final PrintWriter out;
  private final Map<String, Object> json = new LinkedHashMap<>();
  private final Map<String, Object> answers = new LinkedHashMap<>();
  private final List<Object> rawGrowth = new ArrayList<>();
  private final List<Object> sweep = new ArrayList<>();

  StateReport(PrintWriter out, Map<String, Object> parameters) {
    this.out = out;
    Map<String, Object> machine = Machine.describe();
    machine.put("load_before", Machine.load());
    json.put("benchmark", "state");
    json.put("parameters", parameters);
    json.put("machine", machine);
    json.put("answers", answers);
    out.println(parameters);
  }

  void answersChecked(int events) {
    answers.put("checked_events", events);
    answers.put("equal", true);
    print("answers: equal on %,d events%n", events);
  }

  /**
   * Adds the run over the whole trace.
   *
   * @throws IllegalStateException when answers differ that must be equal
   */
  void main(StateRun run) {
    json.putAll(figures(run));
    Map<String, Object> checksums = new LinkedHashMap<>();
    run.checksums().forEach((side, sum) -> checksums.put(side, Long.toHexString(sum)));
    answers.put("checksums", checksums);
    boolean equal = run.sameAnswers(List.of(Contender.values()));
    answers.put("equal_throughout", equal);
    json.put("rounds_cpu_us_per_event", rounds(run.rounds()));
    table("state", run);
    requireSame(run);
    if (!equal) {
      print(
          "answers: ours differ from the others' on the whole trace, as this engine merges the"
              + " events of the busiest accounts%n");
    }
  }

  /** Adds a run with that many events of an account in 30 days. */
  void rawGrowth(int level, StateRun run) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("events_in_30_days", level);
    row.putAll(figures(run));
    rawGrowth.add(row);
    requireSame(run);
    table(level + " events of an account in 30 days", run);
  }

  /** Adds a run of a sweep. */
  void sweep(String parameter, long value, StateRun run) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("parameter", parameter);
    row.put("value", value);
    row.putAll(figures(run));
    row.put("rounds_cpu_us_per_event", rounds(run.rounds()));
    sweep.add(row);
    requireSame(run);
    table(parameter + " " + value, run);
  }

  /** Everything so far. */
  Map<String, Object> json() {
    if (!rawGrowth.isEmpty()) {
      json.put("raw_growth", rawGrowth);
    }
    if (!sweep.isEmpty()) {
      json.put("sweep", sweep);
    }
    json.put("load_after", Machine.load());
    return json;
  }

  private void requireSame(StateRun run) {
    List<Contender> must = List.of(Contender.values());
    if (!run.sameAnswers(must)) {
      throw new IllegalStateException(
          "answers: expected one checksum over the whole trace, got " + run.checksums());
    }
  }

  private static Map<String, Object> figures(StateRun run) {
    Map<String, Object> figures = new LinkedHashMap<>();
    for (Contender contender : List.of(Contender.OURS, Contender.OURS_CACHED)) {
      Operations.PerEvent operations = run.operations().get(contender.id());
      if (operations != null) {
        String suffix = contender == Contender.OURS ? "" : "_cached";
        figures.put("gets_per_event_entity" + suffix, operations.gets());
        figures.put("puts_per_event_entity" + suffix, operations.puts());
        figures.put("bytes_rewritten_per_event_entity" + suffix, operations.bytesWritten());
      }
    }
    Map<String, Object> ratios = new LinkedHashMap<>();
    for (Contender contender : THEIRS) {
      if (run.rounds().sides().contains(contender.id())) {
        Spread ratio = run.rounds().ratio(contender.id(), OURS);
        figures.put("cpu_ratio_" + contender.id(), ratio.median());
        ratios.put(contender.id(), spread(ratio));
      }
    }
    if (run.rounds().sides().contains(Contender.OURS_CACHED.id())) {
      // Not a merit of the state layout: others could have such a cache too.
      ratios.put("ours_cached", spread(run.rounds().ratio(Contender.OURS_CACHED.id(), OURS)));
    }
    figures.put("cpu_ratios", ratios);
    Map<String, Object> cpu = new LinkedHashMap<>();
    Map<String, Object> operations = new LinkedHashMap<>();
    for (String side : run.rounds().sides()) {
      cpu.put(side, spread(run.rounds().cpuUs(side)));
    }
    run.operations().forEach((side, perEvent) -> operations.put(side, operations(perEvent)));
    figures.put("cpu_us_per_event", cpu);
    figures.put("table_bytes", new LinkedHashMap<>(run.tableBytes()));
    figures.put("operations_per_event", operations);
    return figures;
  }

  private static Map<String, Object> operations(Operations.PerEvent perEvent) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("gets", perEvent.gets());
    map.put("puts", perEvent.puts());
    map.put("removes", perEvent.removes());
    map.put("scans", perEvent.scans());
    map.put("entries_scanned", perEvent.entriesScanned());
    map.put("bytes_written", perEvent.bytesWritten());
    return map;
  }

  private static Map<String, Object> spread(Spread spread) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("median", spread.median());
    map.put("p10", spread.p10());
    map.put("p90", spread.p90());
    return map;
  }

  private static Map<String, Object> rounds(Rounds rounds) {
    Map<String, Object> map = new LinkedHashMap<>();
    for (int side = 0; side < rounds.sides().size(); side++) {
      map.put(rounds.sides().get(side), rounds.cpuUs()[side]);
    }
    return map;
  }

  private void table(String title, StateRun run) {
    print("%n%s: for one event and entity%n", title);
    print(
        "%-12s %9s %17s %8s %8s %8s %9s %9s%n",
        "side", "CPU µs", "p10 - p90", "x ours", "gets", "puts", "scanned", "bytes");
    for (String side : run.rounds().sides()) {
      Spread cpu = run.rounds().cpuUs(side);
      Operations.PerEvent operations = run.operations().get(side);
      if (operations != null) {
        print(
            "%-12s %9.2f %8.2f-%8.2f %8.2f %8.2f %8.2f %9.1f %9.0f%n",
            side,
            cpu.median(),
            cpu.p10(),
            cpu.p90(),
            run.rounds().ratio(side, OURS).median(),
            operations.gets(),
            operations.puts(),
            operations.entriesScanned(),
            operations.bytesWritten());
      }
    }
    out.flush();
  }

  private void print(String format, Object... values) {
    out.print(String.format(java.util.Locale.ROOT, format, values));
    out.flush();
  }
}

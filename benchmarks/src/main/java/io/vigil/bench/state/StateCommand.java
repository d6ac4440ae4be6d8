package io.vigil.bench.state;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.vigil.bench.measure.CpuClock;
import io.vigil.bench.measure.ProcessClock;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code benchmarks/run state}: what an entity's state costs an event. */
@Command(
    name = "state",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    sortOptions = false,
    description =
        "Processor time and state accesses for one event and entity: the feature engine beside"
            + " panes in MapState by point gets and by an iterator, and raw events, with the same"
            + " answers on Flink's RocksDB state.")
public final class StateCommand implements Callable<Integer> {
  private static final long TRACE_MS = 60 * Span.DAY_MS;

  /** As long as the longest window, with as long a time to fill the state before. */
  private static final long FILLED_TRACE_MS = TRACE_MS / 2;

  /** Few, so that each is long for the clock. */
  private static final int GROWTH_ROUNDS = 10;

  /** From the real trace, and of a small one that crosses the edges of all windows. */
  private static final int CHECKED_EVENTS = 5_000;

  private static final int CHECKED_DENSE_EVENTS = 20_000;
  private static final int CHECKED_DENSE_KEYS = 200;

  @Option(names = "--json", paramLabel = "FILE", description = "Writes the result to FILE.")
  private @Nullable Path json;

  @Option(names = "--events", defaultValue = "1000000", description = "Events of the trace.")
  private int events;

  @Option(names = "--keys", defaultValue = "100000", description = "Accounts of the trace.")
  private int keys;

  @Option(
      names = "--skew",
      defaultValue = "ZIPF",
      description = "How often accounts come: ${COMPLETION-CANDIDATES}.")
  private Trace.Skew skew = Trace.Skew.ZIPF;

  @Option(names = "--features", defaultValue = "30", description = "Features, 1 to 200.")
  private int features;

  @Option(names = "--exact", description = "Exact windows; those who keep panes are left out.")
  private boolean exact;

  @Option(names = "--rounds", defaultValue = "20", description = "Slices of the trace.")
  private int rounds;

  @Option(names = "--warm-up", defaultValue = "4", description = "First rounds not counted.")
  private int warmUpRounds;

  @Option(names = "--seed", defaultValue = "1", description = "Of the trace.")
  private long seed;

  @Option(
      names = "--rocksdb-mib",
      defaultValue = "256",
      description = "Block cache and write buffers of each side.")
  private int memoryMib;

  @Option(
      names = "--partitioned-filters",
      description = "Cuts the filters and indexes of RocksDB's tables into blocks.")
  private boolean partitionedFilters;

  @Option(
      names = "--raw-levels",
      split = ",",
      defaultValue = "10,30,100,300,1000",
      description = "Events of an account in 30 days, for the growth of raw events; 0 for none.")
  private List<Integer> rawLevels = List.of();

  @Option(
      names = "--raw-events",
      defaultValue = "100000",
      description = "Events of the trace for each of these levels.")
  private int rawEvents;

  @Option(
      names = "--sweep",
      description = "Runs once for each of some values instead: ${COMPLETION-CANDIDATES}.")
  private @Nullable Sweep sweep;

  @Option(
      names = "--key-levels",
      split = ",",
      defaultValue = "100000,1000000,10000000",
      description = "Accounts for each run of a sweep over keys, each with state from the start.")
  private List<Integer> keyLevels = List.of();

  @Spec private @Nullable CommandSpec command;

  private final CpuClock clock = new ProcessClock();

  /** What may be varied. */
  enum Sweep {
    KEYS,
    WINDOWS,
    FEATURES
  }

  @Override
  public Integer call() throws Exception {
    StateSpec spec = spec();
    StateReport report = new StateReport(out(), parameters());
    Trace trace = Trace.of(seed, events, keys, skew, TRACE_MS);
    check(spec, trace);
    report.answersChecked(Math.min(CHECKED_EVENTS, events) + CHECKED_DENSE_EVENTS);
    if (sweep == null) {
      report.main(run(spec, trace));
      write(report);
      for (int level : rawLevels) {
        if (level > 0) {
          report.rawGrowth(level, growth(spec, level));
          write(report);
        }
      }
    } else {
      sweep(report, sweep);
    }
    return 0;
  }

  /** After each run: the next may take long, and what is measured stays so. */
  private void write(StateReport report) throws IOException {
    if (json != null) {
      new ObjectMapper()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .writeValue(json.toFile(), report.json());
    }
  }

  private StateSpec spec() {
    try {
      if (events < rounds
          || rawEvents < GROWTH_ROUNDS
          || rounds <= warmUpRounds
          || warmUpRounds < 0
          || keys < 1
          || keyLevels.stream().anyMatch(level -> level < 1)) {
        throw new IllegalArgumentException(
            "expected a key, an event for each round and more rounds than --warm-up");
      }
      return StateSpec.of(features, exact);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(commandSpec().commandLine(), e.getMessage(), e);
    }
  }

  private void check(StateSpec spec, Trace trace) throws Exception {
    SameAnswers.check(spec, trace, Math.min(CHECKED_EVENTS, trace.events()), memory());
    Trace dense =
        Trace.filled(seed, CHECKED_DENSE_EVENTS, CHECKED_DENSE_KEYS, Trace.Skew.UNIFORM, TRACE_MS);
    SameAnswers.check(spec, dense, dense.events(), memory());
  }

  private RocksMemory memory() {
    return new RocksMemory(memoryMib, partitionedFilters);
  }

  private StateRun run(StateSpec spec, Trace trace) throws Exception {
    return run(Contender.bounded(spec), spec, trace);
  }

  private StateRun run(List<Contender> contenders, StateSpec spec, Trace trace) throws Exception {
    return StateRun.of(contenders, spec, trace, rounds, warmUpRounds, memory(), clock);
  }

  /** The first half fills the windows and does not count. */
  private StateRun growth(StateSpec spec, int level) throws Exception {
    int accounts = Math.max(1, rawEvents / 2 / level);
    Trace trace = Trace.of(seed, rawEvents, accounts, Trace.Skew.UNIFORM, TRACE_MS);
    return StateRun.of(
        Contender.all(spec), spec, trace, GROWTH_ROUNDS, GROWTH_ROUNDS / 2, memory(), clock);
  }

  private void sweep(StateReport report, Sweep over) throws Exception {
    switch (over) {
      case KEYS -> {
        for (int count : keyLevels) {
          Trace trace = Trace.filled(seed, events, count, skew, FILLED_TRACE_MS);
          report.sweep("keys", count, run(StateSpec.of(features, exact), trace));
          write(report);
        }
      }
      case WINDOWS -> {
        Trace trace = Trace.of(seed, events, keys, skew, TRACE_MS);
        for (long hours : new long[] {1, 24, 7 * 24, 30 * 24, 60 * 24}) {
          // As many panes in each, so that nothing but the events in the window differs.
          long lengthMs = hours * Span.HOUR_MS;
          Span span = new Span(lengthMs, lengthMs / 20);
          StateSpec spec = StateSpec.of(List.of(span), 10, exact);
          check(spec, trace);
          // By Zipf's law, raw events would take as long as the square of the busiest one's.
          List<Contender> contenders =
              skew == Trace.Skew.UNIFORM ? Contender.all(spec) : Contender.bounded(spec);
          report.sweep("window_hours", hours, run(contenders, spec, trace));
          write(report);
        }
      }
      case FEATURES -> {
        Trace trace = Trace.of(seed, events, keys, skew, TRACE_MS);
        for (int count : new int[] {10, 30, 100, 200}) {
          StateSpec spec = StateSpec.of(count, exact);
          check(spec, trace);
          report.sweep("features", count, run(spec, trace));
          write(report);
        }
      }
    }
  }

  private Map<String, Object> parameters() {
    Map<String, Object> parameters = new LinkedHashMap<>();
    parameters.put("spec", exact ? "exact" : "panes");
    parameters.put("features", features);
    parameters.put("events", events);
    parameters.put("keys", keys);
    parameters.put("skew", skew.name().toLowerCase(java.util.Locale.ROOT));
    parameters.put("trace_days", (sweep == Sweep.KEYS ? FILLED_TRACE_MS : TRACE_MS) / Span.DAY_MS);
    parameters.put("seed", seed);
    parameters.put("rounds", rounds);
    parameters.put("warm_up_rounds", warmUpRounds);
    parameters.put("rocksdb_mib_per_side", memoryMib);
    parameters.put("partitioned_filters", partitionedFilters);
    parameters.put("raw_levels", new ArrayList<>(rawLevels));
    parameters.put("raw_events", rawEvents);
    if (sweep == Sweep.KEYS) {
      parameters.put("key_levels", new ArrayList<>(keyLevels));
    }
    return parameters;
  }

  private PrintWriter out() {
    return commandSpec().commandLine().getOut();
  }

  private CommandSpec commandSpec() {
    if (command == null) {
      throw new IllegalStateException("a command is called through picocli");
    }
    return command;
  }
}

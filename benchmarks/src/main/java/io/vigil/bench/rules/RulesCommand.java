package io.vigil.bench.rules;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.vigil.bench.Machine;
import io.vigil.bench.measure.Interleaved;
import io.vigil.bench.measure.ProcessClock;
import io.vigil.bench.measure.Rounds;
import io.vigil.bench.measure.Side;
import io.vigil.job.ArtefactSet;
import io.vigil.model.rule.EntryList;
import io.vigil.model.rule.Lists;
import io.vigil.model.rule.RuleSet;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.flink.configuration.Configuration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code benchmarks/run rules}: what rules and their lists cost an event. */
@Command(
    name = "rules",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    sortOptions = false,
    description =
        "Processor time of an event for rules with and without lists, the memory of a list's"
            + " entries, and evaluation times while a list changes.")
public final class RulesCommand implements Callable<Integer> {
  @Option(names = "--json", paramLabel = "FILE", description = "Writes the result to FILE.")
  private @Nullable Path json;

  @Option(names = "--rules", defaultValue = "500", description = "How many, 500 at most.")
  private int rules;

  @Option(names = "--lists", defaultValue = "10", description = "How many a fifth of them asks.")
  private int lists;

  @Option(names = "--entries", defaultValue = "1000000", description = "Of each list.")
  private int entries;

  @Option(names = "--events", defaultValue = "40000", description = "Different ones, each round.")
  private int events;

  @Option(names = "--rounds", defaultValue = "12", description = "In which the sides take turns.")
  private int rounds;

  @Option(names = "--warm-up", defaultValue = "3", description = "First rounds not counted.")
  private int warmUpRounds;

  @Option(names = "--seconds", defaultValue = "20", description = "Of each part with swaps.")
  private int seconds;

  @Spec private @Nullable CommandSpec command;

  /** Evaluates a rule set over payments. */
  private record Evaluation(
      String name, RuleSet rules, Lists lists, List<Workload.Payment> payments, long[] hits)
      implements Side {

    @Override
    public void run(int from, int to) {
      for (int i = from; i < to; i++) {
        Workload.Payment payment = payments.get(i % payments.size());
        hits[0] +=
            rules
                .evaluate(
                    payment, payment.features(), payment.score(), lists, payment.eventTimeMs())
                .hits()
                .size();
      }
    }
  }

  @Override
  public Integer call() throws Exception {
    double loadBefore = Machine.load();
    long heapBefore = heapBytes();
    List<EntryList> read = Workload.lists(lists, entries);
    long heap = heapBytes() - heapBefore;
    Lists inForce = Lists.of(read);
    RuleSet with = Workload.rules(rules, lists);
    with.require(inForce);
    List<Workload.Payment> payments = Workload.payments(events, entries);
    List<Evaluation> sides =
        List.of(
            new Evaluation(
                "without_lists", Workload.rules(rules, 0), Lists.NONE, payments, new long[1]),
            new Evaluation("with_lists", with, inForce, payments, new long[1]));
    Rounds measured =
        new Interleaved(new ProcessClock()).run(sides, events * rounds, rounds, warmUpRounds);

    Map<String, Object> result = new LinkedHashMap<>();
    Map<String, Object> cpu = new LinkedHashMap<>();
    for (Evaluation side : sides) {
      cpu.put(side.name(), measured.cpuUs(side.name()));
    }
    result.put("cpu_us_per_event", cpu);
    result.put("cpu_ratio_lists", measured.ratio("with_lists", "without_lists"));
    result.put("list_entries", (long) lists * entries);
    result.put(
        "bytes_per_entry",
        (double) read.stream().mapToLong(EntryList::memoryBytes).sum() / ((long) lists * entries));
    result.put("heap_bytes_per_entry", (double) heap / ((long) lists * entries));
    byte[][] versions = {
      Workload.list(0, 2, entries), Workload.list(0, 3, entries),
    };
    ArtefactSet artefacts = ArtefactSet.read(new Configuration());
    Swaps swaps = new Swaps(artefacts, with, payments, inForce, versions, seconds);
    Map<String, Object> parts = new LinkedHashMap<>();
    parts.put("alone", swaps.run(false, false));
    parts.put("list_read_only", swaps.run(true, false));
    parts.put("list_read_and_swapped", swaps.run(true, true));
    parts.put("alone_again", swaps.run(false, false));
    result.put("swaps", parts);
    result.put("rounds_cpu_us_per_event", rounds(measured));
    result.put("parameters", parameters());
    result.put("machine", Machine.describe());
    result.put("load_before", loadBefore);
    result.put("load_after", Machine.load());
    print(result);
    if (json != null) {
      new ObjectMapper()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .writeValue(json.toFile(), result);
    }
    return 0;
  }

  private Map<String, Object> parameters() {
    Map<String, Object> parameters = new LinkedHashMap<>();
    parameters.put("rules", rules);
    parameters.put("lists", lists);
    parameters.put("entries", entries);
    parameters.put("events", events);
    parameters.put("rounds", rounds);
    parameters.put("warm_up", warmUpRounds);
    parameters.put("seconds", seconds);
    return parameters;
  }

  private static Map<String, Object> rounds(Rounds measured) {
    Map<String, Object> all = new LinkedHashMap<>();
    for (int side = 0; side < measured.sides().size(); side++) {
      List<Double> us = new ArrayList<>();
      for (double each : measured.cpuUs()[side]) {
        us.add(each);
      }
      all.put(measured.sides().get(side), us);
    }
    return all;
  }

  private void print(Map<String, Object> result) {
    CommandSpec given = command;
    if (given == null) {
      return;
    }
    PrintWriter out = given.commandLine().getOut();
    result.forEach((key, value) -> out.println(key + "  " + value));
    out.flush();
  }

  /** Of what is reachable, after a collection. */
  private static long heapBytes() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }
}

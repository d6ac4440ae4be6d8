package io.vigil.cli;

import io.vigil.cli.features.Definitions;
import io.vigil.cli.features.Sequence;
import io.vigil.model.feature.EntityPlan;
import io.vigil.model.feature.Feature;
import io.vigil.model.feature.History;
import io.vigil.model.feature.StateCost;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/**
 * {@code vigil features explain}: the vector that a spec defines and what the engine keeps for it.
 */
@Command(
    name = "explain",
    mixinStandardHelpOptions = true,
    description = "Shows the vector that a spec defines, and its aggregates by entity.")
final class ExplainFeatures implements Callable<Integer> {

  @Mixin private Console console = new Console();

  @Parameters(paramLabel = "SPEC", description = "A file, a bundle's folder, default, or handbook.")
  private String spec = "";

  private static final double[] RATES = {0.1, 1, 10, 100, 1000};
  private static final String COSTS = "       %12s  %10s  %10s  %13s  %10s%n";

  @Override
  public Integer call() {
    SpecSource source = SpecSource.load(spec);
    List<Feature> features = source.spec().features();
    PrintWriter out = console.out();
    out.printf(
        "%s, version %d, %d features%n",
        source.spec().name(), source.spec().version(), features.size());
    out.println("fingerprint " + source.plan().fingerprint());
    out.println();
    print(features, out);
    List<Map<String, Object>> vector = new ArrayList<>();
    for (int i = 0; i < features.size(); i++) {
      Feature feature = features.get(i);
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("index", i);
      entry.put("name", feature.name());
      entry.put("kind", Definitions.kind(feature));
      entry.put("definition", Definitions.of(feature));
      entry.put("default", feature.defaultValue());
      vector.add(entry);
    }
    List<Map<String, Object>> entities = new ArrayList<>();
    for (EntityPlan plan : source.plan().entities()) {
      entities.add(entity(plan, out));
    }
    out.flush();
    Map<String, Object> json = new LinkedHashMap<>(source.json());
    json.put("vector", vector);
    json.put("entities", entities);
    console.writeJson(json);
    return 0;
  }

  /** A line for each feature, and one for all those of a sequence. */
  private static void print(List<Feature> features, PrintWriter out) {
    List<Line> lines = new ArrayList<>();
    for (int i = 0; i < features.size(); ) {
      Feature feature = features.get(i);
      Sequence sequence = Sequence.at(features, i);
      String otherwise = Definitions.number(feature.defaultValue());
      if (sequence == null) {
        String kind = Definitions.kind(feature);
        lines.add(new Line("" + i, feature.name(), kind, otherwise, Definitions.of(feature)));
        i++;
      } else {
        int last = i + sequence.features().size() - 1;
        String names = feature.name() + " to " + features.get(last).name();
        lines.add(new Line(i + "-" + last, names, "sequence", otherwise, sequence.definition()));
        i = last + 1;
      }
    }
    int width = lines.stream().mapToInt(line -> line.name.length()).max().orElse(0);
    String format = "%7s  %-" + width + "s  %-10s  %-7s  %s%n";
    out.printf(format, "index", "name", "kind", "default", "definition");
    lines.forEach(
        line ->
            out.printf(format, line.index, line.name, line.kind, line.otherwise, line.definition));
  }

  private record Line(
      String index, String name, String kind, String otherwise, String definition) {}

  /** A line for each aggregate, and one for those that differ only in how far they look back. */
  private static void print(EntityPlan plan, PrintWriter out) {
    Map<String, SortedSet<Integer>> backs = new LinkedHashMap<>();
    for (Feature.Kept feature : plan.features()) {
      int back = feature instanceof Feature.Aggregated a ? Sequence.back(a) : 1;
      // Of the event before, which the words leave out.
      Feature.Kept one =
          back > 1 && feature instanceof Feature.Aggregated a
              ? Sequence.moved(a, feature.name(), 1)
              : feature;
      backs.computeIfAbsent(Definitions.kept(one), words -> new TreeSet<>()).add(back);
    }
    backs.forEach((words, all) -> out.println("       " + words + which(all)));
  }

  private static String which(SortedSet<Integer> backs) {
    int first = backs.first();
    int last = backs.last();
    if (last <= 1) {
      return "";
    }
    boolean whole = backs.size() > 2 && backs.size() == last - first + 1;
    return ", back: "
        + (whole
            ? first + " to " + last
            : backs.stream().map(String::valueOf).collect(Collectors.joining(", ")));
  }

  /** One entity hop: what it computes, what it keeps, and what that costs. */
  private static Map<String, Object> entity(EntityPlan plan, PrintWriter out) {
    String entity = plan.grouping().id();
    Set<String> aggregates = new LinkedHashSet<>();
    plan.features().forEach(feature -> aggregates.add(Definitions.kept(feature)));
    out.println();
    out.printf(
        "entity %s: %d aggregates, %s%n",
        entity, aggregates.size(), plan.usesLabels() ? "takes labels" : "takes no labels");
    print(plan, out);
    boolean transactions = plan.grouping().history().equals(History.TRANSACTIONS);
    if (!transactions) {
      out.println("  is read once by each transaction; the costs are those of its own records");
    }
    out.println("  keeps");
    plan.kept().forEach(kept -> out.println("       " + kept));
    out.println("  costs, by how busy an entity is");
    out.printf(COSTS, "events a day", "gets/event", "puts/event", "bytes written", "bytes kept");
    List<Map<String, Object>> costs = new ArrayList<>();
    for (double eventsPerDay : RATES) {
      StateCost cost = StateCost.of(plan, eventsPerDay);
      out.printf(
          COSTS,
          Definitions.number(eventsPerDay),
          fixed(cost.gets(), 3),
          fixed(cost.puts(), 3),
          fixed(cost.bytesRewritten(), 0),
          fixed(cost.bytesKept(), 0));
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("events_per_day", eventsPerDay);
      json.put("gets_per_event", cost.gets());
      json.put("puts_per_event", cost.puts());
      json.put("bytes_rewritten_per_event", cost.bytesRewritten());
      json.put("bytes_kept", cost.bytesKept());
      costs.add(json);
    }
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("entity", entity);
    json.put("labels", plan.usesLabels());
    json.put("read_by_transactions", !transactions);
    json.put("aggregates", List.copyOf(aggregates));
    json.put("keeps", plan.kept());
    json.put("costs", costs);
    return json;
  }

  private static String fixed(double value, int digits) {
    return String.format(Locale.ROOT, "%." + digits + "f", value);
  }
}

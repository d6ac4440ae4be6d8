package io.vigil.cli;

import io.vigil.cli.features.Definitions;
import io.vigil.model.feature.EntityPlan;
import io.vigil.model.feature.Feature;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
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
    int width = features.stream().mapToInt(feature -> feature.name().length()).max().orElse(0);
    String format = "%5s  %-" + width + "s  %-10s  %-7s  %s%n";
    out.printf(format, "index", "name", "kind", "default", "definition");
    List<Map<String, Object>> vector = new ArrayList<>();
    for (int i = 0; i < features.size(); i++) {
      Feature feature = features.get(i);
      out.printf(
          Locale.ROOT,
          format,
          i,
          feature.name(),
          Definitions.kind(feature),
          Definitions.number(feature.defaultValue()),
          Definitions.of(feature));
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
      entities.add(entity(plan, features, out));
    }
    out.flush();
    Map<String, Object> json = new LinkedHashMap<>(source.json());
    json.put("vector", vector);
    json.put("entities", entities);
    console.writeJson(json);
    return 0;
  }

  /**
   * One entity hop. The one place for what its state costs, once the plan tells it: bytes a key,
   * gets and puts an event.
   */
  private static Map<String, Object> entity(
      EntityPlan plan, List<Feature> features, PrintWriter out) {
    String entity = plan.entity().field().id();
    Set<String> aggregates = new LinkedHashSet<>();
    for (Feature feature : features) {
      if (feature instanceof Feature.Aggregated aggregated
          && aggregated.entity() == plan.entity()) {
        aggregates.add(Definitions.aggregate(aggregated));
      }
    }
    out.println();
    out.printf(
        "entity %s: %d aggregates, %s%n",
        entity, aggregates.size(), plan.usesLabels() ? "takes labels" : "takes no labels");
    aggregates.forEach(aggregate -> out.println("       " + aggregate));
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("entity", entity);
    json.put("labels", plan.usesLabels());
    json.put("aggregates", List.copyOf(aggregates));
    return json;
  }
}

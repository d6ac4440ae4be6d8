package io.vigil.cli;

import io.vigil.cli.features.Definitions;
import io.vigil.cli.features.SpecDiff;
import io.vigil.model.feature.WarmUp;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code vigil features diff}: what differs between two specs. */
@Command(
    name = "diff",
    mixinStandardHelpOptions = true,
    description = "Shows which features were added, removed, changed and moved.")
final class DiffFeatures implements Callable<Integer> {

  @Mixin private Console console = new Console();

  @Parameters(
      index = "0",
      paramLabel = "OLD",
      description = "A file, a bundle's folder, default, or handbook.")
  private String before = "";

  @Parameters(index = "1", paramLabel = "NEW", description = "The same.")
  private String after = "";

  @Override
  public Integer call() {
    SpecSource from = SpecSource.load(before);
    SpecSource to = SpecSource.load(after);
    SpecDiff diff = SpecDiff.between(from.spec(), to.spec());
    PrintWriter out = console.out();
    out.println("- " + line(from));
    out.println("+ " + line(to));
    diff.removed().forEach(name -> out.println("removed  " + name));
    diff.added().forEach(name -> out.println("added    " + name));
    for (SpecDiff.Change change : diff.changed()) {
      out.println("changed  " + change.name());
      out.println("         - " + change.before());
      out.println("         + " + change.after());
    }
    for (SpecDiff.Move move : diff.moved()) {
      out.println("moved    " + move.name() + "  " + move.before() + " -> " + move.after());
    }
    List<WarmUp> warmUps = WarmUp.between(from.spec(), to.spec());
    for (WarmUp warmUp : warmUps) {
      out.println("warms up " + warmUp.feature() + "  " + until(warmUp));
    }
    if (diff.isEmpty()) {
      out.println("the same features in the same order");
    }
    out.flush();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("old", from.json());
    json.put("new", to.json());
    json.put("added", diff.added());
    json.put("removed", diff.removed());
    json.put("changed", diff.changed());
    json.put("moved", diff.moved());
    json.put("warms_up", warmUps);
    console.writeJson(json);
    return 0;
  }

  /** When the feature has all the history that it asks for. */
  static String until(WarmUp warmUp) {
    return switch (warmUp.kind()) {
      case AFTER -> "right after " + Definitions.duration(warmUp.afterMs());
      case AFTER_EVENTS ->
          "right %sonce an entity has had the events it looks back at"
              .formatted(
                  warmUp.afterMs() > 0
                      ? "after " + Definitions.duration(warmUp.afterMs()) + ", and "
                      : "");
      case NEW_ENTITIES -> "right for entities that are new";
    };
  }

  private static String line(SpecSource source) {
    return "%s, version %d, %d features, %s"
        .formatted(
            source.spec().name(),
            source.spec().version(),
            source.plan().names().size(),
            source.plan().fingerprint());
  }
}

package io.vigil.cli;

import io.vigil.cli.features.Definitions;
import io.vigil.job.VigilOptions;
import io.vigil.model.event.Entity;
import io.vigil.model.feature.Renaming;
import io.vigil.model.feature.WarmUp;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code vigil features rotation}: how long both tokens must be there when their key is changed.
 */
@Command(
    name = "rotation",
    mixinStandardHelpOptions = true,
    description =
        "Says when the key of tokens may be switched, and what becomes of each feature then.")
final class RotationFeatures implements Callable<Integer> {
  @Mixin private Console console = new Console();

  @Parameters(
      paramLabel = "SPEC",
      arity = "1..*",
      description = "All specs in force: files, bundles' folders, default, or handbook.")
  private List<String> specs = List.of();

  @Option(
      names = "--tokens",
      paramLabel = "ENTITY",
      split = ",",
      defaultValue = "card,ip",
      description =
          "What mappings tokenise: account, card, ip, counterparty, and so on (default:"
              + " ${DEFAULT-VALUE}).")
  private List<String> tokens = List.of();

  @Option(
      names = "--since",
      paramLabel = "INSTANT",
      description =
          "When the last producer began to send both tokens, such as 2026-03-01T10:00:00Z.")
  private @Nullable Instant since;

  @Option(
      names = "--horizon",
      paramLabel = "DURATION",
      description =
          "The job's vigil.dedupe.horizon, as ISO 8601 has it, such as P7D (default: the option's"
              + " own).")
  private Duration horizon = VigilOptions.DEDUPE_HORIZON.defaultValue();

  @Override
  public Integer call() {
    Set<Entity> renamed = EnumSet.noneOf(Entity.class);
    for (String token : tokens) {
      Entity entity = Entity.byId(token);
      if (entity == null) {
        throw new CliException(
            "--tokens: expected entities such as card or ip, got '%s'".formatted(token));
      }
      renamed.add(entity);
    }
    PrintWriter out = console.out();
    List<Map<String, Object>> json = new ArrayList<>();
    long reachMs = 0;
    for (String spec : specs) {
      SpecSource source = SpecSource.load(spec);
      Renaming renaming = Renaming.of(source.spec(), renamed);
      reachMs = Math.max(reachMs, renaming.reachMs());
      json.add(print(source, renaming, out));
    }
    // A payment may come as late as the horizon, and looks back from its own time.
    long bothMs = reachMs + horizon.toMillis();
    out.printf(
        "both tokens for at least %s: the longest reach, %s, and the deduplication horizon, %s%n",
        Definitions.duration(bothMs),
        reachMs == 0 ? "none" : Definitions.duration(reachMs),
        Definitions.duration(horizon.toMillis()));
    Instant begun = since;
    if (begun != null) {
      out.println("switch at the earliest at " + begun.plusMillis(bothMs));
    }
    out.flush();
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("tokens", renamed.stream().map(entity -> entity.field().id()).toList());
    all.put("specs", json);
    all.put("reach_ms", reachMs);
    all.put("horizon_ms", horizon.toMillis());
    all.put("both_tokens_ms", bothMs);
    if (begun != null) {
      all.put("switch_at_the_earliest", begun.plusMillis(bothMs).toString());
    }
    console.writeJson(all);
    return 0;
  }

  private static Map<String, Object> print(SpecSource source, Renaming renaming, PrintWriter out) {
    out.printf(
        "%s, version %d, %d features%n",
        source.spec().name(), source.spec().version(), source.spec().features().size());
    Map<String, Object> json = new LinkedHashMap<>(source.json());
    json.put("reach_ms", renaming.reachMs());
    List<String> whole = names(renaming.filed(), WarmUp.Kind.AFTER);
    List<String> byEvents = names(renaming.filed(), WarmUp.Kind.AFTER_EVENTS);
    List<String> anew = names(renaming.filed(), WarmUp.Kind.NEW_ENTITIES);
    List<String> windows = names(renaming.values(), WarmUp.Kind.AFTER);
    List<String> longer = names(renaming.values(), WarmUp.Kind.AFTER_EVENTS);
    longer.addAll(names(renaming.values(), WarmUp.Kind.NEW_ENTITIES));
    group("whole", "as under one key, when both tokens were there for", whole, json, out);
    group(
        "by_events",
        "as under one key, once an entity's next events had both",
        byEvents,
        json,
        out);
    group("anew", "looks back without end: knows nothing of before both", anew, json, out);
    group("values", "takes old and new tokens for two, after the switch, for", windows, json, out);
    group("values_for_good", "takes old and new tokens for two for longer", longer, json, out);
    group(
        "texts", "makes another number of a token from the switch on", renaming.texts(), json, out);
    return json;
  }

  private static List<String> names(List<WarmUp> of, WarmUp.Kind kind) {
    List<String> names = new ArrayList<>();
    for (WarmUp each : of) {
      if (each.kind() == kind) {
        names.add(
            each.feature()
                + (each.afterMs() == 0 ? "" : " " + Definitions.duration(each.afterMs())));
      }
    }
    return names;
  }

  private static void group(
      String key, String title, List<String> names, Map<String, Object> json, PrintWriter out) {
    json.put(key, names);
    if (!names.isEmpty()) {
      out.println("  " + title + ":");
      names.forEach(name -> out.println("    " + name));
    }
  }
}

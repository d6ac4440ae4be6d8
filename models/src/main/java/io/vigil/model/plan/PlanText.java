package io.vigil.model.plan;

import io.vigil.model.artefact.YamlMap;
import io.vigil.model.plan.PlanFile.Artefact;
import io.vigil.model.plan.PlanFile.Kind;
import io.vigil.model.plan.PlanFile.Metric;
import io.vigil.model.policy.Outcome;
import io.vigil.model.watch.WatchPlan;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/** A plan as text: YAML with one line for each thing, and back. */
final class PlanText {
  private static final Pattern DIGEST = Pattern.compile("[0-9a-f]{64}");
  private static final Pattern NUMBER = Pattern.compile("-?\\d{1,15}\\.\\d{6}");
  private static final Pattern COUNT = Pattern.compile("\\d{1,18}");
  private static final int ENTRIES_MAX = 1_024;
  private static final String[] ARTEFACT = {"kind", "name", "version", "digest"};
  private static final String[] METRIC = {"name", "value", "low", "high"};

  private PlanText() {}

  static String write(PlanFile plan) {
    StringBuilder out = new StringBuilder();
    line(out, "format: %s", PlanFile.FORMAT);
    line(out, "created_at: %s", plan.createdAt());
    line(out, "verdict: %s", plan.verdict().id());
    artefacts(out, "change", plan.changes());
    artefacts(out, "against", plan.against());
    PlanFile.Data data = plan.data();
    line(out, "data:");
    line(out, "  input: %s", data.input());
    line(out, "  description: %s", quoted(data.description()));
    line(out, "  rows: %d", data.rows());
    line(out, "  frauds: %d", data.frauds());
    line(out, "  from: %s", data.from());
    line(out, "  to: %s", data.to());
    head(out, "new_features", plan.newFeatures());
    for (PlanFile.NewFeature feature : plan.newFeatures()) {
      line(out, "  - {name: %s, whole: %s}", quoted(feature.name()), quoted(feature.whole()));
    }
    metrics(out, "champion", plan.champion());
    metrics(out, "candidate", plan.candidate());
    metrics(out, "difference", plan.difference());
    line(out, "differing: %d", plan.differing());
    head(out, "flips", plan.flips());
    for (Flips.Count flip : plan.flips()) {
      line(
          out,
          "  - {from: %s, to: %s, rows: %d, frauds: %d}",
          flip.from().id(),
          flip.to().id(),
          flip.rows(),
          flip.frauds());
    }
    line(out, "gates_file: %s", artefact(plan.gatesFile()));
    head(out, "gates", plan.gates());
    for (GateResult gate : plan.gates()) {
      line(out, "  - gate: %s", gate.gate());
      line(out, "    observed: %s", quoted(gate.observed()));
      line(out, "    required: %s", quoted(gate.required()));
      line(out, "    verdict: %s", gate.verdict().id());
      if (!gate.mend().isEmpty()) {
        line(out, "    mend: %s", quoted(gate.mend()));
      }
    }
    WatchPlan watch = plan.watch();
    if (watch != null) {
      line(out, "watch:");
      watch.text().lines().forEach(each -> line(out, "  %s", each));
    }
    return out.toString();
  }

  private static void head(StringBuilder out, String key, List<?> entries) {
    line(out, entries.isEmpty() ? "%s: []" : "%s:", key);
  }

  private static void artefacts(StringBuilder out, String key, List<Artefact> artefacts) {
    head(out, key, artefacts);
    artefacts.forEach(artefact -> line(out, "  - %s", artefact(artefact)));
  }

  private static String artefact(Artefact artefact) {
    return String.format(
        Locale.ROOT,
        "{kind: %s, name: %s, version: %d, digest: %s}",
        id(artefact.kind()),
        quoted(artefact.name()),
        artefact.version(),
        artefact.digest());
  }

  private static void metrics(StringBuilder out, String key, List<Metric> metrics) {
    head(out, key, metrics);
    for (Metric metric : metrics) {
      String interval =
          Double.isNaN(metric.low())
              ? ""
              : String.format(Locale.ROOT, ", low: %.6f, high: %.6f", metric.low(), metric.high());
      line(out, "  - {name: %s, value: %.6f%s}", metric.name(), metric.value(), interval);
    }
  }

  private static void line(StringBuilder out, String format, Object... values) {
    out.append(String.format(Locale.ROOT, format, values)).append('\n');
  }

  private static String id(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  /** In double quotes, on one line; control characters become blanks. */
  private static String quoted(String text) {
    return '"'
        + text.replaceAll("\\p{Cntrl}", " ").strip().replace("\\", "\\\\").replace("\"", "\\\"")
        + '"';
  }

  static PlanFile read(String text, String origin) {
    YamlMap file =
        YamlMap.read(
            text,
            origin,
            "format",
            "created_at",
            "verdict",
            "change",
            "against",
            "data",
            "new_features",
            "champion",
            "candidate",
            "difference",
            "differing",
            "flips",
            "gates_file",
            "gates",
            "watch");
    if (!file.text("format", PlanFile.FORMAT).equals(PlanFile.FORMAT)) {
      throw file.wrong("format", PlanFile.FORMAT);
    }
    PlanFile plan =
        new PlanFile(
            instant(file, "created_at"),
            artefacts(file, "change"),
            artefacts(file, "against"),
            data(file.map("data", "input", "description", "rows", "frauds", "from", "to")),
            newFeatures(file),
            metrics(file, "champion"),
            metrics(file, "candidate"),
            metrics(file, "difference"),
            count(file, "differing"),
            flips(file),
            artefact(file.map("gates_file", ARTEFACT)),
            gates(file),
            WatchPlan.in(file));
    PlanFile.Verdict said = file.choice("verdict", PlanFile.Verdict.byId());
    if (said != plan.verdict()) {
      throw file.because(
          "verdict",
          "expected %s, which is what its gates and flips come to, got %s"
              .formatted(plan.verdict().id(), said.id()));
    }
    if (!write(plan).equals(text)) {
      throw file.because(
          "format",
          "expected the very text that was written, got one that was edited or laid out anew");
    }
    return plan;
  }

  private static Instant instant(YamlMap map, String key) {
    String expected = "an instant such as 2026-01-31T00:00:00Z";
    try {
      Instant instant = Instant.parse(map.text(key, expected));
      if (key.equals("created_at") && !instant.equals(instant.truncatedTo(ChronoUnit.SECONDS))) {
        throw map.wrong(key, "an instant in whole seconds");
      }
      return instant;
    } catch (DateTimeException e) {
      throw map.wrong(key, expected);
    }
  }

  private static long count(YamlMap map, String key) {
    return Long.parseLong(map.text(key, COUNT, "a whole number, 0 or more"));
  }

  private static <E extends Enum<E>> Map<String, E> byId(E[] values) {
    Map<String, E> byId = new LinkedHashMap<>();
    for (E value : values) {
      byId.put(id(value), value);
    }
    return byId;
  }

  private static List<Artefact> artefacts(YamlMap file, String key) {
    List<Artefact> found = new ArrayList<>();
    for (YamlMap entry : file.maps(key, Kind.values().length, ARTEFACT)) {
      Artefact artefact = artefact(entry);
      if (found.stream().anyMatch(other -> other.kind() == artefact.kind())) {
        throw entry.wrong("kind", "one artefact of a kind");
      }
      found.add(artefact);
    }
    return found;
  }

  private static Artefact artefact(YamlMap map) {
    return new Artefact(
        map.choice("kind", byId(Kind.values())),
        map.text("name", "a name"),
        map.integer("version", 1, Integer.MAX_VALUE),
        map.text("digest", DIGEST, "64 hex digits"));
  }

  private static PlanFile.Data data(YamlMap map) {
    return new PlanFile.Data(
        map.text("input", DIGEST, "64 hex digits"),
        map.text("description", "what was read, in words"),
        count(map, "rows"),
        count(map, "frauds"),
        instant(map, "from"),
        instant(map, "to"));
  }

  private static List<PlanFile.NewFeature> newFeatures(YamlMap file) {
    return file.maps("new_features", ENTRIES_MAX, "name", "whole").stream()
        .map(
            entry ->
                new PlanFile.NewFeature(
                    entry.text("name", "a feature's name"),
                    entry.text("whole", "when it has all its history")))
        .toList();
  }

  private static List<Metric> metrics(YamlMap file, String key) {
    return file.maps(key, ENTRIES_MAX, METRIC).stream()
        .map(
            entry ->
                new Metric(
                    entry.text("name", "a metric's name"),
                    number(entry, "value"),
                    entry.has("low") ? number(entry, "low") : Double.NaN,
                    entry.has("high") ? number(entry, "high") : Double.NaN))
        .toList();
  }

  private static double number(YamlMap map, String key) {
    return Double.parseDouble(map.text(key, NUMBER, "a number with six decimals"));
  }

  private static List<Flips.Count> flips(YamlMap file) {
    Map<String, Outcome> outcomes = Outcome.byId(Outcome.APPROVE);
    return file.maps("flips", ENTRIES_MAX, "from", "to", "rows", "frauds").stream()
        .map(
            entry ->
                new Flips.Count(
                    entry.choice("from", outcomes),
                    entry.choice("to", outcomes),
                    count(entry, "rows"),
                    count(entry, "frauds")))
        .toList();
  }

  private static List<GateResult> gates(YamlMap file) {
    return file
        .maps("gates", ENTRIES_MAX, "gate", "observed", "required", "verdict", "mend")
        .stream()
        .map(
            entry ->
                new GateResult(
                    entry.text("gate", "a gate's name"),
                    entry.text("observed", "what was seen"),
                    entry.text("required", "what is required"),
                    entry.choice("verdict", byId(GateResult.Verdict.values())),
                    entry.has("mend") ? entry.text("mend", "what to do") : ""))
        .toList();
  }
}

package io.vigil.cli;

import io.vigil.cli.features.SpecDiff;
import io.vigil.cli.ingest.IngestException;
import io.vigil.cli.local.DataDir;
import io.vigil.cli.plan.PlanSide;
import io.vigil.cli.plan.Replay;
import io.vigil.job.VigilOptions;
import io.vigil.job.feature.FactsReader;
import io.vigil.model.bundle.BundleException;
import io.vigil.model.bundle.GoldenException;
import io.vigil.model.feature.Feature;
import io.vigil.model.feature.WarmUp;
import io.vigil.model.plan.Comparison;
import io.vigil.model.plan.Gates;
import io.vigil.model.plan.PlanFile;
import io.vigil.model.plan.PlanFile.Artefact;
import io.vigil.model.plan.PlanFile.Kind;
import io.vigil.model.plan.PlanFile.Metric;
import io.vigil.model.plan.PlanPage;
import io.vigil.model.plan.PlanRows;
import io.vigil.model.policy.Rates;
import io.vigil.model.rule.EntryList;
import io.vigil.model.score.RankingMetrics.Interval;
import io.vigil.model.score.ScoringException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code vigil model plan}: what a change would have done to a period. */
@Command(
    name = PlanModel.NAME,
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Replays a period through champion and candidate in one pass, with the job's own engine, and"
          + " holds the candidate against gates.",
      "What comes before --from builds up history. See docs/shipping.md."
    },
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {"0:no change", "1:failure or wrong usage", "2:a change", "3:a gate failed"})
final class PlanModel implements Callable<Integer> {
  static final String NAME = "plan";

  @Mixin private Console console = new Console();

  @ArgGroup(exclusive = true, multiplicity = "1")
  private PlanInput input = new PlanInput();

  @Mixin private PlanOptions artefacts = new PlanOptions();
  @Mixin private DataOption data = new DataOption();

  @Option(
      names = "--from",
      paramLabel = "T",
      description = "The period's begin: a date or an instant, UTC (default: the file's).")
  private @Nullable String from;

  @Option(
      names = "--to",
      paramLabel = "T",
      description = "The time after the period's end (default: the file's end).")
  private @Nullable String to;

  @Option(
      names = "--out",
      paramLabel = "FILE.yaml",
      description = "Gets the plan, for a review and to be applied.")
  private @Nullable Path out;

  @Option(
      names = "--report",
      paramLabel = "FILE.html",
      description = "Gets a page with curves, for people.")
  private @Nullable Path report;

  @Override
  public Integer call() throws IOException, InterruptedException {
    Replay.Span period = new Replay.Span(timeMs("--from", from, true), timeMs("--to", to, false));
    if (period.fromMs() >= period.untilMs()) {
      throw new CliException("--to: expected a time after --from, got " + to);
    }
    Gates gates = artefacts.gates();
    Rates rates = artefacts.rates();
    try (PlanSide champion = artefacts.champion(rates)) {
      return plan(champion, rates, gates, period);
    } catch (BundleException | ScoringException e) {
      throw new CliException(String.valueOf(e.getMessage()), e);
    }
  }

  private int plan(PlanSide champion, Rates rates, Gates gates, Replay.Span period)
      throws IOException, InterruptedException {
    PlanSide opened;
    try {
      opened = artefacts.candidate(rates);
    } catch (GoldenException e) {
      // Whatever it would decide is not what its makers meant: there is nothing to replay.
      new PlanPrinter(console.out()).golden(String.valueOf(e.getMessage()));
      console.writeJson(
          Map.of(
              "verdict",
              PlanFile.Verdict.GATE_FAILED.id(),
              "golden",
              String.valueOf(e.getMessage())));
      return PlanFile.Verdict.GATE_FAILED.exitCode();
    }
    try (PlanSide candidate = opened) {
      return plan(champion, candidate, rates, gates, period);
    }
  }

  private int plan(
      PlanSide champion, PlanSide candidate, Rates rates, Gates gates, Replay.Span period)
      throws IOException, InterruptedException {
    Stages stages = new Stages();
    Replay.Span learnt = learnt(candidate);
    Replay.Result result;
    String digest;
    try (DataDir directory = DataDir.open(data.of("plan"));
        PlanInput.Records records = input.open(directory, console.err()::println);
        Progress progress = Progress.of(console, "replaying", records.rows())) {
      digest = records.digest();
      result =
          new Replay(
                  champion,
                  candidate,
                  new FactsReader(rates),
                  new Replay.Settings(
                      period, learnt, gates, VigilOptions.DEDUPE_HORIZON.defaultValue().toMillis()))
              .run(records.all(), records.ordered(), progress::update);
    } catch (IngestException e) {
      throw new CliException(String.valueOf(e.getMessage()), e);
    }
    PlanRows rows = result.rows();
    if (rows.rows() == 0) {
      throw new CliException("expected transactions in the period, got none");
    }
    stages.end("replay");
    Comparison seen = Comparison.of(rows, result.measured(), gates);
    stages.end("comparison");
    PlanFile plan =
        new PlanFile(
            Instant.now().truncatedTo(ChronoUnit.SECONDS),
            changes(champion, candidate),
            against(champion, candidate, rates),
            new PlanFile.Data(
                digest,
                input.describe(),
                seen.rows(),
                seen.frauds(),
                Instant.ofEpochMilli(rows.timeMs(0)),
                Instant.ofEpochMilli(rows.timeMs(rows.rows() - 1))),
            newFeatures(champion, candidate),
            metrics(seen.champion().byName(), seen.intervals().champion()),
            metrics(seen.candidate().byName(), seen.intervals().candidate()),
            metrics(
                difference(seen.champion().byName(), seen.candidate().byName()),
                seen.intervals().difference()),
            seen.differing(),
            seen.flips().counts(),
            new Artefact(Kind.GATES, gates.name(), gates.version(), gates.digest()),
            seen.gates(),
            gates.watch());
    GoingLive live = GoingLive.of(champion.policy(), candidate.policy(), plan.newFeatures());
    List<String> notes = notes(result, seen);
    notes.addAll(live.notes());
    if (out != null) {
      Files.writeString(out, plan.text());
    }
    if (report != null) {
      Files.writeString(report, PlanPage.of(plan, seen, notes));
    }
    stages.end("files");
    new PlanPrinter(console.out()).print(plan, seen, notes, stages.elapsed());
    if (out != null) {
      console.out().println("plan  " + out + ", digest " + plan.digest());
      console.out().flush();
    }
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("verdict", plan.verdict().id());
    json.put("plan_digest", plan.digest());
    json.put("changes", plan.changes());
    json.put("against", plan.against());
    json.put("new_features", plan.newFeatures());
    json.put("restart_for", live.restartFor());
    json.put("data", describe(plan.data()));
    json.putAll(seen.json());
    json.put("notes", notes);
    json.put("bad_rows", result.read().badRows());
    json.put("duplicates", result.read().duplicates());
    json.put("seconds", stages.seconds());
    console.writeJson(json);
    return plan.verdict().exitCode();
  }

  private static Map<String, Object> describe(PlanFile.Data of) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("input", of.input());
    json.put("description", of.description());
    json.put("from", of.from().toString());
    json.put("to", of.to().toString());
    return json;
  }

  private static long timeMs(String option, @Nullable String given, boolean first) {
    if (given == null) {
      return first ? Long.MIN_VALUE : Long.MAX_VALUE;
    }
    try {
      return given.contains("T")
          ? Instant.parse(given).toEpochMilli()
          : LocalDate.parse(given).atStartOfDay(ZoneOffset.UTC).toInstant().toEpochMilli();
    } catch (DateTimeParseException e) {
      throw new CliException(
          "%s: expected a date such as 2026-01-31 or an instant such as 2026-01-31T12:00:00Z, got %s"
              .formatted(option, given),
          e);
    }
  }

  /** What {@code vigil train} wrote of the time that the model learnt from. */
  private static Replay.@Nullable Span learnt(PlanSide side) {
    String words = side.bundle().manifest().provenance().get("period");
    String[] ends = words == null ? new String[0] : words.split(" to ", -1);
    try {
      return ends.length == 2
          ? new Replay.Span(
              Instant.parse(ends[0]).toEpochMilli(), Instant.parse(ends[1]).toEpochMilli())
          : null;
    } catch (DateTimeParseException e) {
      return null;
    }
  }

  private static List<Artefact> artefacts(PlanSide side, Rates rates) {
    List<Artefact> all = new ArrayList<>();
    all.add(
        new Artefact(
            Kind.MODEL,
            side.bundle().manifest().name(),
            side.bundle().manifest().version(),
            side.bundle().digest()));
    all.add(
        new Artefact(
            Kind.FEATURE_SPEC, side.spec().name(), side.spec().version(), side.fingerprint()));
    all.add(
        new Artefact(
            Kind.RULE_SET, side.rules().name(), side.rules().version(), side.rules().digest()));
    all.add(
        new Artefact(
            Kind.POLICY, side.policy().name(), side.policy().version(), side.policy().digest()));
    all.add(new Artefact(Kind.RATES, rates.name(), rates.version(), rates.digest()));
    return all;
  }

  private List<Artefact> changes(PlanSide champion, PlanSide candidate) throws IOException {
    Rates rates = artefacts.rates();
    Set<String> known =
        artefacts(champion, rates).stream().map(Artefact::digest).collect(Collectors.toSet());
    List<Artefact> changes =
        new ArrayList<>(
            artefacts(candidate, rates).stream()
                .filter(artefact -> !known.contains(artefact.digest()))
                .toList());
    changedList(champion, candidate).ifPresent(list -> changes.add(artefact(list)));
    return changes;
  }

  /** What is in force, and of a list that changes the one that it would replace. */
  private static List<Artefact> against(PlanSide champion, PlanSide candidate, Rates rates) {
    List<Artefact> all = artefacts(champion, rates);
    changedList(champion, candidate)
        .map(list -> champion.lists().get(list.name()))
        .ifPresent(before -> all.add(artefact(before)));
    return all;
  }

  private static Optional<EntryList> changedList(PlanSide champion, PlanSide candidate) {
    for (String name : candidate.lists().names()) {
      EntryList before = champion.lists().get(name);
      EntryList after = candidate.lists().get(name);
      if (after != null && (before == null || !before.digest().equals(after.digest()))) {
        return Optional.of(after);
      }
    }
    return Optional.empty();
  }

  private static Artefact artefact(EntryList list) {
    return new Artefact(Kind.LIST, list.name(), list.version(), list.digest());
  }

  /** Features that the champion's spec lacks, defines otherwise, or has no history for. */
  private static List<PlanFile.NewFeature> newFeatures(PlanSide champion, PlanSide candidate) {
    SpecDiff diff = SpecDiff.between(champion.spec(), candidate.spec());
    Set<String> names = new HashSet<>(diff.added());
    diff.changed().forEach(change -> names.add(change.name()));
    Map<String, String> warming = new LinkedHashMap<>();
    for (WarmUp warmUp : WarmUp.between(champion.spec(), candidate.spec())) {
      names.add(warmUp.feature());
      warming.put(warmUp.feature(), DiffFeatures.until(warmUp));
    }
    return candidate.spec().features().stream()
        .map(Feature::name)
        .filter(names::contains)
        .map(
            name -> {
              String whole = warming.get(name);
              return whole == null
                  ? PlanFile.NewFeature.wholeAtOnce(name)
                  : new PlanFile.NewFeature(name, whole);
            })
        .toList();
  }

  private static Map<String, Double> difference(
      Map<String, Double> champion, Map<String, Double> candidate) {
    Map<String, Double> difference = new LinkedHashMap<>();
    champion.forEach(
        (name, value) -> difference.put(name, candidate.getOrDefault(name, Double.NaN) - value));
    return difference;
  }

  private static List<Metric> metrics(Map<String, Double> values, Map<String, Interval> intervals) {
    List<Metric> metrics = new ArrayList<>();
    values.forEach(
        (name, value) -> {
          Interval interval = intervals.get(name);
          if (!Double.isNaN(value)) {
            metrics.add(
                Metric.of(
                    name,
                    value,
                    interval == null ? Double.NaN : interval.low(),
                    interval == null ? Double.NaN : interval.high()));
          }
        });
    return metrics;
  }

  private static List<String> notes(Replay.Result result, Comparison seen) {
    List<String> notes = new ArrayList<>();
    if (result.learntFrom() > 0) {
      notes.add(
          String.format(
              Locale.ROOT,
              "The candidate learnt from %.0f %% of the period's transactions: its figures flatter"
                  + " it. Plan with --from after its training period.",
              Math.ceil(100.0 * result.learntFrom() / seen.rows())));
    }
    if (seen.frauds() == 0) {
      notes.add("No label speaks of the period: only alerts, flips, drift and cost can be judged.");
    }
    if (result.read().badRows() > 0) {
      notes.add(
          String.format(
              Locale.ROOT,
              "%,d rows of the file are no transactions that the job would take.",
              result.read().badRows()));
    }
    return notes;
  }
}

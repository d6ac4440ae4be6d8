package io.vigil.cli;

import io.vigil.cli.local.DataDir;
import io.vigil.cli.report.Reporting;
import io.vigil.cli.report.SignedReport;
import io.vigil.model.approval.SigningKeys;
import io.vigil.model.artefact.Artefacts;
import io.vigil.model.drift.ModelReport;
import io.vigil.model.drift.ModelReportPage;
import io.vigil.model.drift.ReportJson;
import io.vigil.model.drift.ReportText;
import io.vigil.model.drift.Settings;
import io.vigil.model.drift.Span;
import io.vigil.model.plan.Gates;
import io.vigil.model.plan.GroupKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code vigil model report}: how the models in force did. */
@Command(
    name = "report",
    mixinStandardHelpOptions = true,
    description = {
      "Reports how the models in force did in a period, from a job's archive: drift of scores and"
          + " features, calibration and precision as labels come, the alert budget, rates by group."
    },
    subcommands = VerifyReport.class)
final class ReportModel implements Callable<Integer> {
  private static final List<String> BUILT_IN_SPECS = List.of("default", "handbook", "sparkov");
  private static final String ATTRIBUTE = "attribute:";

  @Spec private @Nullable CommandSpec command;
  @Mixin private Console console = new Console();
  @Mixin private DataOption data = new DataOption();

  // Required, though not as picocli means it: verify, below this command, has none of them.
  @Option(
      names = "--archive",
      paramLabel = "DIR",
      description = "A job's archive: a folder, or a URI of a Flink file system.")
  private @Nullable String archive;

  @Option(
      names = "--from",
      paramLabel = "DAY",
      description = "The period's first day of effective time, UTC.")
  private @Nullable LocalDate from;

  @Option(names = "--to", paramLabel = "DAY", description = "Its last day.")
  private @Nullable LocalDate to;

  @Option(
      names = "--reference-from",
      paramLabel = "DAY",
      description = "First day of what scores and features are held against.")
  private @Nullable LocalDate referenceFrom;

  @Option(names = "--reference-to", paramLabel = "DAY", description = "Its last day.")
  private @Nullable LocalDate referenceTo;

  @Option(
      names = "--label-delay",
      paramLabel = "DAYS",
      defaultValue = "30d",
      converter = DaysConverter.class,
      description = "After so long labels have come (default: ${DEFAULT-VALUE}).")
  private long labelDelayDays;

  @Option(
      names = "--as-of",
      paramLabel = "DAY",
      description =
          "Labels count that took effect up to the end of this day (default: the last with a decision or a label).")
  private @Nullable LocalDate asOf;

  @Option(
      names = "--group",
      split = ",",
      paramLabel = "KEY",
      description =
          "What to compare by: a text field such as country or channel, mcc, or attribute:NAME.")
  private List<String> groups = List.of();

  @Option(
      names = "--group-least",
      paramLabel = "N",
      defaultValue = "1000",
      description = "Groups with fewer decisions are merged (default: ${DEFAULT-VALUE}).")
  private long groupLeast;

  @Option(
      names = "--group-ratio",
      paramLabel = "R",
      defaultValue = "1.25",
      description = "A group's rate may be so many times the others' (default: ${DEFAULT-VALUE}).")
  private double groupRatio;

  @Option(
      names = "--alerts-per-day",
      paramLabel = "N",
      description = "How many alerts a day people can review.")
  private @Nullable Double alertsPerDay;

  @Option(
      names = "--gates",
      paramLabel = "FILE",
      description = "Gates whose alert_budget_per_day counts, in place of --alerts-per-day.")
  private @Nullable Path gates;

  @Option(
      names = "--spec",
      split = ",",
      paramLabel = "SPEC",
      description = "Feature specs by which features are named, beside those of the models.")
  private List<String> specs = List.of();

  @Option(
      names = "--html",
      paramLabel = "FILE",
      description = "Writes the report as a page: one file, no script.")
  private @Nullable Path html;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "Writes the report as canonical JSON, which --sign signs.")
  private @Nullable Path out;

  @Option(
      names = "--sign",
      paramLabel = "NAME.key",
      description = "Signs what --out writes, into FILE.sig, with this key of vigil keys new.")
  private @Nullable Path sign;

  @Option(names = "--exit-code", description = "Exits with 1 when there is a finding.")
  private boolean exitCode;

  @Override
  public Integer call() {
    Span period = span("--from", from, "--to", to);
    if (archive == null || period == null) {
      throw wrong("expected --archive DIR --from DAY --to DAY");
    }
    if (sign != null && out == null) {
      throw wrong("--sign: expected --out FILE, which is signed, beside it");
    }
    if (alertsPerDay != null && gates != null) {
      throw wrong("--alerts-per-day: expected no --gates beside it");
    }
    Span reference = span("--reference-from", referenceFrom, "--reference-to", referenceTo);
    List<GroupKey> keys = keys();
    KeyPair pair = sign == null ? null : KeyFiles.read(sign);
    ModelReport report = report(String.valueOf(archive), period, reference, keys);
    ReportText.of(report).forEach(console.out()::println);
    Map<String, @Nullable Object> json = ReportJson.of(report);
    ArchiveOptions.checked(
        () -> {
          write(report, json, pair);
          return json;
        });
    console.out().flush();
    console.writeJson(json);
    return exitCode && !report.findings().isEmpty() ? 1 : 0;
  }

  private ModelReport report(
      String place, Span period, @Nullable Span reference, List<GroupKey> keys) {
    try (DataDir directory = DataDir.open(data.of("report"));
        Progress progress = Progress.of(console, "reading decisions", 0)) {
      return ArchiveOptions.checked(
          () -> {
            Reporting reporting =
                new Reporting(ArchiveOptions.folder(place), directory.temporary());
            BUILT_IN_SPECS.forEach(spec -> reporting.spec(SpecSource.load(spec).yaml()));
            specs.forEach(spec -> reporting.spec(SpecSource.load(spec).yaml()));
            LocalDate known = asOf == null ? reporting.lastDay() : asOf;
            return ModelCommand.checked(
                () ->
                    read(
                        reporting,
                        settings(place, period, reference, known, keys),
                        keys,
                        progress));
          });
    }
  }

  private static ModelReport read(
      Reporting reporting, Settings settings, List<GroupKey> keys, Progress progress) {
    return ArchiveOptions.checked(() -> reporting.report(settings, keys, progress::update));
  }

  private Settings settings(
      String place, Span period, @Nullable Span reference, LocalDate known, List<GroupKey> keys) {
    return new Settings(
        place,
        period,
        reference,
        period.matured(known, labelDelayDays),
        known,
        labelDelayDays,
        budget(),
        keys.stream().map(GroupKey::id).toList(),
        groupLeast,
        groupRatio);
  }

  private @Nullable Double budget() {
    Path file = gates;
    if (file == null) {
      return alertsPerDay;
    }
    String yaml = KeysCommand.text("gates", file);
    return ModelCommand.checked(() -> Gates.read(yaml, file.toString())).alertBudgetPerDay();
  }

  private List<GroupKey> keys() {
    List<GroupKey> keys = new ArrayList<>();
    for (String group : groups) {
      GroupKey key =
          GroupKey.byId(
              group.startsWith(ATTRIBUTE)
                  ? "attributes." + group.substring(ATTRIBUTE.length())
                  : group);
      if (key == null) {
        throw wrong(
            "--group: expected a text field such as country or channel, mcc, or attribute:NAME, got "
                + group.replaceAll("\\p{C}", "?"));
      }
      keys.add(key);
    }
    return keys;
  }

  private @Nullable Span span(
      String first, @Nullable LocalDate its, String last, @Nullable LocalDate end) {
    if (its == null && end == null) {
      return null;
    }
    if (its == null || end == null) {
      throw wrong("expected both %s DAY and %s DAY, got one".formatted(first, last));
    }
    try {
      return new Span(its, end);
    } catch (IllegalArgumentException e) {
      throw wrong(first + ": " + e.getMessage());
    }
  }

  private ParameterException wrong(String message) {
    if (command == null) {
      throw new IllegalStateException(message);
    }
    return new ParameterException(command.commandLine(), message);
  }

  private void write(ModelReport report, Map<String, @Nullable Object> json, @Nullable KeyPair pair)
      throws IOException {
    if (html != null) {
      String page = ModelReportPage.of(report);
      Files.writeString(html, page);
      // What is signed says which page people read.
      json.put("page_sha256", Artefacts.digest(page));
    }
    if (out != null && pair == null) {
      Files.write(out, ReportJson.canonical(json));
    } else if (out != null && pair != null) {
      SignedReport.write(out, json, pair.getPrivate());
      console
          .out()
          .println(
              "signed " + SignedReport.signature(out) + " by " + SigningKeys.id(pair.getPublic()));
    }
  }

  private static final class DaysConverter implements ITypeConverter<Long> {
    @Override
    public Long convert(String text) {
      if (text.matches("\\d{1,3}d")) {
        return Long.parseLong(text.substring(0, text.length() - 1));
      }
      throw new TypeConversionException("expected days up to 999d, such as 30d, got " + text);
    }
  }
}

package io.vigil.cli;

import io.vigil.cli.monitor.Traffic;
import io.vigil.job.archive.ArchiveFolder;
import io.vigil.model.monitor.Finding;
import io.vigil.schema.Decision;
import io.vigil.schema.Transaction;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.apache.flink.core.fs.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code vigil monitor}: what comes in otherwise than it used to. */
@Command(
    name = "monitor",
    mixinStandardHelpOptions = true,
    description = {
      "Watches what comes in, without labels: feeds that fall silent, categories that vanish, shift"
          + " or are new, fields that come empty, clocks that run off, scores that move; each half"
          + " hour against the same half hour of the days before."
    })
final class MonitorCommand implements Callable<Integer> {
  private static final String ATTRIBUTE = "attribute:";

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private Console console = new Console();

  @Option(
      names = "--archive",
      required = true,
      paramLabel = "DIR",
      description =
          "A job's archive (vigil.archive.dir): a folder, or a URI such as s3://BUCKET/archive.")
  private String archive = "";

  @Option(
      names = "--from",
      paramLabel = "DAY",
      description = "First day of effective time, UTC; the first week is only learned from.")
  private @Nullable LocalDate from;

  @Option(names = "--to", paramLabel = "DAY", description = "Last day of effective time, UTC.")
  private @Nullable LocalDate to;

  @Option(
      names = "--feed",
      paramLabel = "WHAT",
      defaultValue = "channel",
      description =
          "What names the source of a transaction: channel, or attribute:NAME (default:"
              + " ${DEFAULT-VALUE}).")
  private String feed = "";

  @Option(
      names = "--until",
      paramLabel = "INSTANT",
      description =
          "Up to when the archive is complete, such as 2026-01-31T12:00:00Z, or now; what did not"
              + " come by then is missing (default: the last decision).")
  private @Nullable String until;

  @Option(names = "--exit-code", description = "Exits with 1 when something is still amiss.")
  private boolean exitCode;

  private final List<Map<String, Object>> reports = new ArrayList<>();
  private long decisions;

  @Override
  public Integer call() {
    Long untilMs = untilMs();
    Traffic traffic = new Traffic(feed());
    ArchiveFolder folder = ArchiveOptions.folder(archive);
    NavigableMap<LocalDate, List<Path>> days =
        ArchiveOptions.checked(
            () ->
                folder.files(
                    "decisions",
                    from == null ? LocalDate.MIN : from,
                    to == null ? LocalDate.MAX : to));
    if (days.isEmpty()) {
      throw new CliException("archive: expected a day with decisions, got none in " + archive);
    }
    for (Map.Entry<LocalDate, List<Path>> day : days.entrySet()) {
      long[] lastMs = {Long.MIN_VALUE};
      for (Path file : day.getValue()) {
        ArchiveOptions.checked(
            () -> {
              folder.read(
                  file,
                  Decision.class,
                  decision -> {
                    traffic.count(decision);
                    decisions++;
                    lastMs[0] = Math.max(lastMs[0], decision.getEffectiveTime());
                  });
              return file;
            });
      }
      // What of the last day is still to come is no silence.
      long endMs = day.getKey().plusDays(1).atStartOfDay(ZoneOffset.UTC).toInstant().toEpochMilli();
      boolean last = day.getKey().equals(days.lastKey());
      report(traffic.reached(!last ? endMs : untilMs == null ? lastMs[0] : untilMs));
    }
    List<Finding> open = traffic.open();
    line(
        "%,d decisions of %d days: %d reports, %d of their findings last%s",
        decisions, days.size(), reports.size(), open.size(), open.isEmpty() ? "" : ":");
    open.forEach(finding -> line("  %s", finding.text()));
    console.out().flush();
    console.writeJson(
        Map.of(
            "decisions",
            decisions,
            "days",
            days.size(),
            "reports",
            reports,
            "open",
            open.stream().map(MonitorCommand::json).toList()));
    return exitCode && !open.isEmpty() ? 1 : 0;
  }

  private @Nullable Long untilMs() {
    if (until == null) {
      return null;
    }
    try {
      return (until.equals("now") ? Instant.now() : Instant.parse(until)).toEpochMilli();
    } catch (DateTimeParseException e) {
      throw new ParameterException(
          spec.commandLine(),
          "--until: expected now, or an instant such as 2026-01-31T12:00:00Z, got '%s'"
              .formatted(until),
          e);
    }
  }

  private Function<Transaction, @Nullable String> feed() {
    if (feed.equals("channel")) {
      return transaction -> transaction.getChannel().name();
    }
    if (!feed.startsWith(ATTRIBUTE) || feed.length() == ATTRIBUTE.length()) {
      throw new ParameterException(
          spec.commandLine(),
          "--feed: expected channel or attribute:NAME, got '%s'".formatted(feed));
    }
    String name = feed.substring(ATTRIBUTE.length());
    return transaction -> transaction.getAttributes().get(name);
  }

  /** One report of what was found together. */
  private void report(List<Finding> found) {
    Map<Long, List<Finding>> together = new TreeMap<>();
    found.forEach(f -> together.computeIfAbsent(f.atMs(), at -> new ArrayList<>()).add(f));
    together.forEach(
        (atMs, findings) -> {
          String at = Instant.ofEpochMilli(atMs).toString();
          findings.forEach(finding -> line("%s %s", at, finding.text()));
          Map<String, Object> report = new LinkedHashMap<>();
          report.put("at", at);
          report.put("findings", findings.stream().map(MonitorCommand::json).toList());
          reports.add(report);
        });
  }

  private static Map<String, Object> json(Finding finding) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("kind", finding.kind().name().toLowerCase(Locale.ROOT));
    json.put("dimension", finding.dimension());
    json.put("value", finding.value());
    json.put("since", Instant.ofEpochMilli(finding.fromMs()).toString());
    json.put("observed", finding.observed());
    json.put("of", finding.of());
    json.put("expected", finding.expected());
    json.put("deviations", finding.deviations());
    return json;
  }

  private void line(String format, Object... values) {
    console.out().println(String.format(Locale.ROOT, format, values));
  }
}

package io.vigil.cli;

import io.vigil.cli.diff.Cause;
import io.vigil.cli.diff.DecisionSource;
import io.vigil.cli.diff.DiffGroup;
import io.vigil.cli.diff.Difference;
import io.vigil.cli.diff.FeatureNames;
import io.vigil.cli.diff.RunDiff;
import io.vigil.cli.local.DataDir;
import io.vigil.schema.Decision;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Currency;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code vigil diff}: what two runs decided otherwise, and why. */
@Command(
    name = "diff",
    mixinStandardHelpOptions = true,
    description = {
      "Compares the decisions of two runs, by transaction and bit for bit, and groups those that"
          + " differ by the first cause that explains it."
    })
final class DiffCommand implements Callable<Integer> {
  private static final int FIELDS_SHOWN = 8;
  private static final int DIFFERENCES_SHOWN = 4;
  private static final int DIGITS_SHOWN = 12;
  private static final List<String> BUILT_IN_SPECS = List.of("default", "handbook", "sparkov");

  @Mixin private Console console = new Console();
  @Mixin private DataOption data = new DataOption();

  @Parameters(
      index = "0",
      paramLabel = "A",
      description =
          "A decisions.avro, the folder of one (run --out), or a job's archive; a path, or a URI of a"
              + " Flink file system.")
  private String before = "";

  @Parameters(index = "1", paramLabel = "B", description = "The same.")
  private String after = "";

  @Option(names = "--from", paramLabel = "DAY", description = "First day of effective time, UTC.")
  private @Nullable LocalDate from;

  @Option(names = "--to", paramLabel = "DAY", description = "Last day of effective time, UTC.")
  private @Nullable LocalDate to;

  @Option(
      names = "--spec",
      split = ",",
      paramLabel = "SPEC",
      description =
          "Feature specs by which features are named: files, bundles' folders, built-in names.")
  private List<String> specs = List.of();

  @Option(
      names = "--examples",
      paramLabel = "N",
      defaultValue = "3",
      description = "Examples of each group, those that matter most (default: ${DEFAULT-VALUE}).")
  private int examples;

  @Option(names = "--exit-code", description = "Exits with 1 when any decision differs.")
  private boolean exitCode;

  @Override
  public Integer call() {
    DecisionSource a = source(before);
    DecisionSource b = source(after);
    FeatureNames names = names();
    RunDiff diff;
    try (DataDir directory = DataDir.open(data.of("diff"));
        Progress progress = Progress.of(console, "comparing decisions", 0)) {
      diff =
          ArchiveOptions.checked(
              () ->
                  RunDiff.of(
                      a, b, names, directory.temporary(), Math.max(0, examples), progress::update));
    }
    print(diff);
    console.out().flush();
    console.writeJson(json(diff));
    return exitCode && !diff.groups().isEmpty() ? 1 : 0;
  }

  private DecisionSource source(String given) {
    return ArchiveOptions.checked(
        () ->
            DecisionSource.of(
                given, from == null ? LocalDate.MIN : from, to == null ? LocalDate.MAX : to));
  }

  private FeatureNames names() {
    Map<String, List<String>> known = new HashMap<>();
    List<String> all = new ArrayList<>(BUILT_IN_SPECS);
    all.addAll(specs);
    for (String spec : all) {
      SpecSource source = SpecSource.load(spec);
      known.put(source.plan().fingerprint(), source.plan().names());
    }
    return digest -> known.get(HexFormat.of().formatHex(digest.bytes()));
  }

  private void print(RunDiff diff) {
    line("- %s: %,d decisions", before, diff.decisionsA());
    line("+ %s: %,d decisions", after, diff.decisionsB());
    diff.versions()
        .forEach(
            (field, its) -> {
              if (its.size() > 1) {
                its.forEach(
                    (name, counts) ->
                        line(
                            "  %-13s %-13s %,11d -> %,d",
                            field, shown(name), counts[0], counts[1]));
              }
            });
    line(
        "%,d transactions on both sides, %,d decisions the same, %,d differ",
        diff.both(), diff.same(), diff.both() - diff.same());
    for (DiffGroup group : diff.groups()) {
      print(group);
    }
  }

  private void print(DiffGroup group) {
    line("");
    line(
        "%s: %,d%s",
        group.cause().words(),
        group.decisions(),
        group.byNameAlone() == 0
            ? ""
            : String.format(
                Locale.ROOT,
                ", %,d of them in nothing but digests and names",
                group.byNameAlone()));
    group
        .outcomes()
        .forEach(
            (change, its) -> line("  %-22s %,9d  %s", change, its.count(), money(its.amounts())));
    alerts("alerts gained", group.alertsGained());
    alerts("alerts lost", group.alertsLost());
    if (group.lossBefore() != group.lossAfter()) {
      line(
          "  expected loss, minor units: %,d -> %,d (%+,d)",
          group.lossBefore(), group.lossAfter(), group.lossAfter() - group.lossBefore());
    }
    List<Map.Entry<String, Long>> fields = group.fields();
    for (Map.Entry<String, Long> field : fields.subList(0, Math.min(FIELDS_SHOWN, fields.size()))) {
      line("  %,11d  %s", field.getValue(), field.getKey());
    }
    if (fields.size() > FIELDS_SHOWN) {
      line("               and %d fields more", fields.size() - FIELDS_SHOWN);
    }
    group.examples().forEach(this::print);
  }

  private void alerts(String what, DiffGroup.Outcomes alerts) {
    if (alerts.count() > 0) {
      line("  %-22s %,9d  %s", what, alerts.count(), money(alerts.amounts()));
    }
  }

  private void print(DiffGroup.Example example) {
    Decision any = example.any();
    line(
        "  e.g. %s  %s  %s  %s -> %s",
        example.transactionId(),
        Instant.ofEpochMilli(any.getEffectiveTime()),
        money(
            Map.of(
                any.getTransaction().getBillingCurrency(),
                any.getTransaction().getBillingAmountMinor())),
        outcome(example.one()),
        outcome(example.other()));
    // What was made tells more than the digests of what made it.
    List<Difference> differences =
        example.differences().stream().sorted(Comparator.comparing(Difference::label)).toList();
    for (Difference difference :
        differences.subList(0, Math.min(DIFFERENCES_SHOWN, differences.size()))) {
      line(
          "       %s: %s -> %s",
          difference.field(), shown(difference.recordedText()), shown(difference.otherText()));
    }
    if (differences.size() > DIFFERENCES_SHOWN) {
      line("       and %d fields more", differences.size() - DIFFERENCES_SHOWN);
    }
  }

  private static String outcome(@Nullable Decision decision) {
    return decision == null ? "-" : decision.getOutcome().name();
  }

  /** Of a digest as much as tells it from others. */
  private static String shown(String text) {
    return text.matches("[0-9a-f]{64}") ? text.substring(0, DIGITS_SHOWN) : text;
  }

  private static String money(Map<String, Long> amounts) {
    return amounts.entrySet().stream()
        .map(entry -> amount(entry.getKey(), entry.getValue()))
        .collect(Collectors.joining(" + "));
  }

  private static String amount(String currency, long minor) {
    int digits;
    try {
      digits = Math.max(0, Currency.getInstance(currency).getDefaultFractionDigits());
    } catch (IllegalArgumentException e) {
      digits = 0;
    }
    return String.format(
        Locale.ROOT, "%,." + digits + "f %s", BigDecimal.valueOf(minor, digits), currency);
  }

  private Map<String, Object> json(RunDiff diff) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("a", Map.of("source", before, "decisions", diff.decisionsA()));
    json.put("b", Map.of("source", after, "decisions", diff.decisionsB()));
    json.put("both", diff.both());
    json.put("same", diff.same());
    json.put("repeats", diff.repeats());
    json.put("versions", diff.versions());
    Map<String, Object> groups = new LinkedHashMap<>();
    diff.groups().forEach(group -> groups.put(group.cause().key(), json(group)));
    json.put("groups", groups);
    return json;
  }

  private static Map<String, Object> json(DiffGroup group) {
    Cause cause = group.cause();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("cause", cause.words());
    json.put("decisions", group.decisions());
    json.put("by_name_alone", group.byNameAlone());
    Map<String, Object> outcomes = new LinkedHashMap<>();
    group.outcomes().forEach((change, its) -> outcomes.put(change, json(its)));
    json.put("outcomes", outcomes);
    json.put("alerts_gained", json(group.alertsGained()));
    json.put("alerts_lost", json(group.alertsLost()));
    json.put("expected_loss_minor", List.of(group.lossBefore(), group.lossAfter()));
    Map<String, Long> fields = new LinkedHashMap<>();
    group.fields().forEach(field -> fields.put(field.getKey(), field.getValue()));
    json.put("fields", fields);
    json.put("examples", group.examples().stream().map(DiffCommand::json).toList());
    return json;
  }

  private static Map<String, Object> json(DiffGroup.Outcomes outcomes) {
    return Map.of("decisions", outcomes.count(), "billing_amount_minor", outcomes.amounts());
  }

  private static Map<String, Object> json(DiffGroup.Example example) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("transaction_id", example.transactionId());
    json.put("effective_time", Instant.ofEpochMilli(example.any().getEffectiveTime()).toString());
    json.put("outcomes", List.of(outcome(example.one()), outcome(example.other())));
    List<Map<String, String>> differences = new ArrayList<>();
    for (Difference difference : example.differences()) {
      differences.add(
          Map.of(
              "field", difference.field(),
              "a", difference.recordedText(),
              "b", difference.otherText()));
    }
    json.put("differences", differences);
    return json;
  }

  private void line(String format, Object... values) {
    console.out().println(String.format(Locale.ROOT, format, values));
  }
}

package io.vigil.cli;

import io.vigil.cli.audit.Export;
import io.vigil.cli.audit.Reconciliation;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code vigil audit reconcile}: the archive against what its sources say they sent. */
@Command(
    name = "reconcile",
    mixinStandardHelpOptions = true,
    description =
        "Holds counts and sums of the archive's transactions against a source's control file, by"
            + " feed, day and currency. Exits 1 with differences.")
final class ReconcileAudit implements Callable<Integer> {
  @Mixin private Console console = new Console();
  @Mixin private AuditOptions options = new AuditOptions();

  @Option(
      names = "--control",
      required = true,
      paramLabel = "FILE.csv",
      description = "The source's file: feed,day,currency,count,sum_minor.")
  private Path control = Path.of("");

  @Option(
      names = "--feed-attribute",
      paramLabel = "NAME",
      description =
          "The attribute that names a transaction's feed (default: all are of the feed"
              + " transactions).")
  private @Nullable String feedAttribute;

  @Override
  public Integer call() {
    String text = KeysCommand.text("--control", control);
    Map<Reconciliation.Group, Reconciliation.Total> said =
        ModelCommand.checked(() -> Reconciliation.control(text.lines().toList()));
    Reconciliation.Result result;
    try {
      result =
          options.spilling(
              temporary ->
                  new Reconciliation(options.archive(), feedAttribute, temporary).against(said));
    } catch (Export.UnpackableException e) {
      throw new CliException(String.valueOf(e.getMessage()), e);
    }
    List<Map<String, Object>> differences = new ArrayList<>();
    for (Reconciliation.Difference difference : result.differences()) {
      Reconciliation.Group group = difference.group();
      console
          .out()
          .println(
              "DIFFERS  %s %s %s: the source says %s, the archive has %s"
                  .formatted(
                      group.feed(),
                      group.day(),
                      group.currency(),
                      text(difference.said()),
                      text(difference.found())));
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("feed", group.feed());
      row.put("day", group.day().toString());
      row.put("currency", group.currency());
      row.put("said", difference.said());
      row.put("found", difference.found());
      differences.add(row);
    }
    console
        .out()
        .println(
            "%s  %d groups, %d differ; %d records whose feed cannot be told"
                .formatted(
                    differences.isEmpty() ? "OK" : "NOT OK",
                    result.groups(),
                    differences.size(),
                    result.unreadable()));
    console.out().flush();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("ok", differences.isEmpty());
    json.put("groups", result.groups());
    json.put("unreadable", result.unreadable());
    json.put("differences", differences);
    console.writeJson(json);
    return differences.isEmpty() ? 0 : 1;
  }

  private static String text(Reconciliation.@Nullable Total total) {
    return total == null
        ? "nothing"
        : "%d of %d minor units".formatted(total.count(), total.sumMinor());
  }
}

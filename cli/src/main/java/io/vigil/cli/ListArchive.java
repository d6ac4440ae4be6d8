package io.vigil.cli;

import io.vigil.job.archive.ArchiveDay;
import io.vigil.job.archive.ArchiveFolder;
import io.vigil.job.archive.DecisionIndex;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code vigil archive list}: what there is. */
@Command(
    name = "list",
    mixinStandardHelpOptions = true,
    description = "Shows days by kind: files, records, bytes, whether compacted and indexed.")
final class ListArchive implements Callable<Integer> {

  @Mixin private Console console = new Console();
  @Mixin private ArchiveOptions archive = new ArchiveOptions();

  private record Total(long days, long files, long records, long bytes) {
    Total plus(Total other) {
      return new Total(
          days + other.days, files + other.files, records + other.records, bytes + other.bytes);
    }
  }

  @Override
  public Integer call() {
    ArchiveFolder folder = archive.folder();
    List<Map<String, Object>> days = new ArrayList<>();
    Map<String, Total> totals = new TreeMap<>();
    line("%-14s %-10s %7s %12s %15s", "kind", "day", "files", "records", "bytes");
    for (ArchiveDay day : archive.days(folder)) {
      ArchiveOptions.checked(() -> add(folder, day, days, totals));
    }
    totals.forEach(
        (kind, total) ->
            line(
                "%-14s %-10s %7d %,12d %,15d",
                kind, total.days + " days", total.files, total.records, total.bytes));
    console.out().flush();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("days", days);
    Map<String, Object> kinds = new LinkedHashMap<>();
    totals.forEach(
        (kind, total) ->
            kinds.put(
                kind,
                Map.of(
                    "days", total.days,
                    "files", total.files,
                    "records", total.records,
                    "bytes", total.bytes)));
    json.put("kinds", kinds);
    console.writeJson(json);
    return 0;
  }

  private Total add(
      ArchiveFolder folder,
      ArchiveDay day,
      List<Map<String, Object>> days,
      Map<String, Total> totals)
      throws IOException {
    long records = folder.records(day);
    String index =
        !day.kind().equals(DecisionIndex.KIND)
            ? ""
            : !day.hasIndex() ? "no" : folder.indexed(day) ? "yes" : "stale";
    line(
        "%-14s %s %7d %,12d %,15d%s%s%s",
        day.kind(),
        day.date(),
        day.parts().size(),
        records,
        day.bytes(),
        day.compacted() ? "  compacted" : "",
        day.expired() ? "  expired" : "",
        switch (index) {
          case "yes" -> "  indexed";
          case "stale" -> "  index is stale";
          default -> "";
        });
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("kind", day.kind());
    json.put("day", day.date().toString());
    json.put("files", day.parts().size());
    json.put("records", records);
    json.put("bytes", day.bytes());
    json.put("compacted", day.compacted());
    json.put("expired", day.expired());
    if (!index.isEmpty()) {
      json.put("indexed", index);
    }
    days.add(json);
    return totals.merge(
        day.kind(), new Total(1, day.parts().size(), records, day.bytes()), Total::plus);
  }

  private void line(String format, Object... values) {
    console.out().println(String.format(Locale.ROOT, format, values));
  }
}

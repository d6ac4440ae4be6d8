package io.vigil.bench.queue;

import io.vigil.bench.queue.QueueStudy.Compared;
import io.vigil.bench.queue.QueueStudy.Seed;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** The figures of all seeds: each one's, and their median with the least and the greatest. */
final class QueueReport {
  private final List<Seed> seeds;

  QueueReport(List<Seed> seeds) {
    this.seeds = List.copyOf(seeds);
  }

  /** Over the seeds. */
  private record Range(double median, double min, double max) {
    static Range of(List<Seed> seeds, ToDoubleFunction<Seed> figure) {
      double[] sorted = seeds.stream().mapToDouble(figure).sorted().toArray();
      int n = sorted.length;
      return new Range((sorted[(n - 1) / 2] + sorted[n / 2]) / 2, sorted[0], sorted[n - 1]);
    }

    Map<String, Object> json() {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("median", median);
      json.put("min", min);
      json.put("max", max);
      return json;
    }

    String text(String format) {
      return String.format(
          Locale.ROOT, format + " (" + format + " - " + format + ")", median, min, max);
    }
  }

  Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    for (Figure figure : figures()) {
      json.put(figure.key, Range.of(seeds, figure.of).json());
    }
    Map<String, Object> settings = new LinkedHashMap<>();
    for (int i = 0; i < seeds.get(0).compared().size(); i++) {
      int at = i;
      Map<String, Object> setting = new LinkedHashMap<>();
      setting.put("to_score", Range.of(seeds, s -> s.compared().get(at).toScore()).json());
      setting.put("to_fifo", Range.of(seeds, s -> s.compared().get(at).toFifo()).json());
      for (Order order : Order.values()) {
        setting.put(
            order.name().toLowerCase(Locale.ROOT) + "_share_of_stake",
            Range.of(seeds, s -> share(s.compared().get(at), order)).json());
      }
      settings.put(seeds.get(0).compared().get(i).setting(), setting);
    }
    json.put("settings", settings);
    json.put("seeds", seeds.stream().map(QueueReport::json).toList());
    return json;
  }

  private record Figure(String key, String format, ToDoubleFunction<Seed> of) {}

  private static List<Figure> figures() {
    return List.of(
        new Figure("alerts_a_day", "%.0f", s -> s.period().alerts().size() / (double) days()),
        new Figure("cases_a_day", "%.0f", s -> s.untouched().cases() / (double) days()),
        new Figure("precision", "%.3f", QueueReport::precision),
        new Figure("cut", "%.3f", s -> s.worked(Order.QUEUE).groups().cut()),
        new Figure("mixed", "%.4f", s -> s.worked(Order.QUEUE).groups().mixedShare()),
        new Figure("cut_untouched", "%.3f", s -> s.untouched().cut()),
        new Figure("mixed_untouched", "%.4f", s -> s.untouched().mixedShare()),
        new Figure("to_score", "%.2f", s -> base(s).toScore()),
        new Figure("to_fifo", "%.2f", s -> base(s).toFifo()));
  }

  void print(PrintWriter out) {
    for (Figure figure : figures()) {
      out.printf("%-18s %s%n", figure.key, Range.of(seeds, figure.of).text(figure.format));
    }
    out.printf("%n%-18s %-22s %-22s %s%n", "setting", "to score", "to fifo", "saved of the stake");
    for (int i = 0; i < seeds.get(0).compared().size(); i++) {
      int at = i;
      out.printf(
          Locale.ROOT,
          "%-18s %-22s %-22s queue %.3f, score %.3f, fifo %.3f%n",
          seeds.get(0).compared().get(i).setting(),
          Range.of(seeds, s -> s.compared().get(at).toScore()).text("%.2f"),
          Range.of(seeds, s -> s.compared().get(at).toFifo()).text("%.2f"),
          Range.of(seeds, s -> share(s.compared().get(at), Order.QUEUE)).median,
          Range.of(seeds, s -> share(s.compared().get(at), Order.SCORE)).median,
          Range.of(seeds, s -> share(s.compared().get(at), Order.FIFO)).median);
    }
    out.flush();
  }

  private static int days() {
    return QueueStudy.DAYS;
  }

  private static double precision(Seed seed) {
    return seed.period().alerts().stream().filter(SimAlert::fraud).count()
        / (double) seed.period().alerts().size();
  }

  private static Compared base(Seed seed) {
    return seed.compared().stream()
        .filter(each -> each.setting().equals("capacity_" + QueueStudy.BASE_CAPACITY))
        .findFirst()
        .orElseThrow();
  }

  private static double share(Compared compared, Order order) {
    Savings savings = compared.savings().get(order);
    return savings == null ? 0 : savings.saved() / savings.stake();
  }

  private static Map<String, Object> json(Seed seed) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("seed", seed.seed());
    json.put("payments", seed.period().transactions());
    json.put("alerts", seed.period().alerts().size());
    json.put("true_alerts", seed.period().alerts().stream().filter(SimAlert::fraud).count());
    json.put("groups_untouched", seed.untouched());
    List<Map<String, Object>> runs = new ArrayList<>();
    seed.worked()
        .forEach(
            (capacity, byOrder) ->
                byOrder.forEach((order, worked) -> runs.add(json(capacity, order, worked))));
    json.put("runs", runs);
    Map<String, Object> saved = new LinkedHashMap<>();
    for (Compared each : seed.compared()) {
      saved.put(each.setting(), each.savings());
    }
    json.put("saved_minor", saved);
    return json;
  }

  private static Map<String, Object> json(double capacity, Order order, Worked worked) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("capacity", capacity);
    json.put("order", order);
    json.put("alerts", worked.alerts());
    json.put("decisions", worked.decisions());
    json.put("minutes", worked.minutes());
    json.put("needless_blocks", worked.needlessBlocks());
    json.put("groups", worked.groups());
    return json;
  }
}

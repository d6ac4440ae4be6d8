package io.vigil.model.plan;

import io.vigil.model.evaluate.Html;
import io.vigil.model.policy.Outcome;
import io.vigil.model.score.RankingMetrics.Interval;
import io.vigil.model.watch.WatchPlan;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.DoubleFunction;
import org.jspecify.annotations.Nullable;

/** The page of a plan that a reviewer reads: one file, no script, nothing fetched. */
public final class PlanPage {
  private static final int DRIFT_MOST = 15;

  private final PlanFile plan;
  private final Comparison seen;
  private final StringBuilder page = new StringBuilder();

  private PlanPage(PlanFile plan, Comparison seen) {
    this.plan = plan;
    this.seen = seen;
  }

  /**
   * The page.
   *
   * @param notes what the reviewer must know beside the figures, a sentence each
   */
  public static String of(PlanFile plan, Comparison seen, List<String> notes) {
    PlanPage report = new PlanPage(plan, seen);
    report.write(notes);
    return report.page.toString();
  }

  private void write(List<String> notes) {
    page.append(Html.head("Plan").replace("</style>", STYLE + "</style>"));
    headline(notes);
    gates();
    metrics();
    charts();
    flips();
    segments();
    drift();
    cost();
    page.append("</main></body></html>\n");
  }

  private void headline(List<String> notes) {
    PlanFile.Verdict verdict = plan.verdict();
    add(
        "<p class=\"verdict %s\"><b>%s</b> %s</p>",
        verdict.id(),
        switch (verdict) {
          case NO_CHANGE -> "No change.";
          case CHANGE -> "Ready to apply.";
          case GATE_FAILED -> "A gate failed.";
        },
        Html.escape(sentence(verdict)));
    add("<h1>%s</h1>", Html.escape(title()));
    PlanFile.Data data = plan.data();
    add(
        "<p class=\"lead\">%s: %s transactions from %s to %s%s, decided by both sides with the job's own engine.</p>",
        Html.escape(data.description()),
        count(data.rows()),
        day(data.from()),
        day(data.to()),
        data.frauds() == 0 ? ", no label among them" : ", " + count(data.frauds()) + " frauds");
    for (String note : notes) {
      add("<p class=\"note\">%s</p>", Html.escape(note));
    }
    page.append("<div class=\"tiles\">");
    tile(
        "average precision",
        share3(seen.candidate().averagePrecision()),
        "champion " + share3(seen.champion().averagePrecision()));
    tile(
        "alerts a day",
        format("%,.1f", seen.candidate().alertsPerDay()),
        format("champion %,.1f", seen.champion().alertsPerDay()));
    tile(
        "value detected",
        percent(seen.candidate().valueDetected()),
        "champion " + percent(seen.champion().valueDetected()));
    tile(
        "outcomes that change",
        count(seen.flips().stricter() + seen.flips().milder()),
        format("%,d stricter, %,d milder", seen.flips().stricter(), seen.flips().milder()));
    page.append("</div>");
  }

  private String sentence(PlanFile.Verdict verdict) {
    List<String> failed =
        seen.gates().stream()
            .filter(gate -> gate.verdict() == GateResult.Verdict.FAILED)
            .map(GateResult::gate)
            .toList();
    long open =
        seen.gates().stream()
            .filter(gate -> gate.verdict() == GateResult.Verdict.NOT_ASSESSED)
            .count();
    String unknown = open == 0 ? "" : format(" %d gates are not assessed.", open);
    return switch (verdict) {
      case NO_CHANGE -> "Both sides decide every transaction of the period alike.";
      case CHANGE -> "Every assessed gate passed." + unknown;
      case GATE_FAILED -> String.join(", ", failed) + ". The table below says how to mend it.";
    };
  }

  private String title() {
    List<PlanFile.Artefact> changes = plan.changes();
    if (changes.isEmpty()) {
      return "The same artefacts on both sides";
    }
    return String.join(
        ", ",
        changes.stream()
            .map(
                change ->
                    format(
                        "%s %s, version %d",
                        change.kind().name().toLowerCase(Locale.ROOT).replace('_', ' '),
                        change.name(),
                        change.version()))
            .toList());
  }

  private void tile(String name, String value, String note) {
    add("<div class=\"tile\"><span>%s</span><b>%s</b><small>%s</small></div>", name, value, note);
  }

  private void gates() {
    page.append(
        "<h2>Gates</h2><table class=\"words\"><thead><tr><th>gate</th><th></th><th>observed</th><th>required</th><th>how to mend</th></tr></thead><tbody>");
    for (GateResult gate : seen.gates()) {
      add(
          "<tr><td>%s</td><td><span class=\"mark %s\">%s</span></td><td>%s</td><td>%s</td><td>%s</td></tr>",
          Html.escape(gate.gate().replace('_', ' ').replace(".", ": ")),
          gate.verdict().id(),
          gate.verdict().id().replace('_', ' '),
          Html.escape(gate.observed()),
          Html.escape(gate.required()),
          Html.escape(gate.mend()));
    }
    page.append("</tbody></table>");
    WatchPlan watch = plan.watch();
    if (watch != null) {
      page.append(
          "<h2>Watched once it runs</h2><p class=\"lead\">By the job itself, which takes it back when a limit is broken.</p><table class=\"words\"><tbody>");
      for (String each : watch.text().lines().toList()) {
        int colon = each.indexOf(':');
        add(
            "<tr><td>%s</td><td>%s</td></tr>",
            Html.escape(each.substring(0, colon).replace('_', ' ')),
            Html.escape(each.substring(colon + 2).replaceAll("[{}]", "").replace('_', ' ')));
      }
      page.append("</tbody></table>");
    }
    if (!plan.newFeatures().isEmpty()) {
      page.append(
          "<h2>New features</h2><p class=\"lead\">The replay had their history from the file's beginning. In the stream what the state in force does not hold already begins when the plan is applied, unless a backfill reads it from the archive first; decisions name such features until they are whole.</p><table class=\"words\"><thead><tr><th>feature</th><th>when it is whole</th></tr></thead><tbody>");
      for (PlanFile.NewFeature feature : plan.newFeatures()) {
        add(
            "<tr><td>%s</td><td>%s</td></tr>",
            Html.escape(feature.name()), Html.escape(feature.whole()));
      }
      page.append("</tbody></table>");
    }
  }

  private void metrics() {
    page.append(
        "<h2>Both sides</h2><table><thead><tr><th>metric</th><th>champion</th><th>candidate</th><th>difference</th><th>90 % interval of the difference</th></tr></thead><tbody>");
    Map<String, Double> before = seen.champion().byName();
    Map<String, Double> after = seen.candidate().byName();
    before.forEach(
        (name, was) -> {
          double is = after.getOrDefault(name, Double.NaN);
          boolean alerts = name.equals(Figures.ALERTS_PER_DAY);
          DoubleFunction<String> words =
              alerts
                  ? value -> format("%,.2f", value)
                  : name.equals("false_positive_rate")
                      ? value -> format("%.5f", value)
                      : value -> format("%.4f", value);
          Interval interval = seen.intervals().difference().get(name);
          add(
              "<tr><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td></tr>",
              name.replace('_', ' '),
              known(was, words) + within(seen.intervals().champion().get(name), words),
              known(is, words) + within(seen.intervals().candidate().get(name), words),
              known(is - was, value -> (value >= 0 ? "+" : "") + words.apply(value)),
              interval == null
                  ? ""
                  : words.apply(interval.low()) + " to " + words.apply(interval.high()));
        });
    for (Outcome outcome : Outcome.values()) {
      long was = seen.champion().outcomes().getOrDefault(outcome, 0L);
      long is = seen.candidate().outcomes().getOrDefault(outcome, 0L);
      add(
          "<tr><td>%s, rows</td><td>%s</td><td>%s</td><td>%s</td><td></td></tr>",
          outcome.id().replace('_', ' '), count(was), count(is), format("%+,d", is - was));
    }
    page.append("</tbody></table>");
  }

  private static String within(@Nullable Interval interval, DoubleFunction<String> words) {
    return interval == null
        ? ""
        : " <small>"
            + words.apply(interval.low())
            + " to "
            + words.apply(interval.high())
            + "</small>";
  }

  private static String known(double value, DoubleFunction<String> words) {
    return Double.isNaN(value) ? "no labels" : words.apply(value);
  }

  private void charts() {
    PlanCharts charts = new PlanCharts(seen);
    boolean labelled = seen.data().labelled();
    page.append(
        "<p class=\"key\"><i class=\"was\"></i> champion <i class=\"is\"></i> candidate</p><div class=\"charts\">");
    if (labelled) {
      chart(
          "Precision and recall",
          charts.precisionRecall(),
          "Up and to the right is better; the dashed line is chance.");
    }
    chart("Alerts a day", charts.alertsPerDay(), "What the desk would have had each day.");
    String scores =
        labelled
            ? "Frauds red, others blue, on a root scale: what overlaps cannot be told apart."
            : "All transactions, on a root scale.";
    chart("Champion's scores", charts.scores(false), scores);
    chart("Candidate's scores", charts.scores(true), scores);
    if (labelled) {
      chart(
          "Do probabilities hold?",
          charts.reliability(),
          "The half of the rows with the lowest score, half of the rest, and so on, on root scales. On the dashed line the model says what comes true; below it, it cries wolf.");
    }
    chart(
        "Outcomes, before and after",
        matrix(),
        "Rows: what the champion decided; columns: the candidate. In brackets, how many were frauds. Right of the diagonal it is stricter.");
    page.append("</div>");
  }

  private String matrix() {
    StringBuilder table = new StringBuilder("<table class=\"matrix\"><thead><tr><th></th>");
    for (Outcome to : Outcome.values()) {
      table.append(format("<th>%s</th>", outcome(to)));
    }
    table.append("</tr></thead><tbody>");
    for (Outcome from : Outcome.values()) {
      long left = seen.champion().outcomes().getOrDefault(from, 0L);
      table.append(format("<tr><th>%s</th>", outcome(from)));
      for (Outcome to : Outcome.values()) {
        Flips.Count flip =
            seen.flips().counts().stream()
                .filter(count -> count.from() == from && count.to() == to)
                .findFirst()
                .orElse(null);
        if (from == to) {
          long moved =
              seen.flips().counts().stream()
                  .filter(count -> count.from() == from)
                  .mapToLong(Flips.Count::rows)
                  .sum();
          table.append(format("<td class=\"same\">%,d</td>", left - moved));
        } else if (flip == null) {
          table.append("<td class=\"none\">0</td>");
        } else {
          table.append(
              format(
                  "<td class=\"%s\">%,d <small>(%,d)</small></td>",
                  to.compareTo(from) > 0 ? "stricter" : "milder", flip.rows(), flip.frauds()));
        }
      }
      table.append("</tr>");
    }
    return table.append("</tbody></table>").toString();
  }

  private void chart(String title, String svg, String text) {
    add("<figure><h2>%s</h2>%s<figcaption>%s</figcaption></figure>", title, svg, text);
  }

  private void flips() {
    Flips flips = seen.flips();
    page.append("<h2>Decisions that flip</h2>");
    if (flips.counts().isEmpty()) {
      page.append("<p class=\"lead\">None.</p>");
      return;
    }
    add(
        "<p class=\"lead\">%s alerts are new, %s are lost. Below the greatest amounts of each pair of outcomes.</p>",
        count(flips.newAlerts()), count(flips.lostAlerts()));
    page.append(
        "<table class=\"examples\"><thead><tr><th>transaction</th><th>when</th><th>amount</th><th>fraud</th><th>from</th><th>to</th><th>score before</th><th>after</th><th>first reason of the stricter side</th></tr></thead><tbody>");
    for (Flips.Example example : flips.examples()) {
      add(
          "<tr><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td></tr>",
          Html.escape(example.id()),
          Instant.ofEpochMilli(example.timeMs()).toString().substring(0, 16).replace('T', ' '),
          format("%,.2f", example.amountMinor() / 100.0),
          example.fraud() ? "yes" : "",
          outcome(example.from()),
          outcome(example.to()),
          share3(example.championProbability()),
          share3(example.candidateProbability()),
          Html.escape(example.reason()));
    }
    page.append("</tbody></table>");
  }

  private static String outcome(Outcome outcome) {
    return outcome.id().replace('_', ' ');
  }

  private void segments() {
    List<Segment> segments = seen.worstSegments();
    if (segments.isEmpty()) {
      return;
    }
    page.append(
        "<h2>Where the candidate does worst beside the champion</h2><table><thead><tr><th>segment</th><th>rows</th><th>frauds</th><th>average precision before</th><th>after</th><th>difference</th><th>alerts before</th><th>after</th><th>false alerts before</th><th>after</th></tr></thead><tbody>");
    for (Segment segment : segments) {
      add(
          "<tr><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td></tr>",
          Html.escape(segment.dimension().replace('_', ' ') + " " + segment.value()),
          count(segment.rows()),
          count(segment.frauds()),
          share3(segment.championAveragePrecision()),
          share3(segment.candidateAveragePrecision()),
          Double.isNaN(segment.difference()) ? "" : format("%+.3f", segment.difference()),
          count(segment.championAlerts()),
          count(segment.candidateAlerts()),
          format("%.3f %%", 100 * segment.championFalsePositiveRate()),
          format("%.3f %%", 100 * segment.candidateFalsePositiveRate()));
    }
    page.append("</tbody></table>");
  }

  private void drift() {
    List<Drift> drift = seen.measured().drift();
    if (drift.isEmpty()) {
      return;
    }
    add(
        "<h2>Drift of the candidate's features</h2><p class=\"lead\">Population stability index of %s. From %.2f on worth a look, from %.2f on a shift.</p>",
        Html.escape(seen.measured().driftBasis()), Drift.LOOK, Drift.SHIFT);
    page.append("<figure class=\"wide\"><table class=\"bars\">");
    double most = Math.max(Drift.SHIFT, drift.get(0).index());
    drift.stream()
        .limit(DRIFT_MOST)
        .forEach(
            one ->
                add(
                    "<tr><td>%s</td><td><i class=\"%s\" style=\"width:%.1f%%\"></i></td><td>%.3f</td></tr>",
                    Html.escape(one.feature()),
                    one.index() >= Drift.SHIFT
                        ? "shift"
                        : one.index() >= Drift.LOOK ? "look" : "steady",
                    100 * one.index() / most,
                    one.index()));
    page.append("</table></figure>");
  }

  private void cost() {
    Measured.Cost cost = seen.measured().cost();
    page.append(
        "<h2>What an event costs</h2><table><thead><tr><th>part of the replay</th><th>processor time an event</th></tr></thead><tbody>");
    row("reading, ordering, features of both sides", us(cost.featuresUs()));
    row("scores, rules and policy of both sides", us(cost.decidingUs()));
    row(
        format("one score of the champion, in batches of %d", cost.batch()),
        us(cost.championScoringUs()));
    row(
        format("one score of the candidate, in batches of %d", cost.batch()),
        us(cost.candidateScoringUs()));
    row(
        "the whole replay",
        format("%.1f s, %.1f s of processor time", cost.elapsedS(), cost.processCpuS()));
    page.append("</tbody></table>");
    add(
        "<p class=\"foot\">Intervals are 90 %% bootstrap percentiles over accounts, the same draws for both sides. Frauds that nobody reported count as genuine. Written %s; plan digest %s.</p>",
        plan.createdAt(), plan.digest());
  }

  private void row(String name, String value) {
    add("<tr><td>%s</td><td>%s</td></tr>", name, value);
  }

  private static String us(double value) {
    return format("%.2f µs", value);
  }

  private static String share3(double value) {
    return Double.isNaN(value) ? "–" : format("%.3f", value);
  }

  private static String percent(double value) {
    return Double.isNaN(value) ? "–" : format("%.1f %%", 100 * value);
  }

  private static String count(long value) {
    return format("%,d", value);
  }

  private static String day(Instant instant) {
    return instant.toString().substring(0, 10);
  }

  private void add(String format, Object... values) {
    page.append(format(format, values)).append('\n');
  }

  private static String format(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }

  private static final String STYLE =
      """
      .verdict{border-radius:8px;padding:10px 16px;margin:0 0 18px}
      .verdict.change{background:#e3f3e8;color:#14532d}.verdict.no_change{background:#e9edf2}
      .verdict.gate_failed{background:#fbe6e3;color:#7c1d13}
      .note{background:#fff6dd;border-radius:8px;padding:8px 14px;margin:8px 0;max-width:90ch}
      main>h2{margin-top:30px}td small{color:#66717f;font-size:11px;white-space:nowrap}
      table.words td,table.words th,table.examples td:last-child{text-align:left;vertical-align:top}
      table.words td:first-child{white-space:nowrap}
      .mark{border-radius:10px;padding:1px 9px;font-size:12px;white-space:nowrap;background:#e9edf2;color:#45505f}
      .mark.passed{background:#d9f0e0;color:#14532d}.mark.failed{background:#f6d5d0;color:#7c1d13;font-weight:600}
      .before{fill:none;stroke:#8a94a1;stroke-width:1.8}.after{fill:none;stroke:#1f5fa8;stroke-width:1.8}
      .key{margin:0 0 8px;color:#45505f;font-size:13px}
      .key i{display:inline-block;width:22px;border-top:3px solid #8a94a1;vertical-align:middle;margin:0 4px 0 10px}
      .key i.is{border-color:#1f5fa8}
      figure.wide{margin-bottom:22px}table.bars i.steady{background:#9db4cf}
      table.bars i.look{background:#d9a441}table.bars i.shift{background:#c0392b}
      table.matrix{margin:26px 0 18px}table.matrix td,table.matrix th{padding:12px 8px;text-align:center}
      td.same{color:#66717f}td.none{color:#b6bec8}td.stricter{background:#fdf0e3}td.milder{background:#e8f1fa}
      .foot{color:#66717f;font-size:12.5px;overflow-wrap:anywhere}
      """;
}

package io.vigil.model.drift;

import static io.vigil.model.drift.Judgement.number;

import io.vigil.model.evaluate.Html;
import io.vigil.model.policy.Outcome;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.util.Currency;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** The page of a report: one file, no script, nothing fetched. */
public final class ModelReportPage {
  private static final int WORST = 10;
  private static final String STYLE =
      """
      .verdict{background:#fff;border:1px solid #dde2e8;border-left:6px solid #2e7d4f;border-radius:8px;padding:14px 20px;margin:16px 0}
      .verdict.open{border-left-color:#b7791f}.verdict.found{border-left-color:#c0392b}.verdict p{margin:0;font-size:20px;font-weight:600}
      .verdict ol{margin:10px 0 0;padding:0;list-style:none;max-width:none;color:#1c2430}
      .verdict li{padding:5px 0 5px 130px;border-top:1px solid #eef1f4;position:relative}
      .verdict li b{position:absolute;left:0;color:#c0392b;font-weight:600;font-size:13px}
      .gaps{margin:0 0 18px;color:#45505f;font-size:13px}.gaps b{color:#66717f}
      .gaps ul{margin:4px 0 0;padding-left:18px;max-width:none}
      section{margin-top:30px}section>h2{font-size:19px;margin-bottom:4px}section>p{margin:0 0 10px;color:#45505f;max-width:85ch}
      td.bad small{font-weight:400;color:#a02a1e}td.bad{background:#fbeae8;color:#a02a1e;font-weight:600}td.l,th.l{text-align:left}
      td small{color:#66717f;display:block;font-size:11.5px;line-height:1.25}
      .spark{width:150px;height:26px}.limit{stroke:#c0392b;stroke-dasharray:3 3;fill:none;stroke-opacity:.8}
      .interval{stroke:#1f5fa8;stroke-width:1.4;stroke-opacity:.5;fill:none}
      .within{fill:#1f5fa8;fill-opacity:.75}.over{fill:#c0392b;fill-opacity:.8}.missing{fill:#b7791f}
      .charts{grid-template-columns:repeat(auto-fill,minmax(420px,1fr))}code{font-size:12px;color:#45505f}details{margin:0 0 22px}summary{cursor:pointer;color:#1f5fa8;margin-bottom:8px}
      table.wide td:first-child{font-weight:600}table.wide small{font-weight:400}figure table{margin-bottom:8px;font-size:12.5px}figure td{padding:3px 8px}
      </style>""";

  private final ModelReport report;
  private final StringBuilder page = new StringBuilder();

  private ModelReportPage(ModelReport report) {
    this.report = report;
  }

  /** The page. */
  public static String of(ModelReport report) {
    ModelReportPage page = new ModelReportPage(report);
    page.write();
    return page.page.toString();
  }

  private void write() {
    Settings settings = report.settings();
    Span reference = settings.reference();
    String title = "Models, " + settings.period();
    page.append(Html.head(title).replace("</style>", STYLE));
    add("<h1>%s</h1>", Html.escape(title));
    add(
        "<p class=\"lead\">%,d decisions of <code>%s</code>. Scores and features against %s. Labels of %s, as known at the end of %s; %,d days are taken for them to come.</p>",
        report.decisions(),
        Html.escape(settings.source()),
        reference == null ? "no reference" : reference,
        settings.labelled(),
        settings.asOf(),
        settings.labelDelayDays());
    verdict();
    tiles();
    models();
    charts();
    drift();
    groups();
    notes();
    page.append("</main></body></html>\n");
  }

  private void verdict() {
    add(
        "<div class=\"verdict%s\"><p>%s</p>",
        report.findings().isEmpty() ? report.gaps().isEmpty() ? "" : " open" : " found",
        Html.escape(report.verdict()));
    if (!report.findings().isEmpty()) {
      page.append("<ol>");
      report
          .findings()
          .forEach(
              its -> add("<li><b>%s</b>%s</li>", Html.escape(its.area()), Html.escape(its.text())));
      page.append("</ol>");
    }
    page.append("</div>");
    if (!report.gaps().isEmpty()) {
      page.append("<div class=\"gaps\">Not assessed<ul>");
      report
          .gaps()
          .forEach(
              its ->
                  add("<li><b>%s</b>: %s</li>", Html.escape(its.area()), Html.escape(its.why())));
      page.append("</ul></div>");
    }
  }

  private void tiles() {
    page.append("<div class=\"tiles\">");
    Double budget = report.settings().alertsPerDay();
    tile(
        "alerts a day",
        number(report.alertsPerDay()),
        budget == null ? "no budget is given" : "the budget is " + number(budget));
    AlertQuality quality = report.alerts();
    tile(
        "precision of alerts",
        quality == null ? "-" : percent(quality.precision().share()),
        quality == null
            ? "no label yet"
            : format(
                "%s to %s; %s are labelled, of these %s",
                percent(quality.precision().low()),
                percent(quality.precision().high()),
                percent(quality.labelled() / (double) quality.alerts()),
                percent(quality.ofLabelled().share())));
    Calibrated calibration =
        report.models().isEmpty() ? null : report.models().get(0).calibration();
    boolean calibrated = quality != null && calibration != null && calibration.rows() > 0;
    tile(
        "frauds for each predicted",
        calibrated && calibration != null ? number(calibration.ratio()) : "-",
        calibrated && calibration != null
            ? format(
                "%,d known, %s predicted", calibration.frauds(), number(calibration.expected()))
            : "no label yet");
    long moved =
        report.features().stream()
            .filter(its -> its.stability().level().compareTo(Stability.Level.STABLE) > 0)
            .count();
    tile(
        "features that moved",
        report.features().isEmpty() ? "-" : Long.toString(moved),
        report.features().isEmpty() ? "no reference" : format("of %,d", report.features().size()));
    long missing = report.models().stream().mapToLong(ModelUse::withoutScore).sum();
    tile(
        "decided without a score",
        percent(missing / (double) report.decisions()),
        format("%,d of %,d decisions", missing, report.decisions()));
    page.append("</div>");
  }

  private void tile(String name, String value, String note) {
    add("<div class=\"tile\"><span>%s</span><b>%s</b><small>%s</small></div>", name, value, note);
  }

  private void models() {
    page.append(
        "<section><h2>Models</h2><table class=\"wide\"><thead><tr><th>model</th><th class=\"l\">place</th><th>decided</th><th>share</th><th>scored beside</th><th>alerts</th><th class=\"l\">outcomes</th><th class=\"l\">something missing</th><th>score index</th></tr></thead><tbody>");
    for (ModelUse use : report.models()) {
      Drifted score = use.score();
      add(
          "<tr><td>%s<small><code>%s</code>%s</small></td><td class=\"l\">%s<small>%s to %s</small></td><td>%,d</td><td>%s</td><td>%,d</td><td>%,d</td><td class=\"l\">%s</td><td class=\"l\">%s</td>%s</tr>",
          Html.escape(use.title()),
          use.digest().substring(0, 12),
          use.known() == null
              ? " the archive has no bundle of it"
              : " " + Html.escape(use.known().engine()),
          Html.escape(use.role()),
          LocalDate.ofEpochDay(use.firstDay()),
          LocalDate.ofEpochDay(use.lastDay()),
          use.decisions(),
          percent(use.decisions() / (double) report.decisions()),
          use.beside(),
          use.alerts(),
          use.decisions() == 0 ? "-" : outcomes(use.outcomes()),
          use.fallbacks().isEmpty() ? "nothing" : Html.escape(counts(use.fallbacks())),
          score == null ? "<td>not assessed</td>" : index(score.stability()));
    }
    page.append("</tbody></table></section>");
  }

  private static String outcomes(Map<Outcome, Long> outcomes) {
    return outcomes.entrySet().stream()
        .map(its -> format("%s %,d", its.getKey().id().replace('_', ' '), its.getValue()))
        .collect(Collectors.joining("<br>"));
  }

  private static String counts(Map<String, Long> counts) {
    return counts.entrySet().stream()
        .map(its -> format("%s %,d", its.getKey().replace('_', ' '), its.getValue()))
        .collect(Collectors.joining(", "));
  }

  private static String index(Stability its) {
    return format(
        "<td%s>%s<small>limit %s</small></td>",
        its.level().compareTo(Stability.Level.STABLE) > 0 ? " class=\"bad\"" : "",
        number(its.index()),
        number(its.limit()));
  }

  private void charts() {
    page.append("<div class=\"charts\">");
    figure(
        "Alerts a day",
        report.settings().alertsPerDay() == null
            ? "Alerts raised by day of effective time."
            : "Alerts raised by day of effective time; the dashed line is the budget, red days are above it.",
        ReportCharts.alerts(report));
    AlertQuality quality = report.alerts();
    if (quality != null) {
      if (!quality.parts().isEmpty()) {
        figure(
            "Precision of alerts",
            format(
                "Known frauds among matured alerts, with 95 %% intervals. Of %,d alerts %,d are labelled, the others count as genuine. Known frauds with an alert come to %s, those without one to %s.",
                quality.alerts(),
                quality.labelled(),
                money(quality.caughtMinor()),
                money(quality.missedMinor())),
            ReportCharts.precision(quality));
      }
      for (ModelUse use : report.models()) {
        if (use.calibration().rows() > 0) {
          figure(
              "Do probabilities hold? " + use.title(),
              format(
                  "By bands of probability, with 95 %% intervals, on scales of powers of ten. On the line what is predicted comes true; red dots lie beyond chance. %,d rows, expected calibration error %s.",
                  use.calibration().rows(), number(use.calibration().error())),
              ReportCharts.reliability(use.calibration()));
          bands(use);
        }
      }
    }
    page.append("</div>");
  }

  private void bands(ModelUse use) {
    add(
        "<figure><h2>Predicted and true: %s</h2><table><thead><tr><th>probability</th><th>rows</th><th>frauds</th><th>predicted</th><th>came true</th></tr></thead><tbody>",
        Html.escape(use.title()));
    for (Calibrated.Band band : use.calibration().bands()) {
      add(
          "<tr><td>%s to %s</td><td>%,d</td><td>%,d</td><td>%s</td><td%s>%s<small>%s to %s</small></td></tr>",
          percent(band.from()),
          percent(band.to()),
          band.rows(),
          band.frauds(),
          percent(band.probability()),
          band.wrong() ? " class=\"bad\"" : "",
          percent(band.observed().share()),
          percent(band.observed().low()),
          percent(band.observed().high()));
    }
    add(
        "</tbody></table><figcaption>All bands: %,d frauds, %s predicted, %s for each.</figcaption></figure>",
        use.calibration().frauds(),
        number(use.calibration().expected()),
        number(use.calibration().ratio()));
  }

  private void figure(String title, String text, String svg) {
    add("<figure><h2>%s</h2>%s<figcaption>%s</figcaption></figure>", Html.escape(title), svg, text);
  }

  private void drift() {
    if (report.features().isEmpty()) {
      return;
    }
    page.append(
        "<section><h2>Features</h2><p>The population stability index over tenths of the reference and a bin for missing values. It must exceed both 0.1 and what chance gives at these numbers of rows to count as moved, and 0.25 as shifted. Grey bars are the reference, blue ones the period, the amber one at the right is missing values.</p>");
    int shown = Math.min(WORST, report.features().size());
    features(report.features().subList(0, shown), true);
    List<Drifted> rest = report.features().subList(shown, report.features().size());
    if (!rest.isEmpty()) {
      add("<details><summary>%,d more features</summary>", rest.size());
      features(rest, false);
      page.append("</details>");
    }
    page.append("</section>");
  }

  private void features(List<Drifted> features, boolean drawn) {
    add(
        "<table><thead><tr><th>feature</th><th>index</th><th>by chance</th><th>missing</th>%s<th>rows</th></tr></thead><tbody>",
        drawn ? "<th>by day</th><th>shares by bin</th>" : "");
    for (Drifted feature : features) {
      Stability its = feature.stability();
      add(
          "<tr><td>%s</td>%s<td>%s<small>at most %s</small></td><td>%s<small>was %s</small></td>%s<td>%,d<small>of %,d</small></td></tr>",
          Html.escape(feature.name()),
          index(its),
          number(its.chanceMean()),
          number(its.chanceLimit()),
          percent(last(feature.period())),
          percent(last(feature.reference())),
          drawn
              ? "<td>%s</td><td>%s</td>"
                  .formatted(ReportCharts.spark(feature), ReportCharts.shares(feature))
              : "",
          its.period(),
          its.reference());
    }
    page.append("</tbody></table>");
  }

  private static double last(List<Double> shares) {
    return shares.get(shares.size() - 1);
  }

  private void groups() {
    for (GroupRates key : report.groups()) {
      add(
          "<section><h2>By %s</h2><p>Each group against all others, with 95 %% intervals. Marked is what differs by more than %s times where chance, for all %,d tests together, gives it in fewer than 5 of 100 reports.</p><table><thead><tr><th>group</th><th>decisions</th>",
          Html.escape(key.key()), number(report.settings().groupRatio()), key.tests());
      for (GroupRates.Measure measure : GroupRates.Measure.values()) {
        add("<th>%s</th>", measure.words());
      }
      page.append("</tr></thead><tbody>");
      for (GroupRates.Group group : key.groups()) {
        add("<tr><td>%s</td><td>%,d</td>", Html.escape(group.name()), group.decisions());
        group.rates().forEach(this::rate);
        page.append("</tr>");
      }
      page.append("</tbody></table></section>");
    }
  }

  private void rate(GroupRates.Rate rate) {
    boolean calibration = rate.measure() == GroupRates.Measure.CALIBRATION;
    if (Double.isNaN(rate.value())) {
      page.append("<td>-</td>");
      return;
    }
    add(
        "<td%s>%s<small>%s to %s%s</small></td>",
        rate.differs() ? " class=\"bad\"" : "",
        calibration ? number(rate.value()) : percent(rate.value()),
        calibration ? number(rate.low()) : percent(rate.low()),
        calibration ? number(rate.high()) : percent(rate.high()),
        Double.isNaN(rate.chance()) ? "; too few to test" : "");
  }

  private void notes() {
    page.append(
        """
        <section><h2>How to read this</h2><ul>
        <li>Drift needs no labels. It says that the world, a feed or a feature is not what it was, not that the model is wrong.</li>
        <li>What chance gives is reckoned for independent rows. Payments of one account resemble each other, so a little more than that is chance still; the limit of 0.1 is the stricter one except for few rows.</li>
        <li>A decision counts as matured when labels had the delay to come; one that nobody reported by then counts as genuine. Frauds that were never reported are in no figure here: how many of all frauds were found can't be said.</li>
        <li>What was declined can't be charged back, and what was never an alert was looked at by nobody. So precision is a lower bound where alerts go unlabelled.</li>
        <li>A model is of a period when it decided or scored in it; what it scored beside another changed nothing.</li>
        </ul></section>
        """);
  }

  private static String money(Map<String, Long> minor) {
    return minor.isEmpty()
        ? "nothing"
        : minor.entrySet().stream()
            .map(its -> money(its.getKey(), its.getValue()))
            .collect(Collectors.joining(" + "));
  }

  private static String money(String code, long minor) {
    int digits;
    try {
      digits = Math.max(0, Currency.getInstance(code).getDefaultFractionDigits());
    } catch (IllegalArgumentException e) {
      digits = 0; // No currency that Java knows: minor units are all that can be said.
    }
    return Html.escape(format("%,." + digits + "f %s", BigDecimal.valueOf(minor, digits), code));
  }

  private static String percent(double share) {
    return Double.isNaN(share) ? "-" : number(100 * share) + " %";
  }

  private void add(String format, Object... values) {
    page.append(format(format, values)).append('\n');
  }

  private static String format(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}

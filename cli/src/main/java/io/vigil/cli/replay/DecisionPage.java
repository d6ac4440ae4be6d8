package io.vigil.cli.replay;

import io.vigil.model.evaluate.Html;
import io.vigil.model.expression.Step;
import java.util.Locale;

/** A decision made again, as a page for a regulator: one file, no script, nothing fetched. */
public final class DecisionPage {
  private static final String STYLE =
      """
      <style>td.t,th.t{text-align:left}td.d{background:#fdecea;font-weight:600}
      td{overflow-wrap:anywhere;vertical-align:top}td:first-child{overflow-wrap:normal;min-width:9em}
      code{font-size:12px}
      details{margin:0}summary{cursor:pointer}
      .ok{color:#1b6e3c}.bad{color:#a3261a}.muted{color:#66717f}</style>
      """;

  private final ReplayedDecision replayed;
  private final StringBuilder page = new StringBuilder();

  private DecisionPage(ReplayedDecision replayed) {
    this.replayed = replayed;
  }

  /** The page. */
  public static String of(ReplayedDecision replayed) {
    DecisionPage page = new DecisionPage(replayed);
    page.write();
    return page.page.toString();
  }

  private void write() {
    String title = DecisionSheet.title(replayed);
    page.append(Html.head(title)).append(STYLE);
    add("<h1>%s</h1><p class=\"lead\">%s</p>", esc(title), esc(DecisionSheet.subject(replayed)));
    page.append("<div class=\"tiles\">");
    tile("outcome recorded", replayed.recorded().getOutcome().name(), "");
    tile("outcome made again", replayed.recomputed().getOutcome().name(), "");
    tile(
        "comparison",
        replayed.same()
            ? "identical"
            : replayed.sameButEngine() ? "same" : replayed.differences().size() + " differences",
        DecisionSheet.verdict(replayed));
    page.append("</div>");
    add(
        "<p class=\"lead\">The decision was made again from the archive alone: from the records that"
            + " its account, card, merchant and other entities took part in, by the feature spec,"
            + " the model, the rules and the policy that were in force at its effective time."
            + " Numbers are compared bit for bit.</p>");
    decision();
    inForce();
    features();
    rules();
    page.append("</main></body></html>\n");
  }

  private void decision() {
    page.append("<h2>Decision</h2><table><tr><th></th><th class=\"t\">recorded</th>")
        .append("<th class=\"t\">made again</th></tr>");
    for (DecisionSheet.Line line : DecisionSheet.lines(replayed)) {
      String cell = line.same() ? "t" : "t d";
      add(
          "<tr><td>%s</td><td class=\"%s\">%s</td><td class=\"%s\">%s</td></tr>",
          esc(line.name()), cell, esc(line.recorded()), cell, esc(line.recomputed()));
    }
    page.append("</table>");
  }

  private void inForce() {
    page.append("<h2>In force</h2><table>");
    replayed
        .inForce()
        .forEach(
            (kind, what) ->
                add("<tr><td>%s</td><td class=\"t\">%s</td></tr>", esc(kind), esc(what)));
    add(
        "<tr><td>calibration</td><td class=\"t\">%s</td></tr></table>",
        esc(replayed.calibration()));
  }

  private void features() {
    page.append("<h2>Features, and the events behind them</h2><table><tr><th>feature</th>")
        .append("<th>recorded</th><th>made again</th><th class=\"t\">definition</th>")
        .append("<th class=\"t\">%s</th></tr>".formatted(DecisionSheet.eventsListed(replayed)));
    for (ReplayedDecision.FeatureRow row : replayed.features()) {
      Float recorded = row.recorded();
      boolean same =
          recorded != null
              && Float.floatToRawIntBits(recorded) == Float.floatToRawIntBits(row.recomputed());
      String cell = same ? "" : "d";
      add(
          "<tr><td>%s%s</td><td class=\"%s\">%s</td><td class=\"%s\">%s</td>",
          esc(row.name()),
          row.warming() ? " <span class=\"muted\">(warming)</span>" : "",
          cell,
          esc(DecisionSheet.number(recorded, row.recomputed())),
          cell,
          esc(DecisionSheet.number(row.recomputed(), recorded)));
      add("<td class=\"t\"><code>%s</code></td><td class=\"t\">", esc(row.definition()));
      events(row);
      page.append("</td></tr>");
    }
    page.append("</table>");
  }

  private void events(ReplayedDecision.FeatureRow row) {
    if (row.entity().isEmpty()) {
      return;
    }
    if (row.newest().isEmpty()) {
      add("%,d of the %s", row.events(), esc(row.entity()));
      return;
    }
    add("<details><summary>%,d of the %s</summary>", row.events(), esc(row.entity()));
    for (ReplayedDecision.Event event : row.newest()) {
      add(
          "%s &nbsp; %s<br>",
          esc(DecisionSheet.time(event.eventTimeMs())),
          esc(event.label() ? "label " + event.id() + " of " + event.transactionId() : event.id()));
    }
    if (row.events() > row.newest().size()) {
      add("<span class=\"muted\">the newest %d are listed</span>", row.newest().size());
    }
    page.append("</details>");
  }

  private void rules() {
    page.append("<h2>Rules, in the order of the rule set</h2><table><tr><th>rule</th>")
        .append("<th class=\"t\">held</th><th class=\"t\">condition, and what it read</th></tr>");
    for (ReplayedDecision.RuleRow rule : replayed.rules()) {
      add(
          "<tr><td>%s</td><td class=\"t %s\">%s</td><td class=\"t\">",
          esc(rule.id()),
          rule.holds() ? "bad" : "",
          rule.holds() ? "yes" : rule.expired() ? "expired" : "no");
      for (Step step : rule.steps()) {
        add(
            "<code>%s%s</code><br>",
            "&nbsp;&nbsp;".repeat(step.depth()), esc(DecisionSheet.step(step).strip()));
      }
      if (rule.text() != null) {
        page.append(esc(rule.text()));
      }
      page.append("</td></tr>");
    }
    page.append("</table>");
  }

  private void tile(String what, String value, String note) {
    add(
        "<div class=\"tile\"><span>%s</span><b>%s</b><small>%s</small></div>",
        esc(what), esc(value), esc(note));
  }

  private static String esc(String text) {
    return Html.escape(text);
  }

  private void add(String format, Object... args) {
    page.append(String.format(Locale.ROOT, format, args));
  }
}

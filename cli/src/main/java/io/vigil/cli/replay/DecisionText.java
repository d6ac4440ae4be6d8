package io.vigil.cli.replay;

import java.io.PrintWriter;
import java.util.Locale;

/** A decision made again, as text. */
public final class DecisionText {
  private static final String ROW = "  %-28s %-24s %-24s %s%n";

  private DecisionText() {}

  /**
   * Prints it.
   *
   * @param explain whether to go through it step by step: the events behind each feature, the
   *     conditions of each rule
   */
  public static void print(ReplayedDecision replayed, boolean explain, PrintWriter out) {
    out.println(DecisionSheet.title(replayed));
    out.println("  " + DecisionSheet.subject(replayed));
    out.println("  " + DecisionSheet.verdict(replayed));
    out.println();
    out.println("in force");
    replayed.inForce().forEach((kind, what) -> out.printf("  %-14s %s%n", kind, what));
    out.println();
    out.println(explain ? "1. features, in the order of the spec" : "features");
    out.printf(ROW, "", "recorded", "recomputed", "");
    for (ReplayedDecision.FeatureRow row : replayed.features()) {
      Float recorded = row.recorded();
      boolean same =
          recorded != null
              && Float.floatToRawIntBits(recorded) == Float.floatToRawIntBits(row.recomputed());
      out.printf(
          ROW,
          row.name(),
          DecisionSheet.number(recorded, row.recomputed()),
          DecisionSheet.number(row.recomputed(), recorded),
          (same ? "" : "DIFFERS ") + (row.warming() ? "warming" : ""));
      if (explain) {
        out.println("      " + row.definition());
        if (!row.entity().isEmpty()) {
          out.printf(
              Locale.ROOT,
              "      %d of the %s: %s%n",
              row.events(),
              row.entity(),
              DecisionSheet.eventsListed(replayed));
          for (ReplayedDecision.Event event : row.newest()) {
            out.printf(
                "        %s  %s%s%n",
                DecisionSheet.time(event.eventTimeMs()),
                event.label() ? "label " : "",
                event.label() ? event.id() + " of " + event.transactionId() : event.id());
          }
        }
      }
    }
    out.println();
    out.println(explain ? "2. score" : "score");
    out.println("  calibration  " + replayed.calibration());
    out.println();
    out.println(explain ? "3. rules, in the order of the rule set" : "rules");
    for (ReplayedDecision.RuleRow rule : replayed.rules()) {
      if (explain || rule.holds()) {
        out.printf(
            "  %-28s %s%n",
            rule.id(), rule.holds() ? "holds" : rule.expired() ? "expired" : "does not hold");
      }
      if (explain) {
        rule.steps().forEach(step -> out.println("      " + DecisionSheet.step(step)));
        if (rule.text() != null) {
          out.println("      tells  " + rule.text());
        }
      }
    }
    out.println();
    out.println(explain ? "4. decision" : "decision");
    for (DecisionSheet.Line line : DecisionSheet.lines(replayed)) {
      if (line.same()) {
        out.printf("  %-28s %s%n", line.name(), line.recorded());
      } else {
        out.printf("  %-28s recorded    %s%n", line.name(), line.recorded());
        out.printf("  %-28s recomputed  %s%n", "  DIFFERS", line.recomputed());
      }
    }
    out.flush();
  }
}

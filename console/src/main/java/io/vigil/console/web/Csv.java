package io.vigil.console.web;

import io.vigil.console.view.LeadView;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Verdicts as a CSV file (RFC 4180). Stateless. */
final class Csv {

  private static final String HEADER =
      "case,account,kind,alerts,amount_minor,currency,verdict,scheme,decided_by,decided_at\r\n";

  private Csv() {}

  static String of(List<LeadView.Decision> decisions) {
    StringBuilder csv = new StringBuilder(HEADER);
    for (LeadView.Decision each : decisions) {
      csv.append("C-").append(each.caseId()).append(',');
      csv.append(text(each.account())).append(',').append(text(each.kind())).append(',');
      csv.append(each.alerts()).append(',').append(each.amountMinor()).append(',');
      csv.append(text(each.currency())).append(',').append(text(each.verdict())).append(',');
      csv.append(text(each.scheme())).append(',').append(text(each.decidedBy())).append(',');
      csv.append(each.decidedAt()).append("\r\n");
    }
    return csv.toString();
  }

  /** Quoted; with an apostrophe before what a spreadsheet would reckon (OWASP, CSV injection). */
  static String text(@Nullable String text) {
    if (text == null || text.isEmpty()) {
      return "";
    }
    String safe = "=+-@\t\r".indexOf(text.charAt(0)) >= 0 ? "'" + text : text;
    return '"' + safe.replace("\"", "\"\"") + '"';
  }
}

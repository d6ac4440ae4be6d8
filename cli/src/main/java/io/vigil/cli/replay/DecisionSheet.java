package io.vigil.cli.replay;

import io.vigil.model.expression.Step;
import io.vigil.schema.ChallengerScore;
import io.vigil.schema.Decision;
import io.vigil.schema.Reason;
import io.vigil.schema.RuleHit;
import io.vigil.schema.Transaction;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Currency;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A decision made again, as lines: what every way of showing it has in common. */
final class DecisionSheet {
  private DecisionSheet() {}

  /** A line with what was recorded and what comes out. */
  record Line(String name, String recorded, String recomputed) {
    boolean same() {
      return recorded.equals(recomputed);
    }
  }

  /** What became of it, from the input to the outcome. */
  static List<Line> lines(ReplayedDecision replayed) {
    Decision was = replayed.recorded();
    Decision is = replayed.recomputed();
    List<Line> lines = new ArrayList<>();
    add(
        lines,
        "effective time",
        was,
        is,
        d -> time(d.getEffectiveTime()) + (d.getLate() ? ", late" : ""));
    add(lines, "feature spec", was, is, d -> hex(d.getFeatureSpec().bytes()));
    add(lines, "model", was, is, d -> hex(d.getModel().bytes()));
    add(lines, "engine", was, is, d -> d.getEngineClass() + ", semantics " + d.getEngineVersion());
    add(lines, "logit bits", was, is, DecisionSheet::logit);
    add(lines, "score", was, is, d -> Double.toString(d.getScore()));
    add(lines, "fallback", was, is, d -> Objects.requireNonNullElse(d.getFallbackCause(), "-"));
    add(lines, "rule set", was, is, d -> hex(d.getRuleSet().bytes()));
    add(lines, "rules that held", was, is, DecisionSheet::hits);
    add(lines, "policy", was, is, d -> hex(d.getPolicy().bytes()));
    add(lines, "outcome", was, is, d -> d.getOutcome().name());
    add(lines, "alert", was, is, d -> Objects.requireNonNullElse(d.getAlertId(), "-"));
    add(lines, "expected loss, minor units", was, is, d -> Long.toString(d.getExpectedLossMinor()));
    add(lines, "reasons", was, is, DecisionSheet::reasons);
    add(lines, "beside it", was, is, DecisionSheet::challengers);
    return lines;
  }

  private interface Part {
    String of(Decision decision);
  }

  private static void add(List<Line> lines, String name, Decision was, Decision is, Part part) {
    lines.add(new Line(name, part.of(was), part.of(is)));
  }

  static String time(long timeMs) {
    return Instant.ofEpochMilli(timeMs).toString();
  }

  private static String hex(byte[] digest) {
    return HexFormat.of().formatHex(digest);
  }

  private static String logit(Decision decision) {
    Integer bits = decision.getLogitBits();
    return bits == null ? "-" : bits(bits) + " (" + Float.intBitsToFloat(bits) + ")";
  }

  private static String bits(int bits) {
    return "0x" + HexFormat.of().toHexDigits(bits);
  }

  private static String hits(Decision decision) {
    return orNone(
        decision.getRuleHits().stream().map(RuleHit::getRule).collect(Collectors.joining(", ")));
  }

  private static String reasons(Decision decision) {
    return orNone(
        decision.getReasons().stream().map(Reason::getText).collect(Collectors.joining("; ")));
  }

  private static String challengers(Decision decision) {
    return orNone(
        decision.getChallengerScores().stream()
            .map(DecisionSheet::challenger)
            .collect(Collectors.joining(", ")));
  }

  private static String challenger(ChallengerScore score) {
    return "%.12s %s".formatted(hex(score.getModel().bytes()), bits(score.getLogitBits()));
  }

  private static String orNone(String text) {
    return text.isEmpty() ? "-" : text;
  }

  /** A number of a feature; with its bits where two that differ look the same. */
  static String number(@Nullable Float value, @Nullable Float beside) {
    if (value == null) {
      return "-";
    }
    String text = plain(value);
    if (beside == null
        || !text.equals(plain(beside))
        || Float.floatToRawIntBits(value) == Float.floatToRawIntBits(beside)) {
      return text;
    }
    return text + " " + bits(Float.floatToRawIntBits(value));
  }

  private static String plain(float value) {
    return value == (int) value ? Integer.toString((int) value) : Float.toString(value);
  }

  /** What of a feature's events is listed. */
  static String eventsListed(ReplayedDecision replayed) {
    return replayed.snapshot() == null
        ? "events in its window"
        : "events in its window since " + replayed.snapshot() + "; earlier ones are in the state";
  }

  /** What it is, in a line. */
  static String title(ReplayedDecision replayed) {
    Transaction transaction = replayed.recorded().getTransaction();
    return "Decision on transaction " + transaction.getTransactionId();
  }

  /** The transaction in a line. */
  static String subject(ReplayedDecision replayed) {
    Transaction transaction = replayed.recorded().getTransaction();
    return "account %s, %s %s, at %s"
        .formatted(
            transaction.getAccount(),
            amount(transaction),
            transaction.getBillingCurrency(),
            time(transaction.getEventTime()));
  }

  private static String amount(Transaction transaction) {
    int digits = Currency.getInstance(transaction.getBillingCurrency()).getDefaultFractionDigits();
    return BigDecimal.valueOf(transaction.getBillingAmountMinor(), Math.max(0, digits))
        .toPlainString();
  }

  /** What came of the comparison, in a sentence. */
  static String verdict(ReplayedDecision replayed) {
    String from =
        replayed.snapshot() == null
            ? "from the beginning of the archive"
            : "from the state at the end of " + replayed.snapshot();
    String how = ", made again of %d records %s".formatted(replayed.records(), from);
    if (replayed.same()) {
      return (replayed.change() ? "The change makes no difference" : "The same, bit for bit") + how;
    }
    if (replayed.sameButEngine()) {
      return "The same but for the last bits of the score, which another engine class made: %s, not %s%s"
          .formatted(
              replayed.recomputed().getEngineClass(), replayed.recorded().getEngineClass(), how);
    }
    return "%d fields differ%s".formatted(replayed.differences().size(), how);
  }

  /** For machines. */
  static Map<String, Object> json(ReplayedDecision replayed) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("transaction_id", replayed.recorded().getTransaction().getTransactionId());
    json.put("same", replayed.same());
    json.put("same_but_engine", replayed.sameButEngine());
    json.put("records", replayed.records());
    json.put("snapshot", replayed.snapshot() == null ? null : replayed.snapshot().toString());
    json.put("in_force", replayed.inForce());
    json.put(
        "lines",
        lines(replayed).stream()
            .map(
                line ->
                    Map.of(
                        "name",
                        line.name,
                        "recorded",
                        line.recorded,
                        "recomputed",
                        line.recomputed,
                        "same",
                        line.same()))
            .toList());
    json.put("features", replayed.features());
    List<Map<String, Object>> rules = new ArrayList<>();
    for (ReplayedDecision.RuleRow rule : replayed.rules()) {
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("rule", rule.id());
      one.put("holds", rule.holds());
      one.put("expired", rule.expired());
      one.put("steps", rule.steps());
      one.put("text", rule.text());
      rules.add(one);
    }
    json.put("rules", rules);
    json.put(
        "differences",
        replayed.differences().stream()
            .map(
                difference ->
                    Map.of(
                        "field",
                        difference.field(),
                        "cause",
                        difference.cause().key(),
                        "recorded",
                        difference.recordedText(),
                        "recomputed",
                        difference.otherText()))
            .toList());
    return json;
  }

  /** A step of a rule's condition, with what it read. */
  static String step(Step step) {
    return (step.held() ? "yes  " : "no   ")
        + "  ".repeat(step.depth())
        + step.condition()
        + (step.values().isEmpty() ? "" : "    [" + String.join(", ", step.values()) + "]");
  }
}

package io.vigil.job.decide;

import io.vigil.job.Topics;
import io.vigil.job.record.AlertDraft;
import io.vigil.job.record.LogRecord;
import io.vigil.job.record.Outgoing;
import io.vigil.model.feature.Warming;
import io.vigil.model.policy.Hit;
import io.vigil.model.policy.Policy;
import io.vigil.model.policy.Verdict;
import io.vigil.schema.AlertRaised;
import io.vigil.schema.Decision;
import io.vigil.schema.Digest;
import io.vigil.schema.Outcome;
import io.vigil.schema.Reason;
import io.vigil.schema.RuleHit;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.Codec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes down what was decided about a row, for alerts with the reasons. A function of the row and
 * the artefacts alone. Not thread-safe.
 */
public final class Decider {
  /** Version of the decision semantics; a change of any rule of arithmetic or order raises it. */
  public static final int ENGINE_VERSION = 1;

  private final Codec<Decision> decisions = Codec.of(Decision.class);
  private final Codec<AlertRaised> alerts = Codec.of(AlertRaised.class);
  private final Warming warming;
  private final Digest featureSpecDigest;
  private final Digest ratesDigest;

  /**
   * A decision and what it brings about.
   *
   * @param alert null when no one needs to look
   */
  record Decided(Outgoing decision, @Nullable AlertDraft alert) {}

  /**
   * @param warming which features may lack history
   * @param featureSpec digest of the feature spec, 64 hex digits
   * @param rates digest of the exchange rates, 64 hex digits
   */
  public Decider(Warming warming, String featureSpec, String rates) {
    this.warming = warming;
    this.featureSpecDigest = digest(featureSpec);
    this.ratesDigest = digest(rates);
  }

  /** Writes down what was judged. */
  Decided decide(Row row) {
    LogRecord record = row.record;
    Transaction transaction = row.transaction;
    Judging judging = row.judging;
    Judging.Judged judged = row.judged();
    Verdict verdict = judged.verdict();
    String fallbackCause = row.cause();
    List<RuleHit> ruleHits = new ArrayList<>(judged.hits().size());
    for (Hit hit : judged.hits()) {
      ruleHits.add(ruleHit(hit));
    }
    List<Reason> reasons = judging.reasons(row.facts, judged, row.explained());
    String alertId =
        verdict.alert()
            ? Policy.alertId(transaction.getTransactionId(), judging.policy().digest())
            : null;
    Outcome outcome = Outcome.valueOf(verdict.outcome().name());
    double score = judged.score();
    Decision decision =
        new Decision(
            transaction,
            record.topic(),
            record.partition(),
            record.offset(),
            record.appendTimeMs(),
            record.effectiveTimeMs(),
            record.late(),
            outcome,
            score,
            row.hasScore() ? Float.floatToRawIntBits(row.logit()) : null,
            row.model.served().engineClass(),
            ENGINE_VERSION,
            littleEndian(row.features),
            featureSpecDigest,
            row.model.digest(),
            judging.rulesDigest(),
            judging.policyDigest(),
            ratesDigest,
            ruleHits,
            reasons,
            alertId,
            verdict.expectedLossMinor(),
            fallbackCause,
            row.challengerScores(),
            warming.at(record.eventTimeMs()),
            judging.listDigests());
    Outgoing outgoing =
        new Outgoing(
            Topics.DECISIONS,
            transaction.getAccount().getBytes(StandardCharsets.UTF_8),
            decisions.encode(decision),
            record.effectiveTimeMs());
    if (alertId == null) {
      return new Decided(outgoing, null);
    }
    AlertRaised alert =
        new AlertRaised(
            alertId,
            "",
            transaction,
            record.effectiveTimeMs(),
            record.late(),
            outcome,
            score,
            verdict.expectedLossMinor(),
            judging.policy().baseCurrency(),
            ruleHits,
            reasons,
            row.model.digest(),
            judging.rulesDigest(),
            judging.policyDigest(),
            fallbackCause);
    return new Decided(
        outgoing,
        new AlertDraft(
            record.id(),
            transaction.getAccount(),
            record.effectiveTimeMs(),
            record.eventTimeMs(),
            record.partition(),
            record.offset(),
            alerts.encode(alert)));
  }

  /** A hit as it is written down; one that only weighs asks for nothing. */
  public static RuleHit ruleHit(Hit hit) {
    io.vigil.model.policy.Outcome asked = hit.outcome();
    return new RuleHit(
        hit.rule(),
        hit.reasonCode(),
        asked == null ? Outcome.APPROVE : Outcome.valueOf(asked.name()),
        hit.weight());
  }

  static Digest digest(String hex) {
    return new Digest(HexFormat.of().parseHex(hex));
  }

  private static ByteBuffer littleEndian(float[] features) {
    ByteBuffer bytes =
        ByteBuffer.allocate(features.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(features);
    return bytes;
  }
}

package io.vigil.job.decide;

import io.vigil.job.Topics;
import io.vigil.job.record.AlertDraft;
import io.vigil.job.record.LogRecord;
import io.vigil.job.record.Outgoing;
import io.vigil.model.event.Facts;
import io.vigil.model.feature.Warming;
import io.vigil.model.policy.Hit;
import io.vigil.model.policy.Policy;
import io.vigil.model.policy.Verdict;
import io.vigil.model.rule.RuleSet;
import io.vigil.model.score.Calibration;
import io.vigil.model.score.Explainer;
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
 * Decides one scored row: rules, policy, and for alerts the reasons. A function of its arguments
 * and the artefacts alone. Not thread-safe.
 */
public final class Decider {
  /** Version of the decision semantics; a change of any rule of arithmetic or order raises it. */
  public static final int ENGINE_VERSION = 1;

  private final Codec<Decision> decisions = Codec.of(Decision.class);
  private final Codec<AlertRaised> alerts = Codec.of(AlertRaised.class);
  private final RuleSet rules;
  private final Policy policy;
  private final Explanations explanations;
  private final Warming warming;
  private final Digest featureSpecDigest;
  private final Digest ruleSetDigest;
  private final Digest policyDigest;
  private final Digest ratesDigest;
  private final String policyHex;

  /** Digests of what decides beside the model, each 64 hex digits. */
  public record Digests(String featureSpec, String ruleSet, String policy, String rates) {}

  /**
   * What rules and policy make of a score.
   *
   * @param score calibrated probability; NaN without a model's score
   * @param values the features, as rules read them
   */
  @SuppressWarnings("ArrayRecordComponent") // Handed on, never compared.
  public record Judged(double score, double[] values, List<Hit> hits, Verdict verdict) {}

  /**
   * A decision and what it brings about.
   *
   * @param alert null when no one needs to look
   */
  record Decided(Outgoing decision, @Nullable AlertDraft alert) {}

  public Decider(
      RuleSet rules, Policy policy, Explanations explanations, Warming warming, Digests digests) {
    this.rules = rules;
    this.policy = policy;
    this.explanations = explanations;
    this.warming = warming;
    this.featureSpecDigest = digest(digests.featureSpec);
    this.ruleSetDigest = digest(digests.ruleSet);
    this.policyDigest = digest(digests.policy);
    this.ratesDigest = digest(digests.rates);
    this.policyHex = digests.policy;
  }

  /**
   * Applies rules and policy.
   *
   * @param effectiveTimeMs milliseconds since the epoch; says which rules have expired
   * @param logit not a number when the model did not score
   */
  Judged judge(
      long effectiveTimeMs, Facts facts, float[] features, float logit, ModelInForce model) {
    return judge(rules, policy, model.calibration(), facts, features, logit, effectiveTimeMs);
  }

  /**
   * What rules and policy make of a logit: the one way there is, in the job and wherever its
   * decisions are foretold.
   *
   * @param features in the order of the names that the rules were read with
   * @param logit not a number when the model did not score
   */
  public static Judged judge(
      RuleSet rules,
      Policy policy,
      Calibration calibration,
      Facts facts,
      float[] features,
      float logit,
      long effectiveTimeMs) {
    double score = Float.isNaN(logit) ? Double.NaN : calibration.probability(logit);
    double[] values = new double[features.length];
    for (int i = 0; i < features.length; i++) {
      values[i] = features[i];
    }
    List<Hit> hits = rules.evaluate(facts, values, effectiveTimeMs);
    return new Judged(score, values, hits, policy.decide(score, hits, facts.amountMinor()));
  }

  /**
   * Why somebody should look; empty when nobody needs to.
   *
   * @param explained of the score; null when there is none, so that only rules give reasons
   */
  List<Reason> reasons(Facts facts, Judged judged, Explainer.@Nullable Explanation explained) {
    return judged.verdict().alert()
        ? explanations.reasons(facts, judged.values(), judged.hits(), explained)
        : List.of();
  }

  /** Writes down what was judged. */
  Decided decide(Row row) {
    LogRecord record = row.record;
    Transaction transaction = row.transaction;
    Judged judged = row.judged();
    Verdict verdict = judged.verdict();
    String fallbackCause = row.cause();
    List<RuleHit> ruleHits = new ArrayList<>(judged.hits().size());
    for (Hit hit : judged.hits()) {
      ruleHits.add(
          new RuleHit(hit.rule(), hit.reasonCode(), Outcome.valueOf(hit.outcome().name())));
    }
    List<Reason> reasons = reasons(row.facts, judged, row.explained());
    String alertId =
        verdict.alert() ? Policy.alertId(transaction.getTransactionId(), policyHex) : null;
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
            ruleSetDigest,
            policyDigest,
            ratesDigest,
            ruleHits,
            reasons,
            alertId,
            verdict.expectedLossMinor(),
            fallbackCause,
            row.challengerScores(),
            warming.at(record.eventTimeMs()));
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
            policy.baseCurrency(),
            ruleHits,
            reasons,
            row.model.digest(),
            ruleSetDigest,
            policyDigest,
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

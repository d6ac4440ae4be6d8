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
  private final Digest modelDigest;
  private final Digest ruleSetDigest;
  private final Digest policyDigest;
  private final Digest ratesDigest;
  private final String policyHex;
  private final String engineClass;
  private final Probability probability;

  /** Digests of what decides, each 64 hex digits. */
  public record Digests(
      String featureSpec, String model, String ruleSet, String policy, String rates) {}

  /** Turns a logit into a calibrated probability. */
  @FunctionalInterface
  public interface Probability {
    /** 0 to 1. */
    double of(float logit);
  }

  /**
   * A decision and what it brings about.
   *
   * @param alert null when no one needs to look
   */
  record Decided(Outgoing decision, @Nullable AlertDraft alert) {}

  /**
   * @param engineClass see {@link io.vigil.model.score.Scorer#engineClass()}
   */
  public Decider(
      RuleSet rules,
      Policy policy,
      Explanations explanations,
      Warming warming,
      Digests digests,
      String engineClass,
      Probability probability) {
    this.rules = rules;
    this.policy = policy;
    this.explanations = explanations;
    this.warming = warming;
    this.featureSpecDigest = digest(digests.featureSpec);
    this.modelDigest = digest(digests.model);
    this.ruleSetDigest = digest(digests.ruleSet);
    this.policyDigest = digest(digests.policy);
    this.ratesDigest = digest(digests.rates);
    this.policyHex = digests.policy;
    this.engineClass = engineClass;
    this.probability = probability;
  }

  Decided decide(
      LogRecord record,
      Transaction transaction,
      Facts facts,
      float[] features,
      float logit,
      @Nullable String fallbackCause) {
    double score = fallbackCause == null ? probability.of(logit) : Double.NaN;
    double[] widened = new double[features.length];
    for (int i = 0; i < features.length; i++) {
      widened[i] = features[i];
    }
    List<Hit> hits = rules.evaluate(facts, widened, record.effectiveTimeMs());
    Verdict verdict = policy.decide(score, hits, facts.amountMinor());
    List<RuleHit> ruleHits = new ArrayList<>(hits.size());
    for (Hit hit : hits) {
      ruleHits.add(
          new RuleHit(hit.rule(), hit.reasonCode(), Outcome.valueOf(hit.outcome().name())));
    }
    List<Reason> reasons =
        verdict.alert()
            ? explanations.reasons(facts, widened, features, hits, fallbackCause == null)
            : List.of();
    String alertId =
        verdict.alert() ? Policy.alertId(transaction.getTransactionId(), policyHex) : null;
    Outcome outcome = Outcome.valueOf(verdict.outcome().name());
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
            fallbackCause == null ? Float.floatToRawIntBits(logit) : null,
            engineClass,
            ENGINE_VERSION,
            littleEndian(features),
            featureSpecDigest,
            modelDigest,
            ruleSetDigest,
            policyDigest,
            ratesDigest,
            ruleHits,
            reasons,
            alertId,
            verdict.expectedLossMinor(),
            fallbackCause,
            List.of(),
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
            modelDigest,
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

  private static Digest digest(String hex) {
    return new Digest(HexFormat.of().parseHex(hex));
  }

  private static ByteBuffer littleEndian(float[] features) {
    ByteBuffer bytes =
        ByteBuffer.allocate(features.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(features);
    return bytes;
  }
}

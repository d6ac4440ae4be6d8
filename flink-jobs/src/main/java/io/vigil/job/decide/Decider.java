package io.vigil.job.decide;

import io.vigil.job.Topics;
import io.vigil.job.record.AlertDraft;
import io.vigil.job.record.LogRecord;
import io.vigil.job.record.Outgoing;
import io.vigil.model.event.Facts;
import io.vigil.model.feature.Warming;
import io.vigil.model.policy.Held;
import io.vigil.model.policy.Hit;
import io.vigil.model.policy.Policy;
import io.vigil.model.policy.Verdict;
import io.vigil.model.rule.EntryList;
import io.vigil.model.rule.Lists;
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
  private final Digest ruleSetDigest;
  private final Digest policyDigest;
  private final Digest ratesDigest;
  private final String policyHex;
  private Lists lists = Lists.NONE;
  private List<Digest> listDigests = List.of();

  /** Digests of what decides beside the model, each 64 hex digits. */
  public record Digests(String featureSpec, String ruleSet, String policy, String rates) {}

  /**
   * What rules and policy make of a score.
   *
   * @param score calibrated probability; NaN without a model's score
   * @param values the features, as rules read them
   * @param lists digests of the lists that the rules read
   */
  record Judged(
      double score, double[] values, List<Hit> hits, Verdict verdict, List<Digest> lists) {}

  /**
   * A decision and what it brings about.
   *
   * @param alert null when no one needs to look
   */
  record Decided(Outgoing decision, @Nullable AlertDraft alert) {}

  /**
   * Without lists: a rule set that reads some needs {@link #use} before the first row.
   *
   * @param rules whose features the vectors have
   */
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
   * Puts lists in force for the rows that are judged from now on; none waits for it.
   *
   * @throws io.vigil.model.artefact.ArtefactException when the rule set reads a list that is not
   *     among them, or asks one for what it does not hold; the earlier ones stay in force
   */
  public void use(Lists inForce) {
    rules.require(inForce);
    List<Digest> digests = new ArrayList<>();
    for (String name : rules.requiredLists()) {
      EntryList list = inForce.get(name);
      if (list != null) {
        digests.add(digest(list.digest()));
      }
    }
    lists = inForce;
    listDigests = List.copyOf(digests);
  }

  /**
   * Applies rules and policy.
   *
   * @param logit not a number when the model did not score
   */
  Judged judge(LogRecord record, Facts facts, float[] features, float logit, ModelInForce model) {
    double score = Float.isNaN(logit) ? Double.NaN : model.calibration().probability(logit);
    double[] values = new double[features.length];
    for (int i = 0; i < features.length; i++) {
      values[i] = features[i];
    }
    Held held = rules.evaluate(facts, values, score, lists, record.effectiveTimeMs());
    Verdict verdict = policy.decide(score, held, facts.amountMinor());
    return new Judged(score, values, held.hits(), verdict, listDigests);
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
      ruleHits.add(ruleHit(hit));
    }
    List<Reason> reasons =
        verdict.alert()
            ? explanations.reasons(
                row.facts, judged.score(), judged.values(), judged.hits(), row.explained())
            : List.of();
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
            warming.at(record.eventTimeMs()),
            judged.lists());
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

  private static RuleHit ruleHit(Hit hit) {
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

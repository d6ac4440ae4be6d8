package io.vigil.bench.queue;

import io.vigil.bench.queue.Period.Fraud;
import io.vigil.cli.simulate.SimulatedTransaction;
import io.vigil.cli.simulate.Simulator;
import io.vigil.cli.simulate.SimulatorOptions;
import io.vigil.cli.train.OfflineFeatures;
import io.vigil.job.decide.Decider;
import io.vigil.job.decide.Explanations;
import io.vigil.job.feature.FactsReader;
import io.vigil.model.bundle.Bundle;
import io.vigil.model.event.Facts;
import io.vigil.model.feature.FeaturePlan;
import io.vigil.model.feature.FeatureSpec;
import io.vigil.model.policy.Held;
import io.vigil.model.policy.Hit;
import io.vigil.model.policy.Policy;
import io.vigil.model.policy.Rates;
import io.vigil.model.policy.Verdict;
import io.vigil.model.reason.ReasonCodes;
import io.vigil.model.rule.Lists;
import io.vigil.model.rule.RuleSet;
import io.vigil.model.score.Explainer;
import io.vigil.model.score.Scorer;
import io.vigil.model.score.ScoringModel;
import io.vigil.schema.AlertRaised;
import io.vigil.schema.Digest;
import io.vigil.schema.Label;
import io.vigil.schema.Outcome;
import io.vigil.schema.RuleHit;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.Codec;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;

/**
 * Decides a simulated stream as the job does, by its feature engine, model, rules, policy and
 * reasons, with labels as late as the simulator tells them. Not thread-safe.
 */
final class Deciding {
  private static final int BATCH = 1056;

  private final FeaturePlan plan;
  private final ScoringModel model;
  private final Policy policy;
  private final RuleSet rules;
  private final Explainer explainer;
  private final Explanations explanations;
  private final Digest modelDigest;
  private final FactsReader reader = new FactsReader(Rates.builtIn());
  private final Codec<AlertRaised> codec = Codec.of(AlertRaised.class);

  private record Row(SimulatedTransaction simulated, Facts facts, float[] vector) {}

  /**
   * @param scorer of the bundle's model
   */
  Deciding(Bundle bundle, Scorer scorer) {
    FeatureSpec spec = FeatureSpec.read(bundle.featureSpec(), "features.yaml");
    plan = FeaturePlan.compile(spec);
    model = bundle.scoringModel(scorer, plan.names());
    policy = Policy.builtIn();
    rules = RuleSet.builtIn("default", plan.names());
    explainer = new Explainer(model, ReasonCodes.of(spec));
    explanations = new Explanations(rules, spec, policy.reasonsMax());
    modelDigest = digest(bundle.digest());
  }

  /**
   * The days from startMs until endMs; what comes before only builds up history.
   *
   * @param options of a stream that lasts until endMs
   */
  Period period(SimulatorOptions options, long startMs, long endMs) {
    OfflineFeatures features = new OfflineFeatures(plan, reader);
    PriorityQueue<Label> pending =
        new PriorityQueue<>(
            Comparator.comparingLong(Label::getLabelTime).thenComparing(Label::getLabelId));
    List<Row> batch = new ArrayList<>(BATCH);
    List<SimAlert> alerts = new ArrayList<>();
    Map<Episode, List<Fraud>> frauds = new HashMap<>();
    Simulator simulator = new Simulator(options);
    long transactions = 0;
    while (simulator.hasNext()) {
      SimulatedTransaction next = simulator.next();
      long nowMs = next.transaction().getEventTime();
      if (nowMs >= endMs) {
        decide(batch, alerts, frauds);
        return new Period(startMs, endMs, transactions, alerts, frauds);
      }
      Label due;
      while ((due = pending.peek()) != null && due.getLabelTime() <= nowMs) {
        features.label(pending.remove());
      }
      float[] vector = features.transaction(next.transaction());
      if (next.label() != null) {
        pending.add(next.label());
      }
      if (nowMs >= startMs) {
        transactions++;
        batch.add(new Row(next, reader.read(next.transaction()), vector));
        if (batch.size() == BATCH) {
          decide(batch, alerts, frauds);
        }
      }
    }
    throw new IllegalStateException("the stream ended before the period did");
  }

  private void decide(List<Row> batch, List<SimAlert> alerts, Map<Episode, List<Fraud>> frauds) {
    if (batch.isEmpty()) {
      return;
    }
    float[] logits = new float[batch.size()];
    model.score(batch.stream().map(Row::vector).toArray(float[][]::new), logits.length, logits);
    for (int i = 0; i < logits.length; i++) {
      Row row = batch.get(i);
      Transaction transaction = row.simulated.transaction();
      double[] values = new double[row.vector.length];
      for (int k = 0; k < values.length; k++) {
        values[k] = row.vector[k];
      }
      double score = model.probability(logits[i]);
      Held held = rules.evaluate(row.facts, values, score, Lists.NONE, row.facts.eventTimeMs());
      Verdict verdict = policy.decide(score, held, row.facts.amountMinor());
      String cause = row.simulated.cause();
      Episode episode = cause == null ? null : new Episode(cause, transaction.getAccount());
      if (episode != null) {
        frauds
            .computeIfAbsent(episode, e -> new ArrayList<>())
            .add(
                new Fraud(
                    transaction.getTransactionId(),
                    row.facts.eventTimeMs(),
                    row.facts.amountMinor(),
                    verdict.outcome() == io.vigil.model.policy.Outcome.DECLINE));
      }
      if (verdict.alert()) {
        AlertRaised alert = alert(row, score, values, held.hits(), verdict);
        alerts.add(new SimAlert(alert, codec.encode(alert), episode));
      }
    }
    batch.clear();
  }

  private AlertRaised alert(
      Row row, double score, double[] values, List<Hit> hits, Verdict verdict) {
    Transaction transaction = row.simulated.transaction();
    List<RuleHit> ruleHits = new ArrayList<>();
    for (Hit hit : hits) {
      ruleHits.add(Decider.ruleHit(hit));
    }
    return new AlertRaised(
        Policy.alertId(transaction.getTransactionId(), policy.digest()),
        transaction.getAccount(),
        transaction,
        transaction.getEventTime(),
        false,
        Outcome.valueOf(verdict.outcome().name()),
        score,
        verdict.expectedLossMinor(),
        policy.baseCurrency(),
        ruleHits,
        explanations.reasons(row.facts, score, values, hits, explainer.explain(row.vector)),
        modelDigest,
        digest(rules.digest()),
        digest(policy.digest()),
        null);
  }

  private static Digest digest(String hex) {
    return new Digest(HexFormat.of().parseHex(hex));
  }
}

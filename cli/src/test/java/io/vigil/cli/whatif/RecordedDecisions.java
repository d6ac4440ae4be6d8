package io.vigil.cli.whatif;

import io.vigil.cli.simulate.Simulator;
import io.vigil.cli.simulate.SimulatorOptions;
import io.vigil.cli.train.OfflineFeatures;
import io.vigil.job.ArtefactSet;
import io.vigil.job.decide.Decider;
import io.vigil.job.decide.Rescoring;
import io.vigil.job.feature.FactsReader;
import io.vigil.model.bundle.Bundle;
import io.vigil.model.feature.FeaturePlan;
import io.vigil.model.score.Scorer;
import io.vigil.model.score.ScoringModel;
import io.vigil.model.serving.ScoringService;
import io.vigil.schema.Decision;
import io.vigil.schema.Digest;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.Codec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.apache.flink.configuration.Configuration;

/**
 * A simulated stream, vectors of the offline engine over it, and decisions as the job records them
 * with the built-in artefacts. Logits come from the model itself, not from the scoring service.
 */
final class RecordedDecisions {
  static final int TRANSACTIONS = 400;
  private static final int ACCOUNTS = 25;

  final ArtefactSet artefacts;
  final List<Transaction> transactions = new ArrayList<>();
  final List<Decision> decisions = new ArrayList<>();
  private final Codec<Decision> codec = Codec.of(Decision.class);

  RecordedDecisions() throws IOException, InterruptedException {
    artefacts = ArtefactSet.read(new Configuration());
    Simulator simulator = new Simulator(SimulatorOptions.of(11, TRANSACTIONS).withFraudShare(0.3));
    while (simulator.hasNext()) {
      Transaction next = simulator.next().transaction();
      // Few accounts, so that each of them has a history.
      next.setAccount("account-" + transactions.size() % ACCOUNTS);
      transactions.add(next);
    }
    FeaturePlan plan = artefacts.plan();
    FactsReader facts = new FactsReader(artefacts.rates());
    OfflineFeatures engine = new OfflineFeatures(plan, facts);
    Bundle bundle = Bundle.builtIn("default");
    ArtefactSet.Digests digests = artefacts.digests(plan);
    try (ScoringService service = artefacts.scoringService(1);
        var served = ArtefactSet.inForce(service, plan, bundle).served();
        Scorer scorer = bundle.open("cpu")) {
      var model = ArtefactSet.inForce(service, plan, bundle);
      Rescoring rescoring = new Rescoring(service, artefacts.judging(), 30_000);
      ScoringModel alone = bundle.scoringModel(scorer, plan.names());
      for (Transaction transaction : transactions) {
        float[] vector = engine.transaction(transaction);
        float[] logits = new float[1];
        alone.score(new float[][] {vector}, 1, logits);
        Rescoring.Rescored decided =
            rescoring.decide(
                facts.read(transaction),
                vector,
                transaction.getEventTime(),
                model,
                Rescoring.Asked.SCORE_AND_REASONS);
        decisions.add(
            Decision.newBuilder()
                .setTransaction(transaction)
                .setSourceTopic("transactions")
                .setSourcePartition(0)
                .setSourceOffset(decisions.size())
                .setAppendTime(transaction.getEventTime())
                .setEffectiveTime(transaction.getEventTime())
                .setLate(false)
                .setOutcome(decided.outcome())
                .setScore(bundle.manifest().calibration().probability(logits[0]))
                .setLogitBits(Float.floatToRawIntBits(logits[0]))
                .setEngineClass(served.engineClass())
                .setEngineVersion(Decider.ENGINE_VERSION)
                .setFeatures(bytes(vector))
                .setFeatureSpec(digest(digests.featureSpec()))
                .setModel(digest(bundle.digest()))
                .setRuleSet(digest(digests.ruleSet()))
                .setPolicy(digest(digests.policy()))
                .setRates(digest(digests.rates()))
                .setRuleHits(List.of())
                .setReasons(decided.reasons())
                .build());
      }
      model.served().close();
    }
  }

  /** The vector of a transaction had it been another, by the engine over all that came before. */
  float[] truth(int number, Transaction other) {
    OfflineFeatures engine =
        new OfflineFeatures(artefacts.plan(), new FactsReader(artefacts.rates()));
    for (Transaction before : transactions.subList(0, number)) {
      engine.transaction(before);
    }
    return engine.transaction(other);
  }

  byte[] encoded(Decision decision) {
    return codec.encode(decision);
  }

  /** The decision with the most reasons. */
  Decision alert() {
    return decisions.stream()
        .max((a, b) -> Integer.compare(a.getReasons().size(), b.getReasons().size()))
        .orElseThrow();
  }

  static float[] vector(Decision decision) {
    float[] vector = new float[decision.getFeatures().remaining() / Float.BYTES];
    decision.getFeatures().duplicate().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(vector);
    return vector;
  }

  static Digest digest(String hex) {
    return new Digest(HexFormat.of().parseHex(hex));
  }

  private static ByteBuffer bytes(float[] features) {
    ByteBuffer bytes =
        ByteBuffer.allocate(features.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(features);
    return bytes;
  }
}

package io.vigil.cli.whatif;

import io.vigil.job.ArtefactSet;
import io.vigil.job.decide.Decider;
import io.vigil.job.decide.ModelInForce;
import io.vigil.job.decide.Rescoring;
import io.vigil.job.feature.FactsReader;
import io.vigil.model.bundle.Bundle;
import io.vigil.model.bundle.BundleException;
import io.vigil.model.event.Facts;
import io.vigil.model.feature.FeaturePlan;
import io.vigil.model.feature.WhatIf;
import io.vigil.model.score.ScoringException;
import io.vigil.model.serving.ScoringService;
import io.vigil.schema.Decision;
import io.vigil.schema.Digest;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.codec.DecodeException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Answers what a decision would have been with other fields or another model, by the job's own
 * features, models, rules, policy and reasons. A decision of other artefacts than these is refused,
 * and so is one that does not come out again, bit for bit, as it was recorded.
 *
 * <p>Models are loaded when they are first asked. Thread-safe: one question at a time.
 */
final class WhatIfService implements AutoCloseable {
  private final ArtefactSet artefacts;
  private final FeaturePlan plan;
  private final FactsReader facts;
  private final WhatIf features;
  private final ArtefactSet.Digests digests;
  private final long patienceMs;
  private final Map<String, Bundle> bundles;
  private final Codec<Decision> decisions = Codec.of(Decision.class);
  private final Map<String, ModelInForce> loaded = new HashMap<>();
  private @Nullable ScoringService scoring;
  private @Nullable Rescoring rescoring;

  /**
   * One side of an answer.
   *
   * @param model its name in {@link #models()}
   */
  record Side(String model, Rescoring.Rescored decided) {}

  /** A feature with another value. */
  record Change(String feature, float before, float after) {}

  /**
   * What comes of a question.
   *
   * @param before the decision as it was recorded, reckoned again
   * @param after the decision as it would be
   * @param held features that the change might have altered, kept for want of the history
   */
  record Answer(Side before, Side after, List<Change> changed, List<String> held) {}

  /**
   * @param artefacts what the stack decides with
   * @param patienceMs how long a model may take, milliseconds
   */
  WhatIfService(ArtefactSet artefacts, long patienceMs) {
    this.artefacts = artefacts;
    this.plan = artefacts.plan();
    this.facts = new FactsReader(artefacts.rates());
    this.features = new WhatIf(artefacts.spec());
    this.digests = artefacts.digests(plan);
    this.patienceMs = patienceMs;
    this.bundles = named(artefacts.bundles());
  }

  private static Map<String, Bundle> named(List<Bundle> bundles) {
    Map<String, Bundle> named = new LinkedHashMap<>();
    for (Bundle bundle : bundles) {
      String name = bundle.manifest().name() + " " + bundle.manifest().version();
      named.put(
          named.containsKey(name) ? name + " " + bundle.digest().substring(0, 8) : name, bundle);
    }
    return named;
  }

  /** Names of the models that can be asked. */
  List<String> models() {
    return List.copyOf(bundles.keySet());
  }

  /** What the features' vector means, SHA-256, hex. */
  String fingerprint() {
    return plan.fingerprint();
  }

  /** Names of the features in the order of the vector. */
  List<String> featureNames() {
    return plan.names();
  }

  /**
   * Answers a question.
   *
   * @param recorded the decision as on the wire
   * @param changes values by field, see {@link Changes}
   * @param model one of {@link #models()}; null for the one that decided
   * @throws WhatIfException when there is no answer, saying why
   */
  synchronized Answer ask(byte[] recorded, Map<String, String> changes, @Nullable String model)
      throws WhatIfException, InterruptedException {
    Decision decision = decoded(recorded);
    requireSameArtefacts(decision);
    String decided = nameOf(decision.getModel());
    String asked = model == null ? decided : model;
    if (!bundles.containsKey(asked)) {
      throw WhatIfException.bad(
          "unknown_model",
          "model: expected one of %s, got one that is not among them"
              .formatted(String.join(", ", bundles.keySet())));
    }
    float[] vector = vector(decision);
    Transaction changed = Changes.applied(decision.getTransaction(), changes);
    if (!facts.converts(changed)) {
      throw WhatIfException.bad(
          "bad_value",
          "billing_currency: expected one with a rate at the event time, got "
              + changed.getBillingCurrency());
    }
    Facts was = facts.read(decision.getTransaction());
    Facts would = facts.read(changed);
    try {
      Rescoring.Rescored before = again(decision, was, vector, model(decided));
      WhatIf.Answer anew = features.ask(was, vector, would);
      Rescoring.Rescored after =
          rescoring()
              .decide(
                  would,
                  anew.vector(),
                  decision.getEffectiveTime(),
                  model(asked),
                  Rescoring.Asked.SCORE_AND_REASONS);
      List<Change> differing = new ArrayList<>();
      for (String feature : anew.changed()) {
        int index = plan.names().indexOf(feature);
        differing.add(new Change(feature, vector[index], anew.vector()[index]));
      }
      return new Answer(new Side(decided, before), new Side(asked, after), differing, anew.held());
    } catch (ScoringException | BundleException e) {
      throw new WhatIfException(503, "model_failed", String.valueOf(e.getMessage()));
    }
  }

  private Decision decoded(byte[] recorded) throws WhatIfException {
    try {
      return decisions.decode(recorded);
    } catch (DecodeException e) {
      throw WhatIfException.bad(
          "bad_decision", "decision: expected a Decision as on the wire, got something else");
    }
  }

  private void requireSameArtefacts(Decision decision) throws WhatIfException {
    require("engine version", Decider.ENGINE_VERSION + "", decision.getEngineVersion() + "");
    require("feature spec", digests.featureSpec(), hex(decision.getFeatureSpec()));
    require("rule set", digests.ruleSet(), hex(decision.getRuleSet()));
    require("policy", digests.policy(), hex(decision.getPolicy()));
    require("rates", digests.rates(), hex(decision.getRates()));
    require(
        "lists",
        digests.lists(),
        decision.getLists().stream().map(WhatIfService::hex).toList().toString());
  }

  private static void require(String what, String expected, String got) throws WhatIfException {
    if (!expected.equals(got)) {
      throw new WhatIfException(
          409,
          "other_artefacts",
          "%s: expected a decision of %s, with which the stack runs, got one of %s"
              .formatted(what, expected, got));
    }
  }

  private String nameOf(Digest model) throws WhatIfException {
    String digest = hex(model);
    for (Map.Entry<String, Bundle> bundle : bundles.entrySet()) {
      if (bundle.getValue().digest().equals(digest)) {
        return bundle.getKey();
      }
    }
    throw new WhatIfException(
        409,
        "other_artefacts",
        "model: expected a decision of one of %s, with which the stack runs, got one of %s"
            .formatted(String.join(", ", bundles.keySet()), digest));
  }

  private static String hex(Digest digest) {
    return HexFormat.of().formatHex(digest.bytes());
  }

  private float[] vector(Decision decision) throws WhatIfException {
    ByteBuffer bytes = decision.getFeatures().duplicate().order(ByteOrder.LITTLE_ENDIAN);
    if (bytes.remaining() != plan.names().size() * Float.BYTES) {
      throw WhatIfException.bad(
          "bad_decision",
          "features: expected %d bytes, got %d"
              .formatted(plan.names().size() * Float.BYTES, bytes.remaining()));
    }
    float[] vector = new float[plan.names().size()];
    bytes.asFloatBuffer().get(vector);
    return vector;
  }

  /** The decision as it was made, with its fallback taken as given. */
  private Rescoring.Rescored again(Decision decision, Facts was, float[] vector, ModelInForce model)
      throws WhatIfException, InterruptedException {
    Integer bits = decision.getLogitBits();
    Rescoring.Asked asked = Rescoring.Asked.of(bits != null, decision.getFallbackCause());
    if (bits != null && !model.served().engineClass().equals(decision.getEngineClass())) {
      throw new WhatIfException(
          409,
          "other_engine",
          "engine: expected a decision of %s, for only there scores are the same bits, got one of %s"
              .formatted(model.served().engineClass(), decision.getEngineClass()));
    }
    Rescoring.Rescored again =
        rescoring().decide(was, vector, decision.getEffectiveTime(), model, asked);
    if (bits != null) {
      requireAgain("logit", bits == Float.floatToRawIntBits(again.logit()));
    }
    requireAgain("score", Double.compare(decision.getScore(), again.score()) == 0);
    requireAgain("outcome", decision.getOutcome() == again.outcome());
    requireAgain("reasons", decision.getReasons().equals(again.reasons()));
    return again;
  }

  private static void requireAgain(String what, boolean same) throws WhatIfException {
    if (!same) {
      throw new WhatIfException(
          409,
          "not_reproduced",
          what + ": expected that of the decision, bit for bit, got another from the same model");
    }
  }

  private Rescoring rescoring() {
    Rescoring known = rescoring;
    if (known == null) {
      known = new Rescoring(scoring(), artefacts.judging(), patienceMs);
      rescoring = known;
    }
    return known;
  }

  private ScoringService scoring() {
    ScoringService known = scoring;
    if (known == null) {
      known = artefacts.scoringService(1);
      scoring = known;
    }
    return known;
  }

  /** Verified and loaded at its first use. */
  private ModelInForce model(String name) {
    ModelInForce model = loaded.get(name);
    if (model == null) {
      Bundle bundle = bundles.get(name);
      if (bundle == null) {
        throw new IllegalArgumentException("model: expected a known one, got " + name);
      }
      model = ArtefactSet.inForce(scoring(), plan, bundle);
      loaded.put(name, model);
    }
    return model;
  }

  @Override
  public synchronized void close() {
    loaded.values().forEach(model -> model.served().close());
    loaded.clear();
    if (scoring != null) {
      scoring.close();
    }
  }
}

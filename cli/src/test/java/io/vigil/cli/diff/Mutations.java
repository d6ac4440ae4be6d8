package io.vigil.cli.diff;

import io.vigil.cli.result.DecisionsForTest;
import io.vigil.schema.ChallengerScore;
import io.vigil.schema.Decision;
import io.vigil.schema.Digest;
import io.vigil.schema.Outcome;
import io.vigil.schema.Reason;
import io.vigil.schema.RuleHit;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.codec.DecodeException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.BiConsumer;

/** Changes to a decision, each with the cause that a person would name. */
public final class Mutations {
  /** One change; a label names what was at work and explains nothing by itself. */
  record Mutation(Cause cause, boolean label, String field, BiConsumer<Decision, Random> change) {}

  static final List<Mutation> ALL =
      List.of(
          new Mutation(
              Cause.INPUT,
              false,
              "transaction.billing_amount_minor",
              (d, r) ->
                  d.getTransaction()
                      .setBillingAmountMinor(d.getTransaction().getBillingAmountMinor() + 1)),
          new Mutation(
              Cause.INPUT,
              false,
              "transaction.attributes",
              (d, r) -> d.getTransaction().getAttributes().put("added", "" + r.nextInt())),
          new Mutation(
              Cause.ORDER,
              false,
              "effective_time",
              (d, r) -> d.setEffectiveTime(d.getEffectiveTime() + 1 + r.nextInt(1000))),
          new Mutation(Cause.ORDER, false, "late", (d, r) -> d.setLate(!d.getLate())),
          new Mutation(
              Cause.FEATURE_SPEC, true, "feature_spec", (d, r) -> d.setFeatureSpec(digest(r))),
          new Mutation(Cause.RATES, false, "rates", (d, r) -> d.setRates(digest(r))),
          new Mutation(Cause.FEATURES, false, "features[", Mutations::changeFeature),
          new Mutation(
              Cause.FALLBACK,
              false,
              "fallback_cause",
              (d, r) -> {
                d.setLogitBits(null);
                d.setFallbackCause("error");
              }),
          new Mutation(Cause.MODEL, true, "model", (d, r) -> d.setModel(digest(r))),
          new Mutation(
              Cause.MODEL,
              true,
              "engine_class",
              (d, r) -> d.setEngineClass("other-" + r.nextInt())),
          new Mutation(
              Cause.MODEL,
              false,
              "logit_bits",
              (d, r) -> {
                Integer bits = d.getLogitBits();
                d.setLogitBits(bits == null ? null : Integer.valueOf(bits ^ 1 << r.nextInt(32)));
              }),
          new Mutation(
              Cause.SCORE, false, "score", (d, r) -> d.setScore(Math.nextUp(d.getScore()))),
          new Mutation(Cause.RULES, true, "rule_set", (d, r) -> d.setRuleSet(digest(r))),
          new Mutation(Cause.RULES, true, "lists", (d, r) -> d.setLists(List.of(digest(r)))),
          new Mutation(
              Cause.RULES,
              false,
              "rule_hits.new-rule",
              (d, r) -> {
                List<RuleHit> hits = new ArrayList<>(d.getRuleHits());
                hits.add(new RuleHit("new-rule", "NEW", Outcome.DECLINE, 3));
                d.setRuleHits(hits);
              }),
          new Mutation(Cause.POLICY, true, "policy", (d, r) -> d.setPolicy(digest(r))),
          new Mutation(
              Cause.POLICY,
              false,
              "outcome",
              (d, r) ->
                  d.setOutcome(
                      d.getOutcome() == Outcome.DECLINE ? Outcome.APPROVE : Outcome.DECLINE)),
          new Mutation(
              Cause.POLICY,
              false,
              "expected_loss_minor",
              (d, r) -> d.setExpectedLossMinor(d.getExpectedLossMinor() + 1)),
          new Mutation(
              Cause.REASONS,
              false,
              "reasons[",
              (d, r) -> {
                List<Reason> reasons = new ArrayList<>(d.getReasons());
                reasons.add(0, new Reason("FIRST", "First " + r.nextInt(), null, null, 1.0));
                d.setReasons(reasons);
              }),
          new Mutation(
              Cause.METADATA, false, "warming", (d, r) -> d.setWarming(List.of("f" + r.nextInt()))),
          new Mutation(Cause.METADATA, true, "engine_version", (d, r) -> d.setEngineVersion(2)),
          new Mutation(
              Cause.METADATA,
              false,
              "challenger_scores.",
              (d, r) ->
                  d.setChallengerScores(List.of(new ChallengerScore(digest(r), r.nextInt())))));

  private Mutations() {}

  /** A decision that the model scored, with a feature at least. */
  public static Decision scored(String id, Random random) {
    Decision decision = DecisionsForTest.random(id, random);
    if (decision.getLogitBits() == null) {
      decision.setLogitBits(random.nextInt());
      decision.setScore(random.nextDouble());
      decision.setFallbackCause(null);
    }
    if (!decision.getFeatures().hasRemaining()) {
      decision.setFeatures(ByteBuffer.wrap(new byte[] {0, 0, (byte) 0xC0, 0x7F}));
    }
    return decision;
  }

  /** The same, in objects of its own. */
  public static Decision copy(Decision decision) {
    try {
      return Codec.of(Decision.class).decode(DecisionsForTest.encode(decision));
    } catch (DecodeException e) {
      throw new IllegalStateException(e);
    }
  }

  static Digest digest(Random random) {
    byte[] bytes = new byte[32];
    random.nextBytes(bytes);
    return new Digest(bytes);
  }

  private static void changeFeature(Decision decision, Random random) {
    ByteBuffer features = decision.getFeatures();
    byte[] bytes = Arrays.copyOf(features.array(), features.array().length);
    bytes[random.nextInt(bytes.length)] ^= (byte) (1 + random.nextInt(255));
    decision.setFeatures(ByteBuffer.wrap(bytes));
  }
}

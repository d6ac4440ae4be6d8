package io.vigil.job.decide;

import io.vigil.model.event.Facts;
import io.vigil.model.score.Explainer;
import io.vigil.model.score.ScoringException;
import io.vigil.model.serving.ExplanationRequest;
import io.vigil.model.serving.ScoringBatch;
import io.vigil.model.serving.ScoringService;
import io.vigil.model.serving.ScoringTask;
import io.vigil.schema.Outcome;
import io.vigil.schema.Reason;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Decides one vector beside the stream as the job decides it: the same models, rules, policy and
 * reasons. Not thread-safe.
 */
public final class Rescoring {
  private final ScoringService service;
  private final Judging judging;
  private final long patienceMs;

  /**
   * What is decided.
   *
   * @param logit of the model; NaN when it was not asked
   * @param score calibrated probability of fraud, 0 to 1; NaN when the model was not asked
   * @param outcome what the policy asks for
   * @param reasons of an alert; empty when nobody needs to look
   */
  public record Rescored(float logit, double score, Outcome outcome, List<Reason> reasons) {}

  /** How much of the model is asked, as a fallback leaves out parts of it. */
  public enum Asked {
    /** Rules decide alone. */
    NOTHING,
    /** Its score, without its reasons. */
    SCORE,
    /** Its score, and for an alert its reasons. */
    SCORE_AND_REASONS;

    /**
     * What the model was asked of a decision.
     *
     * @param scored whether it has the model's score
     * @param fallbackCause why something is missing, or null
     */
    public static Asked of(boolean scored, @Nullable String fallbackCause) {
      if (!scored) {
        return NOTHING;
      }
      return Row.REASONS_DEADLINE.equals(fallbackCause) || Row.REASONS_ERROR.equals(fallbackCause)
          ? SCORE
          : SCORE_AND_REASONS;
    }
  }

  /**
   * @param patienceMs how long the model may take for a score, and for its reasons, milliseconds
   */
  public Rescoring(ScoringService service, Judging judging, long patienceMs) {
    this.service = service;
    this.judging = judging;
    this.patienceMs = patienceMs;
  }

  /**
   * Decides a vector.
   *
   * @param effectiveTimeMs milliseconds since the epoch; says which rules have expired
   * @throws ScoringException when the model fails, is quarantined, or takes too long
   */
  public Rescored decide(
      Facts facts, float[] features, long effectiveTimeMs, ModelInForce model, Asked asked)
      throws InterruptedException {
    float logit = asked == Asked.NOTHING ? Float.NaN : logit(features, model);
    Judging.Judged judged =
        judging.judge(effectiveTimeMs, facts, features, logit, model.calibration());
    Explainer.Explanation explained = null;
    if (asked == Asked.SCORE_AND_REASONS && judged.verdict().alert()) {
      ExplanationRequest request = new ExplanationRequest(model.served(), features);
      run(request);
      explained = request.explanation();
    }
    return new Rescored(
        logit,
        judged.score(),
        Outcome.valueOf(judged.verdict().outcome().name()),
        judging.reasons(facts, judged, explained));
  }

  private float logit(float[] features, ModelInForce model) throws InterruptedException {
    ScoringBatch batch = new ScoringBatch(model.served(), 1);
    int row = batch.add(features);
    run(batch);
    String cause = batch.cause(row);
    if (cause != null) {
      throw new ScoringException("the model does not score: " + cause);
    }
    return batch.logit(row);
  }

  private void run(ScoringTask task) throws InterruptedException {
    service.submit(task, 0, () -> {});
    if (!task.await(patienceMs)) {
      task.abandon();
      throw new ScoringException("the model has not answered after " + patienceMs + " ms");
    }
    if (task.failure() != null) {
      throw new ScoringException("the model does not answer: " + task.failure());
    }
  }
}

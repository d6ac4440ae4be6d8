package io.vigil.job.decide;

import io.vigil.job.record.LogRecord;
import io.vigil.model.event.Facts;
import io.vigil.model.score.Explainer;
import io.vigil.model.serving.ExplanationRequest;
import io.vigil.model.serving.ScoringBatch;
import io.vigil.model.serving.ScoringTask;
import io.vigil.schema.ChallengerScore;
import io.vigil.schema.Transaction;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A whole transaction on its way through scoring. Mutable, owned by one operator. */
final class Row {
  /** Its score stands, but its reasons came too late. */
  static final String REASONS_DEADLINE = "reasons_deadline";

  /** Its score stands, but the model failed to explain it. */
  static final String REASONS_ERROR = "reasons_error";

  /** Its score and reasons stand, but a challenger's score did not come. */
  static final String CHALLENGER_MISSING = "challenger_missing";

  final LogRecord record;
  final Transaction transaction;
  final Facts facts;
  final float[] features;
  final long deadlineMs;
  final ModelInForce model;
  final Deciding deciding;
  final Judging judging;
  final ScoringBatch batch;
  final int number;
  private final List<Challenged> challenged;
  private final Recorded.@Nullable Fallback given;

  private Judging.@Nullable Judged judged;
  private @Nullable String cause;
  private boolean hasScore;
  private @Nullable ExplanationRequest explanation;
  private Explainer.@Nullable Explanation explained;
  private final List<ChallengerScore> challengerScores = new ArrayList<>(0);
  private boolean expired;

  /** Its place in a challenger's batch. */
  record Challenged(ModelInForce model, ScoringBatch batch, int number) {}

  /**
   * @param deadlineMs when it stops waiting, by the processing time; Long.MAX_VALUE for never
   * @param number of the row in the batch
   * @param given what is missing by a record of it; null for what the models say
   */
  Row(
      LogRecord record,
      Gathering.Whole whole,
      float[] features,
      long deadlineMs,
      ModelInForce model,
      Deciding deciding,
      ScoringBatch batch,
      int number,
      List<Challenged> challenged,
      Recorded.@Nullable Fallback given) {
    this.record = record;
    this.transaction = whole.transaction();
    this.facts = whole.facts();
    this.features = features;
    this.deadlineMs = deadlineMs;
    this.model = model;
    this.deciding = deciding;
    this.judging = deciding.judging();
    this.batch = batch;
    this.number = number;
    this.challenged = challenged;
    this.given = given;
  }

  /** Ends the waiting: what has not come by now is left out. */
  void expire() {
    expired = true;
  }

  /** Whether its score is there, or it waits no longer. */
  boolean scored() {
    return expired || batch.isDone();
  }

  /** Whether it is judged and nothing is left to wait for. */
  boolean complete() {
    return judged != null && waitingFor() == null;
  }

  /** What it waits for, or null. */
  @Nullable ScoringTask waitingFor() {
    if (expired) {
      return null;
    }
    if (!batch.isDone()) {
      return batch;
    }
    if (explanation != null && !explanation.isDone()) {
      return explanation;
    }
    for (Challenged challenger : challenged) {
      if (!challenger.batch.isDone()) {
        return challenger.batch;
      }
    }
    return null;
  }

  /** Judges the row by what its model said, or without: from then on its score is settled. */
  void judge() {
    if (given != null && given.score()) {
      cause = given.cause();
    } else {
      cause = batch.isDone() ? batch.cause(number) : ScoringTask.DEADLINE;
    }
    hasScore = cause == null;
    judged = judging.judge(record.effectiveTimeMs(), facts, features, logit(), model.calibration());
  }

  /** Whether its model is to say why. Once it is judged. */
  boolean wantsExplanation() {
    return judged().verdict().alert() && hasScore && (given == null || !given.reasons());
  }

  void explanation(ExplanationRequest request) {
    explanation = request;
  }

  /** Takes what has come and no more: what the service does from now on changes nothing. */
  void settle() {
    if (explanation != null) {
      String failure = explanation.isDone() ? explanation.failure() : ScoringTask.DEADLINE;
      if (failure == null) {
        explained = explanation.explanation();
      } else {
        cause = failure.equals(ScoringTask.DEADLINE) ? REASONS_DEADLINE : REASONS_ERROR;
      }
    }
    if (given != null && given.reasons() && hasScore) {
      cause = given.cause();
    }
    for (Challenged challenger : challenged) {
      boolean silent = given != null && given.silent().contains(challenger.model.digest());
      float logit =
          challenger.batch.isDone() && !silent
              ? challenger.batch.logit(challenger.number)
              : Float.NaN;
      challengerScores.add(
          new ChallengerScore(challenger.model.digest(), Float.floatToIntBits(logit)));
      if (cause == null && !Float.isFinite(logit)) {
        cause = CHALLENGER_MISSING;
      }
    }
  }

  Judging.Judged judged() {
    if (judged == null) {
      throw new IllegalStateException("row " + record.id() + " is not judged yet");
    }
    return judged;
  }

  /** The logit; not a number when it has no score. Only once it is judged. */
  float logit() {
    return hasScore ? batch.logit(number) : Float.NaN;
  }

  /** Whether the model's score counts: it came in time and is a number. Once it is judged. */
  boolean hasScore() {
    return hasScore;
  }

  /** Why the score is what it is; null when nobody says. Once it is settled. */
  Explainer.@Nullable Explanation explained() {
    return explained;
  }

  /** Why something is missing from the decision, or null. Once it is settled. */
  @Nullable String cause() {
    return cause;
  }

  /** Whether something is missing that its model owed it. Once it is settled. */
  boolean lacksModel() {
    return !hasScore || REASONS_DEADLINE.equals(cause) || REASONS_ERROR.equals(cause);
  }

  /** Milliseconds from when its batch was handed over; infinite when its score did not come. */
  double scoringMs() {
    return scoringMs(hasScore ? batch : null);
  }

  /** The same of a model that scores beside, by its number. */
  double scoringMs(int shadow) {
    return scoringMs(Float.isNaN(logit(shadow)) ? null : challenged.get(shadow).batch);
  }

  private static double scoringMs(@Nullable ScoringBatch batch) {
    return batch == null
        ? Double.POSITIVE_INFINITY
        : (batch.waitNanos() + batch.deviceNanos()) / 1e6;
  }

  /** What a model beside it said, by its number; not finite when it did not answer. */
  float logit(int shadow) {
    return Float.intBitsToFloat(challengerScores.get(shadow).getLogitBits());
  }

  /** What the challengers said; not a number where one did not answer. Once it is settled. */
  List<ChallengerScore> challengerScores() {
    return challengerScores;
  }
}

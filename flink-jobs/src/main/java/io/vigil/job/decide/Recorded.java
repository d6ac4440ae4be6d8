package io.vigil.job.decide;

import io.vigil.schema.ChallengerScore;
import io.vigil.schema.Decision;
import io.vigil.schema.Digest;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a replay takes as given: a scorer that failed or was late left no trace in the log, only in
 * the decision. For one thread.
 */
@FunctionalInterface
public interface Recorded {
  /** Nothing is given: scorers say for themselves. */
  Recorded NOTHING = id -> null;

  /** What was missing from a transaction's decision; null when nothing was. */
  @Nullable Fallback of(String transactionId);

  /**
   * What was missing.
   *
   * @param cause as the decision names it
   * @param silent models that scored beside without an answer
   */
  record Fallback(String cause, Set<Digest> silent) {

    /** Of a recorded decision; null when nothing was missing from it. */
    public static @Nullable Fallback of(Decision decision) {
      String cause = decision.getFallbackCause();
      if (cause == null) {
        return null;
      }
      Set<Digest> silent = new HashSet<>();
      for (ChallengerScore score : decision.getChallengerScores()) {
        if (!Float.isFinite(Float.intBitsToFloat(score.getLogitBits()))) {
          silent.add(score.getModel());
        }
      }
      return new Fallback(cause, silent);
    }

    /** Whether its score was missing. */
    boolean score() {
      return !reasons() && !cause.equals(Row.CHALLENGER_MISSING);
    }

    /** Whether only its reasons were missing. */
    boolean reasons() {
      return cause.equals(Row.REASONS_DEADLINE) || cause.equals(Row.REASONS_ERROR);
    }
  }
}

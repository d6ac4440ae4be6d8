package io.vigil.model.drift;

import io.vigil.model.policy.Outcome;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A decision as the report reads it.
 *
 * @param transactionId its transaction
 * @param day of its effective time, days since the epoch, UTC
 * @param names of the features in the order of the vector; the same list for the same spec
 * @param values the vector; NaN is missing. Not copied
 * @param model digest of the model in force for it
 * @param fallback cause of what is missing; null when nothing is
 * @param scores of all models that scored, by digest, {@code model} among them unless it failed
 * @param amountMinor billing amount, minor units
 * @param groups a value for each key that the report groups by; null where it has none
 * @param label what it turned out to be
 */
@SuppressWarnings("ArrayRecordComponent") // A carrier of bulk data, never compared.
public record Observation(
    String transactionId,
    long day,
    List<String> names,
    float[] values,
    String model,
    Outcome outcome,
    boolean alert,
    @Nullable String fallback,
    Map<String, Score> scores,
    long amountMinor,
    String currency,
    List<@Nullable String> groups,
    Known label) {

  /** What is known of a transaction by its label in force. */
  public enum Known {
    NOTHING,
    FRAUD,
    GENUINE
  }

  /**
   * What a model said.
   *
   * @param logit its raw output; NaN when it failed
   * @param probability calibrated, 0 to 1; NaN when it is not known
   */
  public record Score(float logit, double probability) {}

  boolean fraud() {
    return label == Known.FRAUD;
  }
}

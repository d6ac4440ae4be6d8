package io.vigil.model.plan;

import io.vigil.model.policy.Hit;
import io.vigil.model.policy.Outcome;
import java.util.List;

/**
 * What one side made of one transaction. Equal rulings are equal behaviour, to the bit.
 *
 * @param logit not a number when the model gave none
 * @param probability calibrated, 0 to 1; NaN without a logit
 * @param alert whether a person is to look at it
 * @param expectedLossMinor the priority, minor units of the base currency
 * @param hits the rules that held
 */
public record Ruling(
    float logit,
    double probability,
    Outcome outcome,
    boolean alert,
    long expectedLossMinor,
    List<Hit> hits) {
  public Ruling {
    hits = List.copyOf(hits);
  }
}

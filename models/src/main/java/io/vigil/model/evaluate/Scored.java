package io.vigil.model.evaluate;

/**
 * Transactions of a test with their scores, as many of each; not copied, never changed.
 *
 * @param logits finite, higher means more fraud-like; they rank
 * @param probabilities the same, calibrated: 0 to 1
 * @param frauds with at least one fraud and one other
 * @param days of the test, from 0
 * @param accounts numbers, 0 or more
 * @param amounts what may be lost, in one currency, 0 or more
 */
@SuppressWarnings("ArrayRecordComponent") // A carrier of bulk data, never compared.
public record Scored(
    float[] logits,
    double[] probabilities,
    boolean[] frauds,
    int[] days,
    int[] accounts,
    double[] amounts) {
  public Scored {
    int rows = logits.length;
    if (probabilities.length != rows
        || frauds.length != rows
        || days.length != rows
        || accounts.length != rows
        || amounts.length != rows) {
      throw new IllegalArgumentException("expected as many of each, came " + rows + " logits");
    }
    int positives = 0;
    for (int i = 0; i < rows; i++) {
      boolean legal =
          Float.isFinite(logits[i])
              && probabilities[i] >= 0
              && probabilities[i] <= 1
              && days[i] >= 0
              && accounts[i] >= 0
              && amounts[i] >= 0;
      if (!legal) {
        throw new IllegalArgumentException(
            "row %d: logit %s, probability %s, day %d, account %d, amount %s"
                .formatted(i, logits[i], probabilities[i], days[i], accounts[i], amounts[i]));
      }
      positives += frauds[i] ? 1 : 0;
    }
    if (positives == 0 || positives == rows) {
      throw new IllegalArgumentException(
          "expected frauds and others, came %d frauds in %d rows".formatted(positives, rows));
    }
  }

  /** Days of the test, the last one with a row included. */
  int dayCount() {
    int last = 0;
    for (int day : days) {
      last = Math.max(last, day);
    }
    return last + 1;
  }
}

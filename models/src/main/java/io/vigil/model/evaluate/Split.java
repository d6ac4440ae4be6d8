package io.vigil.model.evaluate;

import java.util.HashSet;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * One time of testing: the model learns from rows before the training's end, waits for their
 * labels, and is tested on the days after that.
 *
 * <p>From each test day the accounts are left out that are known to be compromised by then: those
 * with a fraud in the training period, or in the days of the delay and of the test so far that have
 * been labelled, which is up to one delay before that day (Le Borgne et al., "Reproducible machine
 * learning for credit card fraud detection: practical handbook", 2022, chapter 3.4).
 *
 * @param name as results call it
 * @param trainingFromMs when the protocol's training period begins; a recipe's window may begin
 *     earlier
 * @param trainingUntilMs when every window ends
 * @param testFromMs when the first test day begins
 * @param days tested, at least 1
 * @param validation whether it is one that hyper-parameters are chosen on
 * @param removal whether accounts known to be compromised are left out
 */
public record Split(
    String name,
    long trainingFromMs,
    long trainingUntilMs,
    long testFromMs,
    int days,
    boolean validation,
    boolean removal) {
  static final long DAY_MS = 86_400_000;

  public Split {
    if (days < 1 || trainingFromMs > trainingUntilMs || trainingUntilMs > testFromMs) {
      throw new IllegalArgumentException(
          "split %s: expected training before the test of at least a day, came %d, %d, %d, %d"
              .formatted(name, trainingFromMs, trainingUntilMs, testFromMs, days));
    }
  }

  /** When the last test day ends. */
  public long testUntilMs() {
    return testFromMs + days * DAY_MS;
  }

  /** The rows to test on, in order. */
  public int[] test(History history) {
    IntStream.Builder rows = IntStream.builder();
    for (int day = 0; day < days; day++) {
      for (int row : day(history, day)) {
        rows.add(row);
      }
    }
    return rows.build().toArray();
  }

  /**
   * The rows of one test day that are not of accounts known to be compromised.
   *
   * @param day 0 is the first
   */
  public int[] day(History history, int day) {
    long dayMs = testFromMs + day * DAY_MS;
    long delayMs = testFromMs - trainingUntilMs;
    Set<Integer> known = new HashSet<>();
    int last = history.from(Math.max(trainingUntilMs, dayMs - delayMs));
    for (int row = history.from(trainingFromMs); row < last && removal; row++) {
      if (history.fraud(row)) {
        known.add(history.account(row));
      }
    }
    return history.rows(dayMs, dayMs + DAY_MS, row -> !known.contains(history.account(row)));
  }
}

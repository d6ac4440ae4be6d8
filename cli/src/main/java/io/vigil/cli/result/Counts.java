package io.vigil.cli.result;

import java.util.Map;

/**
 * What has come out so far. Every number counts distinct things: a repeat after a restart counts
 * once.
 *
 * @param decisions transactions decided
 * @param deadTransactions records of {@code transactions} that became dead letters
 * @param deadLetters all dead letters
 * @param deadByReason dead letters by reason code
 * @param duplicates transactions that repeat an earlier id
 * @param late decisions about transactions that reached the log late
 * @param alerts alerts raised
 * @param cases cases they belong to
 * @param fallbacks decisions that lack a score, its reasons, or a challenger's score
 * @param repeats decisions that came once more, byte for byte the same
 * @param conflicts decisions that came once more and differ, though neither is a fallback: a breach
 *     of determinism, whatever its cause
 */
public record Counts(
    long decisions,
    long deadTransactions,
    long deadLetters,
    Map<String, Long> deadByReason,
    long duplicates,
    long late,
    long alerts,
    long cases,
    long fallbacks,
    long repeats,
    long conflicts) {

  public Counts {
    deadByReason = Map.copyOf(deadByReason);
  }

  /** How many transactions have met their end: decided, dead, or known as a duplicate. */
  public long settledTransactions() {
    return decisions + deadTransactions + duplicates;
  }
}

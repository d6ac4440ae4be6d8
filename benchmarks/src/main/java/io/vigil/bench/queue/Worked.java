package io.vigil.bench.queue;

import java.util.Map;

/**
 * What a team did in a period. Immutable by agreement.
 *
 * @param alerts that arrived; those of a blocked account's episode never do
 * @param decidedMs by alert id when its case was decided, milliseconds since the epoch
 * @param blockedMs by episode when its account was blocked
 * @param decisions verdicts that were given
 * @param needlessBlocks accounts of genuine alerts that were blocked with their group
 * @param minutes of work that the verdicts took
 * @param groups what the cases came to at the end
 */
record Worked(
    int alerts,
    Map<String, Long> decidedMs,
    Map<Episode, Long> blockedMs,
    int decisions,
    int needlessBlocks,
    double minutes,
    Groups groups) {}

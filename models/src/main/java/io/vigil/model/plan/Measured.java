package io.vigil.model.plan;

import io.vigil.model.bundle.Bundle;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What was seen beside the decisions: by whoever replayed, since it takes engines and clocks.
 *
 * @param examples of flips, with their reasons
 * @param robustness by change; empty when nothing was changed
 * @param drift of the candidate's features, the greatest first; empty without enough rows
 * @param driftBasis which samples were compared, in words
 * @param golden how the candidate's golden vectors came out; null when one did not
 * @param goldenRows how many it has
 * @param goldenEngineClass on which they hold to the bit
 * @param cost what it took
 * @param fairnessDimension the index of the fairness gate's groups in the rows; -1 without
 */
public record Measured(
    List<Flips.Example> examples,
    List<Robustness> robustness,
    List<Drift> drift,
    String driftBasis,
    Bundle.@Nullable GoldenMatch golden,
    int goldenRows,
    String goldenEngineClass,
    Cost cost,
    int fairnessDimension) {
  public Measured {
    examples = List.copyOf(examples);
    robustness = List.copyOf(robustness);
    drift = List.copyOf(drift);
  }

  /**
   * Processor time of an event in the replay, and scoring time of a row in a batch as the stream's.
   *
   * @param featuresUs reading, ordering and features of both sides, microseconds an event
   * @param decidingUs scores, rules and policy of both sides, microseconds an event
   * @param championScoringUs microseconds a row, median
   * @param candidateScoringUs microseconds a row, median
   * @param batch rows of such a batch
   * @param elapsedS of the whole replay, seconds
   * @param processCpuS processor time of the whole process, seconds
   */
  public record Cost(
      double featuresUs,
      double decidingUs,
      double championScoringUs,
      double candidateScoringUs,
      int batch,
      double elapsedS,
      double processCpuS) {}
}

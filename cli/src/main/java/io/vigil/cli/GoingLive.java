package io.vigil.cli;

import io.vigil.model.plan.PlanFile;
import io.vigil.model.policy.Policy;
import java.util.ArrayList;
import java.util.List;

/**
 * What a planned change asks of the running job.
 *
 * @param restartFor what it cannot take without a start, by name; none for most changes
 * @param notes the same for people, a sentence or two each; none where nothing is to be said
 */
record GoingLive(List<String> restartFor, List<String> notes) {

  /**
   * Of a change. Rates are the same on both sides of a plan.
   *
   * @param newFeatures that the candidate brings
   */
  static GoingLive of(Policy champion, Policy candidate, List<PlanFile.NewFeature> newFeatures) {
    boolean window = champion.caseWindowMs() != candidate.caseWindowMs();
    List<String> notes = new ArrayList<>();
    if (newFeatures.stream().anyMatch(feature -> !feature.wholeAtOnce())) {
      notes.add(
          "New features warm up as listed. A request with --backfill fills them from the job's"
              + " archive, as far back as that goes, and decides once they are filled.");
    }
    if (window) {
      notes.add(
          "Another case window needs a start of the job with the candidate's policy: it goes on from"
              + " a savepoint, and decides nothing in between.");
    } else if (!newFeatures.isEmpty()) {
      notes.add(
          "No restart and a pause of 0 s: features come with their model, of new entities too. Only"
              + " other rates and another case window need a start of the job.");
    }
    return new GoingLive(window ? List.of("case_window") : List.of(), List.copyOf(notes));
  }
}

package io.vigil.cli.plan;

import io.vigil.model.feature.Feature;
import io.vigil.model.feature.FeaturePlan;
import io.vigil.model.feature.FeatureSpec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The features of two specs, computed once where they are the same: one plan over the union of
 * both, unless a name means two things; then a plan for each, one vector after the other.
 *
 * @param plans one or two
 * @param champion where the champion's features lie in the joint vector, in its spec's order
 * @param candidate the same of the candidate
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
public record JointSpec(List<FeaturePlan> plans, int[] champion, int[] candidate) {
  private static final int FEATURES_MOST = 512;

  /** Joins two specs. */
  public static JointSpec of(FeatureSpec champion, FeatureSpec candidate) {
    Map<String, Feature> known = new HashMap<>();
    candidate.features().forEach(feature -> known.put(feature.name(), feature));
    List<Feature> union = new ArrayList<>(candidate.features());
    boolean agree = true;
    for (Feature feature : champion.features()) {
      Feature same = known.get(feature.name());
      if (same == null) {
        // What it names stands before it here, too.
        union.add(feature);
      } else {
        agree &= same.equals(feature);
      }
    }
    int[] ofCandidate = IntStream.range(0, candidate.features().size()).toArray();
    if (!agree || union.size() > FEATURES_MOST) {
      int first = ofCandidate.length;
      return new JointSpec(
          List.of(FeaturePlan.compile(candidate), FeaturePlan.compile(champion)),
          IntStream.range(first, first + champion.features().size()).toArray(),
          ofCandidate);
    }
    FeaturePlan plan =
        FeaturePlan.compile(new FeatureSpec(candidate.name(), candidate.version(), union));
    return new JointSpec(
        List.of(plan),
        champion.features().stream()
            .mapToInt(feature -> plan.names().indexOf(feature.name()))
            .toArray(),
        ofCandidate);
  }
}

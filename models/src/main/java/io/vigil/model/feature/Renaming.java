package io.vigil.model.feature;

import io.vigil.model.event.Entity;
import io.vigil.model.event.Field;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of a spec's features when some entities get other names, as by another key of
 * tokens, having been filed under both names side by side before the switch. What is in none of the
 * lists is as it would be had they always had their new names. Immutable.
 *
 * @param filed features of the entities that are renamed, and what is derived from them, in the
 *     order of the spec: as with always the new names when it was {@link WarmUp#afterMs} from the
 *     time at which filing under both began until the switch; those of another kind than {@link
 *     WarmUp.Kind#AFTER} for each entity once that has happened
 * @param values features of other entities that keep the names, such as the different cards of a
 *     device, and what is derived from them: old and new names are different values, so they are
 *     right that long after the switch
 * @param texts features that make a number of a name at once: another number from the switch on
 */
public record Renaming(List<WarmUp> filed, List<WarmUp> values, List<String> texts) {

  /**
   * @throws IllegalArgumentException when a feature names what does not exist; a spec that was read
   *     from YAML has none
   */
  public static Renaming of(FeatureSpec spec, Set<Entity> renamed) {
    Set<String> names = new HashSet<>();
    renamed.forEach(entity -> names.add(entity.field().id()));
    List<String> texts = new ArrayList<>();
    for (Feature feature : spec.features()) {
      boolean one =
          feature instanceof Feature.OneHot hot
              ? names.contains(hot.text())
              : feature instanceof Feature.HashBucket bucket
                  ? names.contains(bucket.text())
                  : feature instanceof Feature.Aggregated kept
                      && kept.buckets() > 0
                      && isOf(kept.of(), names);
      if (one) {
        texts.add(feature.name());
      }
    }
    return new Renaming(
        without(spec, kept -> isFiled(kept, renamed)),
        without(
            spec,
            kept ->
                !isFiled(kept, renamed)
                    && kept instanceof Feature.Aggregated aggregated
                    && isOf(aggregated.of(), names)),
        List.copyOf(texts));
  }

  /** How long both names must be there for all windows in time to be whole, milliseconds. */
  public long reachMs() {
    return filed.stream().mapToLong(WarmUp::afterMs).max().orElse(0);
  }

  /** Those features lose their history as if they were added. */
  private static List<WarmUp> without(FeatureSpec spec, Predicate<Feature.Kept> which) {
    List<Feature> others = new ArrayList<>();
    for (Feature feature : spec.features()) {
      if (!(feature instanceof Feature.Kept kept && which.test(kept))) {
        others.add(feature);
      }
    }
    return WarmUp.between(new FeatureSpec(spec.name(), spec.version(), others), spec);
  }

  private static boolean isFiled(Feature.Kept feature, Set<Entity> renamed) {
    return feature.grouping().entities().stream().anyMatch(renamed::contains);
  }

  private static boolean isOf(@Nullable Field of, Set<String> names) {
    return of != null && names.contains(of.id());
  }
}

package io.vigil.cli.features;

import io.vigil.model.event.Field;
import io.vigil.model.feature.Aggregate;
import io.vigil.model.feature.Feature;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * Features that one {@code sequence} stands for. A spec holds them one by one; they are told by
 * their names and definitions, so those written by hand to the same effect are one, too.
 *
 * @param features the oldest event first, and of each event the steps in their order
 * @param name that of the sequence
 * @param last events, at least 2
 */
public record Sequence(List<Feature.Aggregated> features, String name, int last) {

  public Sequence {
    features = List.copyOf(features);
  }

  /** The sequence that begins at an index, null when none of two events or more does. */
  public static @Nullable Sequence at(List<Feature> features, int from) {
    if (!(features.get(from) instanceof Feature.Aggregated oldest) || back(oldest) < 2) {
      return null;
    }
    String mark = "_" + back(oldest) + "_";
    for (int end = oldest.name().indexOf(mark); end >= 0; ) {
      Sequence found = at(features, from, oldest.name().substring(0, end), back(oldest));
      if (found != null) {
        return found;
      }
      end = oldest.name().indexOf(mark, end + 1);
    }
    return null;
  }

  private static @Nullable Sequence at(List<Feature> features, int from, String name, int last) {
    List<Feature.Aggregated> all = new ArrayList<>();
    while (from + all.size() < features.size()
        && features.get(from + all.size()) instanceof Feature.Aggregated step
        && back(step) == last
        && step.name().startsWith(name + "_" + last + "_")
        && step.grouping().equals(((Feature.Aggregated) features.get(from)).grouping())
        && step.defaultValue() == features.get(from).defaultValue()
        && isStep(step, step(step, name))) {
      all.add(step);
    }
    int steps = all.size();
    if (steps == 0 || from + steps * last > features.size()) {
      return null;
    }
    for (int at = steps; at < steps * last; at++) {
      Feature.Aggregated oldest = all.get(at % steps);
      int back = last - at / steps;
      String own = name + "_" + back + "_" + step(oldest, name);
      Feature.Aggregated expected = moved(oldest, own, back);
      if (!features.get(from + at).equals(expected)) {
        return null;
      }
      all.add(expected);
    }
    return new Sequence(all, name, last);
  }

  /** Whether a spec can say it as a step of that name. */
  private static boolean isStep(Feature.Aggregated feature, String step) {
    boolean plain = feature.where() == null && feature.buckets() == 0;
    return !plain || step.equals(feature.aggregate() == Aggregate.LAST ? "amount" : "elapsed");
  }

  /** As the spec says it, but for name and default. */
  public String definition() {
    StringJoiner steps = new StringJoiner(", ", "[", "]");
    for (Feature.Aggregated feature : features.subList(0, features.size() / last)) {
      String step = step(feature, name);
      Field of = feature.of();
      if (feature.where() != null) {
        steps.add("{name: " + step + ", where: " + feature.where() + "}");
      } else if (of != null && feature.buckets() > 0) {
        steps.add("{name: %s, of: %s, buckets: %d}".formatted(step, of.id(), feature.buckets()));
      } else {
        steps.add(feature.aggregate() == Aggregate.LAST ? "amount" : "elapsed");
      }
    }
    return "sequence: %s, last: %d, steps: %s"
        .formatted(features.get(0).grouping().id(), last, steps);
  }

  /** How many events back a feature looks at a single one, 0 when it does not. */
  public static int back(Feature.Aggregated feature) {
    return switch (feature.aggregate()) {
      case LAST, ELAPSED -> (int) feature.parameter();
      default -> 0;
    };
  }

  /** The same of another event. */
  public static Feature.Aggregated moved(Feature.Aggregated feature, String name, int back) {
    return new Feature.Aggregated(
        name,
        feature.grouping(),
        feature.aggregate(),
        feature.of(),
        feature.window(),
        feature.where(),
        back,
        feature.buckets(),
        feature.labels(),
        feature.defaultValue());
  }

  private static String step(Feature.Aggregated feature, String name) {
    return feature.name().substring((name + "_" + back(feature) + "_").length());
  }
}

package io.vigil.model.feature;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a risk engineer writes: named features in the order of the vector. A feature may name only
 * those before it.
 *
 * @param name the spec's own name, for people
 * @param version the spec's own version, at least 1, for people
 * @param features 1 to 512, names unique; those that one item of the YAML stands for, such as the
 *     values of a one_hot, follow each other
 */
public record FeatureSpec(String name, int version, List<Feature> features) {
  private static final String DOCUMENT = "---";

  public FeatureSpec {
    features = List.copyOf(features);
  }

  /**
   * Reads a spec. A text of several YAML documents is several specs, each extended by the next; see
   * {@link #with}.
   *
   * @param yaml the text, see docs/features.md
   * @param origin where it came from, for messages
   * @throws SpecException at the first thing that is wrong
   */
  public static FeatureSpec read(String yaml, String origin) {
    return new SpecReader(origin).read(yaml);
  }

  /**
   * This spec extended by what another has and it lacks. The vector begins as before, so that what
   * reads it by index goes on.
   *
   * @return with the name and the version of this one
   * @throws IllegalArgumentException naming the feature that both have and define otherwise, or
   *     when there are more than 512 together
   */
  public FeatureSpec with(FeatureSpec other) {
    Map<String, Feature> known = new HashMap<>();
    features.forEach(feature -> known.put(feature.name(), feature));
    List<Feature> all = new ArrayList<>(features);
    for (Feature feature : other.features) {
      Feature same = known.get(feature.name());
      if (same == null) {
        all.add(feature);
      } else if (!notApart(same).equals(notApart(feature))) {
        throw new IllegalArgumentException(
            "feature '%s': expected it as %s %d defines it, got the other definition of %s %d; give it another name"
                .formatted(feature.name(), name, version, other.name, other.version));
      }
    }
    if (all.size() > SpecReader.FEATURES_MAX) {
      throw new IllegalArgumentException(
          "features: expected at most %d of %s and %s together, got %d"
              .formatted(SpecReader.FEATURES_MAX, name, other.name, all.size()));
    }
    if (histories(all) > SpecReader.HISTORIES_MAX) {
      throw new IllegalArgumentException(
          "features: expected at most %d histories of %s and %s together, got %d"
              .formatted(SpecReader.HISTORIES_MAX, name, other.name, histories(all)));
    }
    return new FeatureSpec(name, version, all);
  }

  /** Where its state is kept is no part of what a feature means. */
  private static Feature notApart(Feature feature) {
    return feature instanceof Feature.Kept kept
        ? kept.by(kept.grouping().by(Backfill.NONE))
        : feature;
  }

  /**
   * This spec with the state of some features kept apart.
   *
   * @param names of features that are kept
   * @throws IllegalArgumentException when there is no such feature, or too many histories
   */
  FeatureSpec apart(Backfill backfill, Set<String> names) {
    Set<String> missing = new TreeSet<>(names);
    List<Feature> all = new ArrayList<>();
    for (Feature feature : features) {
      boolean named = feature instanceof Feature.Kept && missing.remove(feature.name());
      all.add(
          named && feature instanceof Feature.Kept kept
              ? kept.by(kept.grouping().by(backfill))
              : feature);
    }
    if (!missing.isEmpty()) {
      throw new IllegalArgumentException(
          "backfill: expected features that are kept, got " + missing);
    }
    if (histories(all) > SpecReader.HISTORIES_MAX) {
      throw new IllegalArgumentException(
          "backfill: expected at most %d histories together, got %d"
              .formatted(SpecReader.HISTORIES_MAX, histories(all)));
    }
    return new FeatureSpec(name, version, all);
  }

  /**
   * Those features alone whose state a backfill keeps apart, in their order.
   *
   * @param id of the backfill
   */
  public FeatureSpec onlyOf(String id) {
    return new FeatureSpec(
        name,
        version,
        features.stream()
            .filter(
                feature ->
                    feature instanceof Feature.Kept kept
                        && kept.grouping().backfill().id().equals(id))
            .toList());
  }

  /** Whether the state of any feature is kept apart. */
  public boolean hasBackfills() {
    return features.stream()
        .anyMatch(
            feature ->
                feature instanceof Feature.Kept kept
                    && !kept.grouping().backfill().equals(Backfill.NONE));
  }

  /** How many histories the features look at. */
  static long histories(List<Feature> features) {
    return features.stream()
        .filter(Feature.Kept.class::isInstance)
        .map(feature -> ((Feature.Kept) feature).grouping())
        .distinct()
        .count();
  }

  /** The text of a spec extended by another: the documents of both, one after the other. */
  public static String joined(String yaml, String addition) {
    String more = addition.stripLeading();
    return yaml.stripTrailing() + "\n" + (more.startsWith(DOCUMENT) ? "" : DOCUMENT + "\n") + more;
  }

  /**
   * A spec that comes with Vigil: {@code default} for any stream, {@code handbook} for the 15
   * published features of the Fraud Detection Handbook.
   *
   * @throws IllegalArgumentException when there is none of that name
   */
  public static FeatureSpec builtIn(String name) {
    String resource = "/io/vigil/model/specs/" + name + ".yaml";
    try (InputStream in = FeatureSpec.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalArgumentException(
            "built-in spec: expected default or handbook, got " + name);
      }
      return read(new String(in.readAllBytes(), StandardCharsets.UTF_8), name + ".yaml");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

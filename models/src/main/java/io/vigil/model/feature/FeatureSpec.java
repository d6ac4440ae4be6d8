package io.vigil.model.feature;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

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

  public FeatureSpec {
    features = List.copyOf(features);
  }

  /**
   * Reads a spec.
   *
   * @param yaml the text, see docs/features.md
   * @param origin where it came from, for messages
   * @throws SpecException at the first thing that is wrong
   */
  public static FeatureSpec read(String yaml, String origin) {
    return new SpecReader(origin).read(yaml);
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

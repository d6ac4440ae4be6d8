package io.vigil.cli.diff;

import io.vigil.schema.Digest;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The names of a spec's features, where its text is known. */
@FunctionalInterface
public interface FeatureNames {
  /** Knows no spec: features go by their places, which holds as long as specs only grow. */
  FeatureNames NONE = spec -> null;

  /**
   * The names in the order of the vector; null when the spec is not known.
   *
   * @param spec a decision's {@code feature_spec}
   */
  @Nullable List<String> of(Digest spec);
}

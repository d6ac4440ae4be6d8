package io.vigil.model.feature;

import java.util.List;
import java.util.stream.Collectors;

/** What a feature is, by the key that says so, and which keys it may have. */
enum FeatureKind {
  AGGREGATE(
      "aggregate",
      "entity, event, of, window, last, resolution, delay, include_current, where, by, q, back, buckets,"
          + " half_life, default"),
  FACT("fact", "entity, equals, default"),
  RATIO("ratio", "default"),
  DIFFERENCE("difference", "default"),
  ZSCORE("zscore", "default"),
  EXPRESSION("expression", "default"),
  LOG1P("log1p", "default"),
  CLIP("clip", "low, high, default"),
  ONE_HOT("one_hot", "values, default"),
  HASH_BUCKET("hash_bucket", "buckets, default"),
  CYCLIC("cyclic", "zone"),
  SEQUENCE("sequence", "last, steps, default");

  private final String key;
  private final String further;

  /**
   * @param further keys, as a list with commas, for an enum holds nothing mutable
   */
  FeatureKind(String key, String further) {
    this.key = key;
    this.further = further;
  }

  /** The key that a feature of this kind has and no other. */
  String key() {
    return key;
  }

  /** All keys that it may have. */
  List<String> legal() {
    return List.of(("name, " + key + ", " + further).split(", "));
  }

  static String keys(List<FeatureKind> kinds) {
    return kinds.stream().map(FeatureKind::key).collect(Collectors.joining(", "));
  }
}

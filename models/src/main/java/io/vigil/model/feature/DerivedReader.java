package io.vigil.model.feature;

import io.vigil.model.expression.Nearest;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads the features that are made from the event and from other features. */
final class DerivedReader {
  private static final int BUCKETS_MIN = 2;
  private static final int BUCKETS_MAX = 65_536;
  private static final int VALUES_MAX = 256;

  private DerivedReader() {}

  /**
   * @param kind neither an aggregate, a fact nor a sequence
   * @param name what the features' names are made from
   * @return at least one, in the order of the vector
   */
  static List<? extends Feature> read(
      FeatureKind kind, SpecMapping map, String name, SpecNames names) {
    double otherwise = map.has("default") ? map.number("default") : 0;
    String key = kind.key();
    return switch (kind) {
      case RATIO -> {
        List<String> of = operands(map, key, names, "dividend", "divisor");
        yield List.of(new Feature.Ratio(names.claim(map, name), of.get(0), of.get(1), otherwise));
      }
      case DIFFERENCE -> {
        List<String> of = operands(map, key, names, "minuend", "subtrahend");
        yield List.of(
            new Feature.Difference(names.claim(map, name), of.get(0), of.get(1), otherwise));
      }
      case ZSCORE -> {
        List<String> of = operands(map, key, names, "value", "mean", "std");
        yield List.of(
            new Feature.ZScore(names.claim(map, name), of.get(0), of.get(1), of.get(2), otherwise));
      }
      case EXPRESSION ->
          List.of(
              new Feature.Computed(names.claim(map, name), names.expression(map, key), otherwise));
      case LOG1P ->
          List.of(
              new Feature.Log1p(
                  names.claim(map, name), names.operand(map, key, map.text(key)), otherwise));
      case CLIP -> List.of(clip(map, name, names, otherwise));
      case ONE_HOT -> oneHot(map, name, names, otherwise);
      case HASH_BUCKET ->
          List.of(
              new Feature.HashBucket(
                  names.claim(map, name), names.code(map, key), buckets(map), otherwise));
      case CYCLIC -> cyclic(map, name, names);
      case AGGREGATE, FACT, SEQUENCE -> throw new AssertionError(kind);
    };
  }

  static int buckets(SpecMapping map) {
    if (!map.has("buckets")) {
      throw map.error(
          "buckets",
          "missing, expected a whole number from %d to %d".formatted(BUCKETS_MIN, BUCKETS_MAX));
    }
    return map.wholeNumber("buckets", BUCKETS_MIN, BUCKETS_MAX);
  }

  private static List<String> operands(
      SpecMapping map, String key, SpecNames names, String... parts) {
    List<String> operands = map.texts(key);
    if (operands.size() != parts.length) {
      throw map.error(
          key,
          "expected [%s], got [%s]"
              .formatted(String.join(", ", parts), String.join(", ", operands)));
    }
    for (String operand : operands) {
      names.operand(map, key, operand);
    }
    return operands;
  }

  private static Feature clip(SpecMapping map, String name, SpecNames names, double otherwise) {
    String of = names.operand(map, "clip", map.text("clip"));
    double low = map.number("low");
    double high = map.number("high");
    if (low > high) {
      throw map.error(
          "high",
          "expected at least low, which is %s, got '%s'"
              .formatted(map.text("low"), map.text("high")));
    }
    return new Feature.Clip(names.claim(map, name), of, low, high, otherwise);
  }

  private static List<Feature> oneHot(
      SpecMapping map, String name, SpecNames names, double otherwise) {
    String text = names.text(map, "one_hot");
    List<String> values = map.texts("values");
    if (values.isEmpty() || values.size() > VALUES_MAX) {
      throw map.error("values", "expected 1 to " + VALUES_MAX + " texts, got " + values.size());
    }
    Map<String, String> byName = new HashMap<>();
    List<Feature> features = new ArrayList<>();
    for (String value : values) {
      String own = name + "_" + value.replaceAll("[^A-Za-z0-9_]", "_");
      String same = byName.put(own, value);
      if (same != null) {
        throw map.error(
            "values",
            "expected texts with names of their own, got '%s' and '%s', which are both %s"
                .formatted(same, value, own));
      }
      features.add(new Feature.OneHot(names.claim(map, own), text, value, otherwise));
    }
    return features;
  }

  private static List<Feature> cyclic(SpecMapping map, String name, SpecNames names) {
    Feature.Cycle cycle =
        switch (map.text("cyclic")) {
          case "hour" -> Feature.Cycle.HOUR;
          case "weekday" -> Feature.Cycle.WEEKDAY;
          default -> throw map.unexpected("cyclic", List.of("hour", "weekday"));
        };
    String zone = map.has("zone") ? map.text("zone") : "UTC";
    // Not ZoneId.of alone, which also takes offsets and made-up ids such as GMT+2.
    Set<String> known = ZoneId.getAvailableZoneIds();
    if (!known.contains(zone)) {
      throw map.error(
          "zone",
          "expected UTC or an IANA zone such as Europe/Berlin, got '%s'; closest: %s"
              .formatted(zone, String.join(", ", Nearest.to(zone, known, 1))));
    }
    List<Feature> features = new ArrayList<>();
    for (Feature.Wave wave : Feature.Wave.values()) {
      features.add(
          new Feature.Cyclic(
              names.claim(map, name + "_" + wave.id()), cycle, wave, ZoneId.of(zone)));
    }
    return features;
  }
}

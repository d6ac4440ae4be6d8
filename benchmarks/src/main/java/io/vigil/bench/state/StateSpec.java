package io.vigil.bench.state;

import java.util.ArrayList;
import java.util.List;

/**
 * The features that every side computes, of one account's amounts.
 *
 * @param name as in the spec's YAML
 * @param features at least one
 */
record StateSpec(String name, List<Feature> features) {
  /** What a filter asks of an event, for the hand-written sides; the spec says it in words. */
  static final long LARGE_FROM_MINOR = 10_000;

  private static final String LARGE = "amount >= 100";

  /** Windows share three resolutions, so that panes can be shared too. */
  private static final long[][] WINDOWS = {
    {Span.HOUR_MS, 10 * Span.MINUTE_MS},
    {24 * Span.HOUR_MS, Span.HOUR_MS},
    {7 * Span.DAY_MS, Span.DAY_MS},
    {30 * Span.DAY_MS, Span.DAY_MS},
    {12 * Span.HOUR_MS, Span.HOUR_MS},
    {14 * Span.DAY_MS, Span.DAY_MS},
    {2 * Span.HOUR_MS, 10 * Span.MINUTE_MS},
    {3 * Span.DAY_MS, Span.DAY_MS},
    {6 * Span.HOUR_MS, Span.HOUR_MS},
    {21 * Span.DAY_MS, Span.DAY_MS},
    {30 * Span.MINUTE_MS, 10 * Span.MINUTE_MS},
    {2 * Span.DAY_MS, Span.DAY_MS},
    {18 * Span.HOUR_MS, Span.HOUR_MS},
    {28 * Span.DAY_MS, Span.DAY_MS},
    {3 * Span.HOUR_MS, 10 * Span.MINUTE_MS},
    {10 * Span.DAY_MS, Span.DAY_MS},
    {8 * Span.HOUR_MS, Span.HOUR_MS},
    {5 * Span.DAY_MS, Span.DAY_MS},
    {4 * Span.HOUR_MS, Span.HOUR_MS},
    {25 * Span.DAY_MS, Span.DAY_MS},
  };

  /** How amounts become a number, by the word that specs use. */
  enum Kind {
    COUNT,
    SUM,
    MEAN,
    MAX,
    MIN;

    String id() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  /**
   * One feature.
   *
   * @param large whether only events of at least {@link #LARGE_FROM_MINOR} count
   */
  record Feature(String name, Kind kind, Span span, boolean large) {}

  StateSpec {
    features = List.copyOf(features);
  }

  /**
   * The standard spec: 30 features are four windows from an hour to 30 days, five aggregates over
   * all events and some of them over large ones.
   *
   * @param count 1 to 200; about eight share a window
   * @param exact whether edges are exact instead of on panes
   */
  static StateSpec of(int count, boolean exact) {
    int windows = Math.min(WINDOWS.length, (count + 7) / 8);
    List<Span> spans = new ArrayList<>();
    for (int window = 0; window < windows; window++) {
      spans.add(new Span(WINDOWS[window][0], WINDOWS[window][1]));
    }
    return of(spans, count, exact);
  }

  /**
   * @throws IllegalArgumentException when the spans do not yield so many features
   */
  static StateSpec of(List<Span> spans, int count, boolean exact) {
    int countMax = spans.size() * Kind.values().length * 2;
    if (count < 1 || count > countMax) {
      throw new IllegalArgumentException(
          "features: expected 1 to " + countMax + " of these windows, got " + count);
    }
    List<Feature> features = new ArrayList<>();
    for (boolean large : new boolean[] {false, true}) {
      for (Kind kind : Kind.values()) {
        for (Span span : spans) {
          if (features.size() < count) {
            String name =
                (large ? "large_" : "amount_") + kind.id() + "_" + Span.text(span.lengthMs());
            features.add(new Feature(name, kind, exact ? span.exact() : span, large));
          }
        }
      }
    }
    return new StateSpec(exact ? "exact" : "panes", features);
  }

  /** Different windows, in the order in which features first name them. */
  List<Span> spans() {
    return features.stream().map(Feature::span).distinct().toList();
  }

  boolean exact() {
    return features.stream().anyMatch(feature -> feature.span().resolutionMs() == 0);
  }

  boolean filters() {
    return features.stream().anyMatch(Feature::large);
  }

  /** The spec in Vigil's language. */
  String yaml() {
    StringBuilder yaml = new StringBuilder();
    yaml.append("name: ").append(name).append("\nversion: 1\nfeatures:\n");
    for (Feature feature : features) {
      yaml.append("  - {name: ").append(feature.name());
      yaml.append(", entity: account, aggregate: ").append(feature.kind().id());
      if (feature.kind() != Kind.COUNT) {
        yaml.append(", of: amount");
      }
      yaml.append(", window: ").append(Span.text(feature.span().lengthMs()));
      if (feature.span().resolutionMs() > 0) {
        yaml.append(", resolution: ").append(Span.text(feature.span().resolutionMs()));
      }
      if (feature.large()) {
        yaml.append(", where: ").append(LARGE);
      }
      yaml.append("}\n");
    }
    return yaml.toString();
  }
}

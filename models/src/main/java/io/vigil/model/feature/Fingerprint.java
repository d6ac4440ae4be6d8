package io.vigil.model.feature;

import io.vigil.model.event.Field;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The canonical text of features and its SHA-256. Every part stands with its length before it, so
 * that no two lists of parts give the same text.
 */
final class Fingerprint {
  /** Raised when the same spec yields other numbers than before. */
  private static final String SEMANTICS = "vigil-features 3";

  private final StringBuilder canonical = new StringBuilder(SEMANTICS).append('\n');

  private Fingerprint() {}

  /** In hex, 64 digits. */
  static String of(List<Feature> features) {
    Fingerprint fingerprint = new Fingerprint();
    for (Feature feature : features) {
      fingerprint.add(feature);
    }
    return fingerprint.digest();
  }

  private void add(Feature feature) {
    text(feature.name());
    if (feature instanceof Feature.Aggregated aggregated) {
      aggregated(aggregated);
    } else if (feature instanceof Feature.FromProfile fact) {
      String equalTo = fact.equalTo();
      texts("fact", fact.grouping().id(), fact.fact());
      texts(equalTo == null ? "number" : "equals", equalTo == null ? "" : equalTo);
    } else if (feature instanceof Feature.Ratio ratio) {
      texts("ratio", ratio.dividend(), ratio.divisor());
    } else if (feature instanceof Feature.Difference difference) {
      texts("difference", difference.minuend(), difference.subtrahend());
    } else if (feature instanceof Feature.ZScore score) {
      texts("zscore", score.value(), score.mean(), score.deviation());
    } else if (feature instanceof Feature.Computed computed) {
      texts("expression", computed.source());
    } else if (feature instanceof Feature.Log1p log) {
      texts("log1p", log.of());
    } else if (feature instanceof Feature.Clip clip) {
      texts("clip", clip.of());
      number(clip.low());
      number(clip.high());
    } else if (feature instanceof Feature.OneHot hot) {
      texts("one_hot", hot.text(), hot.value());
    } else if (feature instanceof Feature.HashBucket bucket) {
      texts("hash_bucket", bucket.text(), Integer.toString(bucket.buckets()));
    } else if (feature instanceof Feature.Cyclic cyclic) {
      texts("cyclic", cyclic.cycle().id(), cyclic.wave().id(), cyclic.zone().getId());
    } else {
      throw new AssertionError(feature);
    }
    number(feature.defaultValue());
    canonical.append('\n');
  }

  private void aggregated(Feature.Aggregated feature) {
    texts("aggregate", feature.grouping().id(), feature.aggregate().id());
    Field of = feature.of();
    text(of == null ? "" : of.id());
    Window window = feature.window();
    if (window == null) {
      text("");
    } else {
      text(
          switch (window.kind()) {
            case TIME ->
                "time "
                    + window.lengthMs()
                    + " delay "
                    + window.delayMs()
                    + " resolution "
                    + window.resolutionMs();
            case EVENTS -> "events " + window.events();
            case LIFETIME -> "lifetime";
          });
      text(window.includesCurrent() ? "with current" : "without current");
    }
    text(Objects.requireNonNullElse(feature.where(), ""));
    number(feature.parameter());
    text(labels(feature.labels()));
    // Only where there are any, so that specs without them keep their fingerprints.
    if (feature.buckets() > 0) {
      text(Integer.toString(feature.buckets()));
    }
  }

  /** Spelt out here, as the name of a constant may change. */
  private static String labels(Feature.@Nullable LabelClock clock) {
    if (clock == null) {
      return "";
    }
    return switch (clock) {
      case TRANSACTION -> "transaction";
      case LABEL -> "label";
    };
  }

  private void texts(String... parts) {
    for (String part : parts) {
      text(part);
    }
  }

  /** Not Double.toString, whose digits differ between Java versions. */
  private void number(double value) {
    // Adding 0.0 turns -0.0 into 0.0, which yields the same.
    text(Double.toHexString(value + 0.0));
  }

  private void text(String part) {
    canonical.append(part.length()).append(':').append(part).append(' ');
  }

  private String digest() {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256")
              .digest(canonical.toString().getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}

package io.vigil.bench.soak;

import io.vigil.model.bundle.Bundle;
import io.vigil.model.bundle.BundleDraft;
import io.vigil.model.bundle.Manifest;
import io.vigil.model.score.Scorer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A model whose features look back less far, so that their windows are full within the run, as they
 * are in a stack that has run for a month. It computes as much as it did; its scores mean little.
 */
final class ShortWindows {
  private static final Pattern WINDOW = Pattern.compile("(?<=\\bwindow: )(\\d+)([mhd])\\b");
  private static final Map<String, Duration> UNITS =
      Map.of("m", Duration.ofMinutes(1), "h", Duration.ofHours(1), "d", Duration.ofDays(1));

  private ShortWindows() {}

  /**
   * Writes the bundle.
   *
   * @param model a built-in name or a path
   * @param by what windows are divided by, at least 1; none becomes shorter than a minute
   * @param folder an empty one
   */
  static void write(String model, int by, Path folder) {
    Bundle bundle = Bundle.named(model);
    Manifest manifest = bundle.manifest();
    BundleDraft draft =
        new BundleDraft(
            manifest.name(),
            manifest.version(),
            manifest.engine(),
            manifest.inputs(),
            manifest.shape(),
            manifest.calibration(),
            manifest.provenance(),
            bundle.model(),
            shorten(bundle.featureSpec(), by),
            bundle.card());
    try (Scorer scorer = bundle.open("cpu")) {
      draft.seal(scorer, bundle.goldenVectors()).copyTo(folder);
    }
  }

  static String shorten(String spec, int by) {
    Matcher windows = WINDOW.matcher(spec);
    return windows.replaceAll(
        each -> {
          Duration unit = UNITS.getOrDefault(each.group(2), Duration.ZERO);
          long minutes = unit.multipliedBy(Long.parseLong(each.group(1))).toMinutes();
          return Math.max(1, minutes / by) + "m";
        });
  }
}

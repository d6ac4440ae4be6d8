package io.vigil.bench.soak;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.model.bundle.Bundle;
import io.vigil.model.feature.FeatureSpec;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Windows that a soak can fill. */
class ShortWindowsTest {
  @Test
  void windowsAreDividedAndNothingElse() {
    String spec =
        """
        name: a
        version: 1
        features:
          - {name: count_30d, entity: account, aggregate: count, window: 30d}
          - {name: sum_24h, entity: account, aggregate: sum, of: amount, window: 24h}
          - {name: count_10m, entity: card, aggregate: count, window: 10m}
          - {name: elapsed, entity: account, aggregate: elapsed, default: 2592000}
        """;

    String shortened = ShortWindows.shorten(spec, 1440);

    assertThat(shortened)
        .isEqualTo(
            spec.replace("window: 30d", "window: 30m")
                .replace("window: 24h", "window: 1m")
                .replace("window: 10m", "window: 1m"));
    assertThat(FeatureSpec.read(shortened, "spec").features()).hasSize(4);
  }

  @Test
  void theBundleIsOneThatAJobTakes(@TempDir Path folder) {
    ShortWindows.write("default", 1440, folder.resolve("short"));

    Bundle written = Bundle.named(folder.resolve("short").toString());
    Bundle original = Bundle.named("default");
    assertThat(written.manifest().inputs()).isEqualTo(original.manifest().inputs());
    assertThat(written.featureSpec()).isEqualTo(ShortWindows.shorten(original.featureSpec(), 1440));
    assertThat(written.digest()).isNotEqualTo(original.digest());
  }
}

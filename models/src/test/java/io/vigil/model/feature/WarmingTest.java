package io.vigil.model.feature;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class WarmingTest {
  private static final long HOUR_MS = 3_600_000L;
  private static final long CHANGED_MS = 1_700_000_000_000L;

  private static final FeatureSpec FIRST = spec(count("hour", "1h"));
  private static final FeatureSpec SECOND = spec(count("hour", "1h"), count("two", "2h"));
  private static final FeatureSpec THIRD =
      spec(
          count("hour", "1h"),
          count("three", "3h"),
          count("two", "2h"),
          "- {name: gap, entity: card, aggregate: elapsed}",
          "- {name: share, ratio: [two, hour]}");

  @Test
  void aSpecThatNeverChangedWarmsNothingUp() {
    Warming warming = new Warming(THIRD, List.of());

    assertThat(warming.at(Long.MIN_VALUE)).isEmpty();
    assertThat(warming.at(CHANGED_MS)).isEmpty();
  }

  @Test
  void aFeatureWarmsUpUntilItsWindowHoldsNothingFromBeforeTheChange() {
    Warming warming = new Warming(SECOND, List.of(new Warming.Earlier(FIRST, CHANGED_MS)));

    assertThat(warming.at(CHANGED_MS + 1)).containsExactly("two");
    assertThat(warming.at(CHANGED_MS + 2 * HOUR_MS - 1)).containsExactly("two");
    assertThat(warming.at(CHANGED_MS + 2 * HOUR_MS)).isEmpty();
    assertThat(new Warming(FIRST, List.of(new Warming.Earlier(SECOND, CHANGED_MS))).at(CHANGED_MS))
        .isEmpty();
  }

  @Test
  void theLatestSpecThatLackedItCountsAndWhatGoesByEventsHasNoEnd() {
    Warming warming =
        new Warming(
            THIRD,
            List.of(
                new Warming.Earlier(SECOND, CHANGED_MS + HOUR_MS),
                new Warming.Earlier(FIRST, CHANGED_MS)));

    // The second kept what "two" needs from when it came into force.
    assertThat(warming.at(CHANGED_MS + HOUR_MS + 1))
        .containsExactly("three", "two", "gap", "share");
    assertThat(warming.at(CHANGED_MS + 2 * HOUR_MS)).containsExactly("three", "gap");
    assertThat(warming.at(CHANGED_MS + 4 * HOUR_MS)).containsExactly("gap");
    assertThat(warming.at(CHANGED_MS + 10_000 * HOUR_MS)).containsExactly("gap");
  }

  private static String count(String name, String window) {
    return "- {name: %s, entity: account, aggregate: count, window: %s}".formatted(name, window);
  }

  private static FeatureSpec spec(String... features) {
    return FeatureSpec.read(
        "name: test\nversion: 1\nfeatures:\n" + String.join("\n", features) + "\n", "test.yaml");
  }
}

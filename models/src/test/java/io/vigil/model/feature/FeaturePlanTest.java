package io.vigil.model.feature;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.model.event.Field;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FeaturePlanTest {
  private static final long START_MS = 1_700_000_000_000L;

  @Test
  void defaultSpecNeedsNoMoreThanAnAccount() {
    FeatureSpec spec = FeatureSpec.builtIn("default");
    SampleRun run = new SampleRun(spec, 1);
    float[] first = run.transaction(new SampleFacts(START_MS, 1_250, Map.of(Field.ACCOUNT, "a")));
    assertThat(first).hasSize(spec.features().size());
    for (int index = 0; index < first.length; index++) {
      Feature feature = spec.features().get(index);
      assertThat(first[index])
          .as(feature.name())
          .isEqualTo(
              switch (feature.name()) {
                case "tx_amount", "account_sum_24h", "account_min_1h" -> 12.5f;
                case "account_count_10m",
                    "account_count_1h",
                    "account_count_24h",
                    "account_count_30d" ->
                    1;
                default -> (float) feature.defaultValue();
              });
    }
  }

  @Test
  void nothingIsEverMissingInfiniteOrNegativeZero() {
    SampleRun run =
        new SampleRun(
            FeatureSpec.read(
                """
                name: test
                version: 1
                features:
                  - {name: missing, expression: mcc, default: 4}
                  - {name: over_nothing, ratio: [amount, mcc], default: 5}
                  - {name: over_zero, ratio: [missing, at_night], default: 6}
                  - {name: minus_zero, expression: 0 * -1}
                  - {name: huge, expression: 1e200}
                  - {name: small, expression: -1e300}
                  - {name: no_device, entity: device, aggregate: count, window: 1h, default: 7}
                  - {name: still_huge, expression: huge / 2}
                """
                    .replace(
                        "  - {name: over_zero",
                        "  - {name: at_night, expression: 1 > 2}\n" + "  - {name: over_zero"),
                "test.yaml"),
            1);
    float[] vector = run.transaction(new SampleFacts(START_MS, 0, Map.of(Field.ACCOUNT, "a")));
    assertThat(vector)
        .containsExactly(4, 5, 0, 6, 0f, Float.MAX_VALUE, -Float.MAX_VALUE, 7, Float.MAX_VALUE / 2);
  }

  /** Saturday 2018-04-07 and terminal risk a week later, as the book reckons them. */
  @Test
  void handbookFeaturesOfAShortHistory() {
    SampleRun run = new SampleRun(FeatureSpec.builtIn("handbook"), 1);
    Map<Field, String> texts = Map.of(Field.ACCOUNT, "596", Field.TERMINAL, "3156");
    SampleFacts fraud = facts("2018-04-07T06:59:59Z", 5_716, texts);
    assertThat(run.transaction(fraud))
        .containsExactly(57.16f, 1, 1, 1, 57.16f, 1, 57.16f, 1, 57.16f, 0, 0, 0, 0, 0, 0);
    run.label(fraud, 1);
    assertThat(run.transaction(facts("2018-04-09T07:00:00Z", 1_000, texts)))
        .containsExactly(10, 0, 0, 1, 10, 2, 33.58f, 2, 33.58f, 0, 0, 0, 0, 0, 0);
    assertThat(run.transaction(facts("2018-04-16T07:00:00Z", 2_000, texts)))
        .containsExactly(20, 0, 0, 1, 20, 1, 20, 3, (float) (87.16 / 3), 1, 0, 2, 0.5f, 2, 0.5f);
  }

  private static SampleFacts facts(String time, long amountMinor, Map<Field, String> texts) {
    return new SampleFacts(Instant.parse(time).toEpochMilli(), amountMinor, texts);
  }
}

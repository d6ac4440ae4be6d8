package io.vigil.model.feature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vigil.model.event.Facts;
import io.vigil.model.event.Field;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is made of the event and of what its entities computed, which stands here as given. */
class DerivedFeatureTest {
  private static final String HEAD = "name: test\nversion: 1\nfeatures:\n";
  private static final Facts FACTS = new Event("2024-02-29T23:30:00Z", 1_250, Map.of(), Map.of());

  @Test
  void entitiesComeInTheOrderOfGroupingsAndTheirOutputsInTheOrderOfFeatures() {
    FeaturePlan plan =
        plan(
            """
            - {name: device_age, entity: device, aggregate: first_seen}
            - {name: pair, entity: [merchant, account], aggregate: first_seen, default: 5}
            - {name: account_age, entity: account, aggregate: first_seen}
            - {name: account_gap, entity: account, aggregate: elapsed, default: 7}
            """);
    assertThat(plan.entities())
        .extracting(entity -> entity.grouping().id() + " " + entity.outputs())
        .containsExactly("account 2", "account x merchant 1", "device 1");
    assertThat(finish(plan, FACTS, new double[] {1, Double.NaN}, null, new double[] {3}))
        .containsExactly(3, 5, 1, 7);
  }

  @Test
  void differenceOfEarlierFeaturesAndFields() {
    assertThat(
            vector(
                """
                - {name: ten, expression: 10}
                - {name: more, difference: [amount, ten]}
                - {name: less, difference: [ten, amount]}
                - {name: none, difference: [ten, mcc], default: 4}
                """))
        .containsExactly(10, 2.5f, -2.5f, 4);
  }

  @Test
  void zscoreHasNoValueWithoutADeviation() {
    assertThat(
            vector(
                """
                - {name: mean, expression: 10}
                - {name: std, expression: 0.5}
                - {name: zero, expression: 0}
                - {name: z, zscore: [amount, mean, std], default: 9}
                - {name: below, zscore: [mean, amount, std], default: 9}
                - {name: no_deviation, zscore: [amount, mean, zero], default: 9}
                - {name: no_number, zscore: [mcc, mean, std], default: 9}
                - {name: no_number_for_it, zscore: [amount, mean, mcc], default: 9}
                """))
        .containsExactly(10, 0.5f, 0, 5, -5, 9, 9, 9);
  }

  @Test
  void logarithmKeepsTheSign() {
    assertThat(
            vector(
                """
                - {name: e_less_one, expression: 1.718281828459045}
                - {name: negative, expression: 0 - e_less_one}
                - {name: zero, expression: 0 * -1}
                - {name: log, log1p: e_less_one}
                - {name: log_of_negative, log1p: negative}
                - {name: log_of_zero, log1p: zero}
                - {name: log_of_nothing, log1p: mcc, default: 3}
                - {name: log_of_amount, log1p: amount}
                """))
        .containsExactly(1.7182819f, -1.7182819f, 0f, 1, -1, 0f, 3, (float) StrictMath.log1p(12.5));
  }

  @Test
  void clipHoldsANumberBetweenItsBounds() {
    assertThat(
            vector(
                """
                - {name: inside, clip: amount, low: 0, high: 20}
                - {name: above, clip: amount, low: -3, high: 12.25}
                - {name: below, clip: amount, low: 13, high: 1e6}
                - {name: point, clip: amount, low: 1, high: 1}
                - {name: nothing, clip: mcc, low: 0, high: 1, default: 8}
                """))
        .containsExactly(12.5f, 12.25f, 13, 1, 8);
  }

  @Test
  void oneHotMarksTheTextThatTheEventHas() {
    String spec =
        """
        - {name: channel, one_hot: channel, values: [ecom, pos], default: 0.5}
        - {name: shop, one_hot: attributes.shop, values: ["Größe 1"]}
        """;
    assertThat(plan(spec).names()).containsExactly("channel_ecom", "channel_pos", "shop_Gr__e_1");
    Map<String, String> shop = Map.of("shop", "Größe 1");
    assertThat(vector(spec, new Event("2024-01-01T00:00:00Z", 0, channel("pos"), shop)))
        .containsExactly(0, 1, 1);
    assertThat(vector(spec, new Event("2024-01-01T00:00:00Z", 0, channel("POS"), Map.of())))
        .containsExactly(0, 0, 0);
    assertThat(vector(spec, FACTS)).containsExactly(0.5f, 0.5f, 0);
  }

  /** XXH64 of "abc" is 0x44BC2CF5AD770999, of "a" 0xD24EC4F1A98C6E5B, which is above 2^63. */
  @Test
  void hashBucketIsTheUnsignedRemainder() {
    String spec = "- {name: bucket, hash_bucket: channel, buckets: 1000, default: -1}\n";
    assertThat(TextHash.xxh64("a".getBytes(StandardCharsets.US_ASCII)))
        .isEqualTo(0xD24EC4F1A98C6E5BL);
    assertThat(vector(spec, new Event("2024-01-01T00:00:00Z", 0, channel("abc"), Map.of())))
        .containsExactly(249);
    assertThat(vector(spec, new Event("2024-01-01T00:00:00Z", 0, channel("a"), Map.of())))
        .containsExactly(955);
    assertThat(vector(spec, FACTS)).containsExactly(-1);
  }

  @ParameterizedTest
  @CsvSource({
    // The Monday's first moment, a quarter of a day, the last hour before it all begins again.
    "2024-01-01T00:00:00Z, UTC, 0, 0",
    "2024-01-01T06:59:59.999Z, UTC, 6, 0",
    "2024-01-07T23:30:00Z, UTC, 23, 6",
    // Another day in another zone.
    "2024-01-07T23:30:00Z, Europe/Berlin, 0, 0",
    "2024-01-08T03:30:00Z, America/New_York, 22, 6",
    "2024-01-01T00:00:00Z, Asia/Kolkata, 5, 0",
    // The hour before and after the clocks go forward at 1:00 UTC.
    "2024-03-31T00:59:59.999Z, Europe/Berlin, 1, 6",
    "2024-03-31T01:00:00Z, Europe/Berlin, 3, 6",
    "1969-12-31T23:59:59.999Z, UTC, 23, 2",
  })
  void cyclicIsAPointOnTheUnitCircle(String time, String zone, int hour, int weekday) {
    float[] vector =
        vector(
            "- {name: hour, cyclic: hour, zone: %1$s}\n- {name: day, cyclic: weekday, zone: %1$s}\n"
                .formatted(zone),
            new Event(time, 0, Map.of(), Map.of()));
    double hourAngle = 2 * Math.PI * hour / 24;
    double dayAngle = 2 * Math.PI * weekday / 7;
    assertThat(vector)
        .containsExactly(
            (float) StrictMath.sin(hourAngle),
            (float) StrictMath.cos(hourAngle),
            (float) StrictMath.sin(dayAngle),
            (float) StrictMath.cos(dayAngle));
  }

  @Test
  void whatIsBeyondFloat32IsHeldAtItsGreatest() {
    assertThat(
            vector(
                """
                - {name: big, expression: 3e38}
                - {name: small, expression: 0 - big}
                - {name: tiny, expression: 1e-30}
                - {name: twice, difference: [big, small]}
                - {name: far_below, zscore: [small, big, tiny]}
                """))
        .containsExactly(3e38f, -3e38f, 1e-30f, Float.MAX_VALUE, -Float.MAX_VALUE);
  }

  @Test
  void aSequenceIsReadFromTheHistory() {
    FeaturePlan plan =
        plan("- {name: past, sequence: card, last: 2, steps: [amount, elapsed], default: -1}\n");
    assertThat(plan.names())
        .containsExactly("past_2_amount", "past_2_elapsed", "past_1_amount", "past_1_elapsed");
    assertThat(finish(plan, FACTS, new double[] {Double.NaN, Double.NaN, 8, 60}))
        .containsExactly(-1, -1, 8, 60);
  }

  /** So that one embedding serves the current event and those before it. */
  @Test
  void aPastTextFallsIntoTheBucketItHadWhenItWasCurrent() {
    FeatureSpec spec =
        FeatureSpec.read(
            HEAD
                + """
                - {name: shop, hash_bucket: merchant, buckets: 50, default: -1}
                - {name: kind, hash_bucket: mcc, buckets: 50, default: -1}
                - name: past
                  sequence: account
                  last: 1
                  default: -1
                  steps: [{name: shop, of: merchant, buckets: 50}, {name: kind, of: mcc, buckets: 50}]
                """,
            "test.yaml");
    SampleRun run = new SampleRun(spec, 1);
    float[] before = {0, 0, -1, -1};
    for (int event = 0; event < 100; event++) {
      Map<Field, String> texts =
          event % 10 == 9
              ? Map.of(Field.ACCOUNT, "a")
              : Map.of(
                  Field.ACCOUNT,
                  "a",
                  Field.MERCHANT,
                  "m" + event,
                  Field.MCC,
                  Integer.toString(event * 101));
      float[] vector = run.transaction(new SampleFacts(1_000L * event, 100, texts));
      assertThat(new float[] {vector[2], vector[3]})
          .as("event %d", event)
          .containsExactly(event == 0 ? new float[] {-1, -1} : new float[] {before[0], before[1]});
      before = vector;
    }
  }

  @Test
  void anMccCountsAsItsFourDigits() {
    FeaturePlan plan = plan("- {name: kind, hash_bucket: mcc, buckets: 65536, default: -1}\n");
    float[] vector = new float[1];
    plan.finish(new SampleFacts(0, 0, Map.of(Field.MCC, "742")), new double[0][], vector);
    assertThat(vector[0])
        .isEqualTo(
            Long.remainderUnsigned(
                TextHash.xxh64("0742".getBytes(StandardCharsets.UTF_8)), 65_536));
    plan.finish(new SampleFacts(0, 0, Map.of()), new double[0][], vector);
    assertThat(vector[0]).isEqualTo(-1);
  }

  @Test
  void compilesNoSpecThatNamesWhatDoesNotExist() {
    assertThatThrownBy(() -> compile(new Feature.Log1p("a", "b", 0)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a: expected an earlier feature or a number field, got b");
    assertThatThrownBy(() -> compile(new Feature.Clip("a", "country", 0, 1, 0)))
        .hasMessage("a: expected an earlier feature or a number field, got country");
    assertThatThrownBy(() -> compile(new Feature.OneHot("a", "mcc", "x", 0)))
        .hasMessage("a: expected a text field or attribute, got mcc");
    assertThatThrownBy(() -> compile(new Feature.Computed("a", "b > 1", 0)))
        .hasMessageStartingWith("a: column 1: expected the name of a field");
  }

  private static FeaturePlan compile(Feature feature) {
    return FeaturePlan.compile(new FeatureSpec("test", 1, List.of(feature)));
  }

  private static FeaturePlan plan(String features) {
    return FeaturePlan.compile(FeatureSpec.read(HEAD + features, "test.yaml"));
  }

  private static float[] vector(String features) {
    return vector(features, FACTS);
  }

  private static float[] vector(String features, Facts facts) {
    return finish(plan(features), facts);
  }

  private static float[] finish(FeaturePlan plan, Facts facts, double[] @Nullable ... parts) {
    float[] vector = new float[plan.names().size()];
    plan.finish(facts, parts, vector);
    return vector;
  }

  private static Map<Field, String> channel(String channel) {
    return Map.of(Field.CHANNEL, channel);
  }

  /** A payment without a category code or position. */
  private record Event(
      String time, long amountMinor, Map<Field, String> texts, Map<String, String> attributes)
      implements Facts {

    @Override
    public long eventTimeMs() {
      return Instant.parse(time).toEpochMilli();
    }

    @Override
    public @Nullable String text(Field field) {
      return texts.get(field);
    }

    @Override
    public double number(Field field) {
      return switch (field) {
        case EVENT_TIME -> eventTimeMs();
        case AMOUNT -> amountMinor / 100.0;
        default -> Double.NaN;
      };
    }

    @Override
    public @Nullable String attribute(String key) {
      return attributes.get(key);
    }
  }
}

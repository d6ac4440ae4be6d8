package io.vigil.model.feature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vigil.model.event.Entity;
import io.vigil.model.event.Field;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneId;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class FeatureSpecTest {
  private static final String HEAD = "name: test\nversion: 1\nfeatures:\n";
  private static final long MINUTE_MS = 60_000;
  private static final long HOUR_MS = 60 * MINUTE_MS;
  private static final long DAY_MS = 24 * HOUR_MS;
  private static final Feature.Cycle HOUR = Feature.Cycle.HOUR;
  private static final Feature.Cycle WEEKDAY = Feature.Cycle.WEEKDAY;
  private static final ZoneId UTC = ZoneId.of("UTC");
  private static final ZoneId NEW_YORK = ZoneId.of("America/New_York");

  @Test
  void readsEveryAggregate() {
    assertThat(
            features(
                """
                - {name: events, entity: card, aggregate: count, window: 1m, include_current: false}
                - {name: frauds, entity: ip, aggregate: count, of: fraud_label, window: 7d}
                - {name: sum, entity: [merchant, account], aggregate: sum, of: amount, window: lifetime}
                - {name: mean, entity: account, aggregate: mean, of: amount, window: 30d, resolution: 3h, default: 1}
                - {name: std, entity: card, aggregate: std, of: amount, last: 20}
                - {name: min, entity: card, aggregate: min, of: amount, window: 24h, delay: 7d, where: mcc == 1}
                - {name: max, entity: card, aggregate: max, of: amount, last: 256, include_current: false}
                - {name: median, entity: card, aggregate: quantile, of: amount, q: 0.5, window: 30d}
                - {name: texts, entity: card, aggregate: distinct, of: merchant, last: 10}
                - {name: seen, entity: card, aggregate: seen, of: country, window: 90m}
                - {name: usual, entity: card, aggregate: frequency, of: channel, window: 90d, delay: 90d}
                - {name: risk, entity: terminal, aggregate: rate, of: fraud_label, by: label, window: 1d, delay: 0h}
                - {name: online, entity: card, aggregate: share, where: ' channel == "ecom" ', window: lifetime}
                - {name: before, entity: card, aggregate: last, of: amount, back: 3}
                - {name: gap, entity: card, aggregate: elapsed}
                - {name: age, entity: card, aggregate: first_seen}
                - {name: run, entity: card, aggregate: streak, where: attributes.declined == "1"}
                - {name: pace, entity: card, aggregate: decayed_count, half_life: 1h}
                - {name: spend, entity: card, aggregate: decayed_sum, of: amount, half_life: 90d}
                - {name: way, entity: card, aggregate: geo_distance}
                - {name: speed, entity: card, aggregate: geo_speed, default: -1}
                """))
        .isEqualTo(
            List.of(
                card("events", Aggregate.COUNT).window(Window.of(MINUTE_MS, 0, false)).feature(),
                aggregated("frauds", Grouping.of(Entity.IP), Aggregate.COUNT)
                    .window(Window.of(7 * DAY_MS, 0, true))
                    .labels(Feature.LabelClock.TRANSACTION)
                    .feature(),
                aggregated(
                        "sum",
                        new Grouping(Entity.ACCOUNT, Entity.MERCHANT, History.TRANSACTIONS),
                        Aggregate.SUM)
                    .of(Field.AMOUNT)
                    .window(new Window(Window.Kind.LIFETIME, 0, 0, 0, true, 0))
                    .feature(),
                aggregated("mean", Grouping.of(Entity.ACCOUNT), Aggregate.MEAN)
                    .of(Field.AMOUNT)
                    .window(new Window(Window.Kind.TIME, 30 * DAY_MS, 0, 0, true, 3 * HOUR_MS))
                    .otherwise(1)
                    .feature(),
                card("std", Aggregate.STD)
                    .of(Field.AMOUNT)
                    .window(new Window(Window.Kind.EVENTS, 0, 20, 0, true, 0))
                    .feature(),
                card("min", Aggregate.MIN)
                    .of(Field.AMOUNT)
                    .window(Window.of(DAY_MS, 7 * DAY_MS, false))
                    .where("mcc == 1")
                    .feature(),
                card("max", Aggregate.MAX)
                    .of(Field.AMOUNT)
                    .window(new Window(Window.Kind.EVENTS, 0, 256, 0, false, 0))
                    .feature(),
                card("median", Aggregate.QUANTILE)
                    .of(Field.AMOUNT)
                    .window(Window.of(30 * DAY_MS, 0, true))
                    .parameter(0.5)
                    .feature(),
                card("texts", Aggregate.DISTINCT)
                    .of(Field.MERCHANT)
                    .window(new Window(Window.Kind.EVENTS, 0, 10, 0, true, 0))
                    .feature(),
                card("seen", Aggregate.SEEN)
                    .of(Field.COUNTRY)
                    .window(Window.of(90 * MINUTE_MS, 0, false))
                    .feature(),
                card("usual", Aggregate.FREQUENCY)
                    .of(Field.CHANNEL)
                    .window(Window.of(90 * DAY_MS, 90 * DAY_MS, false))
                    .feature(),
                aggregated("risk", Grouping.of(Entity.TERMINAL), Aggregate.RATE)
                    .window(Window.of(DAY_MS, 0, true))
                    .labels(Feature.LabelClock.LABEL)
                    .feature(),
                card("online", Aggregate.SHARE)
                    .window(new Window(Window.Kind.LIFETIME, 0, 0, 0, true, 0))
                    .where("channel == \"ecom\"")
                    .feature(),
                card("before", Aggregate.LAST).of(Field.AMOUNT).parameter(3).feature(),
                card("gap", Aggregate.ELAPSED).parameter(1).feature(),
                card("age", Aggregate.FIRST_SEEN).feature(),
                card("run", Aggregate.STREAK).where("attributes.declined == \"1\"").feature(),
                card("pace", Aggregate.DECAYED_COUNT).parameter(HOUR_MS).feature(),
                card("spend", Aggregate.DECAYED_SUM)
                    .of(Field.AMOUNT)
                    .parameter(90 * DAY_MS)
                    .feature(),
                card("way", Aggregate.GEO_DISTANCE).feature(),
                card("speed", Aggregate.GEO_SPEED).otherwise(-1).feature()));
  }

  @Test
  void readsEveryDerivedFeature() {
    assertThat(
            features(
                """
                - {name: quotient, ratio: [amount, mcc], default: 1}
                - {name: gap, difference: [amount, quotient]}
                - {name: z, zscore: [amount, quotient, gap], default: -2.5e1}
                - {name: night, expression: hour(event_time) < 6 and z > 3}
                - {name: small, log1p: z}
                - {name: held, clip: amount, low: -1, high: 3}
                - {name: channel, one_hot: channel, values: [ecom, "on file", NO], default: 0.5}
                - {name: shop, hash_bucket: attributes."shop id", buckets: 16}
                - {name: hour, cyclic: hour}
                - {name: day, cyclic: weekday, zone: America/New_York}
                """))
        .isEqualTo(
            List.of(
                new Feature.Ratio("quotient", "amount", "mcc", 1),
                new Feature.Difference("gap", "amount", "quotient", 0),
                new Feature.ZScore("z", "amount", "quotient", "gap", -25),
                new Feature.Computed("night", "hour(event_time) < 6 and z > 3", 0),
                new Feature.Log1p("small", "z", 0),
                new Feature.Clip("held", "amount", -1, 3, 0),
                new Feature.OneHot("channel_ecom", "channel", "ecom", 0.5),
                new Feature.OneHot("channel_on_file", "channel", "on file", 0.5),
                new Feature.OneHot("channel_NO", "channel", "NO", 0.5),
                new Feature.HashBucket("shop", "attributes.\"shop id\"", 16, 0),
                new Feature.Cyclic("hour_sin", HOUR, Feature.Wave.SIN, UTC),
                new Feature.Cyclic("hour_cos", HOUR, Feature.Wave.COS, UTC),
                new Feature.Cyclic("day_sin", WEEKDAY, Feature.Wave.SIN, NEW_YORK),
                new Feature.Cyclic("day_cos", WEEKDAY, Feature.Wave.COS, NEW_YORK)));
  }

  @Test
  void readsASequenceFromTheOldestEventToTheNewest() {
    Grouping pair = Grouping.of(Entity.CARD, Entity.MERCHANT);
    assertThat(
            features(
                """
                - {name: past, sequence: [card, merchant], last: 2, steps: [amount, elapsed], default: 9}
                - {name: drop, difference: [past_2_amount, past_1_amount]}
                """))
        .isEqualTo(
            List.of(
                aggregated("past_2_amount", pair, Aggregate.LAST)
                    .of(Field.AMOUNT)
                    .parameter(2)
                    .otherwise(9)
                    .feature(),
                aggregated("past_2_elapsed", pair, Aggregate.ELAPSED)
                    .parameter(2)
                    .otherwise(9)
                    .feature(),
                aggregated("past_1_amount", pair, Aggregate.LAST)
                    .of(Field.AMOUNT)
                    .parameter(1)
                    .otherwise(9)
                    .feature(),
                aggregated("past_1_elapsed", pair, Aggregate.ELAPSED)
                    .parameter(1)
                    .otherwise(9)
                    .feature(),
                new Feature.Difference("drop", "past_2_amount", "past_1_amount", 0)));
  }

  @Test
  void readsTheExampleOfTheDocumentation() throws IOException {
    String page = Files.readString(Path.of("..", "docs", "features.md"));
    String fence = "```yaml\n";
    int from = page.indexOf(fence) + fence.length();
    FeatureSpec spec = FeatureSpec.read(page.substring(from, page.indexOf("```", from)), "docs");
    assertThat(FeaturePlan.compile(spec).names())
        .startsWith("account_count_1h")
        .contains("channel_atm", "hour_cos")
        .endsWith("past_1_amount", "past_1_elapsed", "past_1_online", "past_1_mcc");
  }

  @Test
  void fingerprintKnowsNeitherLayoutNorWhatIsLeftToItsDefault() {
    assertThat(
            fingerprint(
                """
                # Another name and version, comments, another order of keys, another way to write an
                # hour, and defaults spelt out.
                version: 2
                name: other
                features:
                  - aggregate: count  # of events
                    include_current: true
                    delay: 0d
                    window: 1h
                    default: -0.0
                    entity: [merchant, card]
                    name: a
                  - {name: b, entity: ip, aggregate: elapsed, back: 1}
                  - {name: c, entity: ip, aggregate: rate, of: fraud_label, by: transaction, window: 1d}
                  - {name: d, cyclic: hour, zone: UTC}
                """))
        .isEqualTo(
            fingerprint(
                HEAD
                    + """
                - {name: a, entity: [card, merchant], aggregate: count, window: 60m}
                - {name: b, entity: ip, aggregate: elapsed}
                - {name: c, entity: ip, aggregate: rate, of: fraud_label, window: 24h}
                - {name: d, cyclic: hour}
                """))
        .hasSize(64);
  }

  @Test
  void fingerprintCoversEveryKeyThatChangesAValue() {
    assertThat(
            Stream.of(
                    "entity: card, aggregate: count, window: 1h",
                    "entity: account, aggregate: count, window: 1h",
                    "entity: [card, account], aggregate: count, window: 1h",
                    "entity: card, aggregate: count, window: 2h",
                    "entity: card, aggregate: count, window: 1h, delay: 1m",
                    "entity: card, aggregate: count, window: 1h, resolution: 1m",
                    "entity: card, aggregate: count, window: 1h, resolution: 2m",
                    "entity: card, aggregate: count, window: 1h, include_current: false",
                    "entity: card, aggregate: count, window: 1h, default: 1",
                    "entity: card, aggregate: count, window: 1h, where: amount > 1",
                    "entity: card, aggregate: count, window: 1h, where: amount > 2",
                    "entity: card, aggregate: count, window: lifetime",
                    "entity: card, aggregate: count, last: 1",
                    "entity: card, aggregate: count, last: 2",
                    "entity: card, aggregate: count, last: 2, include_current: false",
                    "entity: card, aggregate: count, of: fraud_label, window: 1h",
                    "entity: card, aggregate: count, of: fraud_label, window: 1h, by: label",
                    "entity: card, aggregate: rate, of: fraud_label, window: 1h",
                    "entity: card, aggregate: rate, of: fraud_label, window: 1h, by: label",
                    "entity: card, aggregate: sum, of: amount, window: 1h",
                    "entity: card, aggregate: seen, of: ip, window: 1h",
                    "entity: card, aggregate: seen, of: country, window: 1h",
                    "entity: card, aggregate: quantile, of: amount, window: 1h, q: 0.5",
                    "entity: card, aggregate: quantile, of: amount, window: 1h, q: 0.9",
                    "entity: card, aggregate: elapsed",
                    "entity: card, aggregate: elapsed, back: 2",
                    "entity: card, aggregate: decayed_count, half_life: 1h",
                    "entity: card, aggregate: decayed_count, half_life: 2h",
                    "expression: amount",
                    "expression: mcc",
                    "log1p: amount",
                    "log1p: mcc",
                    "ratio: [amount, mcc]",
                    "ratio: [mcc, amount]",
                    "difference: [amount, mcc]",
                    "zscore: [amount, mcc, latitude]",
                    "zscore: [amount, latitude, mcc]",
                    "clip: amount, low: 0, high: 1",
                    "clip: amount, low: 0, high: 2",
                    "clip: amount, low: 1, high: 2",
                    "one_hot: channel, values: [x]",
                    "one_hot: country, values: [x]",
                    "one_hot: channel, values: [x, y]",
                    "one_hot: channel, values: [x y]",
                    "one_hot: channel, values: [x-y]",
                    "hash_bucket: channel, buckets: 2",
                    "hash_bucket: channel, buckets: 3",
                    "hash_bucket: country, buckets: 2",
                    "cyclic: hour",
                    "cyclic: weekday",
                    "cyclic: hour, zone: Asia/Tokyo",
                    "sequence: card, last: 1, steps: [amount, elapsed]",
                    "sequence: card, last: 1, steps: [elapsed, amount]",
                    "sequence: card, last: 2, steps: [amount]",
                    "sequence: card, last: 1, steps: [{name: b, where: amount > 1}]",
                    "sequence: card, last: 1, steps: [{name: b, where: amount > 2}]",
                    "sequence: card, last: 1, steps: [{name: b, of: merchant, buckets: 8}]",
                    "sequence: card, last: 1, steps: [{name: b, of: merchant, buckets: 9}]",
                    "sequence: card, last: 1, steps: [{name: b, of: mcc, buckets: 8}]")
                .map(definition -> fingerprint(HEAD + "- {name: a, " + definition + "}\n")))
        .doesNotHaveDuplicates();
    assertThat(fingerprint(HEAD + "- {name: a, expression: amount}\n"))
        .isNotEqualTo(fingerprint(HEAD + "- {name: b, expression: amount}\n"));
  }

  /** Models name these: a change of a built-in spec or of the canonical form must be meant. */
  @Test
  void builtInSpecsKeepTheirFingerprints() {
    assertThat(FeaturePlan.compile(FeatureSpec.builtIn("handbook")).fingerprint())
        .isEqualTo("60d5f742477ffc7c94d691ff3e07bfbdfc847cedbe9a8bece1012c851e6c2884");
    assertThat(FeaturePlan.compile(FeatureSpec.builtIn("default")).fingerprint())
        .isEqualTo("6f3bfbc9496b742f212b03b95122c2232088343817c67429fed4738005ba628f");
  }

  @Test
  void aSequenceOfAmountsAndGapsKeepsItsFingerprint() {
    assertThat(
            fingerprint(
                HEAD + "- {name: past, sequence: card, last: 1, steps: [amount, elapsed]}\n"))
        .isEqualTo("3b45fca0ee0db37abebddc188efe5497aecf490aebeb74ba6d2cf090c1bc7a72");
  }

  @Test
  void aStepIsAnAggregateOfItsOwn() {
    String where = "channel == \"ecom\"";
    assertThat(
            features(
                """
                - name: past
                  sequence: card
                  last: 2
                  default: -1
                  steps: [elapsed, {name: web, where: channel == "ecom"}, {name: kind, of: mcc, buckets: 32}]
                """))
        .isEqualTo(
            List.of(
                card("past_2_elapsed", Aggregate.ELAPSED).parameter(2).otherwise(-1).feature(),
                card("past_2_web", Aggregate.LAST)
                    .where(where)
                    .parameter(2)
                    .otherwise(-1)
                    .feature(),
                card("past_2_kind", Aggregate.LAST)
                    .of(Field.MCC)
                    .parameter(2)
                    .otherwise(-1)
                    .feature(32),
                card("past_1_elapsed", Aggregate.ELAPSED).parameter(1).otherwise(-1).feature(),
                card("past_1_web", Aggregate.LAST)
                    .where(where)
                    .parameter(1)
                    .otherwise(-1)
                    .feature(),
                card("past_1_kind", Aggregate.LAST)
                    .of(Field.MCC)
                    .parameter(1)
                    .otherwise(-1)
                    .feature(32)))
        .isEqualTo(
            features(
                """
                - {name: past_2_elapsed, entity: card, aggregate: elapsed, back: 2, default: -1}
                - {name: past_2_web, entity: card, aggregate: last, where: channel == "ecom", back: 2, default: -1}
                - {name: past_2_kind, entity: card, aggregate: last, of: mcc, buckets: 32, back: 2, default: -1}
                - {name: past_1_elapsed, entity: card, aggregate: elapsed, default: -1}
                - {name: past_1_web, entity: card, aggregate: last, where: channel == "ecom", default: -1}
                - {name: past_1_kind, entity: card, aggregate: last, of: mcc, buckets: 32, default: -1}
                """));
  }

  @Test
  void handbookHasThePublishedNames() {
    FeaturePlan plan = FeaturePlan.compile(FeatureSpec.builtIn("handbook"));
    assertThat(plan.names())
        .containsExactly(
            "TX_AMOUNT",
            "TX_DURING_WEEKEND",
            "TX_DURING_NIGHT",
            "CUSTOMER_ID_NB_TX_1DAY_WINDOW",
            "CUSTOMER_ID_AVG_AMOUNT_1DAY_WINDOW",
            "CUSTOMER_ID_NB_TX_7DAY_WINDOW",
            "CUSTOMER_ID_AVG_AMOUNT_7DAY_WINDOW",
            "CUSTOMER_ID_NB_TX_30DAY_WINDOW",
            "CUSTOMER_ID_AVG_AMOUNT_30DAY_WINDOW",
            "TERMINAL_ID_NB_TX_1DAY_WINDOW",
            "TERMINAL_ID_RISK_1DAY_WINDOW",
            "TERMINAL_ID_NB_TX_7DAY_WINDOW",
            "TERMINAL_ID_RISK_7DAY_WINDOW",
            "TERMINAL_ID_NB_TX_30DAY_WINDOW",
            "TERMINAL_ID_RISK_30DAY_WINDOW");
    assertThat(plan.entities())
        .extracting(EntityPlan::grouping)
        .containsExactly(Grouping.of(Entity.ACCOUNT), Grouping.of(Entity.TERMINAL));
  }

  @Test
  void refusesAnUnknownBuiltInSpec() {
    assertThatThrownBy(() -> FeatureSpec.builtIn("none"))
        .hasMessage("built-in spec: expected default or handbook, got none");
  }

  private static String fingerprint(String yaml) {
    return FeaturePlan.compile(FeatureSpec.read(yaml, "test.yaml")).fingerprint();
  }

  private static List<Feature> features(String items) {
    return FeatureSpec.read(HEAD + items, "test.yaml").features();
  }

  private static Expected card(String name, Aggregate aggregate) {
    return aggregated(name, Grouping.of(Entity.CARD), aggregate);
  }

  private static Expected aggregated(String name, Grouping grouping, Aggregate aggregate) {
    return new Expected(name, grouping, aggregate, null, null, null, 0, null, 0);
  }

  /** An aggregated feature of which a test names only what is not the default. */
  private record Expected(
      String name,
      Grouping grouping,
      Aggregate aggregate,
      @Nullable Field field,
      @Nullable Window span,
      @Nullable String condition,
      double number,
      Feature.@Nullable LabelClock clock,
      double otherwise) {

    Expected of(Field of) {
      return new Expected(name, grouping, aggregate, of, span, condition, number, clock, otherwise);
    }

    Expected window(Window window) {
      return new Expected(
          name, grouping, aggregate, field, window, condition, number, clock, otherwise);
    }

    Expected where(String where) {
      return new Expected(name, grouping, aggregate, field, span, where, number, clock, otherwise);
    }

    Expected parameter(double parameter) {
      return new Expected(
          name, grouping, aggregate, field, span, condition, parameter, clock, otherwise);
    }

    Expected labels(Feature.LabelClock labels) {
      return new Expected(
          name, grouping, aggregate, field, span, condition, number, labels, otherwise);
    }

    Expected otherwise(double value) {
      return new Expected(name, grouping, aggregate, field, span, condition, number, clock, value);
    }

    Feature feature() {
      return feature(0);
    }

    Feature feature(int buckets) {
      return new Feature.Aggregated(
          name, grouping, aggregate, field, span, condition, number, buckets, clock, otherwise);
    }
  }
}

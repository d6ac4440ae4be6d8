package io.vigil.model.feature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.vigil.model.event.Field;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against the engine itself, run once more with the event that would have been. */
class WhatIfTest {
  private static final long START_MS = 1_700_000_000_000L;
  private static final long MINUTE_MS = 60_000L;
  private static final int EVENTS = 60;

  private static final List<String> FEATURES =
      List.of(
          "{name: paid, expression: amount}",
          "{name: large, expression: amount > 50}",
          "{name: abroad, one_hot: country, values: [DE, BR]}",
          "{name: bucket, hash_bucket: merchant, buckets: 16}",
          "{name: night, expression: hour(event_time) < 6}",
          "{name: a_count, entity: account, aggregate: count, window: 1d}",
          "{name: a_count_br, entity: account, aggregate: count, window: 1d, where: country =="
              + " \"BR\"}",
          "{name: a_sum, entity: account, aggregate: sum, of: amount, window: 1d}",
          "{name: a_sum_large, entity: account, aggregate: sum, of: amount, window: 1d, where:"
              + " amount > 50}",
          "{name: a_mean_before, entity: account, aggregate: mean, of: amount, window: 1d,"
              + " include_current: false, default: 1}",
          "{name: a_mean_delayed, entity: account, aggregate: mean, of: amount, window: 1d, delay:"
              + " 1h}",
          "{name: a_std, entity: account, aggregate: std, of: amount, window: 1d,"
              + " include_current: false}",
          "{name: a_max, entity: account, aggregate: max, of: amount, last: 5}",
          "{name: a_q, entity: account, aggregate: quantile, of: amount, q: 0.5, window: 1d}",
          "{name: a_min_ever, entity: account, aggregate: min, of: amount, window: lifetime}",
          "{name: a_share, entity: account, aggregate: share, where: country == \"BR\", window:"
              + " 1d}",
          "{name: a_merchants, entity: account, aggregate: distinct, of: merchant, window: 1d}",
          "{name: a_seen, entity: account, aggregate: seen, of: merchant, window: 1d, default: 3}",
          "{name: a_often, entity: account, aggregate: frequency, of: device, window: 1d, default:"
              + " 3}",
          "{name: a_last, entity: account, aggregate: last, of: amount, default: -1}",
          "{name: a_elapsed, entity: account, aggregate: elapsed, default: 9}",
          "{name: a_first, entity: account, aggregate: first_seen, default: -1}",
          "{name: a_streak, entity: account, aggregate: streak, where: country == \"BR\"}",
          "{name: a_decayed, entity: account, aggregate: decayed_sum, of: amount, half_life: 1h}",
          "{name: a_speed, entity: account, aggregate: geo_speed, default: -1}",
          "{name: m_count, entity: merchant, aggregate: count, window: 1d, default: 5}",
          "{name: m_mean, entity: merchant, aggregate: mean, of: amount, window: 1d,"
              + " include_current: false, default: 5}",
          "{name: m_rate, entity: merchant, aggregate: rate, of: fraud_label, window: 1d}",
          "{name: am_count, entity: [account, merchant], aggregate: count, window: 1d}",
          "{name: vs_mean, ratio: [amount, a_mean_before], default: 1}",
          "{name: vs_merchant, ratio: [paid, m_mean], default: 1}",
          "{name: z, zscore: [paid, a_mean_before, a_std]}",
          "{name: more, difference: [amount, a_last]}",
          "{name: log_sum, log1p: a_sum}",
          "{name: held_vs_held, ratio: [a_sum, a_mean_before], default: 1}",
          "{name: busy, expression: a_count > 3 and a_mean_before > 20}");

  private static final FeatureSpec SPEC =
      FeatureSpec.read(
          "name: what-if\nversion: 1\nfeatures:\n  - " + String.join("\n  - ", FEATURES) + "\n",
          "what-if.yaml");

  private static SampleFacts random(Random random, int number) {
    Map<Field, String> texts = new EnumMap<>(Field.class);
    texts.put(Field.ACCOUNT, "account-" + random.nextInt(3));
    if (random.nextInt(5) > 0) {
      texts.put(Field.MERCHANT, "merchant-" + random.nextInt(4));
    }
    if (random.nextInt(3) > 0) {
      texts.put(Field.DEVICE, "device-" + random.nextInt(3));
    }
    texts.put(Field.COUNTRY, random.nextInt(3) > 0 ? "DE" : "BR");
    boolean placed = random.nextInt(4) > 0;
    return new SampleFacts(
        START_MS + number * 37 * MINUTE_MS + random.nextInt(1_000),
        100 + random.nextInt(9_900),
        texts,
        placed ? random.nextDouble() * 50 : Double.NaN,
        placed ? random.nextDouble() * 50 : Double.NaN);
  }

  private static float[] truth(List<SampleFacts> events, int before, SampleFacts event) {
    SampleRun run = new SampleRun(SPEC, 1);
    for (int i = 0; i < before; i++) {
      run.transaction(events.get(i));
      if (i % 7 == 0) {
        run.label(events.get(i), 1);
      }
    }
    return run.transaction(event);
  }

  private static SampleFacts with(SampleFacts event, Field field, String... value) {
    Map<Field, String> texts = new EnumMap<>(event.texts());
    texts.remove(field);
    for (String each : value) {
      texts.put(field, each);
    }
    return new SampleFacts(
        event.eventTimeMs(), event.amountMinor(), texts, event.latitude(), event.longitude());
  }

  private static List<SampleFacts> others(SampleFacts event) {
    return List.of(
        new SampleFacts(event.eventTimeMs(), 77, event.texts(), event.latitude(), 10),
        new SampleFacts(event.eventTimeMs(), 9_777, event.texts(), event.latitude(), 10),
        new SampleFacts(
            event.eventTimeMs(), 4_321, event.texts(), event.latitude(), event.longitude()),
        new SampleFacts(
            event.eventTimeMs() + 5 * 60 * MINUTE_MS,
            event.amountMinor(),
            event.texts(),
            event.latitude(),
            event.longitude()),
        new SampleFacts(event.eventTimeMs(), event.amountMinor(), event.texts()),
        with(event, Field.MERCHANT, "merchant-0"),
        with(event, Field.MERCHANT, "merchant-new"),
        with(event, Field.MERCHANT),
        with(event, Field.DEVICE, "device-1"),
        with(event, Field.DEVICE),
        with(event, Field.COUNTRY, "BR"),
        with(event, Field.COUNTRY, "DE"),
        with(event, Field.COUNTRY));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void whatIsNotHeldIsWhatTheEngineWouldHaveSaid(long seed) {
    Random random = new Random(seed);
    List<SampleFacts> events = new ArrayList<>();
    for (int i = 0; i < EVENTS; i++) {
      events.add(random(random, i));
    }
    WhatIf whatIf = new WhatIf(SPEC);
    List<String> names = SPEC.features().stream().map(Feature::name).toList();
    int rightlyHeld = 0;
    int rightlyChanged = 0;
    for (int at = 0; at < EVENTS; at += 3) {
      SampleFacts event = events.get(at);
      float[] recorded = truth(events, at, event);

      WhatIf.Answer same = whatIf.ask(event, recorded, event);
      assertThat(same.vector()).isEqualTo(recorded);
      assertThat(same.changed()).isEmpty();
      assertThat(same.held()).isEmpty();

      for (SampleFacts other : others(event)) {
        float[] truth = truth(events, at, other);
        WhatIf.Answer answer = whatIf.ask(event, recorded, other);
        Set<String> uncertain = new HashSet<>(answer.held());
        for (int i = 0; i < names.size(); i++) {
          String name = names.get(i);
          if (readsOneOf(name, uncertain)) {
            uncertain.add(name);
          }
          String what = name + " of event " + at + ", as " + other;
          assertThat(answer.changed().contains(name))
              .as(what)
              .isEqualTo(answer.vector()[i] != recorded[i]);
          if (answer.held().contains(name)) {
            assertThat(answer.vector()[i]).as(what).isEqualTo(recorded[i]);
            rightlyHeld += truth[i] == recorded[i] ? 0 : 1;
          }
          if (!uncertain.contains(name)) {
            // Held values are known as float32 only.
            assertThat(answer.vector()[i])
                .as(what)
                .isCloseTo(truth[i], within(1e-4f * (1 + Math.abs(truth[i]))));
            rightlyChanged += truth[i] == recorded[i] ? 0 : 1;
          }
        }
      }
    }
    assertThat(rightlyHeld).isGreaterThan(100);
    assertThat(rightlyChanged).isGreaterThan(100);
  }

  /** By the text of the definition, not by what the engine makes of it. */
  private static boolean readsOneOf(String name, Set<String> others) {
    String line =
        FEATURES.stream()
            .filter(each -> each.startsWith("{name: " + name + ","))
            .findFirst()
            .orElse("");
    return !line.contains("aggregate")
        && others.stream().anyMatch(other -> line.matches(".*[\\[: ]" + other + "[\\],} ].*"));
  }

  @Test
  void anotherAmountMovesWhatReadsItAndHoldsWhatCountsIt() {
    SampleFacts event =
        new SampleFacts(
            START_MS, 6_000, Map.of(Field.ACCOUNT, "a", Field.MERCHANT, "m", Field.COUNTRY, "DE"));
    SampleRun run = new SampleRun(SPEC, 1);
    run.transaction(
        new SampleFacts(
            START_MS - MINUTE_MS,
            1_000,
            Map.of(Field.ACCOUNT, "a", Field.MERCHANT, "m", Field.COUNTRY, "DE")));
    float[] recorded = run.transaction(event);

    WhatIf.Answer answer =
        new WhatIf(SPEC).ask(event, recorded, new SampleFacts(START_MS, 2_000, event.texts()));

    assertThat(answer.changed()).containsExactly("paid", "large", "vs_mean", "vs_merchant", "more");
    assertThat(answer.held())
        .containsExactly(
            "a_sum",
            "a_sum_large",
            "a_max",
            "a_q",
            "a_min_ever",
            "a_decayed",
            "log_sum",
            "held_vs_held");
    List<String> names = SPEC.features().stream().map(Feature::name).toList();
    assertThat(answer.vector()[names.indexOf("vs_mean")]).isEqualTo(2);
    assertThat(answer.vector()[names.indexOf("more")]).isEqualTo(10);
    assertThat(answer.vector()[names.indexOf("large")]).isZero();
  }

  @Test
  void aPaymentWithoutMerchantNeedsNoHistoryOfOne() {
    SampleFacts event =
        new SampleFacts(
            START_MS, 6_000, Map.of(Field.ACCOUNT, "a", Field.MERCHANT, "m", Field.COUNTRY, "DE"));
    float[] recorded = new SampleRun(SPEC, 1).transaction(event);

    WhatIf.Answer answer = new WhatIf(SPEC).ask(event, recorded, with(event, Field.MERCHANT));

    List<String> names = SPEC.features().stream().map(Feature::name).toList();
    assertThat(answer.vector()[names.indexOf("m_count")]).isEqualTo(5);
    assertThat(answer.held()).containsExactly("a_merchants");
  }

  @Test
  void refusesAVectorOfAnotherSpec() {
    SampleFacts event = new SampleFacts(START_MS, 6_000, Map.of(Field.ACCOUNT, "a"));
    assertThatThrownBy(() -> new WhatIf(SPEC).ask(event, new float[3], event))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("expected 37 features, as the spec has, got 3");
  }
}

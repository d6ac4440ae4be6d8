package io.vigil.model.feature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Specs that are wrong, and the whole of what is said about each: line, key, and what is legal. */
class BrokenSpecTest {
  private static final String HEAD = "name: test\nversion: 1\nfeatures:\n";

  static Stream<Arguments> broken() {
    String kinds =
        "aggregate, fact, ratio, difference, zscore, expression, log1p, clip, one_hot, hash_bucket,"
            + " cyclic, sequence";
    String numbers = "event_time, amount, mcc, latitude, longitude";
    String texts =
        "account, card, merchant, terminal, device, ip, counterparty, customer, currency,"
            + " billing_currency, channel, entry_mode, country";
    String codes = texts.replace("account", "mcc, account");
    String entities =
        "account, card, merchant, terminal, device, ip, counterparty, customer, or a pair of them";
    String steps =
        "expected amount, elapsed, {name, where} or {name, of, buckets}, each of a name of its own";
    String running = "count, sum, mean, std, min, max, share";
    String windows = "window: 1m to 90d, window: lifetime, last: 1 to 256";
    return Stream.of(
        // The document.
        broken("", "1: spec: expected a mapping, got an empty document"),
        broken("- 1", "1: spec: expected a mapping, got a list"),
        broken(
            "name: [",
            "1: spec: expected YAML, expected the node content, but found '<stream end>'"),
        broken("nam: a\n" + HEAD, "1: nam: unknown key, expected one of name, version, features"),
        broken("name: a\nname: b", "2: name: expected once, got a second time"),
        broken("name: a\nfeatures: []", "1: version: missing"),
        broken(
            "name: a\nversion: 0\nfeatures: []",
            "2: version: expected a whole number from 1, got '0'"),
        broken(HEAD.strip() + " []", "3: features: expected 1 to 512 features, got 0"),
        broken(HEAD + "- 5", "4: features: expected a mapping, got 5"),
        broken(
            HEAD
                + IntStream.range(0, 5)
                    .mapToObj(
                        i ->
                            "- {name: s"
                                + i
                                + ", sequence: card, last: 64, steps: [amount, elapsed]}")
                    .collect(Collectors.joining("\n")),
            "3: features: expected 1 to 512 features, got more"),
        // What every feature has.
        feature("expression: amount", "name: missing"),
        feature(
            "name: 1a, expression: amount",
            "name: expected up to 128 letters, digits and underscores, no digit first, got '1a'"),
        feature(
            "name: amount, expression: amount",
            "name: expected a name of its own, got 'amount', which is a word of expressions"),
        feature(
            "name: not, expression: amount",
            "name: expected a name of its own, got 'not', which is a word of expressions"),
        feature(
            "name: first, expression: amount",
            "name: expected a new name, got 'first' a second time"),
        feature("name: a", "name: expected exactly one of " + kinds + " in a, got none"),
        feature(
            "name: a, ratio: [mcc, amount], expression: mcc",
            "name: expected exactly one of " + kinds + " in a, got ratio, expression"),
        feature(
            "name: a, expression: amount, expression: mcc",
            "expression: expected once, got a second time"),
        feature(
            "name: a, expression: amount, default: .nan",
            "default: expected a number within +-3.4e38, got '.nan'"),
        feature(
            "name: a, expression: amount, default: .inf",
            "default: expected a number within +-3.4e38, got '.inf'"),
        feature(
            "name: a, expression: amount, default: 1e39",
            "default: expected a number within +-3.4e38, got '1e39'"),
        feature(
            "name: a, expression: amount, default: low",
            "default: expected a number within +-3.4e38, got 'low'"),
        // Entities.
        aggregate(
            "entity: acount, aggregate: count, window: 1h",
            "entity: expected one of " + entities + ", got 'acount'"),
        aggregate(
            "entity: [card, acount], aggregate: count, window: 1h",
            "entity: expected one of " + entities + ", got 'acount'"),
        aggregate("aggregate: count, window: 1h", "entity: missing"),
        aggregate(
            "entity: [card, card], aggregate: count, window: 1h",
            "entity: expected an entity or a pair of two different ones, got [card, card]"),
        aggregate(
            "entity: [card, device, ip], aggregate: count, window: 1h",
            "entity: expected an entity or a pair of two different ones, got [card, device, ip]"),
        aggregate(
            "entity: [card], aggregate: count, window: 1h",
            "entity: expected an entity or a pair of two different ones, got [card]"),
        // Events and profiles.
        aggregate(
            "entity: account, aggregate: count, window: 1h, event: Payee changed",
            "event: expected a kind of event in snake_case, such as payee_changed, got 'Payee"
                + " changed'"),
        aggregate(
            "entity: account, aggregate: sum, of: amount, window: 1h, event: login",
            "event: expected one of count, distinct, seen, frequency, share, last, elapsed,"
                + " first_seen, decayed_count beside it, got sum"),
        aggregate(
            "entity: account, aggregate: count, window: 1h, event: login, where: country == \"DE\"",
            "where: expected what an event has (account, card, merchant, terminal, device, ip,"
                + " counterparty, customer, event_time, attributes.KEY), got 'country' in: country == \"DE\""),
        aggregate(
            "entity: account, aggregate: count, of: fraud_label, window: 1h, event: login",
            "of: expected no such key here, as no event is labelled fraud"),
        aggregate(
            "entity: account, aggregate: distinct, of: country, window: 1h, event: login",
            "of: expected one of account, card, merchant, terminal, device, ip, counterparty,"
                + " customer, got 'country'"),
        aggregate(
            "entity: account, aggregate: count, window: 1h, event: login, include_current: true",
            "include_current: expected no such key here, as the current transaction is none of the"
                + " events"),
        feature(
            "name: a, fact: credit_limit, entity: household",
            "entity: expected one of account, card, merchant, terminal, device, ip, counterparty,"
                + " customer, got 'household'"),
        feature(
            "name: a, fact: Credit limit, entity: account",
            "fact: expected a name in snake_case, such as credit_limit, got 'Credit limit'"),
        feature(
            "name: a, fact: credit_limit, entity: account, window: 1h",
            "window: unknown key, expected one of name, fact, entity, equals, default"),
        // Aggregates and what they are of.
        aggregate(
            "entity: card, aggregate: median, of: amount, window: 1h",
            "aggregate: expected one of count, sum, mean, std, min, max, quantile, distinct, seen,"
                + " frequency, rate, share, last, elapsed, first_seen, streak, decayed_count,"
                + " decayed_sum, geo_distance, geo_speed, got 'median'"),
        aggregate(
            "entity: card, aggregate: count, window: 1h, widow: 1h",
            "widow: unknown key, expected one of name, aggregate, entity, event, of, window, last,"
                + " resolution, delay, include_current, where, by, q, back, buckets, half_life,"
                + " default"),
        aggregate(
            "entity: card, aggregate: count, of: amount, window: 1h",
            "of: expected one of fraud_label, got 'amount'"),
        aggregate(
            "entity: card, aggregate: elapsed, of: amount",
            "of: expected no such key here, which elapsed has not"),
        aggregate(
            "entity: card, aggregate: sum, of: mcc, window: 1h",
            "of: expected one of amount, got 'mcc'"),
        aggregate(
            "entity: card, aggregate: sum, window: 1h", "of: missing, expected one of amount"),
        aggregate(
            "entity: card, aggregate: seen, window: 1h", "of: missing, expected one of " + texts),
        aggregate(
            "entity: card, aggregate: distinct, of: transaction_id, window: 1h",
            "of: expected one of " + texts + ", got 'transaction_id'"),
        aggregate(
            "entity: card, aggregate: distinct, of: shop, window: 1h",
            "of: expected one of " + texts + ", got 'shop'"),
        aggregate(
            "entity: card, aggregate: rate, of: chargeback, window: 1h",
            "of: expected one of fraud_label, got 'chargeback'"),
        aggregate(
            "entity: card, aggregate: rate, of: fraud_label, by: day, window: 1h",
            "by: expected one of transaction, label, got 'day'"),
        aggregate(
            "entity: card, aggregate: count, by: label, window: 1h",
            "by: expected no such key here, only a rate and a count of fraud_label have it"),
        aggregate(
            "entity: card, aggregate: rate, of: fraud_label, label_by: transaction, window: 1h",
            "label_by: expected the key by, which is what label_by is called now"),
        // Windows.
        aggregate("entity: card, aggregate: count", "window: missing, expected one of " + windows),
        aggregate(
            "entity: card, aggregate: rate, of: fraud_label",
            "window: missing, expected one of window: 1m to 90d"),
        aggregate(
            "entity: card, aggregate: count, window:", "window: expected a value, got nothing"),
        aggregate(
            "entity: card, aggregate: count, window: 0m",
            "window: expected a whole number and one of m, h, d, from 1m to 90d, or lifetime, got"
                + " '0m'"),
        aggregate(
            "entity: card, aggregate: count, window: 91d",
            "window: expected a whole number and one of m, h, d, from 1m to 90d, or lifetime, got"
                + " '91d'"),
        aggregate(
            "entity: card, aggregate: seen, of: ip, window: 30s",
            "window: expected a whole number and one of m, h, d, from 1m to 90d, got '30s'"),
        aggregate(
            "entity: card, aggregate: count, window: a week",
            "window: expected a whole number and one of m, h, d, from 1m to 90d, or lifetime, got"
                + " 'a week'"),
        aggregate(
            "entity: card, aggregate: seen, of: ip, window: lifetime",
            "window: expected one of window: 1m to 90d, last: 1 to 256, got 'lifetime', which only "
                + running
                + " of events have"),
        aggregate(
            "entity: card, aggregate: count, of: fraud_label, window: lifetime",
            "window: expected one of window: 1m to 90d, got 'lifetime', which only "
                + running
                + " of events have"),
        aggregate(
            "entity: card, aggregate: count, window: 1h, last: 5",
            "last: expected either window or last, got both"),
        aggregate(
            "entity: card, aggregate: count, last: 257",
            "last: expected a whole number from 1 to 256, got '257'"),
        aggregate(
            "entity: card, aggregate: rate, of: fraud_label, last: 5",
            "last: expected no such key here, as labels are counted by time: expected window: 1m to"
                + " 90d"),
        aggregate(
            "entity: card, aggregate: elapsed, window: 1h",
            "window: expected no such key here, which elapsed has not"),
        aggregate(
            "entity: card, aggregate: count, window: 1h, delay: 91d",
            "delay: expected at most 90d, as events are retained for 180d, a window of 90d"
                + " included, got '91d'"),
        aggregate(
            "entity: card, aggregate: count, window: 1h, delay: 1w",
            "delay: expected a whole number and one of m, h, d, from 0d to 90d, got '1w'"),
        aggregate(
            "entity: card, aggregate: count, last: 5, delay: 1h",
            "delay: expected no such key here, only a window in time has it"),
        aggregate(
            "entity: card, aggregate: count, window: 1h, resolution: 7m",
            "resolution: expected a whole number and one of m, h, d that divides the window of 1h,"
                + " got '7m'"),
        aggregate(
            "entity: card, aggregate: count, window: 1h, resolution: 0m",
            "resolution: expected a whole number and one of m, h, d that divides the window of 1h,"
                + " got '0m'"),
        aggregate(
            "entity: card, aggregate: count, window: 30d, resolution: 1m",
            "resolution: expected at most 256 panes, so for a window of 30d at least 180m, got"
                + " '1m'"),
        aggregate(
            "entity: card, aggregate: count, window: 4h, resolution: 1m, delay: 7d",
            "resolution: expected at most 4096 panes in the window of 4h and its delay of 7d, got"
                + " 10320 of '1m'"),
        aggregate(
            "entity: card, aggregate: count, window: lifetime, resolution: 1m",
            "resolution: expected no such key here, only a window in time has it"),
        aggregate(
            "entity: card, aggregate: distinct, of: ip, window: 1h, resolution: 1m",
            "resolution: expected no such key here, only " + running + " of events have it"),
        aggregate(
            "entity: card, aggregate: count, window: 1h, include_current: no",
            "include_current: expected one of true, false, got 'no'"),
        aggregate(
            "entity: card, aggregate: count, window: 1h, delay: 1h, include_current: true",
            "include_current: expected no such key here, as the delay leaves the current event"
                + " out"),
        aggregate(
            "entity: card, aggregate: seen, of: ip, window: 1h, include_current: true",
            "include_current: expected no such key here, as seen counts earlier events only"),
        aggregate(
            "entity: card, aggregate: count, of: fraud_label, window: 1h, include_current: true",
            "include_current: expected no such key here, as the current event has no label yet"),
        // Conditions.
        aggregate(
            "entity: card, aggregate: count, window: 1h, where: amount",
            "where: expected a condition, got a number: amount"),
        aggregate(
            "entity: card, aggregate: count, window: 1h, where: channel",
            "where: expected a condition, got a text: channel"),
        aggregate(
            "entity: card, aggregate: count, window: 1h, where: first > 1",
            "where: expected fields and attributes of the event alone, got the feature 'first' in:"
                + " first > 1"),
        aggregate(
            "entity: card, aggregate: count, window: 1h, where: amount >",
            "where: column 9: expected a name, a number, a quoted text or '(', got the end in:"
                + " amount >"),
        aggregate(
            "entity: card, aggregate: share, window: 1h",
            "where: missing, expected a condition over fields and attributes of the event"),
        aggregate(
            "entity: card, aggregate: elapsed, where: amount > 1",
            "where: expected no such key here, which elapsed has not"),
        aggregate(
            "entity: card, aggregate: count, of: fraud_label, window: 1h, where: amount > 1",
            "where: expected no such key here, which count of labels has not"),
        // Parameters.
        aggregate(
            "entity: card, aggregate: quantile, of: amount, window: 1h, q: 1",
            "q: expected a number above 0 and below 1, got '1'"),
        aggregate(
            "entity: card, aggregate: quantile, of: amount, window: 1h",
            "q: missing, expected a number above 0 and below 1"),
        aggregate(
            "entity: card, aggregate: count, window: 1h, q: 0.5",
            "q: expected no such key here, which count has not"),
        aggregate(
            "entity: card, aggregate: last, of: amount, back: 257",
            "back: expected a whole number from 1 to 256, got '257'"),
        aggregate(
            "entity: card, aggregate: elapsed, back: 0",
            "back: expected a whole number from 1 to 256, got '0'"),
        aggregate(
            "entity: card, aggregate: decayed_count",
            "half_life: missing, expected a whole number and one of m, h, d, from 1m to 90d"),
        aggregate(
            "entity: card, aggregate: decayed_count, half_life: 91d",
            "half_life: expected a whole number and one of m, h, d, from 1m to 90d, got '91d'"),
        // References.
        feature(
            "name: a, expression: amont",
            "expression: column 1: expected the name of a field, attribute or value, got 'amont';"
                + " closest: amount, account, first, mcc, card in: amont"),
        feature(
            "name: a, expression: country",
            "expression: expected a number or a condition, got a text: country"),
        feature("name: a, ratio: [amount]", "ratio: expected [dividend, divisor], got [amount]"),
        feature(
            "name: a, zscore: [amount, mcc]",
            "zscore: expected [value, mean, std], got [amount, mcc]"),
        feature(
            "name: a, ratio: [amount, [mcc]]",
            "ratio: expected a list of names or texts, got a list in it"),
        feature(
            "name: a, ratio: [amount, unknown]",
            "ratio: expected an earlier feature or one of " + numbers + ", got 'unknown'"),
        feature(
            "name: a, difference: [amount, country]",
            "difference: expected an earlier feature or one of " + numbers + ", got 'country'"),
        feature(
            "name: a, ratio: [mcc, amount], of: amount",
            "of: unknown key, expected one of name, ratio, default"),
        feature(
            "name: a, ratio: [amount, b]}\n- {name: b, expression: amount",
            "ratio: expected an earlier feature, got b which comes later (line 6)"),
        feature(
            "name: a, expression: b + 1}\n- 5\n- {name: b, expression: amount",
            "expression: expected an earlier feature, got b which comes later (line 7)"),
        feature(
            "name: a, log1p: time_sin}\n- {name: time, cyclic: hour",
            "log1p: expected an earlier feature, got time_sin which comes later (line 6)"),
        feature("name: a, expression: a + 1", "expression: expected no cycle, got a -> a"),
        feature(
            "name: a, expression: c > 1}\n- {name: b, ratio: [amount, a]}\n"
                + "- {name: c, clip: b, low: 0, high: 1",
            "expression: expected no cycle, got a -> c -> b -> a"),
        // Other derived features.
        feature("name: a, clip: amount, high: 1", "low: missing"),
        feature(
            "name: a, clip: amount, low: 2, high: 1",
            "high: expected at least low, which is 2, got '1'"),
        feature("name: a, one_hot: channel", "values: missing"),
        feature("name: a, one_hot: channel, values: []", "values: expected 1 to 256 texts, got 0"),
        feature(
            "name: a, one_hot: channel, values: [x, '']",
            "values: expected a list of names or texts, got nothing in it"),
        feature(
            "name: a, one_hot: channel, values: [x-y, x y]",
            "values: expected texts with names of their own, got 'x-y' and 'x y', which are both"
                + " a_x_y"),
        feature(
            "name: a, one_hot: mcc, values: [x]",
            "one_hot: expected one of " + texts + ", attributes.KEY, got 'mcc'"),
        feature(
            "name: a, hash_bucket: ip, buckets: 1",
            "buckets: expected a whole number from 2 to 65536, got '1'"),
        feature(
            "name: a, hash_bucket: ip, buckets: 65537",
            "buckets: expected a whole number from 2 to 65536, got '65537'"),
        feature("name: a, cyclic: month", "cyclic: expected one of hour, weekday, got 'month'"),
        feature(
            "name: a, cyclic: hour, zone: Europe/Berlim",
            "zone: expected UTC or an IANA zone such as Europe/Berlin, got 'Europe/Berlim';"
                + " closest: Europe/Berlin"),
        feature(
            "name: a, cyclic: hour, default: 1",
            "default: unknown key, expected one of name, cyclic, zone"),
        feature(
            "name: a, sequence: card, last: 65, steps: [amount]",
            "last: expected a whole number from 1 to 64, got '65'"),
        feature("name: a, sequence: card, last: 2", "steps: missing"),
        feature(
            "name: a, sequence: card, last: 2, steps: amount",
            "steps: expected a list, got amount"),
        feature("name: a, sequence: card, last: 2, steps: []", "steps: " + steps + ", got none"),
        feature(
            "name: a, sequence: card, last: 2, steps: [amount, merchant]",
            "steps: " + steps + ", got 'merchant'"),
        feature(
            "name: a, sequence: card, last: 2, steps: [amount, elapsed, amount]",
            "steps: " + steps + ", got 'amount' a second time"),
        feature(
            "name: a, sequence: card, last: 2, steps: [amount, {name: amount, where: amount > 1}]",
            "steps: " + steps + ", got 'amount' a second time"),
        feature(
            "name: a, sequence: card, last: 2, steps: [[amount]]",
            "steps: expected a mapping, got a list"),
        broken(
            HEAD + "- name: a\n  sequence: card\n  last: 2\n  steps:\n    - amount\n    - mcc\n",
            "9: steps: " + steps + ", got 'mcc'"),
        broken(
            HEAD
                + "- name: a\n  sequence: card\n  last: 2\n  steps:\n    - name: b\n"
                + "      where: amount + 1\n",
            "9: where: expected a condition, got a number: amount + 1"),
        step("of: merchant, buckets: 8", "name: missing"),
        step(
            "name: b-c, of: merchant, buckets: 8",
            "name: expected letters, digits and underscores, got 'b-c'"),
        step("name: b", "steps: expected either where or of in b, got none"),
        step(
            "name: b, of: merchant, buckets: 8, where: amount > 1",
            "steps: expected either where or of in b, got both"),
        step(
            "name: b, of: merchant, bukets: 8",
            "bukets: unknown key, expected one of name, where, of, buckets"),
        step("name: b, of: shop, buckets: 8", "of: expected one of " + codes + ", got 'shop'"),
        step("name: b, of: amount, buckets: 8", "of: expected one of " + codes + ", got 'amount'"),
        step("name: b, of: merchant", "buckets: missing, expected a whole number from 2 to 65536"),
        step(
            "name: b, of: merchant, buckets: 1",
            "buckets: expected a whole number from 2 to 65536, got '1'"),
        step(
            "name: b, where: amount > 1, buckets: 2",
            "buckets: expected no such key here, which a condition has not"),
        step(
            "name: b, where: first > 1",
            "where: expected fields and attributes of the event alone, got the feature 'first' in:"
                + " first > 1"),
        feature(
            "name: a, sequence: card, last: 2, steps: [{name: c, of: ip, buckets: 8}]}\n"
                + "- {name: a_1_c, expression: amount",
            6,
            "name: expected a new name, got 'a_1_c' a second time"),
        feature(
            "name: a, expression: past_1_shop + 1}\n"
                + "- {name: past, sequence: card, last: 2, steps: [{name: shop, of: ip, buckets:"
                + " 8}]",
            "expression: expected an earlier feature, got past_1_shop which comes later (line 6)"),
        // The same by hand.
        aggregate(
            "entity: card, aggregate: last",
            "of: missing, expected one of amount, " + codes + "; or where"),
        aggregate(
            "entity: card, aggregate: last, of: latitude",
            "of: expected one of amount, " + codes + ", got 'latitude'"),
        aggregate(
            "entity: card, aggregate: last, of: mcc",
            "buckets: missing, expected a whole number from 2 to 65536"),
        aggregate(
            "entity: card, aggregate: last, of: amount, buckets: 8",
            "buckets: expected no such key here, only last of a text or of mcc has it"),
        aggregate(
            "entity: card, aggregate: elapsed, buckets: 8",
            "buckets: expected no such key here, only last of a text or of mcc has it"),
        aggregate(
            "entity: card, aggregate: last, of: amount, where: amount > 1",
            "where: expected no such key here, which last of amount has not"));
  }

  private static Arguments broken(String yaml, String problem) {
    return Arguments.of(yaml, "bad.yaml:" + problem);
  }

  private static Arguments aggregate(String definition, String problem) {
    return feature("name: a, " + definition, problem);
  }

  private static Arguments step(String step, String problem) {
    return feature("name: a, sequence: card, last: 2, steps: [amount, {" + step + "}]", problem);
  }

  private static Arguments feature(String definition, String problem) {
    return feature(definition, 5, problem);
  }

  private static Arguments feature(String definition, int line, String problem) {
    return broken(
        HEAD + "- {name: first, expression: amount}\n- {" + definition + "}\n",
        line + ": " + problem);
  }

  @ParameterizedTest
  @MethodSource("broken")
  void refusesABrokenSpecByLineAndKeyAndSaysWhatIsLegal(String yaml, String message) {
    assertThatThrownBy(() -> FeatureSpec.read(yaml, "bad.yaml"))
        .isInstanceOf(SpecException.class)
        .hasMessage(message);
  }

  @Test
  void refusesTheThirtyThirdConditionOfAGrouping() {
    String count = "- {name: %s%d, entity: %s, aggregate: count, window: 1h, where: amount > %d}\n";
    StringBuilder yaml = new StringBuilder(HEAD);
    for (int i = 0; i < 32; i++) {
      yaml.append(count.formatted("a", i, "card", i));
      yaml.append(count.formatted("b", i, "card", i));
      yaml.append(count.formatted("c", i, "'ip'", i));
    }
    assertThat(FeatureSpec.read(yaml.toString(), "test.yaml").features()).hasSize(96);
    yaml.append(count.formatted("a", 32, "card", 32));
    assertThatThrownBy(() -> FeatureSpec.read(yaml.toString(), "bad.yaml"))
        .hasMessage(
            "bad.yaml:100: where: expected at most 32 different conditions for card, got one more:"
                + " amount > 32");
  }

  @Test
  void countsTheConditionsOfASequenceAmongThoseOfItsGrouping() {
    StringBuilder yaml = new StringBuilder(HEAD + "- {name: a, sequence: card, last: 2, steps: [");
    for (int i = 0; i < 32; i++) {
      yaml.append("{name: s%d, where: amount > %d}, ".formatted(i, i));
    }
    assertThat(FeatureSpec.read(yaml + "]}\n", "test.yaml").features()).hasSize(64);
    assertThatThrownBy(
            () -> FeatureSpec.read(yaml + "{name: more, where: amount > 32}]}\n", "bad.yaml"))
        .hasMessage(
            "bad.yaml:4: where: expected at most 32 different conditions for card, got one more:"
                + " amount > 32");
  }

  @Test
  void refusesANameThatComesTwice() {
    String yaml = HEAD + "- {name: a, expression: amount}\n-\n  name: a\n  expression: amount\n";
    assertThatThrownBy(() -> FeatureSpec.read(yaml, "bad.yaml"))
        .hasMessage("bad.yaml:6: name: expected a new name, got 'a' a second time");
  }
}

package io.vigil.cli.diff;

import io.vigil.schema.ChallengerScore;
import io.vigil.schema.Decision;
import io.vigil.schema.Reason;
import io.vigil.schema.RuleHit;
import io.vigil.schema.Transaction;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.apache.avro.Schema;
import org.jspecify.annotations.Nullable;

/**
 * Compares two decisions about one transaction field by field, bit for bit: numbers by their bits,
 * so a NaN equals itself and zeros of two signs differ. Changes neither decision. Not thread-safe.
 */
public final class DecisionDiff {
  private static final List<String> TRANSACTION_FIELDS =
      Transaction.getClassSchema().getFields().stream()
          .map(Schema.Field::name)
          .map(name -> "transaction." + name)
          .toList();

  private final boolean origin;
  private final FeatureNames names;
  private final Map<List<String>, List<String>> fields = new HashMap<>();
  private final Map<Integer, List<String>> places = new HashMap<>();
  private List<Difference> found = new ArrayList<>();

  private DecisionDiff(boolean origin, FeatureNames names) {
    this.origin = origin;
    this.names = names;
  }

  /** Compares every field: a decision with the same one computed anew. */
  public static DecisionDiff everyField(FeatureNames names) {
    return new DecisionDiff(true, names);
  }

  /**
   * Compares what two runs may agree in: every field but where and when the log took the
   * transaction (topic, partition, offset, append time).
   */
  public static DecisionDiff acrossRuns(FeatureNames names) {
    return new DecisionDiff(false, names);
  }

  /** What differs in any field, features by their places. */
  public static List<Difference> between(Decision recorded, Decision other) {
    return everyField(FeatureNames.NONE).compare(recorded, other);
  }

  /**
   * What differs.
   *
   * @param recorded a decision
   * @param other another one
   * @return in the order of a decision's way, empty when nothing differs; a new list
   */
  public List<Difference> compare(Decision recorded, Decision other) {
    found = new ArrayList<>();
    if (origin) {
      value("source_topic", Cause.ORIGIN, recorded.getSourceTopic(), other.getSourceTopic());
      value(
          "source_partition",
          Cause.ORIGIN,
          recorded.getSourcePartition(),
          other.getSourcePartition());
      value("source_offset", Cause.ORIGIN, recorded.getSourceOffset(), other.getSourceOffset());
      value("append_time", Cause.ORIGIN, recorded.getAppendTime(), other.getAppendTime());
    }
    transactions(recorded.getTransaction(), other.getTransaction());
    value("effective_time", Cause.ORDER, recorded.getEffectiveTime(), other.getEffectiveTime());
    value("late", Cause.ORDER, recorded.getLate(), other.getLate());
    label("feature_spec", Cause.FEATURE_SPEC, recorded.getFeatureSpec(), other.getFeatureSpec());
    // What rates convert does not stand in a decision, so they explain whatever comes after them.
    value("rates", Cause.RATES, recorded.getRates(), other.getRates());
    features(recorded, other);
    model(recorded, other);
    value("score", Cause.SCORE, recorded.getScore(), other.getScore());
    label("rule_set", Cause.RULES, recorded.getRuleSet(), other.getRuleSet());
    label("lists", Cause.RULES, recorded.getLists(), other.getLists());
    keyed("rule_hits", Cause.RULES, recorded.getRuleHits(), other.getRuleHits(), RuleHit::getRule);
    label("policy", Cause.POLICY, recorded.getPolicy(), other.getPolicy());
    value("outcome", Cause.POLICY, recorded.getOutcome(), other.getOutcome());
    alertId(recorded.getAlertId(), other.getAlertId());
    value(
        "expected_loss_minor",
        Cause.POLICY,
        recorded.getExpectedLossMinor(),
        other.getExpectedLossMinor());
    reasons(recorded.getReasons(), other.getReasons());
    label("engine_version", Cause.METADATA, recorded.getEngineVersion(), other.getEngineVersion());
    value("warming", Cause.METADATA, recorded.getWarming(), other.getWarming());
    keyed(
        "challenger_scores",
        Cause.METADATA,
        recorded.getChallengerScores(),
        other.getChallengerScores(),
        DecisionDiff::shortDigest);
    return found;
  }

  private void transactions(Transaction recorded, Transaction other) {
    for (int i = 0; i < TRANSACTION_FIELDS.size(); i++) {
      value(TRANSACTION_FIELDS.get(i), Cause.INPUT, recorded.get(i), other.get(i));
    }
  }

  private void model(Decision recorded, Decision other) {
    Integer bits = recorded.getLogitBits();
    Integer otherBits = other.getLogitBits();
    boolean missing = bits == null || otherBits == null;
    value(
        "fallback_cause",
        missing ? Cause.FALLBACK : Cause.INCOMPLETE,
        recorded.getFallbackCause(),
        other.getFallbackCause());
    label("model", Cause.MODEL, recorded.getModel(), other.getModel());
    label("engine_class", Cause.MODEL, recorded.getEngineClass(), other.getEngineClass());
    if (!Objects.equals(bits, otherBits)) {
      add(
          "logit_bits",
          missing ? Cause.FALLBACK : Cause.MODEL,
          false,
          bits == null ? null : Float.intBitsToFloat(bits),
          otherBits == null ? null : Float.intBitsToFloat(otherBits));
    }
  }

  private void features(Decision recorded, Decision other) {
    ByteBuffer one = recorded.getFeatures().duplicate().order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer two = other.getFeatures().duplicate().order(ByteOrder.LITTLE_ENDIAN);
    boolean sameSpec = recorded.getFeatureSpec().equals(other.getFeatureSpec());
    if (sameSpec && one.equals(two)) {
      return;
    }
    List<String> its = fieldsOf(names.of(recorded.getFeatureSpec()), one);
    List<String> others = fieldsOf(names.of(other.getFeatureSpec()), two);
    if (its == null || others == null) {
      its = places(one.remaining() / Float.BYTES);
      others = places(two.remaining() / Float.BYTES);
    }
    if (!sameSpec && !its.equals(others.subList(0, Math.min(its.size(), others.size())))) {
      featuresByName(one, its, two, others);
      return;
    }
    Cause cause = sameSpec ? Cause.FEATURES : Cause.FEATURE_SPEC;
    int shared = Math.min(its.size(), others.size());
    for (int i = 0; i < shared; i++) {
      feature(its.get(i), cause, one, i, two, i);
    }
    for (int i = shared; i < its.size(); i++) {
      add(its.get(i), Cause.FEATURE_SPEC, true, number(one, i), null);
    }
    for (int i = shared; i < others.size(); i++) {
      add(others.get(i), Cause.FEATURE_SPEC, true, null, number(two, i));
    }
    if (one.remaining() % Float.BYTES + two.remaining() % Float.BYTES != 0) {
      value("features", cause, hex(one), hex(two)); // No vector of float32.
    }
  }

  private void featuresByName(
      ByteBuffer one, List<String> its, ByteBuffer two, List<String> others) {
    Map<String, Integer> where = new HashMap<>();
    for (int i = 0; i < others.size(); i++) {
      where.put(others.get(i), i);
    }
    for (int i = 0; i < its.size(); i++) {
      Integer there = where.remove(its.get(i));
      if (there == null) {
        add(its.get(i), Cause.FEATURE_SPEC, true, number(one, i), null);
      } else {
        feature(its.get(i), Cause.FEATURE_SPEC, one, i, two, there);
      }
    }
    for (int i = 0; i < others.size(); i++) {
      if (where.containsKey(others.get(i))) {
        add(others.get(i), Cause.FEATURE_SPEC, true, null, number(two, i));
      }
    }
  }

  private void feature(String field, Cause cause, ByteBuffer one, int i, ByteBuffer two, int j) {
    int bits = one.getInt(one.position() + i * Float.BYTES);
    int otherBits = two.getInt(two.position() + j * Float.BYTES);
    if (bits != otherBits) {
      add(field, cause, false, Float.intBitsToFloat(bits), Float.intBitsToFloat(otherBits));
    }
  }

  private static Float number(ByteBuffer vector, int i) {
    return vector.getFloat(vector.position() + i * Float.BYTES);
  }

  /** What the features are called here; null when their names are not known or do not fit. */
  private @Nullable List<String> fieldsOf(@Nullable List<String> spec, ByteBuffer vector) {
    if (spec == null || spec.size() * Float.BYTES != vector.remaining()) {
      return null;
    }
    return fields.computeIfAbsent(
        spec, known -> known.stream().map(name -> "features." + name).toList());
  }

  private List<String> places(int count) {
    return places.computeIfAbsent(
        count, n -> IntStream.range(0, n).mapToObj(place -> "features[" + place + "]").toList());
  }

  /** It is a hash of the policy's digest too, so only whether there is one is an outcome. */
  private void alertId(@Nullable String recorded, @Nullable String other) {
    if (!Objects.equals(recorded, other)) {
      add("alert_id", Cause.POLICY, recorded != null && other != null, recorded, other);
    }
  }

  private void reasons(List<Reason> recorded, List<Reason> other) {
    for (int i = 0; i < Math.max(recorded.size(), other.size()); i++) {
      Reason one = i < recorded.size() ? recorded.get(i) : null;
      Reason two = i < other.size() ? other.get(i) : null;
      String field = "reasons[" + i + "]";
      if (one == null || two == null || !one.getCode().equals(two.getCode())) {
        value(
            field,
            Cause.REASONS,
            one == null ? null : one.getCode(),
            two == null ? null : two.getCode());
        continue;
      }
      value(field + ".text", Cause.REASONS, one.getText(), two.getText());
      value(field + ".value", Cause.REASONS, one.getValue(), two.getValue());
      value(field + ".baseline", Cause.REASONS, one.getBaseline(), two.getBaseline());
      value(field + ".contribution", Cause.REASONS, one.getContribution(), two.getContribution());
    }
  }

  /** Lists of things with a key: what appears, vanishes, or changes, and else their order. */
  private <T> void keyed(
      String field, Cause cause, List<T> recorded, List<T> other, Function<T, String> key) {
    if (recorded.equals(other)) {
      return;
    }
    Map<String, T> others = new LinkedHashMap<>();
    other.forEach(item -> others.put(key.apply(item), item));
    int before = found.size();
    for (T item : recorded) {
      String name = key.apply(item);
      value(field + "." + name, cause, item, others.remove(name));
    }
    others.forEach((name, item) -> value(field + "." + name, cause, null, item));
    if (found.size() == before) {
      value(field, cause, recorded.stream().map(key).toList(), other.stream().map(key).toList());
    }
  }

  private static String shortDigest(ChallengerScore score) {
    return hex(ByteBuffer.wrap(score.getModel().bytes())).substring(0, 12);
  }

  private static String hex(ByteBuffer bytes) {
    byte[] copy = new byte[bytes.remaining()];
    bytes.duplicate().get(copy);
    return HexFormat.of().formatHex(copy);
  }

  private void value(String field, Cause cause, @Nullable Object recorded, @Nullable Object other) {
    boolean same =
        (recorded instanceof Double one && other instanceof Double two)
            ? Double.doubleToRawLongBits(one) == Double.doubleToRawLongBits(two)
            : Objects.equals(recorded, other);
    if (!same) {
      add(field, cause, false, recorded, other);
    }
  }

  private void label(String field, Cause cause, Object recorded, Object other) {
    if (!recorded.equals(other)) {
      add(field, cause, true, recorded, other);
    }
  }

  private void add(
      String field, Cause cause, boolean label, @Nullable Object recorded, @Nullable Object other) {
    found.add(new Difference(field, cause, label, recorded, other));
  }
}

package io.vigil.cli.diff;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.schema.ChallengerScore;
import io.vigil.schema.Decision;
import io.vigil.schema.Digest;
import io.vigil.schema.Outcome;
import io.vigil.schema.Reason;
import io.vigil.schema.RuleHit;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericFixed;
import org.apache.avro.generic.IndexedRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Differences between decisions against changes whose cause is known. */
class DecisionDiffTest {
  private static final Random RANDOM = new Random(11);

  @Property(tries = 300)
  void aCopyDiffersInNothing(@ForAll long seed) {
    Decision decision = Mutations.scored("1", new Random(seed));

    assertThat(DecisionDiff.between(decision, Mutations.copy(decision))).isEmpty();
  }

  @Property(tries = 1000)
  void theCauseIsTheFirstOnTheWay(@ForAll long seed) {
    Random random = new Random(seed);
    Decision decision = Mutations.scored("1", random);
    Decision other = Mutations.copy(decision);
    Set<Mutations.Mutation> made = new LinkedHashSet<>();
    for (int i = 1 + random.nextInt(3); i > 0; i--) {
      Mutations.Mutation mutation = Mutations.ALL.get(random.nextInt(Mutations.ALL.size()));
      if (made.stream().noneMatch(one -> one.field().equals(mutation.field()))) {
        mutation.change().accept(other, random);
        made.add(mutation);
      }
    }

    List<Difference> differences = DecisionDiff.between(decision, other);

    for (Mutations.Mutation mutation : made) {
      if (!mutation.field().equals("logit_bits")) { // Of no use once the logit is gone.
        assertThat(differences)
            .anyMatch(difference -> difference.field().startsWith(mutation.field()));
      }
    }
    assertThat(Difference.causeOf(differences)).isEqualTo(known(made));
  }

  /** What explains the changes, word for word as the documentation says it. */
  private static Cause known(Set<Mutations.Mutation> made) {
    boolean otherSpec = made.stream().anyMatch(one -> one.field().equals("feature_spec"));
    return made.stream()
        .filter(one -> !one.label())
        .map(one -> one.cause() == Cause.FEATURES && otherSpec ? Cause.FEATURE_SPEC : one.cause())
        .min(Comparator.naturalOrder())
        .orElseGet(
            () ->
                made.stream()
                    .map(Mutations.Mutation::cause)
                    .min(Comparator.naturalOrder())
                    .orElseThrow());
  }

  /** Whoever adds a field to a contract has to say what its difference means. */
  @Test
  void noFieldOfTheSchemaIsForgotten() {
    Decision decision = Mutations.scored("1", RANDOM);
    decision.setRuleHits(new ArrayList<>(List.of(new RuleHit("a", "A", Outcome.REVIEW, 1))));
    decision.setReasons(new ArrayList<>(List.of(new Reason("A", "Text", 1.0, 2.0, 3.0))));
    decision.setChallengerScores(
        new ArrayList<>(List.of(new ChallengerScore(Mutations.digest(RANDOM), 1))));
    decision.setWarming(List.of("f"));
    changeEach(decision, copy -> copy, "");
    changeEach(decision, Decision::getTransaction, "transaction.");
    changeEach(decision, copy -> copy.getRuleHits().get(0), "rule_hits");
    changeEach(decision, copy -> copy.getReasons().get(0), "reasons");
    changeEach(decision, copy -> copy.getChallengerScores().get(0), "challenger_scores");
  }

  private interface Part {
    IndexedRecord of(Decision decision);
  }

  private static void changeEach(Decision decision, Part part, String prefix) {
    Decision copy = Mutations.copy(decision);
    for (Schema.Field field : part.of(copy).getSchema().getFields()) {
      Decision changed = Mutations.copy(decision);
      IndexedRecord record = part.of(changed);
      Object value = other(field.schema(), record.get(field.pos()));
      if (value == null) {
        continue; // A record, compared field by field.
      }
      record.put(field.pos(), value);
      String name = prefix.isEmpty() || prefix.endsWith(".") ? prefix + field.name() : prefix;

      assertThat(DecisionDiff.between(decision, changed))
          .as(field.name())
          .isNotEmpty()
          .allMatch(difference -> difference.field().startsWith(name));
      assertThat(DecisionDiff.between(changed, decision)).as(field.name()).isNotEmpty();
    }
  }

  private static @Nullable Object other(Schema schema, @Nullable Object value) {
    return switch (schema.getType()) {
      case RECORD -> null;
      case UNION -> {
        Schema type = schema.getTypes().get(1);
        yield other(type, value == null ? standIn(type) : value);
      }
      case STRING -> value + "x";
      case INT -> (Integer) valueOf(value) ^ 4;
      case LONG -> (Long) valueOf(value) ^ 4;
      case BOOLEAN -> !((Boolean) valueOf(value));
      case DOUBLE ->
          Double.longBitsToDouble(Double.doubleToRawLongBits((Double) valueOf(value)) ^ 1);
      case BYTES -> ByteBuffer.wrap(new byte[] {1, 2, 3, 4, 5});
      case FIXED -> {
        byte[] bytes = ((GenericFixed) valueOf(value)).bytes().clone();
        bytes[0] ^= 1;
        yield new Digest(bytes);
      }
      case ENUM -> {
        Enum<?> symbol = (Enum<?>) valueOf(value);
        Object[] symbols = symbol.getDeclaringClass().getEnumConstants();
        yield symbol == symbols[0] ? symbols[1] : symbols[0];
      }
      case ARRAY -> List.of();
      case MAP -> Map.of("k", "other");
      default -> throw new IllegalArgumentException("a field of " + schema.getType());
    };
  }

  private static Object valueOf(@Nullable Object value) {
    if (value == null) {
      throw new IllegalArgumentException("a required field is null");
    }
    return value;
  }

  private static Object standIn(Schema type) {
    return switch (type.getType()) {
      case INT -> 0;
      case DOUBLE -> 0.0;
      default -> "";
    };
  }

  @Test
  void runsAreNotComparedByTheirPlacesInTheLog() {
    Decision decision = Mutations.scored("1", RANDOM);
    Decision other = Mutations.copy(decision);
    other.setSourceOffset(decision.getSourceOffset() + 1);
    other.setSourcePartition(decision.getSourcePartition() + 1);
    other.setAppendTime(decision.getAppendTime() + 1);
    other.setSourceTopic("other");

    assertThat(DecisionDiff.acrossRuns(FeatureNames.NONE).compare(decision, other)).isEmpty();
    List<Difference> all = DecisionDiff.between(decision, other);
    assertThat(all).hasSize(4);
    assertThat(Difference.causeOf(all)).isEqualTo(Cause.ORIGIN);
  }

  @Test
  void bitsDecide() {
    Decision decision = Mutations.scored("1", RANDOM);
    decision.setScore(Double.NaN);
    decision.setFeatures(vector(Float.NaN, 0f, 1f));
    Decision other = Mutations.copy(decision);
    other.setFeatures(vector(Float.NaN, -0f, 1f));

    List<Difference> differences = DecisionDiff.between(decision, other);

    assertThat(differences).hasSize(1);
    assertThat(differences.get(0).toString()).isEqualTo("features[1]: 0.0 -> -0.0");
    other.setFeatures(decision.getFeatures().duplicate());
    other.setScore(Double.longBitsToDouble(0x7ff8000000000001L));
    assertThat(DecisionDiff.between(decision, other))
        .extracting(Difference::toString)
        .containsExactly("score: NaN (0x7ff8000000000000) -> NaN (0x7ff8000000000001)");
  }

  @Test
  void featuresOfTwoSpecsAreComparedByName() {
    Digest before = Mutations.digest(RANDOM);
    Digest after = Mutations.digest(RANDOM);
    Map<Digest, List<String>> specs = new HashMap<>();
    specs.put(before, List.of("a", "b", "c"));
    specs.put(after, List.of("c", "a", "d"));
    Decision decision = Mutations.scored("1", RANDOM);
    decision.setFeatureSpec(before);
    decision.setFeatures(vector(1, 2, 3));
    Decision other = Mutations.copy(decision);
    other.setFeatureSpec(after);
    other.setFeatures(vector(3, 1, 9));

    List<Difference> moved = DecisionDiff.acrossRuns(specs::get).compare(decision, other);
    assertThat(moved)
        .extracting(Difference::field)
        .containsExactly("feature_spec", "features.b", "features.d");
    assertThat(moved).allMatch(Difference::label);

    other.setFeatures(vector(3, 7, 9));
    other.setLogitBits(0);
    List<Difference> changed = DecisionDiff.acrossRuns(specs::get).compare(decision, other);
    assertThat(changed).extracting(Difference::toString).contains("features.a: 1.0 -> 7.0");
    assertThat(Difference.causeOf(changed)).isEqualTo(Cause.FEATURE_SPEC);
  }

  @Test
  void aSpecThatGrewExplainsNothingByItself() {
    Decision decision = Mutations.scored("1", RANDOM);
    decision.setFeatures(vector(1, 2));
    decision.setLogitBits(1);
    Decision other = Mutations.copy(decision);
    other.setFeatureSpec(Mutations.digest(RANDOM));
    other.setFeatures(vector(1, 2, 3));

    assertThat(Difference.causeOf(DecisionDiff.between(decision, other)))
        .isEqualTo(Cause.FEATURE_SPEC);
    other.setLogitBits(2);
    other.setModel(Mutations.digest(RANDOM));
    assertThat(Difference.causeOf(DecisionDiff.between(decision, other))).isEqualTo(Cause.MODEL);
  }

  @Test
  void whatIsMissingIsTold() {
    Decision decision = Mutations.scored("1", RANDOM);
    decision.setReasons(List.of(new Reason("A", "Text", 1.0, 2.0, 3.0)));
    Decision other = Mutations.copy(decision);
    other.setReasons(List.of());
    other.setFallbackCause("reasons_deadline");

    assertThat(Difference.causeOf(DecisionDiff.between(decision, other)))
        .isEqualTo(Cause.INCOMPLETE);
    other.setLogitBits(null);
    other.setModel(Mutations.digest(RANDOM));
    assertThat(Difference.causeOf(DecisionDiff.between(decision, other))).isEqualTo(Cause.FALLBACK);
  }

  private static ByteBuffer vector(float... values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      bytes.putFloat(value);
    }
    return bytes.flip();
  }
}

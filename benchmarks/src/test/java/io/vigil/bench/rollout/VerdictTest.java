package io.vigil.bench.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.bench.rollout.History.Activation;
import io.vigil.bench.rollout.History.Place;
import io.vigil.schema.ChallengerScore;
import io.vigil.schema.Decision;
import io.vigil.schema.Digest;
import io.vigil.schema.Outcome;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.Codec;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;

/** Six payments of two accounts: two before, one in shadow, one promoted, two after the return. */
class VerdictTest {
  private static final String OLD = "0a".repeat(32);
  private static final String NEW = "0b".repeat(32);
  private static final List<Activation> ROLLOUT =
      List.of(
          new Activation(Place.SHADOW, NEW, 10_000, 30),
          new Activation(Place.CHAMPION, NEW, 0, 40),
          new Activation(Place.CHAMPION, OLD, 0, 50));

  private final Codec<Decision> codec = Codec.of(Decision.class);

  private static Decision decision(int number) {
    boolean promoted = number == 4;
    Decision decision =
        Decision.newBuilder()
            .setTransaction(
                Transaction.newBuilder()
                    .setTransactionId("t" + number)
                    .setEventTime(number * 10L)
                    .setAccount("a" + number % 2)
                    .setMerchant("m")
                    .setAmountMinor(1)
                    .setCurrency("EUR")
                    .setBillingAmountMinor(1)
                    .setBillingCurrency("EUR")
                    .build())
            .setSourceTopic("transactions")
            .setSourcePartition(0)
            .setSourceOffset(number)
            .setAppendTime(number * 10L)
            .setEffectiveTime(number * 10L)
            .setLate(false)
            .setOutcome(Outcome.APPROVE)
            .setScore(0.5)
            .setLogitBits(promoted ? 1 : 0)
            .setEngineClass("x")
            .setEngineVersion(1)
            .setFeatures(ByteBuffer.allocate(4))
            .setFeatureSpec(digest(OLD))
            .setModel(digest(promoted ? NEW : OLD))
            .setRuleSet(digest(OLD))
            .setPolicy(digest(OLD))
            .setRates(digest(OLD))
            .setRuleHits(List.of())
            .setReasons(List.of())
            .build();
    if (number == 3) {
      decision.setChallengerScores(List.of(new ChallengerScore(digest(NEW), 0)));
    }
    return decision;
  }

  private static Digest digest(String hex) {
    return new Digest(HexFormat.of().parseHex(hex));
  }

  private Decided decided(int count, Map<Integer, Consumer<Decision>> changes) {
    Decided decided = new Decided(6, 2, 1);
    for (int number = 1; number <= count; number++) {
      decided.add(record(number, changes.getOrDefault(number, d -> {})));
    }
    return decided;
  }

  private ConsumerRecord<byte[], byte[]> record(int number, Consumer<Decision> change) {
    Decision decision = decision(number);
    change.accept(decision);
    return new ConsumerRecord<>("decisions", 0, number, new byte[0], codec.encode(decision));
  }

  private List<String> faults(Map<Integer, Consumer<Decision>> changes) {
    return Verdict.of(decided(6, changes), decided(6, Map.of()), ROLLOUT, OLD, List.of()).faults();
  }

  @Test
  void findsNothingWhereAllIsAsTheRecordsSay() {
    // The promoted one is not compared: the first model alone decides it otherwise.
    Decided alone = decided(6, Map.of(4, d -> d.setModel(digest(OLD))));
    Verdict verdict = Verdict.of(decided(6, Map.of()), alone, ROLLOUT, OLD, List.of());
    assertThat(verdict.faults()).isEmpty();
    assertThat(verdict.figures())
        .containsEntry("decisions_by_model", Map.of(OLD, 5L, NEW, 1L))
        .containsEntry("compared_with_the_first_model_alone", 5L)
        .containsEntry("of_these_after_the_last_activation", 2L);
    assertThat(verdict.figures().get("activations").toString())
        .contains("effective_time=40")
        .contains("last_before_ms=-10")
        .contains("first_from_ms=0");
  }

  @Test
  void namesEachThingThatIsNot() {
    assertThat(
            Verdict.of(decided(5, Map.of()), decided(6, Map.of()), ROLLOUT, OLD, List.of())
                .faults())
        .containsExactly("missing 1");
    assertThat(faults(Map.of(4, d -> d.setModel(digest(OLD)))))
        .containsExactly("by_another_model 1");
    assertThat(faults(Map.of(3, d -> d.setChallengerScores(List.of()))))
        .containsExactly("scored_by_others_beside 1");
    assertThat(faults(Map.of(2, d -> d.setFallbackCause("deadline"))))
        .containsExactly("with_something_missing 1");
    assertThat(faults(Map.of(6, d -> d.setLogitBits(7))))
        .containsExactly("not_as_the_first_model_alone 1");
    assertThat(faults(Map.of(1, d -> d.setModel(digest(NEW)), 2, d -> own(d))))
        // What stands is the same before and after, so the last payment of the account counts too.
        .contains("accounts_with_two_models_at_once 2");
  }

  /** The first payment's account pays again. */
  private static void own(Decision decision) {
    decision.getTransaction().setAccount("a1");
  }

  @Test
  void newFeaturesWarmUpFromTheFirstActivationOnUntilTheirWindowHasPassed() {
    List<Desk.NewFeature> brought =
        List.of(new Desk.NewFeature("short", 21), new Desk.NewFeature("long", 1_000));
    Consumer<Decision> both = d -> warm(d, "short", "long");
    Consumer<Decision> one = d -> warm(d, "long");
    Map<Integer, Consumer<Decision>> right = Map.of(3, both, 4, both, 5, one, 6, one);
    // What a model brought stands behind the features that are compared.
    assertThat(Verdict.of(decided(6, right), decided(6, Map.of()), ROLLOUT, OLD, brought).faults())
        .isEmpty();
    Map<Integer, Consumer<Decision>> late = Map.of(3, both, 4, both, 5, both, 6, one);
    assertThat(Verdict.of(decided(6, late), decided(6, Map.of()), ROLLOUT, OLD, brought).faults())
        .containsExactly("warming_otherwise 1");
    assertThat(
            Verdict.of(decided(6, Map.of()), decided(6, Map.of()), ROLLOUT, OLD, brought).faults())
        .containsExactly("warming_otherwise 4");
  }

  private static void warm(Decision decision, String... features) {
    decision.setWarming(List.of(features));
    decision.setFeatures(ByteBuffer.allocate(12).putFloat(8, 1));
  }

  @Test
  void tellsEqualCopiesFromOthers() {
    Decided decided = decided(6, Map.of());
    decided.add(record(1, d -> {}));
    assertThat(decided.repeats()).isEqualTo(1);
    assertThat(decided.conflicts()).isZero();
    decided.add(record(2, d -> d.setScore(0.25)));
    assertThat(decided.conflicts()).isEqualTo(1);
  }
}

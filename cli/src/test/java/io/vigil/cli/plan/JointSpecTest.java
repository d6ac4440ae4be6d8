package io.vigil.cli.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.cli.train.OfflineFeatures;
import io.vigil.job.feature.FactsReader;
import io.vigil.model.feature.FeaturePlan;
import io.vigil.model.feature.FeatureSpec;
import io.vigil.model.policy.Rates;
import io.vigil.schema.Transaction;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class JointSpecTest {
  private static final String COMMON =
      """
        - {name: count_1d, entity: account, aggregate: count, window: 1d}
        - {name: mean_7d, entity: account, aggregate: mean, of: amount, window: 7d}
      """;
  private static final FeatureSpec CHAMPION =
      spec(COMMON + "  - {name: ratio, ratio: [amount, mean_7d], default: 1}\n");
  private static final FeatureSpec CANDIDATE =
      spec(
          "  - {name: max_3d, entity: account, aggregate: max, of: amount, window: 3d}\n" + COMMON);
  private static final FeatureSpec OTHER =
      spec("  - {name: mean_7d, entity: account, aggregate: mean, of: amount, window: 2d}\n");

  private final FactsReader facts = new FactsReader(Rates.builtIn());

  private static FeatureSpec spec(String features) {
    return FeatureSpec.read("name: s\nversion: 1\nfeatures:\n" + features, "spec");
  }

  @Test
  void aUnionGivesBothSidesTheirOwnVectorsToTheBit() {
    JointSpec joint = JointSpec.of(CHAMPION, CANDIDATE);
    assertThat(joint.plans()).hasSize(1);
    assertThat(joint.plans().get(0).names())
        .containsExactly("max_3d", "count_1d", "mean_7d", "ratio");
    sameVectors(joint, CHAMPION, CANDIDATE);
  }

  @Test
  void aNameThatMeansTwoThingsTakesTwoPlans() {
    JointSpec joint = JointSpec.of(CHAMPION, OTHER);
    assertThat(joint.plans()).hasSize(2);
    sameVectors(joint, CHAMPION, OTHER);
  }

  private void sameVectors(JointSpec joint, FeatureSpec champion, FeatureSpec candidate) {
    OfflineFeatures together = new OfflineFeatures(joint.plans(), facts);
    OfflineFeatures one = new OfflineFeatures(FeaturePlan.compile(champion), facts);
    OfflineFeatures other = new OfflineFeatures(FeaturePlan.compile(candidate), facts);
    for (Transaction transaction : stream(600)) {
      float[] vector = together.transaction(transaction);
      assertThat(places(vector, joint.champion())).isEqualTo(one.transaction(transaction));
      assertThat(places(vector, joint.candidate())).isEqualTo(other.transaction(transaction));
    }
  }

  @Test
  void whatIsTriedIsWhatAStreamWithItWouldHaveHadAndLeavesNoTrace() {
    OfflineFeatures tried = new OfflineFeatures(FeaturePlan.compile(CHAMPION), facts);
    OfflineFeatures plain = new OfflineFeatures(FeaturePlan.compile(CHAMPION), facts);
    List<Transaction> stream = stream(400);
    for (int i = 0; i < stream.size(); i++) {
      Transaction transaction = stream.get(i);
      if (i % 37 == 5) {
        Transaction extra =
            Transaction.newBuilder(transaction)
                .setTransactionId("extra")
                .setBillingAmountMinor(1)
                .build();
        OfflineFeatures really = new OfflineFeatures(FeaturePlan.compile(CHAMPION), facts);
        stream.subList(0, i).forEach(really::transaction);
        really.transaction(extra);
        assertThat(tried.whatIf(List.of(extra), transaction))
            .isEqualTo(really.transaction(transaction));
      }
      assertThat(tried.transaction(transaction)).isEqualTo(plain.transaction(transaction));
    }
  }

  private static float[] places(float[] vector, int[] places) {
    float[] own = new float[places.length];
    for (int i = 0; i < own.length; i++) {
      own[i] = vector[places[i]];
    }
    return own;
  }

  private static List<Transaction> stream(int rows) {
    Random random = new Random(5);
    List<Transaction> stream = new ArrayList<>();
    for (int i = 0; i < rows; i++) {
      long amount = 100 + random.nextInt(10_000);
      stream.add(
          Transaction.newBuilder()
              .setTransactionId("t" + i)
              .setEventTime(1_700_000_000_000L + i * 3_600_000L)
              .setAccount("a" + random.nextInt(5))
              .setAmountMinor(amount)
              .setCurrency("EUR")
              .setBillingAmountMinor(amount)
              .setBillingCurrency("EUR")
              .build());
    }
    return stream;
  }
}

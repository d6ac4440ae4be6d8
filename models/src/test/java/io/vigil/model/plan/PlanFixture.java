package io.vigil.model.plan;

import io.vigil.model.bundle.Bundle;
import io.vigil.model.policy.Outcome;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Rows of two sides, and what stands beside them. */
final class PlanFixture {
  static final long DAY_MS = 86_400_000L;

  private PlanFixture() {}

  /** A row as the tests know it. */
  record Row(
      long timeMs,
      String account,
      long amountMinor,
      boolean fraud,
      @Nullable String country,
      Ruling before,
      Ruling after) {}

  static Ruling ruling(double logit) {
    double probability = 1 / (1 + Math.exp(-logit));
    Outcome outcome =
        probability >= 0.9
            ? Outcome.DECLINE
            : probability >= 0.5
                ? Outcome.REVIEW
                : probability >= 0.3 ? Outcome.STEP_UP : Outcome.APPROVE;
    return new Ruling(
        (float) logit, probability, outcome, outcome.compareTo(Outcome.REVIEW) >= 0, 1, List.of());
  }

  /** Logits in steps of a quarter, so that many are equal. */
  static List<Row> random(int count, boolean labels, double sharper) {
    Random random = new Random(7);
    return IntStream.range(0, count)
        .mapToObj(
            i -> {
              boolean fraud = random.nextInt(12) == 0;
              double one = Math.rint(4 * (random.nextGaussian() + (fraud ? 1.5 : -2))) / 4;
              double other =
                  Math.rint(4 * (random.nextGaussian() + (fraud ? 1.5 + sharper : -2))) / 4;
              return new Row(
                  i * DAY_MS * 10 / count,
                  "a" + random.nextInt(60),
                  100 + random.nextInt(10_000),
                  labels && fraud,
                  random.nextInt(10) == 0 ? null : random.nextBoolean() ? "DE" : "FR",
                  ruling(one),
                  ruling(other));
            })
        .toList();
  }

  static PlanRows rows(List<Row> all) {
    PlanRows rows = new PlanRows(List.of("country"));
    for (Row row : all) {
      rows.add(
          row.timeMs,
          row.account,
          row.amountMinor,
          row.fraud,
          new @Nullable String[] {row.country},
          row.before,
          row.after);
    }
    return rows;
  }

  static Measured measured(
      List<Robustness> robustness, Bundle.@Nullable GoldenMatch golden, double scoringUs) {
    return new Measured(
        List.of(),
        robustness,
        List.of(new Drift("x", 0.3)),
        "one part against another",
        golden,
        64,
        "class-1",
        new Measured.Cost(1, 2, 3, scoringUs, 256, 4, 5),
        0);
  }

  static Measured sound() {
    return measured(
        List.of(
            new Robustness(Robustness.APPENDED, 1_000, 9, 10),
            new Robustness(Robustness.AMOUNT_CHANGE, 1_000, 9, 10),
            new Robustness(Robustness.NOISE, 1_000, 9, 10)),
        Bundle.GoldenMatch.TO_THE_BIT,
        5);
  }
}

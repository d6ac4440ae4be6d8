package io.vigil.model.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.model.recipe.Recipe;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ReviewDeskTest {
  private static final long DAY_MS = 86_400_000;

  private final History history = new History(List.of("x"));

  @Test
  void reviewsTheAccountsWithTheHighestScores() {
    add(0, "quiet", false);
    add(0, "risky", false);
    add(0, "risky", true);
    add(0, "middle", true);

    Map<Integer, Boolean> verdicts = desk(2, 0).review(history, 0, new float[] {-3, 2, -4, 1});

    assertThat(verdicts).isEqualTo(Map.of(1, false, 2, true, 3, true));
  }

  @Test
  void doesNotReviewAnAccountThatIsBlocked() {
    add(0, "risky", true);
    add(0, "unlabelled", true);
    history.known(0, DAY_MS);
    add(1, "risky", true);
    add(1, "unlabelled", true);

    assertThat(desk(1, 0).review(history, 2, new float[] {5, 4})).isEqualTo(Map.of(3, true));
    add(16, "risky", true);
    assertThat(desk(1, 0).review(history, 4, new float[] {5})).isEqualTo(Map.of(4, true));
  }

  @Test
  void errsAboutWholeAccounts() {
    add(0, "fraud", true);
    add(0, "fraud", false);
    add(0, "genuine", false);
    add(0, "genuine", false);

    assertThat(desk(2, 1).review(history, 0, new float[] {1, 2, 3, 4}))
        .isEqualTo(Map.of(0, false, 1, false, 2, false, 3, true));
  }

  @Test
  void errsAsOftenAsTold() {
    for (int i = 0; i < 2_000; i++) {
      add(0, "a" + i, i % 2 == 0);
    }
    float[] logits = new float[2_000];

    Map<Integer, Boolean> verdicts = desk(2_000, 0.1).review(history, 0, logits);

    long wrong =
        verdicts.entrySet().stream()
            .filter(verdict -> verdict.getValue() != history.fraud(verdict.getKey()))
            .count();
    assertThat(wrong).isBetween(150L, 250L);
  }

  private static ReviewDesk desk(int cards, double wrong) {
    return new ReviewDesk(new Recipe.Feedback(cards, wrong), 1);
  }

  private void add(int day, String account, boolean fraud) {
    history.add("t" + history.rows(), day * DAY_MS, account, 1, fraud, null);
  }
}

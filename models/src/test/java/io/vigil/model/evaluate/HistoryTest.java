package io.vigil.model.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vigil.model.train.TrainingSet;
import java.util.List;
import org.junit.jupiter.api.Test;

class HistoryTest {
  private final History history = new History(List.of("x"));

  @Test
  void aWindowHoldsOnlyWhatWasKnown() {
    history.add("a", 10, "one", 1, true, new float[] {1});
    history.add("b", 20, "two", 1, true, new float[] {2});
    history.add("c", 20, "one", 1, false, new float[] {3});
    history.add("d", 30, "one", 1, false, new float[] {4});
    history.known(0, 100);
    history.known(1, 200);
    history.known(1, 150); // The earlier word stands.
    history.known(1, 300);

    TrainingSet early = history.window(10, 30, 149);
    TrainingSet late = history.window(20, 31, 150);

    assertThat(early.vectors()).isDeepEqualTo(new float[][] {{1}, {2}, {3}});
    assertThat(early.frauds()).containsExactly(true, false, false);
    assertThat(late.vectors()).isDeepEqualTo(new float[][] {{2}, {3}, {4}});
    assertThat(late.frauds()).containsExactly(true, false, false);
    assertThat(history.window(31, 40, 900).rows()).isZero();
  }

  @Test
  void growsAndNumbersAccounts() {
    for (int i = 0; i < 200_000; i++) {
      history.add("t" + i, i, "a" + i % 7, i, false, new float[] {i});
    }
    assertThat(history.rows()).isEqualTo(200_000);
    assertThat(history.id(150_000)).isEqualTo("t150000");
    assertThat(history.vector(150_000)).containsExactly(150_000);
    assertThat(history.accountName(150_000)).isEqualTo("a" + 150_000 % 7);
    assertThat(history.from(123_456)).isEqualTo(123_456);
    assertThat(history.from(1_000_000)).isEqualTo(200_000);
  }

  @Test
  void saysWhenARowHasNoVector() {
    history.add("a", 1, "one", 1, false, null);
    assertThatThrownBy(() -> history.vector(0)).hasMessageContaining("row 0");
  }
}

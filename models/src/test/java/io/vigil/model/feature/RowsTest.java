package io.vigil.model.feature;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class RowsTest {

  /** The sums of blocks that sealed rows keep are those of their rows, wherever an edge falls. */
  @Test
  void sealedRowsComeToTheSame() {
    Random random = new Random(3);
    Rows open = new Rows(true, 1, 0);
    Rows sealed = new Rows(true, 1, 0);
    for (int row = 0; row < 333; row++) {
      open.insert(row, random.nextInt(1_000), random.nextInt(2), new long[0], 0);
    }
    sealed.append(open, 0, open.size());
    sealed.seal();
    for (int from = 0; from <= 333; from += 13) {
      for (int to = from; to <= 333; to += 1 + random.nextInt(40)) {
        for (int selector = 0; selector < 2; selector++) {
          Moments expected = new Moments();
          Moments actual = new Moments();
          open.addTo(expected, selector, from, to);
          sealed.addTo(actual, selector, from, to);
          assertThat(actual).usingRecursiveComparison().isEqualTo(expected);
        }
      }
    }
  }
}

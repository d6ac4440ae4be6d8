package io.vigil.model.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SplitTest {
  private static final long DAY_MS = 86_400_000;

  @Test
  void leavesOutAccountsThatAreKnownByTheTestDay() {
    Random random = new Random(4);
    History history = new History(List.of("x"));
    long timeMs = 0;
    while (timeMs < 30 * DAY_MS) {
      String account = "a" + random.nextInt(60);
      boolean fraud = random.nextInt(30) == 0;
      history.add("t" + history.rows(), timeMs, account, 1, fraud, new float[] {0});
      timeMs += random.nextInt(1_200_000);
    }
    Split split = new Split("s", 3 * DAY_MS, 10 * DAY_MS, 17 * DAY_MS, 7, false, true);

    assertThat(split.test(history)).containsExactly(asTheBookDoes(history));
  }

  /** The protocol as its README tells it, day by day, with sets and no index. */
  private static int[] asTheBookDoes(History history) {
    List<Integer> rows = new ArrayList<>();
    Set<String> known = new HashSet<>();
    for (int row = 0; row < history.rows(); row++) {
      if (day(history, row) >= 3 && day(history, row) < 10 && history.fraud(row)) {
        known.add(history.accountName(row));
      }
    }
    for (int testDay = 0; testDay < 7; testDay++) {
      for (int row = 0; row < history.rows(); row++) {
        if (testDay > 0 && day(history, row) == 10 + testDay - 1 && history.fraud(row)) {
          known.add(history.accountName(row));
        }
      }
      for (int row = 0; row < history.rows(); row++) {
        if (day(history, row) == 17 + testDay && !known.contains(history.accountName(row))) {
          rows.add(row);
        }
      }
    }
    return rows.stream().mapToInt(Integer::intValue).toArray();
  }

  private static long day(History history, int row) {
    return history.timeMs(row) / DAY_MS;
  }
}

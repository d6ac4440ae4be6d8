package io.vigil.model.feature;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A log whose decoded chunks find no room: what it reads again, and that it sums up the same. */
class EventLogTest {
  private static final long START_MS = 1_700_000_000_000L;

  /** One chunk of 4,096, one of 512, six of 64, and 8 rows in the tail. */
  private static final int EVENTS = 5_000;

  private static final Layout LAYOUT =
      new Layout(
          true,
          true,
          List.of(),
          List.of("amount > 5"),
          List.of(),
          List.of(),
          List.of(),
          false,
          false,
          false,
          false);

  private final List<Integer> read = new ArrayList<>();
  private final HeapStore kept = new HeapStore("m1");
  private final EventLog log = new EventLog(new Chunks(LAYOUT, Map.of(), 1));
  private final long[] amounts = new long[EVENTS];
  private final boolean[] selected = new boolean[EVENTS];

  private void fill() {
    Random random = new Random(7);
    log.clear(
        new EntityStore() {
          @Override
          public String key() {
            return kept.key();
          }

          @Override
          public byte[] hot() {
            throw new AssertionError("not asked for");
          }

          @Override
          public void hot(byte[] value) {
            throw new AssertionError("not asked for");
          }

          @Override
          public byte[] chunk(int number) {
            read.add(number);
            return kept.chunk(number);
          }

          @Override
          public void chunk(int number, byte[] value) {
            kept.chunk(number, value);
          }

          @Override
          public void drop(int number) {
            kept.drop(number);
          }
        });
    for (int event = 0; event < EVENTS; event++) {
      amounts[event] = random.nextInt(100_000) - 1_000;
      selected[event] = random.nextInt(3) == 0;
      log.insert(START_MS + 10L * event, amounts[event], selected[event] ? 1 : 0, new long[0], 0);
      log.tidy(0, 0, 0);
    }
    read.clear();
  }

  private Moments sum(int selector, int from, int to) {
    Moments sum = new Moments();
    log.addTo(sum, selector, from, to);
    return sum;
  }

  private Moments expected(int selector, int from, int to) {
    Moments sum = new Moments();
    for (int event = from; event < to; event++) {
      if (selector == Layout.ALL || selected[event]) {
        sum.add(amounts[event]);
      }
    }
    return sum;
  }

  @Test
  void wholeChunksAreReadOnceForAllEventsToCome() {
    fill();
    int first = log.firstAfter(START_MS - 1);
    sum(Layout.ALL, first, EVENTS);
    int chunks = kept.chunks().size();
    assertThat(read).hasSizeBetween(chunks, 2 * chunks);
    read.clear();

    for (int event = 0; event < 100; event++) {
      assertThat(log.firstAfter(START_MS - 1)).isZero();
      assertThat(sum(Layout.ALL, 0, EVENTS).count).isEqualTo(EVENTS);
    }

    assertThat(read).isEmpty();
  }

  @Test
  void onlyTheChunkWithTheEdgeIsReadAgain() {
    fill();
    sum(Layout.ALL, 0, EVENTS);
    log.firstAfter(START_MS - 1);
    read.clear();

    int from = log.firstAfter(START_MS + 10L * 1_000);
    Moments sum = sum(Layout.ALL, from, EVENTS);

    assertThat(from).isEqualTo(1_001);
    assertThat(sum.count).isEqualTo(EVENTS - 1_001);
    assertThat(read).hasSize(1);
  }

  @Test
  void sumsAreThoseOfTheRows() {
    fill();
    Random random = new Random(8);
    for (int round = 0; round < 300; round++) {
      int from = round % 3 == 0 ? 0 : random.nextInt(EVENTS);
      int to = round % 5 == 0 ? EVENTS : from + random.nextInt(EVENTS - from + 1);
      int selector = round % 2 == 0 ? Layout.ALL : 1;
      assertThat(sum(selector, from, to))
          .usingRecursiveComparison()
          .isEqualTo(expected(selector, from, to));
      assertThat(log.firstAfter(START_MS + 10L * from - 1)).isEqualTo(from);
      assertThat(log.firstAfter(START_MS + 10L * from)).isEqualTo(from + 1);
    }
  }

  @Test
  void aLateEventIsInTheSumsFromThenOn() {
    fill();
    assertThat(sum(Layout.ALL, 0, EVENTS).count).isEqualTo(EVENTS);

    log.insert(START_MS + 5, 1_000_000, 0, new long[0], 0);

    assertThat(sum(Layout.ALL, 0, EVENTS + 1).count).isEqualTo(EVENTS + 1);
    assertThat(sum(Layout.ALL, 0, EVENTS + 1).sum)
        .isEqualTo(expected(Layout.ALL, 0, EVENTS).sum + 1_000_000);
    assertThat(log.firstAfter(START_MS + 5)).isEqualTo(2);
    log.insert(START_MS - 5, 2_000_000, 0, new long[0], 0);
    assertThat(log.firstAfter(START_MS - 5)).isEqualTo(1);
    assertThat(log.beginsAfter(START_MS - 6)).isTrue();
    assertThat(log.beginsAfter(START_MS - 5)).isFalse();
  }
}

package io.vigil.job.feature;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HotValuesTest {
  private final Map<String, byte[]> stored = new HashMap<>();
  private int writes;

  private final HotValues.Store store =
      new HotValues.Store() {
        @Override
        public byte @Nullable [] read(String key) {
          return stored.get(key);
        }

        @Override
        public void write(String key, byte[] value) {
          writes++;
          stored.put(key, value);
        }
      };

  @ParameterizedTest
  @CsvSource({
    "0, 1000000, 1000",
    "1, 1000000, 1000",
    "5, 1000000, 1000",
    "1000, 40, 1000",
    "1000, 1000000, 1000",
    "1000, 1000000, 0",
    "20, 1000000, 7",
    "1000, 100, 3"
  })
  void agreesWithAPlainMapWhateverItMayKeep(int entriesMax, long bytesMax, int unwrittenMax)
      throws Exception {
    HotValues hot = new HotValues(store, entriesMax, bytesMax, unwrittenMax);
    Map<String, byte[]> plain = new HashMap<>();
    Random random = new Random(entriesMax + bytesMax);
    int puts = 0;
    for (int i = 0; i < 5_000; i++) {
      String key = "k" + random.nextInt(40);
      assertThat(hot.get(key)).isEqualTo(plain.get(key));
      if (random.nextInt(4) > 0) {
        byte[] value = new byte[random.nextInt(20)];
        random.nextBytes(value);
        hot.put(key, value);
        plain.put(key, value);
        puts++;
      }
      assertThat(plain.keySet().stream().filter(k -> stored.get(k) != plain.get(k)).count())
          .as("unwritten")
          .isLessThanOrEqualTo(unwrittenMax);
      if (random.nextInt(500) == 0) {
        hot.flush();
        assertThat(stored).containsExactlyInAnyOrderEntriesOf(plain);
      }
    }
    hot.flush();
    assertThat(stored).containsExactlyInAnyOrderEntriesOf(plain);
    if (entriesMax >= 40 && bytesMax > 1_000 && unwrittenMax >= 40) {
      assertThat(writes).as("a value that stays is written once a flush").isLessThan(puts / 4);
    }
  }
}

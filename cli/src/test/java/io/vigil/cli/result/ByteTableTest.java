package io.vigil.cli.result;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class ByteTableTest {

  @Test
  void keepsHandlesAndValuesAcrossGrowthAndChunks() {
    ByteTable table = new ByteTable(8);
    Map<String, Integer> expected = new HashMap<>();
    Random random = new Random(7);
    for (int i = 0; i < 100_000; i++) {
      String key = Long.toString(random.nextLong(40_000), 36);
      byte[] bytes = key.getBytes(StandardCharsets.UTF_8);
      int handle = table.add(bytes, 0, bytes.length);
      Integer known = expected.putIfAbsent(key, handle);
      if (known == null) {
        assertThat(handle).isNotNegative();
        Arrays.fill(
            table.chunkOf(handle), table.valueAt(handle), table.valueAt(handle) + 8, bytes[0]);
      } else {
        assertThat(~handle).isEqualTo(known);
      }
    }
    assertThat(table.size()).isEqualTo(expected.size());
    expected.forEach(
        (key, handle) -> {
          assertThat(keyOf(table, handle)).isEqualTo(key.getBytes(StandardCharsets.UTF_8));
          assertThat(table.chunkOf(handle)[table.valueAt(handle) + 7])
              .isEqualTo((byte) key.charAt(0));
        });
  }

  @Property(tries = 200)
  void sortsInShortlexOrder(@ForAll @Size(max = 200) List<@Size(max = 5) List<Byte>> keys) {
    assertSorted(keys.stream().map(ByteTableTest::bytes).toList());
  }

  @Test
  void sortsNumbersAsNumbers() {
    List<byte[]> keys = new ArrayList<>();
    for (int i = 0; i < 30_000; i++) {
      keys.add(Integer.toString(i * 7919 % 30_011).getBytes(StandardCharsets.UTF_8));
    }
    assertSorted(keys);
  }

  private static void assertSorted(List<byte[]> keys) {
    ByteTable table = new ByteTable(0);
    keys.forEach(key -> table.add(key, 0, key.length));
    List<byte[]> sorted = new ArrayList<>();
    for (int handle : table.shortlex()) {
      sorted.add(keyOf(table, handle));
    }
    Comparator<byte[]> shortlex =
        Comparator.<byte[]>comparingInt(key -> key.length)
            .thenComparing((a, b) -> Arrays.compareUnsigned(a, b));
    List<byte[]> expected = new ArrayList<>(keys);
    expected.sort(shortlex);
    List<byte[]> distinct = new ArrayList<>();
    for (byte[] key : expected) {
      if (distinct.isEmpty() || !Arrays.equals(distinct.get(distinct.size() - 1), key)) {
        distinct.add(key);
      }
    }
    assertThat(sorted).usingElementComparator(shortlex).isEqualTo(distinct);
  }

  private static byte[] keyOf(ByteTable table, int handle) {
    int at = table.keyAt(handle);
    return Arrays.copyOfRange(table.chunkOf(handle), at, at + table.keyLength(handle));
  }

  private static byte[] bytes(List<Byte> list) {
    byte[] bytes = new byte[list.size()];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = list.get(i);
    }
    return bytes;
  }
}

package io.vigil.cli.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.cli.bridge.Merge.Item;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

class MergeTest {
  private static final TopicPartition A = new TopicPartition("t", 0);
  private static final TopicPartition B = new TopicPartition("t", 1);

  private final Merge<String> merge = new Merge<>();

  private void add(TopicPartition partition, long timeMs, String value) {
    merge.add(new Item<>(partition, timeMs, value));
  }

  private List<String> drain(Set<TopicPartition> behind) {
    List<String> all = new ArrayList<>();
    for (Item<String> next = merge.poll(behind); next != null; next = merge.poll(behind)) {
      all.add(next.value());
    }
    return all;
  }

  @Test
  void ordersByTimeAcrossPartitionsAndKeepsTheOrderWithinOne() {
    merge.assign(Set.of(A, B));
    add(A, 10, "a10");
    add(A, 30, "a30");
    add(A, 20, "a20 after a30");
    add(B, 15, "b15");
    add(B, 25, "b25");
    add(B, 30, "b30");

    assertThat(drain(Set.of())).containsExactly("a10", "b15", "b25", "a30", "a20 after a30", "b30");
    assertThat(merge.size()).isZero();
  }

  @Test
  void waitsForAPartitionThatHasMoreToCome() {
    merge.assign(Set.of(A, B));
    add(A, 10, "a10");
    assertThat(drain(Set.of(B))).isEmpty();
    add(B, 5, "b5");
    assertThat(drain(Set.of(B))).containsExactly("b5");
    assertThat(drain(Set.of(A))).containsExactly("a10");
  }

  @Test
  void forgetsPartitionsThatOthersRead() {
    merge.assign(Set.of(A, B));
    add(A, 10, "a10");
    add(B, 5, "b5");
    merge.assign(Set.of(A));

    assertThat(merge.size()).isEqualTo(1);
    assertThat(drain(Set.of(B))).containsExactly("a10");
    assertThat(merge.empty()).containsExactly(A);
  }
}

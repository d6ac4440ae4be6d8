package io.vigil.cli.bridge;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Brings what partitions hold into one order by time, as long as more of them is known to come: a
 * backlog that is read one partition at a time would come out of order otherwise, and count as
 * late. Within a partition the order stays. Thread-confined.
 *
 * @param <T> what is ordered
 */
final class Merge<T> {

  /**
   * One of them.
   *
   * @param timeMs event time; the smallest long for what has none
   */
  record Item<T>(TopicPartition partition, long timeMs, T value) {}

  private static final Comparator<TopicPartition> BY_NAME =
      Comparator.comparing(TopicPartition::topic).thenComparing(TopicPartition::partition);

  private final Map<TopicPartition, Deque<Item<T>>> queues = new HashMap<>();
  private final Set<TopicPartition> empty = new TreeSet<>(BY_NAME);
  private final PriorityQueue<Item<T>> heads =
      new PriorityQueue<>(
          Comparator.comparingLong(Item<T>::timeMs).thenComparing(Item::partition, BY_NAME));
  private int size;

  /** Sets whose records are merged; what was queued of others is dropped. */
  void assign(Collection<TopicPartition> partitions) {
    Set<TopicPartition> gone = new HashSet<>(queues.keySet());
    gone.removeAll(partitions);
    for (TopicPartition partition : gone) {
      size -= queues.getOrDefault(partition, new ArrayDeque<>()).size();
      queues.remove(partition);
      empty.remove(partition);
      heads.removeIf(head -> head.partition().equals(partition));
    }
    for (TopicPartition partition : partitions) {
      if (queues.putIfAbsent(partition, new ArrayDeque<>()) == null) {
        empty.add(partition);
      }
    }
  }

  /** Adds the next of its partition, which must be assigned. */
  void add(Item<T> item) {
    @Nullable Deque<Item<T>> queue = queues.get(item.partition());
    if (queue == null) {
      throw new IllegalStateException(item.partition() + " is not assigned");
    }
    if (queue.isEmpty()) {
      empty.remove(item.partition());
      heads.add(item);
    }
    queue.add(item);
    size++;
  }

  /**
   * Takes the next in order.
   *
   * @param behind partitions of which more is known to come
   * @return null when there is none, or one of a partition with nothing here may come before it
   */
  @Nullable Item<T> poll(Set<TopicPartition> behind) {
    if (behind.stream().anyMatch(empty::contains)) {
      return null;
    }
    @Nullable Item<T> first = heads.poll();
    if (first == null) {
      return null;
    }
    Deque<Item<T>> queue = queues.getOrDefault(first.partition(), new ArrayDeque<>());
    queue.remove();
    size--;
    @Nullable Item<T> next = queue.peek();
    if (next == null) {
      empty.add(first.partition());
    } else {
      heads.add(next);
    }
    return first;
  }

  /** Partitions that have nothing here. */
  Set<TopicPartition> empty() {
    return Set.copyOf(empty);
  }

  /** How many of a partition are here. */
  int size(TopicPartition partition) {
    return queues.getOrDefault(partition, new ArrayDeque<>()).size();
  }

  /** How many are here. */
  int size() {
    return size;
  }
}

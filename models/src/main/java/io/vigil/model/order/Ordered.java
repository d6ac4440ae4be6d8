package io.vigil.model.order;

import java.util.Comparator;

/**
 * A record with its place in the order of the stream: effective time, then labels and deployments
 * before transactions, then the id in shortlex order, then the origin (only repeats of one id get
 * that far).
 */
public interface Ordered {
  /** The order of the stream; consistent for any two records of any partitions. */
  Comparator<Ordered> EFFECTIVE_ORDER = Ordered::compare;

  /** Milliseconds since the epoch. */
  long effectiveTimeMs();

  /** 0 for labels and deployments, 1 for transactions. */
  int rank();

  /** The record's own id. */
  String id();

  /** Partition of the record's topic. */
  int partition();

  /** Offset in the partition. */
  long offset();

  /** Shorter first, then by character, so that numbers order as numbers. */
  static int shortlex(String a, String b) {
    return a.length() != b.length() ? Integer.compare(a.length(), b.length()) : a.compareTo(b);
  }

  private static int compare(Ordered a, Ordered b) {
    int order = Long.compare(a.effectiveTimeMs(), b.effectiveTimeMs());
    if (order == 0) {
      order = Integer.compare(a.rank(), b.rank());
    }
    if (order == 0) {
      order = shortlex(a.id(), b.id());
    }
    if (order == 0) {
      order = Integer.compare(a.partition(), b.partition());
    }
    return order == 0 ? Long.compare(a.offset(), b.offset()) : order;
  }
}

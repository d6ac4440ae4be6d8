package io.vigil.bench.state;

import java.util.List;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.Types;

/** Which panes the hand-written sides keep: for each resolution those of its longest window. */
final class PaneLayout {
  /** Above the milliseconds of a pane's start stands the index of its resolution. */
  private static final int RESOLUTION_SHIFT = 48;

  private final long[] resolutionsMs;

  private final int[] panesMax;

  /** By resolution the windows that are cut so, and of how many panes each is. */
  private final int[][] spans;

  private final int[][] panes;

  PaneLayout(StateSpec spec) {
    if (spec.exact()) {
      throw new IllegalArgumentException("panes: expected windows with a resolution, got exact");
    }
    List<Span> all = spec.spans();
    resolutionsMs = all.stream().mapToLong(Span::resolutionMs).distinct().sorted().toArray();
    panesMax = new int[resolutionsMs.length];
    spans = new int[resolutionsMs.length][];
    panes = new int[resolutionsMs.length][];
    for (int resolution = 0; resolution < resolutionsMs.length; resolution++) {
      long ms = resolutionsMs[resolution];
      List<Span> cutSo = all.stream().filter(span -> span.resolutionMs() == ms).toList();
      spans[resolution] = cutSo.stream().mapToInt(all::indexOf).toArray();
      panes[resolution] = cutSo.stream().mapToInt(Span::panes).toArray();
      panesMax[resolution] = cutSo.stream().mapToInt(Span::panes).max().orElseThrow();
    }
  }

  /** Compact serializers; the usual POJO of boxed numbers costs more. */
  static MapStateDescriptor<Long, long[]> descriptor() {
    return new MapStateDescriptor<>(
        "panes", Types.LONG, PrimitiveArrayTypeInfo.LONG_PRIMITIVE_ARRAY_TYPE_INFO);
  }

  int resolutions() {
    return resolutionsMs.length;
  }

  int panesMax(int resolution) {
    return panesMax[resolution];
  }

  /** The number of the pane that a time lies in. */
  long pane(int resolution, long timeMs) {
    return timeMs / resolutionsMs[resolution];
  }

  long key(int resolution, long pane) {
    return (long) resolution << RESOLUTION_SHIFT | pane * resolutionsMs[resolution];
  }

  static int resolutionOf(long key) {
    return (int) (key >>> RESOLUTION_SHIFT);
  }

  long paneOf(long key) {
    return (key & (1L << RESOLUTION_SHIFT) - 1) / resolutionsMs[resolutionOf(key)];
  }

  /** Puts the panes of the first payment of a key. */
  void putFirst(Payment payment, Totals totals, MapState<Long, long[]> panes, Operations operations)
      throws Exception {
    for (int resolution = 0; resolution < resolutionsMs.length; resolution++) {
      long[] value = totals.pane();
      Totals.add(value, payment.amountMinor());
      operations.put(value);
      panes.put(key(resolution, pane(resolution, payment.eventTimeMs())), value);
    }
  }

  /** Adds a pane to the windows that still hold it, {@code age} panes after it. */
  void addTo(Totals totals, int resolution, long age, long[] pane) {
    for (int index = 0; index < spans[resolution].length; index++) {
      if (age < panes[resolution][index]) {
        totals.addPane(spans[resolution][index], pane);
      }
    }
  }
}

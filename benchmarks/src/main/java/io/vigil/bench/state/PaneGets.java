package io.vigil.bench.state;

import java.util.function.Consumer;
import org.apache.flink.api.common.state.KeyedStateStore;
import org.apache.flink.api.common.state.MapState;

/**
 * The common way: a map of panes by their start, each window summed over all its panes for every
 * event, by point gets. Windows of one resolution share their panes, and all live in one map:
 * better than a map for each window, as it is usually written. Panes that have left are never
 * removed, as where state has a time to live; that costs space and no gets.
 */
final class PaneGets implements StateSide {
  private final PaneLayout layout;
  private final Totals totals;
  private MapState<Long, long[]> panes;
  private Operations operations;

  @SuppressWarnings("NullAway.Init") // Set by open, which comes first.
  PaneGets(StateSpec spec) {
    layout = new PaneLayout(spec);
    totals = new Totals(spec);
  }

  @Override
  public void open(KeyedStateStore store, Consumer<String> key, Operations operations) {
    this.operations = operations;
    panes = store.getMapState(PaneLayout.descriptor());
  }

  @Override
  public void apply(Payment payment, double[] out) throws Exception {
    totals.clear();
    for (int resolution = 0; resolution < layout.resolutions(); resolution++) {
      long now = layout.pane(resolution, payment.eventTimeMs());
      for (long pane = now - layout.panesMax(resolution) + 1; pane <= now; pane++) {
        long key = layout.key(resolution, pane);
        operations.get();
        long[] value = panes.get(key);
        if (pane == now) {
          value = value == null ? totals.pane() : value;
          Totals.add(value, payment.amountMinor());
          operations.put(value);
          panes.put(key, value);
        }
        if (value != null) {
          layout.addTo(totals, resolution, now - pane, value);
        }
      }
    }
    totals.finish(out);
  }

  @Override
  public void first(Payment payment, double[] out) throws Exception {
    layout.putFirst(payment, totals, panes, operations);
  }
}

package io.vigil.bench.state;

import java.util.Iterator;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.flink.api.common.state.KeyedStateStore;
import org.apache.flink.api.common.state.MapState;

/**
 * The same panes as {@link PaneGets}, read with one iterator over the key's map for every event, as
 * those do who know that point gets are dear. What has left every window is removed when it is met.
 */
final class PaneScan implements StateSide {
  private final PaneLayout layout;
  private final Totals totals;
  private final long[] now;
  private final long[][] current;
  private MapState<Long, long[]> panes;
  private Operations operations;

  @SuppressWarnings("NullAway.Init") // Set by open, which comes first.
  PaneScan(StateSpec spec) {
    layout = new PaneLayout(spec);
    totals = new Totals(spec);
    now = new long[layout.resolutions()];
    current = new long[layout.resolutions()][];
  }

  @Override
  public void open(KeyedStateStore store, Consumer<String> key, Operations operations) {
    this.operations = operations;
    panes = store.getMapState(PaneLayout.descriptor());
  }

  @Override
  public void apply(Payment payment, double[] out) throws Exception {
    totals.clear();
    for (int resolution = 0; resolution < now.length; resolution++) {
      now[resolution] = layout.pane(resolution, payment.eventTimeMs());
      current[resolution] = totals.pane();
    }
    operations.scan();
    Iterator<Map.Entry<Long, long[]>> entries = panes.iterator();
    while (entries.hasNext()) {
      Map.Entry<Long, long[]> entry = entries.next();
      operations.scanned();
      long key = entry.getKey();
      int resolution = PaneLayout.resolutionOf(key);
      long age = now[resolution] - layout.paneOf(key);
      if (age == 0) {
        current[resolution] = entry.getValue();
      } else if (age < layout.panesMax(resolution)) {
        layout.addTo(totals, resolution, age, entry.getValue());
      } else {
        operations.remove();
        entries.remove();
      }
    }
    for (int resolution = 0; resolution < now.length; resolution++) {
      long[] value = current[resolution];
      Totals.add(value, payment.amountMinor());
      layout.addTo(totals, resolution, 0, value);
      operations.put(value);
      panes.put(layout.key(resolution, now[resolution]), value);
    }
    totals.finish(out);
  }

  @Override
  public void first(Payment payment, double[] out) throws Exception {
    layout.putFirst(payment, totals, panes, operations);
  }
}

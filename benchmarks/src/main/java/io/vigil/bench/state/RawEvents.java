package io.vigil.bench.state;

import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.flink.api.common.state.KeyedStateStore;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.Types;

/**
 * The way of the well-known public demos: raw events by their time stamp, all of them read again
 * for every event. Exact without further thought, and it costs as much as the longest window holds.
 */
final class RawEvents implements StateSide {
  private final List<Span> spans;
  private final Totals totals;
  private final long[] firstMs;
  private MapState<Long, long[]> events;
  private Operations operations;

  @SuppressWarnings("NullAway.Init") // Set by open, which comes first.
  RawEvents(StateSpec spec) {
    spans = spec.spans();
    totals = new Totals(spec);
    firstMs = new long[spans.size()];
  }

  @Override
  public void open(KeyedStateStore store, Consumer<String> key, Operations operations) {
    this.operations = operations;
    MapStateDescriptor<Long, long[]> descriptor =
        new MapStateDescriptor<>(
            "events", Types.LONG, PrimitiveArrayTypeInfo.LONG_PRIMITIVE_ARRAY_TYPE_INFO);
    events = store.getMapState(descriptor);
  }

  @Override
  public void apply(Payment payment, double[] out) throws Exception {
    long timeMs = payment.eventTimeMs();
    operations.get();
    long[] same = events.get(timeMs);
    same = same == null ? new long[1] : Arrays.copyOf(same, same.length + 1);
    same[same.length - 1] = payment.amountMinor();
    operations.put(same);
    events.put(timeMs, same);

    totals.clear();
    long keptFromMs = Long.MAX_VALUE;
    for (int span = 0; span < firstMs.length; span++) {
      firstMs[span] = spans.get(span).firstMs(timeMs);
      keptFromMs = Math.min(keptFromMs, firstMs[span]);
    }
    operations.scan();
    Iterator<Map.Entry<Long, long[]>> entries = events.iterator();
    while (entries.hasNext()) {
      Map.Entry<Long, long[]> entry = entries.next();
      operations.scanned();
      long atMs = entry.getKey();
      if (atMs < keptFromMs) {
        operations.remove();
        entries.remove();
      } else {
        add(atMs, entry.getValue());
      }
    }
    totals.finish(out);
  }

  private void add(long atMs, long[] amountsMinor) {
    for (int span = 0; span < firstMs.length; span++) {
      if (atMs >= firstMs[span]) {
        for (long amountMinor : amountsMinor) {
          totals.addAmount(span, amountMinor);
        }
      }
    }
  }
}

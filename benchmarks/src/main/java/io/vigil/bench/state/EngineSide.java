package io.vigil.bench.state;

import io.vigil.job.feature.HotValues;
import io.vigil.model.feature.EntityPlan;
import io.vigil.model.feature.EntityStore;
import io.vigil.model.feature.FeaturePlan;
import io.vigil.model.feature.FeatureSpec;
import java.io.IOException;
import java.util.function.Consumer;
import org.apache.flink.api.common.state.KeyedStateStore;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.Types;
import org.jspecify.annotations.Nullable;

/** Our way: one packed value that every event reads and rewrites, and chunks by point get. */
final class EngineSide implements StateSide {
  private static final long CACHE_BYTES_MAX = 64L << 20;

  private final EntityPlan plan;
  private final int cacheEntries;
  private final Store entity = new Store();
  private ValueState<byte[]> hot;
  private MapState<Integer, byte[]> chunks;
  private @Nullable HotValues cache;
  private Operations operations;
  private Consumer<String> key;
  private String account = "";

  /**
   * @param cacheEntries hot values kept on the heap between flushes as the job does, 0 for none
   */
  @SuppressWarnings("NullAway.Init") // Set by open, which comes first.
  EngineSide(StateSpec spec, int cacheEntries) {
    plan =
        FeaturePlan.compile(FeatureSpec.read(spec.yaml(), spec.name() + ".yaml")).entities().get(0);
    this.cacheEntries = cacheEntries;
  }

  @Override
  public void open(KeyedStateStore store, Consumer<String> key, Operations operations) {
    this.key = key;
    this.operations = operations;
    ValueStateDescriptor<byte[]> hotDescriptor =
        new ValueStateDescriptor<>("entity", PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO);
    hot = store.getState(hotDescriptor);
    MapStateDescriptor<Integer, byte[]> chunkDescriptor =
        new MapStateDescriptor<>(
            "chunks", Types.INT, PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO);
    chunks = store.getMapState(chunkDescriptor);
    if (cacheEntries > 0) {
      cache =
          new HotValues(
              new HotValues.Store() {
                @Override
                public byte @Nullable [] read(String account) throws Exception {
                  key.accept(account);
                  return readHot();
                }

                @Override
                public void write(String account, byte[] value) throws Exception {
                  key.accept(account);
                  writeHot(value);
                }
              },
              cacheEntries,
              CACHE_BYTES_MAX,
              Integer.MAX_VALUE);
    }
  }

  private byte @Nullable [] readHot() throws IOException {
    operations.get();
    return hot.value();
  }

  private void writeHot(byte[] value) throws IOException {
    operations.put(value);
    hot.update(value);
  }

  @Override
  public void apply(Payment payment, double[] out) {
    account = payment.account();
    plan.transaction(entity, payment.eventTimeMs(), plan.inputs(payment), out);
  }

  @Override
  public void flush() throws Exception {
    if (cache != null) {
      cache.flush();
    }
  }

  /** The state of the current account. */
  private final class Store implements EntityStore {

    @Override
    public String key() {
      return account;
    }

    @Override
    public byte @Nullable [] hot() {
      try {
        return cache == null ? readHot() : cache.get(account);
      } catch (Exception e) {
        throw failed(e);
      }
    }

    @Override
    public void hot(byte[] value) {
      try {
        if (cache == null) {
          writeHot(value);
        } else {
          cache.put(account, value);
        }
      } catch (Exception e) {
        throw failed(e);
      }
    }

    @Override
    public byte[] chunk(int number) {
      try {
        chunksOfAccount();
        operations.get();
        return chunks.get(number);
      } catch (Exception e) {
        throw failed(e);
      }
    }

    @Override
    public void chunk(int number, byte[] value) {
      try {
        chunksOfAccount();
        operations.put(value);
        chunks.put(number, value);
      } catch (Exception e) {
        throw failed(e);
      }
    }

    @Override
    public void drop(int number) {
      try {
        chunksOfAccount();
        operations.remove();
        chunks.remove(number);
      } catch (Exception e) {
        throw failed(e);
      }
    }

    /** The cache may have made another account current, to write it back. */
    private void chunksOfAccount() {
      if (cache != null) {
        key.accept(account);
      }
    }

    private IllegalStateException failed(Exception e) {
      return new IllegalStateException("state of " + account + ": " + e.getMessage(), e);
    }
  }
}

package io.vigil.job.record;

import java.io.IOException;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;
import org.jspecify.annotations.Nullable;

/** Serializes immutable records by their {@link Wire}. Stateless, so copies share it. */
final class WireSerializer<T> extends TypeSerializer<T> {
  private static final long serialVersionUID = 1L;

  private final Wire<T> wire;

  WireSerializer(Wire<T> wire) {
    this.wire = wire;
  }

  @Override
  public boolean isImmutableType() {
    return true;
  }

  @Override
  public TypeSerializer<T> duplicate() {
    return this;
  }

  @Override
  public @Nullable T createInstance() {
    return null;
  }

  @Override
  public T copy(T from) {
    return from;
  }

  @Override
  public T copy(T from, T reuse) {
    return from;
  }

  @Override
  public int getLength() {
    return -1;
  }

  @Override
  public void serialize(T value, DataOutputView target) throws IOException {
    wire.write(value, target);
  }

  @Override
  public T deserialize(DataInputView source) throws IOException {
    return wire.read(source);
  }

  @Override
  public T deserialize(@Nullable T reuse, DataInputView source) throws IOException {
    return wire.read(source);
  }

  @Override
  public void copy(DataInputView source, DataOutputView target) throws IOException {
    wire.write(wire.read(source), target);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof WireSerializer<?> that && that.wire.type().equals(wire.type());
  }

  @Override
  public int hashCode() {
    return wire.type().hashCode();
  }

  /** Records in flight are never kept in managed state, so there is nothing to evolve. */
  @Override
  public TypeSerializerSnapshot<T> snapshotConfiguration() {
    throw new IllegalStateException(
        wire.type().getSimpleName()
            + " travels between operators only; it must not be kept in managed state");
  }
}

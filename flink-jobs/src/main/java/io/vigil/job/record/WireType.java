package io.vigil.job.record;

import java.util.Objects;
import org.apache.flink.api.common.serialization.SerializerConfig;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.jspecify.annotations.Nullable;

/** Tells Flink to use a {@link Wire}. */
public final class WireType<T> extends TypeInformation<T> {
  private static final long serialVersionUID = 1L;

  private final Wire<T> wire;

  public WireType(Wire<T> wire) {
    this.wire = wire;
  }

  @Override
  public boolean isBasicType() {
    return false;
  }

  @Override
  public boolean isTupleType() {
    return false;
  }

  @Override
  public int getArity() {
    return 1;
  }

  @Override
  public int getTotalFields() {
    return 1;
  }

  @Override
  public Class<T> getTypeClass() {
    return wire.type();
  }

  @Override
  public boolean isKeyType() {
    return false;
  }

  @Override
  public TypeSerializer<T> createSerializer(SerializerConfig config) {
    return new WireSerializer<>(wire);
  }

  @Override
  public String toString() {
    return "Wire<" + wire.type().getSimpleName() + ">";
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof WireType<?> that && that.wire.type().equals(wire.type());
  }

  @Override
  public int hashCode() {
    return Objects.hashCode(wire.type());
  }

  @Override
  public boolean canEqual(Object other) {
    return other instanceof WireType<?>;
  }
}

package io.vigil.job.record;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.io.Serializable;

/**
 * How one type of record travels between operators and stands in the raw keyed state of a buffer.
 * Hand-written: a record crosses three networks, and Flink's reflective serializers cost several
 * times as much. Stateless and thread-safe.
 */
public interface Wire<T> extends Serializable {
  Class<T> type();

  void write(T value, DataOutput out) throws IOException;

  T read(DataInput in) throws IOException;
}

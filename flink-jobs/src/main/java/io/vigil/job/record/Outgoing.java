package io.vigil.job.record;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A finished record for an output topic and the archive. Immutable by agreement.
 *
 * @param topic where it goes
 * @param key its key, or null for none
 * @param value Avro single-object encoding
 * @param effectiveTimeMs milliseconds since the epoch; names the archive's day
 */
public record Outgoing(String topic, byte @Nullable [] key, byte[] value, long effectiveTimeMs) {

  /** How finished records travel. */
  public static final Wire<Outgoing> WIRE = new OutgoingWire();

  private static final class OutgoingWire implements Wire<Outgoing> {
    private static final long serialVersionUID = 1L;

    @Override
    public Class<Outgoing> type() {
      return Outgoing.class;
    }

    @Override
    public void write(Outgoing o, DataOutput out) throws IOException {
      out.writeUTF(o.topic);
      out.writeInt(o.key == null ? -1 : o.key.length);
      if (o.key != null) {
        out.write(o.key);
      }
      out.writeInt(o.value.length);
      out.write(o.value);
      out.writeLong(o.effectiveTimeMs);
    }

    @Override
    public Outgoing read(DataInput in) throws IOException {
      String topic = in.readUTF();
      int keyLength = in.readInt();
      byte[] key = null;
      if (keyLength >= 0) {
        key = new byte[keyLength];
        in.readFully(key);
      }
      byte[] value = new byte[in.readInt()];
      in.readFully(value);
      return new Outgoing(topic, key, value, in.readLong());
    }
  }
}

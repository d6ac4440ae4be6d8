package io.vigil.job.record;

import io.vigil.model.order.Ordered;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/**
 * The small record that a transaction or a label sends to one of its entities. Immutable by
 * agreement.
 *
 * @param key the entity's state key: its code, then its id
 * @param entity index of the entity in the plan
 * @param label true for a label, false for a transaction
 * @param id the transaction's or the label's id
 * @param subject the transaction's id
 * @param effectiveTimeMs milliseconds since the epoch
 * @param eventTimeMs the transaction's event time, milliseconds since the epoch
 * @param partition where the record was read
 * @param offset where the record was read
 * @param inputs what the entity's aggregates need; for a label the change of the fraud count, and
 *     the effective time of the label that says fraud
 */
public record EntityRequest(
    String key,
    int entity,
    boolean label,
    String id,
    String subject,
    long effectiveTimeMs,
    long eventTimeMs,
    int partition,
    long offset,
    long[] inputs)
    implements Ordered, EntityInput {

  /** How requests travel. */
  public static final Wire<EntityRequest> WIRE = new EntityRequestWire();

  @Override
  public int rank() {
    return label ? 0 : 1;
  }

  private static final class EntityRequestWire implements Wire<EntityRequest> {
    private static final long serialVersionUID = 1L;

    @Override
    public Class<EntityRequest> type() {
      return EntityRequest.class;
    }

    @Override
    public void write(EntityRequest r, DataOutput out) throws IOException {
      out.writeUTF(r.key);
      out.writeByte(r.entity);
      out.writeBoolean(r.label);
      out.writeUTF(r.id);
      if (r.label) {
        out.writeUTF(r.subject);
      }
      out.writeLong(r.effectiveTimeMs);
      out.writeLong(r.eventTimeMs);
      out.writeInt(r.partition);
      out.writeLong(r.offset);
      out.writeByte(r.inputs.length);
      for (long input : r.inputs) {
        out.writeLong(input);
      }
    }

    @Override
    public EntityRequest read(DataInput in) throws IOException {
      return EntityRequest.read(in.readUTF(), in);
    }
  }

  /** Reads what stands behind the key. */
  static EntityRequest read(String key, DataInput in) throws IOException {
    int entity = in.readByte();
    boolean label = in.readBoolean();
    String id = in.readUTF();
    String subject = label ? in.readUTF() : id;
    long effectiveTimeMs = in.readLong();
    long eventTimeMs = in.readLong();
    int partition = in.readInt();
    long offset = in.readLong();
    long[] inputs = new long[in.readByte()];
    for (int i = 0; i < inputs.length; i++) {
      inputs[i] = in.readLong();
    }
    return new EntityRequest(
        key, entity, label, id, subject, effectiveTimeMs, eventTimeMs, partition, offset, inputs);
  }
}

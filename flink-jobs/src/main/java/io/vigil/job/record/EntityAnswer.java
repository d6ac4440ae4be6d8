package io.vigil.job.record;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/**
 * What one entity's state says about a transaction. Immutable by agreement.
 *
 * @param id the transaction's id
 * @param entity index of the entity in the plan
 * @param outputs the entity's aggregates, in the plan's order
 */
public record EntityAnswer(String id, int entity, double[] outputs) {

  /** How answers travel. */
  public static final Wire<EntityAnswer> WIRE = new EntityAnswerWire();

  private static final class EntityAnswerWire implements Wire<EntityAnswer> {
    private static final long serialVersionUID = 1L;

    @Override
    public Class<EntityAnswer> type() {
      return EntityAnswer.class;
    }

    @Override
    public void write(EntityAnswer a, DataOutput out) throws IOException {
      out.writeUTF(a.id);
      out.writeByte(a.entity);
      out.writeShort(a.outputs.length);
      for (double output : a.outputs) {
        out.writeDouble(output);
      }
    }

    @Override
    public EntityAnswer read(DataInput in) throws IOException {
      String id = in.readUTF();
      int entity = in.readByte();
      double[] outputs = new double[in.readUnsignedShort()];
      for (int i = 0; i < outputs.length; i++) {
        outputs[i] = in.readDouble();
      }
      return new EntityAnswer(id, entity, outputs);
    }
  }
}

package io.vigil.job.record;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/**
 * What the entities are sent: requests, each to its entity, changes of the spec, to all, and that
 * the past of prepared features is whole, to each key group.
 */
public sealed interface EntityInput permits BackfillMark, EntityRequest, SpecChange {
  /** The key of its entity, or of its key group; empty for what all of them are told. */
  String key();

  /**
   * How it travels: a change stands behind an empty key and a mark behind one that begins with
   * {@link BackfillMark#FIRST}, which no request has.
   */
  Wire<EntityInput> WIRE = new EntityInputWire();

  /** See {@link #WIRE}. */
  final class EntityInputWire implements Wire<EntityInput> {
    private static final long serialVersionUID = 1L;

    @Override
    public Class<EntityInput> type() {
      return EntityInput.class;
    }

    @Override
    public void write(EntityInput input, DataOutput out) throws IOException {
      if (input instanceof EntityRequest request) {
        EntityRequest.WIRE.write(request, out);
      } else if (input instanceof SpecChange change) {
        out.writeUTF("");
        SpecChange.WIRE.write(change, out);
      } else if (input instanceof BackfillMark mark) {
        mark.write(out);
      }
    }

    @Override
    public EntityInput read(DataInput in) throws IOException {
      String key = in.readUTF();
      if (!key.isEmpty() && key.charAt(0) == BackfillMark.FIRST) {
        return BackfillMark.read(key, in);
      }
      return key.isEmpty() ? SpecChange.WIRE.read(in) : EntityRequest.read(key, in);
    }
  }
}

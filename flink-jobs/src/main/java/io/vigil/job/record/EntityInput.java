package io.vigil.job.record;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/** What the entities are sent: requests, each to its entity, and changes of the spec, to all. */
public sealed interface EntityInput permits EntityRequest, SpecChange {
  /** The key of its entity; empty for what all of them are told. */
  String key();

  /** How it travels: a change stands behind an empty key, which no request has. */
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
      }
    }

    @Override
    public EntityInput read(DataInput in) throws IOException {
      String key = in.readUTF();
      return key.isEmpty() ? SpecChange.WIRE.read(in) : EntityRequest.read(key, in);
    }
  }
}

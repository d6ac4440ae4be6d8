package io.vigil.job.record;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/**
 * That the past of features which are prepared is whole. It takes the way of the past's requests,
 * so it is no sooner there than they are; one goes to each key group, so that whoever has those of
 * all its key groups knows that nothing of the past is missing, at any parallelism.
 *
 * @param key any of the key group that begins with {@link #FIRST}
 * @param group the key group
 * @param change what prepared them
 * @param sinceMs see {@link io.vigil.model.feature.Backfill#sinceMs()}
 */
public record BackfillMark(String key, int group, SpecChange change, long sinceMs)
    implements EntityInput {
  /** No entity's key begins so. */
  public static final char FIRST = '.';

  void write(DataOutput out) throws IOException {
    out.writeUTF(key);
    out.writeInt(group);
    SpecChange.WIRE.write(change, out);
    out.writeLong(sinceMs);
  }

  static BackfillMark read(String key, DataInput in) throws IOException {
    return new BackfillMark(key, in.readInt(), SpecChange.WIRE.read(in), in.readLong());
  }
}

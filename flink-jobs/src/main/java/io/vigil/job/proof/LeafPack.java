package io.vigil.job.proof;

import io.vigil.job.record.Wire;
import io.vigil.model.proof.MerkleHash;
import io.vigil.model.proof.ProofBatch;
import io.vigil.model.proof.ProofKind;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.Consumer;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;

/**
 * Leaves of one range on their way to its batches: one record for many, for a leaf is small.
 * Immutable by agreement.
 *
 * @param range 0 to {@link ProofBatch#RANGES} - 1
 * @param leaves one behind the other: kind, instant, hash
 */
public record LeafPack(int range, byte[] leaves) {
  /** How packs travel. */
  public static final Wire<LeafPack> WIRE = new LeafPackWire();

  /** Bytes of a leaf. */
  static final int LEAF_BYTES = 1 + Long.BYTES + MerkleHash.BYTES;

  /** The job's greatest parallelism, over which the keys are spread. */
  private static final int KEY_GROUPS = 128;

  private static final String[] KEYS = keys();

  /** What the state of the range is filed under. */
  public String key() {
    return KEYS[range];
  }

  /** What the state of a range is filed under. */
  static String key(int range) {
    return KEYS[range];
  }

  void forEach(Consumer<Leaf> out) {
    ByteBuffer in = ByteBuffer.wrap(leaves);
    while (in.hasRemaining()) {
      ProofKind kind = ProofKind.of(in.get());
      long timeMs = in.getLong();
      byte[] hash = new byte[MerkleHash.BYTES];
      in.get(hash);
      out.accept(Leaf.of(kind, timeMs, hash));
    }
  }

  /** Names whose key groups lie evenly apart, so that no subtask has all ranges. */
  private static String[] keys() {
    String[] keys = new String[ProofBatch.RANGES];
    int apart = KEY_GROUPS / ProofBatch.RANGES;
    for (int range = 0; range < keys.length; range++) {
      int attempt = 0;
      String key;
      do {
        key = "range-" + range + "-" + attempt++;
      } while (KeyGroupRangeAssignment.assignToKeyGroup(key, KEY_GROUPS) / apart != range);
      keys[range] = key;
    }
    return keys;
  }

  private static final class LeafPackWire implements Wire<LeafPack> {
    private static final long serialVersionUID = 1L;

    @Override
    public Class<LeafPack> type() {
      return LeafPack.class;
    }

    @Override
    public void write(LeafPack pack, DataOutput out) throws IOException {
      out.writeByte(pack.range);
      out.writeInt(pack.leaves.length);
      out.write(pack.leaves);
    }

    @Override
    public LeafPack read(DataInput in) throws IOException {
      int range = in.readByte();
      byte[] leaves = new byte[in.readInt()];
      in.readFully(leaves);
      return new LeafPack(range, leaves);
    }
  }
}

package io.vigil.job.proof;

import io.vigil.job.record.Wire;
import io.vigil.model.order.Ordered;
import io.vigil.model.proof.MerkleHash;
import io.vigil.model.proof.ProofKind;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * A leaf of a batch. Leaves of one kind are ordered by instant, then by hash: that needs no field
 * of the record, and two leaves that tie are the same.
 *
 * @param kind of the record
 * @param timeMs the instant at which it stands, milliseconds since the epoch
 * @param id its hash, a character a byte: so it orders as the bytes do, without sign
 */
public record Leaf(ProofKind kind, long timeMs, String id) implements Ordered {
  /** How leaves travel. */
  public static final Wire<Leaf> WIRE = new LeafWire();

  /** A leaf with that hash. */
  static Leaf of(ProofKind kind, long timeMs, byte[] hash) {
    return new Leaf(kind, timeMs, new String(hash, StandardCharsets.ISO_8859_1));
  }

  /** Its hash, a new array. */
  byte[] hash() {
    return id.getBytes(StandardCharsets.ISO_8859_1);
  }

  @Override
  public long effectiveTimeMs() {
    return timeMs;
  }

  @Override
  public int rank() {
    return kind.ordinal();
  }

  @Override
  public int partition() {
    return 0;
  }

  @Override
  public long offset() {
    return 0;
  }

  private static final class LeafWire implements Wire<Leaf> {
    private static final long serialVersionUID = 1L;

    @Override
    public Class<Leaf> type() {
      return Leaf.class;
    }

    @Override
    public void write(Leaf leaf, DataOutput out) throws IOException {
      out.writeByte(leaf.kind.ordinal());
      out.writeLong(leaf.timeMs);
      out.write(leaf.hash());
    }

    @Override
    public Leaf read(DataInput in) throws IOException {
      ProofKind kind = ProofKind.of(in.readByte());
      long timeMs = in.readLong();
      byte[] hash = new byte[MerkleHash.BYTES];
      in.readFully(hash);
      return of(kind, timeMs, hash);
    }
  }
}

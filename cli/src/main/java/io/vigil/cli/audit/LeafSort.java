package io.vigil.cli.audit;

import io.vigil.model.proof.MerkleHash;
import io.vigil.model.proof.ProofBatch;
import io.vigil.model.proof.ProofKind;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Sorts records as the proof orders them: by minute, kind and range, then by instant and hash.
 * Thread-confined.
 */
final class LeafSort implements Closeable {
  private static final int KEY_BYTES = Long.BYTES + 2 + Long.BYTES + MerkleHash.BYTES;

  private final ByteSort sort;

  /**
   * A record in its place.
   *
   * @param kind of the record
   * @param range of its hash
   * @param timeMs the instant at which it stands
   * @param hash its leaf hash
   * @param bytes the record when it is to be packed; else empty
   */
  record Placed(ProofKind kind, int range, long timeMs, byte[] hash, byte[] bytes) {
    long minute() {
      return ProofBatch.minute(timeMs);
    }

    boolean isOf(ProofBatch batch) {
      return minute() == batch.minute() && kind == batch.kind() && range == batch.range();
    }
  }

  LeafSort(Path temporary, long runBytes) {
    this.sort = new ByteSort(temporary, runBytes);
  }

  void add(ProofKind kind, long timeMs, byte[] hash, byte[] bytes) throws IOException {
    sort.add(
        ByteBuffer.allocate(KEY_BYTES + bytes.length)
            .putLong(ProofBatch.minute(timeMs) ^ Long.MIN_VALUE)
            .put((byte) kind.ordinal())
            .put((byte) ProofBatch.range(hash))
            .putLong(timeMs ^ Long.MIN_VALUE)
            .put(hash)
            .put(bytes)
            .array());
  }

  /** The next in order, or null after the last. */
  @Nullable Placed next() throws IOException {
    byte[] entry = sort.next();
    if (entry == null) {
      return null;
    }
    ByteBuffer in = ByteBuffer.wrap(entry);
    in.getLong();
    ProofKind kind = ProofKind.of(in.get());
    int range = in.get();
    long timeMs = in.getLong() ^ Long.MIN_VALUE;
    byte[] hash = new byte[MerkleHash.BYTES];
    in.get(hash);
    byte[] bytes = new byte[in.remaining()];
    in.get(bytes);
    return new Placed(kind, range, timeMs, hash, bytes);
  }

  @Override
  public void close() throws IOException {
    sort.close();
  }
}

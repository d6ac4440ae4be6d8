package io.vigil.model.proof;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/**
 * A Merkle tree that only grows (RFC 6962, section 2.1) and remembers no leaf: for each bit that is
 * set in the number of leaves the root of one full subtree, 63 hashes at the most. Adding costs one
 * node on average. Thread-confined.
 */
public final class MerkleAccumulator {
  private static final int LEVELS = Long.SIZE - 1;

  private final MerkleHash hash;
  private final byte[][] full = new byte[LEVELS][];
  private long size;

  /**
   * An empty tree.
   *
   * @param hash of the same thread
   */
  public MerkleAccumulator(MerkleHash hash) {
    this.hash = hash;
  }

  /** How many leaves there are. */
  public long size() {
    return size;
  }

  /**
   * Adds a leaf's hash.
   *
   * @param leaf becomes the tree's own and is written into
   */
  public void add(byte[] leaf) {
    byte[] carried = leaf;
    int level = 0;
    for (long bits = size; (bits & 1) == 1; bits >>>= 1) {
      byte[] left = full[level];
      hash.nodeInto(left, carried);
      carried = left;
      level++;
    }
    full[level] = carried;
    size++;
  }

  /** The root: of no leaves SHA-256 of nothing. A new array. */
  public byte[] root() {
    byte[] root = null;
    long bits = size;
    for (int level = 0; bits != 0; level++, bits >>>= 1) {
      if ((bits & 1) == 1) {
        root = root == null ? full[level].clone() : hash.node(full[level], root);
      }
    }
    return root == null ? hash.empty() : root;
  }

  /** Writes the tree. */
  public void write(DataOutput out) throws IOException {
    out.writeLong(size);
    long bits = size;
    for (int level = 0; bits != 0; level++, bits >>>= 1) {
      if ((bits & 1) == 1) {
        out.write(full[level]);
      }
    }
  }

  /** Reads what {@link #write} wrote. */
  public static MerkleAccumulator read(DataInput in, MerkleHash hash) throws IOException {
    MerkleAccumulator tree = new MerkleAccumulator(hash);
    tree.size = in.readLong();
    if (tree.size < 0) {
      throw new IOException("tree: expected 0 leaves or more, got " + tree.size);
    }
    long bits = tree.size;
    for (int level = 0; bits != 0; level++, bits >>>= 1) {
      if ((bits & 1) == 1) {
        byte[] root = new byte[MerkleHash.BYTES];
        in.readFully(root);
        tree.full[level] = root;
      }
    }
    return tree;
  }
}

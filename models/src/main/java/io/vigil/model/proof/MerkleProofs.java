package io.vigil.model.proof;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Proofs over the hashes of a tree's leaves: that a leaf is in it (RFC 6962, section 2.1.1), and
 * that a tree is the beginning of another (section 2.1.2). They are verified as RFC 9162, sections
 * 2.1.3.2 and 2.1.4.2, says. Thread-confined.
 */
public final class MerkleProofs {
  private final MerkleHash hash;

  /**
   * @param hash of the same thread
   */
  public MerkleProofs(MerkleHash hash) {
    this.hash = hash;
  }

  /** The root over the leaves' hashes. */
  public byte[] root(List<byte[]> leaves) {
    MerkleAccumulator tree = new MerkleAccumulator(hash);
    for (byte[] leaf : leaves) {
      tree.add(leaf.clone());
    }
    return tree.root();
  }

  /**
   * The audit path PATH(index, leaves), from the leaf up.
   *
   * @throws IndexOutOfBoundsException when there is no such leaf
   */
  public List<byte[]> inclusion(List<byte[]> leaves, int index) {
    if (index < 0 || index >= leaves.size()) {
      throw new IndexOutOfBoundsException("leaf " + index + " of " + leaves.size());
    }
    List<byte[]> path = new ArrayList<>();
    inclusion(leaves, index, path);
    return path;
  }

  private void inclusion(List<byte[]> leaves, int index, List<byte[]> path) {
    if (leaves.size() == 1) {
      return;
    }
    int split = split(leaves.size());
    List<byte[]> left = leaves.subList(0, split);
    List<byte[]> right = leaves.subList(split, leaves.size());
    if (index < split) {
      inclusion(left, index, path);
      path.add(root(right));
    } else {
      inclusion(right, index - split, path);
      path.add(root(left));
    }
  }

  /**
   * PROOF(size, leaves): that the tree over the first {@code size} leaves is their beginning.
   *
   * @param size 1 to the number of leaves
   * @throws IndexOutOfBoundsException when it is another
   */
  public List<byte[]> consistency(List<byte[]> leaves, int size) {
    if (size < 1 || size > leaves.size()) {
      throw new IndexOutOfBoundsException("tree of " + size + " in one of " + leaves.size());
    }
    List<byte[]> proof = new ArrayList<>();
    subproof(leaves, size, true, proof);
    return proof;
  }

  private void subproof(List<byte[]> leaves, int size, boolean whole, List<byte[]> proof) {
    if (size == leaves.size()) {
      if (!whole) {
        proof.add(root(leaves));
      }
      return;
    }
    int split = split(leaves.size());
    List<byte[]> left = leaves.subList(0, split);
    List<byte[]> right = leaves.subList(split, leaves.size());
    if (size <= split) {
      subproof(left, size, whole, proof);
      proof.add(root(right));
    } else {
      subproof(right, size - split, false, proof);
      proof.add(root(left));
    }
  }

  /** The largest power of two below {@code size}, which is 2 or more. */
  private static int split(int size) {
    return Integer.highestOneBit(size - 1);
  }

  /**
   * Whether the leaf stands at that place of the tree.
   *
   * @param leaf the leaf's hash
   * @param index its place, from 0
   * @param size leaves of the tree
   * @param path as {@link #inclusion} makes it
   * @param root the tree's
   */
  public boolean includes(byte[] leaf, long index, long size, List<byte[]> path, byte[] root) {
    if (index < 0 || index >= size) {
      return false;
    }
    long at = index;
    long last = size - 1;
    byte[] node = leaf;
    for (byte[] other : path) {
      if (last == 0) {
        return false;
      }
      if ((at & 1) == 1 || at == last) {
        node = hash.node(other, node);
        while ((at & 1) == 0 && at != 0) {
          at >>>= 1;
          last >>>= 1;
        }
      } else {
        node = hash.node(node, other);
      }
      at >>>= 1;
      last >>>= 1;
    }
    return last == 0 && Arrays.equals(node, root);
  }

  /**
   * Whether the first tree is the beginning of the second.
   *
   * @param size leaves of the first, 1 or more
   * @param root of the first
   * @param laterSize leaves of the second
   * @param laterRoot of the second
   * @param proof as {@link #consistency} makes it
   */
  public boolean consistent(
      long size, byte[] root, long laterSize, byte[] laterRoot, List<byte[]> proof) {
    if (size < 1 || size > laterSize) {
      return false;
    }
    if (size == laterSize) {
      return proof.isEmpty() && Arrays.equals(root, laterRoot);
    }
    List<byte[]> path = new ArrayList<>(proof);
    if (Long.bitCount(size) == 1) {
      path.add(0, root);
    }
    if (path.isEmpty()) {
      return false;
    }
    long at = size - 1;
    long last = laterSize - 1;
    while ((at & 1) == 1) {
      at >>>= 1;
      last >>>= 1;
    }
    byte[] first = path.get(0);
    byte[] second = first;
    for (byte[] other : path.subList(1, path.size())) {
      if (last == 0) {
        return false;
      }
      if ((at & 1) == 1 || at == last) {
        first = hash.node(other, first);
        second = hash.node(other, second);
        while ((at & 1) == 0 && at != 0) {
          at >>>= 1;
          last >>>= 1;
        }
      } else {
        second = hash.node(second, other);
      }
      at >>>= 1;
      last >>>= 1;
    }
    return last == 0 && Arrays.equals(first, root) && Arrays.equals(second, laterRoot);
  }
}

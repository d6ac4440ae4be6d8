package io.vigil.model.xgboost;

import io.vigil.model.xgboost.BoosterInspector.Node;
import java.util.Set;

/** Looks at one tree: its arrays, and every way from the root to a leaf. */
final class TreeInspector {
  private static final Set<String> KEYS =
      Set.of(
          "base_weights",
          "categories",
          "categories_nodes",
          "categories_segments",
          "categories_sizes",
          "default_left",
          "id",
          "left_children",
          "loss_changes",
          "parents",
          "right_children",
          "split_conditions",
          "split_indices",
          "split_type",
          "sum_hessian",
          "tree_param");
  private static final int NODES_MOST = 1 << 24;
  // XGBoost's TreeSHAP recurses once a level and keeps a path of that length for each.
  private static final int DEPTH_MOST = 512;
  private static final int NONE = -1;

  private final Node tree;
  private final int width;
  private final int nodes;
  private final int[] left;
  private final int[] right;
  private final int[] parents;
  private final int[] features;
  private final float[] thresholds;
  private final float[] hessians;

  private TreeInspector(Node tree, int width) {
    this.tree = tree;
    this.width = width;
    this.nodes = tree.get("tree_param").get("num_nodes").integer(1, NODES_MOST);
    this.left = ints("left_children", nodes);
    this.right = ints("right_children", nodes);
    this.parents = ints("parents", nodes);
    this.features = ints("split_indices", nodes);
    this.thresholds = floats("split_conditions");
    this.hessians = floats("sum_hessian");
  }

  /**
   * Refuses a tree that is none, or reads other features.
   *
   * @param id the tree's place among the others
   * @param width features there are
   * @throws IllegalArgumentException naming the path, what was expected and what came
   */
  static void inspect(Node tree, int id, int width) {
    tree.keys(KEYS);
    if (!tree.get("id").value().equals((long) id)) {
      throw tree.get("id").wrong("" + id);
    }
    Node parameters = tree.get("tree_param");
    parameters.keys(Set.of("num_deleted", "num_feature", "num_nodes", "size_leaf_vector"));
    parameters.get("num_feature").is(Integer.toString(width));
    parameters.get("size_leaf_vector").integer(0, 1);
    TreeInspector inspector = new TreeInspector(tree, width);
    inspector.floats("base_weights");
    inspector.floats("loss_changes");
    inspector.flags("default_left", 1);
    inspector.flags("split_type", 0);
    inspector.ints("categories", 0);
    inspector.ints("categories_nodes", 0);
    inspector.noLongs("categories_segments");
    inspector.noLongs("categories_sizes");
    inspector.walk(parameters.get("num_deleted"));
  }

  /** Visits the nodes from the root; those never met must be what pruning left behind. */
  private void walk(Node deleted) {
    int[] depth = new int[nodes];
    int[] stack = new int[nodes];
    int top = 0;
    int met = 1;
    depth[0] = 1;
    while (top >= 0) {
      int node = stack[top--];
      if (left[node] == NONE && right[node] == NONE) {
        leaf(node);
        continue;
      }
      split(node);
      for (int child : new int[] {left[node], right[node]}) {
        if (child < 0 || child >= nodes || depth[child] > 0 || parents[child] != node) {
          throw at(node, "children that are its own, 0 to %d".formatted(nodes - 1), child);
        }
        depth[child] = depth[node] + 1;
        if (depth[child] > DEPTH_MOST) {
          throw at(child, "a depth of at most " + DEPTH_MOST, depth[child]);
        }
        stack[++top] = child;
        met++;
      }
    }
    deleted.is(Integer.toString(nodes - met));
    for (int node = 0; node < nodes; node++) {
      if (depth[node] == 0 && (left[node] != NONE || right[node] != NONE)) {
        throw at(node, "no children, as no split leads to it", left[node]);
      }
    }
  }

  private void leaf(int node) {
    if (!Float.isFinite(thresholds[node])) {
      throw at(node, "a finite value", thresholds[node]);
    }
  }

  private void split(int node) {
    if (features[node] < 0 || features[node] >= width) {
      throw at(node, "a feature from 0 to " + (width - 1), features[node]);
    }
    // The least float stays free: the scorer sends minus infinity there.
    if (!Float.isFinite(thresholds[node]) || thresholds[node] == -Float.MAX_VALUE) {
      throw at(node, "a finite threshold", thresholds[node]);
    }
    // TreeSHAP divides by it.
    if (!Float.isFinite(hessians[node]) || hessians[node] <= 0) {
      throw at(node, "a sum_hessian above 0", hessians[node]);
    }
  }

  private IllegalArgumentException at(int node, String expected, Object came) {
    return new IllegalArgumentException(
        "%s: node %d must have %s, came %s".formatted(tree.path(), node, expected, came));
  }

  private int[] ints(String key, int length) {
    Node node = tree.get(key);
    if (!(node.value() instanceof int[] ints) || ints.length != length) {
      throw node.wrong(length + " int32");
    }
    return ints;
  }

  private float[] floats(String key) {
    Node node = tree.get(key);
    if (!(node.value() instanceof float[] floats) || floats.length != nodes) {
      throw node.wrong(nodes + " float32");
    }
    return floats;
  }

  private void noLongs(String key) {
    Node node = tree.get(key);
    if (!(node.value() instanceof long[] longs) || longs.length != 0) {
      throw node.wrong("empty: categories are not read");
    }
  }

  private void flags(String key, int most) {
    Node node = tree.get(key);
    if (!(node.value() instanceof byte[] flags) || flags.length != nodes) {
      throw node.wrong(nodes + " uint8");
    }
    for (byte flag : flags) {
      if (flag < 0 || flag > most) {
        throw new IllegalArgumentException(
            "%s must be 0 to %d, came %d".formatted(node.path(), most, flag));
      }
    }
  }
}

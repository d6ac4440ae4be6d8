package io.vigil.model.onnx;

import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Looks at the trees of one node: features there are, and every way from a root to a leaf that has
 * a weight. The nodes of a tree must stand together, its root first, as exporters write them.
 */
final class TreeEnsembleInspector {
  private static final Set<String> BRANCHES =
      Set.of("BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ");
  private static final Set<String> TRANSFORMS =
      Set.of("", "NONE", "LOGISTIC", "SOFTMAX", "SOFTMAX_ZERO", "PROBIT");
  private static final int DEPTH_MOST = 512;

  private final Proto node;
  private final Map<String, Proto> attributes;
  private final int count;
  private final long[] trees;
  private final long[] ids;

  private TreeEnsembleInspector(Proto node, Map<String, Proto> attributes) {
    this.node = node;
    this.attributes = attributes;
    this.trees = ints("nodes_treeids");
    this.count = trees.length;
    this.ids = ints("nodes_nodeids");
  }

  /**
   * Refuses what are no trees, or trees of other features.
   *
   * @param classifier whether its leaves speak for two classes, not one target
   * @param width features there are
   * @throws IllegalArgumentException naming the node, what was expected and what came
   */
  static void inspect(Proto node, Map<String, Proto> attributes, boolean classifier, int width) {
    TreeEnsembleInspector inspector = new TreeEnsembleInspector(node, attributes);
    for (String name : attributes.keySet()) {
      if (name.endsWith("_as_tensor")) {
        throw node.wrong("float32 trees", name);
      }
    }
    Proto transform = attributes.get("post_transform");
    if (transform != null && !TRANSFORMS.contains(transform.text(4, "s"))) {
      throw node.wrong("a post_transform of " + new TreeSet<>(TRANSFORMS), transform.text(4, "s"));
    }
    inspector.walk(
        width,
        classifier
            ? inspector.weights("class", classes(node, attributes))
            : inspector.weights("target", targets(node, attributes)));
  }

  private static int classes(Proto node, Map<String, Proto> attributes) {
    Proto numbers = attributes.get("classlabels_int64s");
    Proto texts = attributes.get("classlabels_strings");
    int classes = 0;
    classes += numbers == null ? 0 : numbers.ints(8, "ints").length;
    classes += texts == null ? 0 : texts.texts(9).size();
    if (classes != 2) {
      throw node.wrong("2 classes", classes);
    }
    return classes;
  }

  private static int targets(Proto node, Map<String, Proto> attributes) {
    Proto targets = attributes.get("n_targets");
    if (targets != null && targets.number(3, "i", 1) != 1) {
      throw node.wrong("1 target", targets.number(3, "i", 1));
    }
    return 1;
  }

  private record Key(long tree, long node) {}

  /** The nodes that weights are given for. */
  private Set<Key> weights(String kind, int outputs) {
    long[] weightTrees = ints(kind + "_treeids");
    long[] weightNodes = ints(kind + "_nodeids");
    long[] weightIds = ints(kind + "_ids");
    int weights = floats(kind + "_weights").length;
    if (weightNodes.length != weightTrees.length
        || weightIds.length != weightTrees.length
        || weights != weightTrees.length) {
      throw node.wrong("as many " + kind + " weights as nodes of them", weights);
    }
    int base = attributes.containsKey("base_values") ? floats("base_values").length : 0;
    if (base > outputs) {
      throw node.wrong("at most " + outputs + " base_values", base);
    }
    Set<Key> weighted = new HashSet<>();
    for (int i = 0; i < weights; i++) {
      if (weightIds[i] < 0 || weightIds[i] >= outputs) {
        throw node.wrong(kind + "_ids of 0 to " + (outputs - 1), weightIds[i]);
      }
      weighted.add(new Key(weightTrees[i], weightNodes[i]));
    }
    return weighted;
  }

  private void walk(int width, Set<Key> weighted) {
    long[] features = ints("nodes_featureids");
    long[] yes = ints("nodes_truenodeids");
    long[] no = ints("nodes_falsenodeids");
    List<String> modes = required("nodes_modes").texts(9);
    if (count == 0
        || ids.length != count
        || features.length != count
        || yes.length != count
        || no.length != count
        || modes.size() != count
        || floats("nodes_values").length != count) {
      throw node.wrong("as many of each of nodes_* as nodes", count);
    }
    optional("nodes_missing_value_tracks_true");
    Map<Key, Integer> places = new HashMap<>();
    for (int i = 0; i < count; i++) {
      if (places.put(new Key(trees[i], ids[i]), i) != null) {
        throw at(i, "an id of its own", ids[i]);
      }
    }
    int[] depth = new int[count];
    Set<Long> seen = new HashSet<>();
    int leaves = 0;
    for (int root = 0; root < count; root++) {
      if (root > 0 && trees[root] == trees[root - 1]) {
        continue;
      }
      if (!seen.add(trees[root])) {
        throw at(root, "its tree's nodes beside it", trees[root]);
      }
      depth[root] = 1;
    }
    int[] stack = new int[count];
    for (int root = 0; root < count; root++) {
      if (depth[root] != 1) {
        continue;
      }
      int top = 0;
      stack[0] = root;
      while (top >= 0) {
        int at = stack[top--];
        if (modes.get(at).equals("LEAF")) {
          leaves++;
          if (!weighted.contains(new Key(trees[at], ids[at]))) {
            throw at(at, "a weight, as it is a leaf", "none");
          }
          continue;
        }
        if (!BRANCHES.contains(modes.get(at))) {
          throw at(at, "a mode of LEAF, " + new TreeSet<>(BRANCHES), modes.get(at));
        }
        if (features[at] < 0 || features[at] >= width) {
          throw at(at, "a feature from 0 to " + (width - 1), features[at]);
        }
        for (long id : new long[] {yes[at], no[at]}) {
          Integer child = places.get(new Key(trees[at], id));
          if (child == null || depth[child] > 0 || depth[at] == DEPTH_MOST) {
            throw at(at, "children of its own, at most %d deep".formatted(DEPTH_MOST), id);
          }
          depth[child] = depth[at] + 1;
          stack[++top] = child;
        }
      }
    }
    if (Arrays.stream(depth).anyMatch(d -> d == 0)) {
      throw node.wrong("trees without loose nodes", "a node that no branch leads to");
    }
    if (weighted.size() != leaves) {
      throw node.wrong("weights of leaves only", weighted.size() + " for " + leaves + " leaves");
    }
  }

  private IllegalArgumentException at(int place, String expected, Object came) {
    return node.wrong("at place %d %s".formatted(place, expected), came);
  }

  private void optional(String name) {
    if (attributes.containsKey(name)) {
      int flags = ints(name).length;
      if (flags != count) {
        throw node.wrong(count + " " + name, flags);
      }
    }
  }

  private Proto required(String name) {
    Proto attribute = attributes.get(name);
    if (attribute == null) {
      throw node.wrong(name, "none");
    }
    return attribute;
  }

  private long[] ints(String name) {
    return required(name).ints(8, name);
  }

  private float[] floats(String name) {
    return required(name).floats(7, name);
  }
}

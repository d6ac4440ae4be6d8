package io.vigil.model.xgboost;

import io.vigil.model.score.InputShape;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Looks at a booster before XGBoost does. XGBoost follows child and feature numbers without looking
 * at them again, so a wrong one reads memory that is not the model's.
 */
final class BoosterInspector {
  private static final Set<String> OBJECTIVES = Set.of("binary:logistic", "binary:logitraw");
  private static final int TREES_MOST = 100_000;

  private BoosterInspector() {}

  /**
   * Refuses all but a booster of numeric trees whose margin is a logit of rows of that shape.
   *
   * @throws IllegalArgumentException naming the path, what was expected and what came
   */
  static void inspect(byte[] model, InputShape shape) {
    if (shape.steps() > 0) {
      throw new IllegalArgumentException(
          "trees read no sequence, came %d steps of %d fields"
              .formatted(shape.steps(), shape.fields()));
    }
    if (isJson(model)) {
      throw new IllegalArgumentException(
          "expected UBJSON, came JSON: load it with XGBoost and save it as model.ubj");
    }
    Node root = new Node("", UbjReader.read(model));
    root.keys(Set.of("learner", "version"));
    version(root.get("version"));
    Node learner = root.get("learner");
    learner.keys(
        Set.of(
            "attributes",
            "feature_names",
            "feature_types",
            "gradient_booster",
            "learner_model_param",
            "objective"));
    String objective = objective(learner.get("objective"));
    int width = shape.width();
    parameters(learner.get("learner_model_param"), objective, width);
    features(learner, width);
    Node booster = learner.get("gradient_booster");
    booster.get("name").is("gbtree");
    booster.keys(Set.of("model", "name"));
    int rounds = trees(booster.get("model"), width);
    attributes(learner.get("attributes"), rounds);
  }

  private static boolean isJson(byte[] model) {
    String start = new String(model, 0, Math.min(model.length, 64), StandardCharsets.ISO_8859_1);
    return start.replaceAll("\\s", "").startsWith("{\"");
  }

  private static void version(Node version) {
    List<?> parts = version.list();
    if (parts.size() != 3 || !(parts.get(0) instanceof Long major) || major < 2 || major > 3) {
      throw version.wrong("[2 or 3, minor, patch]");
    }
  }

  private static String objective(Node objective) {
    Node name = objective.get("name");
    if (!OBJECTIVES.contains(name.text())) {
      throw name.wrong("one of " + new TreeSet<>(OBJECTIVES) + ", whose margin is a logit");
    }
    objective.keys(Set.of("name", "reg_loss_param"));
    objective.get("reg_loss_param").keys(Set.of("scale_pos_weight"));
    objective.get("reg_loss_param").get("scale_pos_weight").number();
    return name.text();
  }

  private static void parameters(Node parameters, String objective, int width) {
    parameters.keys(
        Set.of("base_score", "boost_from_average", "num_class", "num_feature", "num_target"));
    parameters.get("num_feature").is(Integer.toString(width));
    parameters.get("num_class").is("0");
    parameters.get("num_target").is("1");
    Node base = parameters.get("base_score");
    float score = base.number();
    // A probability for binary:logistic, a margin for binary:logitraw.
    if (objective.equals("binary:logistic") && !(score > 0 && score < 1)) {
      throw base.wrong("a probability above 0 and below 1");
    }
  }

  private static void features(Node learner, int width) {
    List<?> names = learner.get("feature_names").list();
    if (!names.isEmpty() && names.size() != width) {
      throw learner.get("feature_names").wrong("none or " + width + " names");
    }
    Node types = learner.get("feature_types");
    List<?> list = types.list();
    if ((!list.isEmpty() && list.size() != width)
        || !Set.of("float", "int", "i", "q").containsAll(list)) {
      throw types.wrong("none or " + width + " of float, int, i, q; categories are not read");
    }
  }

  /** Checks all trees. Returns the rounds. */
  private static int trees(Node model, int width) {
    model.keys(Set.of("gbtree_model_param", "iteration_indptr", "tree_info", "trees"));
    Node parameters = model.get("gbtree_model_param");
    parameters.keys(Set.of("num_parallel_tree", "num_trees"));
    parameters.get("num_parallel_tree").integer(1, TREES_MOST);
    int count = parameters.get("num_trees").integer(1, TREES_MOST);
    Node trees = model.get("trees");
    List<?> list = trees.list();
    if (list.size() != count) {
      throw trees.wrong(count + " trees");
    }
    Node groups = model.get("tree_info");
    if (groups.list().size() != count
        || !groups.list().stream().allMatch(Long.valueOf(0)::equals)) {
      throw groups.wrong(count + " times 0");
    }
    Node ends = model.get("iteration_indptr");
    List<?> rounds = ends.list();
    long last = 0;
    for (int i = 0; i < rounds.size(); i++) {
      if (!(rounds.get(i) instanceof Long end) || (i == 0 ? end != 0 : end <= last)) {
        throw ends.wrong("numbers that begin with 0 and rise");
      }
      last = end;
    }
    if (last != count) {
      throw ends.wrong("numbers that end with " + count);
    }
    for (int i = 0; i < count; i++) {
      TreeInspector.inspect(new Node(trees.path() + "[" + i + "]", list.get(i)), i, width);
    }
    return rounds.size() - 1;
  }

  /**
   * Attributes are free text but for one: after early stopping scikit-learn's interface scores with
   * the rounds until the best only, the booster with all.
   */
  private static void attributes(Node attributes, int rounds) {
    for (Object key : attributes.map().keySet()) {
      attributes.get((String) key).text();
    }
    if (attributes.map().containsKey("best_iteration")) {
      Node best = attributes.get("best_iteration");
      if (best.integer(0, TREES_MOST) != rounds - 1) {
        throw best.wrong(
            "the last round, %d: save booster[: best_iteration + 1]".formatted(rounds - 1));
      }
    }
  }

  /** A value with the path to it, for messages. */
  record Node(String path, Object value) {
    private static final int SHOWN = 80;

    IllegalArgumentException wrong(String expected) {
      String came =
          value instanceof Map<?, ?> map
              ? "an object with " + map.keySet()
              : value instanceof List<?> list ? list.size() + " values " + list : "" + value;
      return new IllegalArgumentException(
          "%s must be %s, came %s"
              .formatted(
                  path.isEmpty() ? "the model" : path,
                  expected,
                  came.length() > SHOWN ? came.substring(0, SHOWN) + "…" : came));
    }

    Map<?, ?> map() {
      if (!(value instanceof Map<?, ?> map)) {
        throw wrong("an object");
      }
      return map;
    }

    void keys(Set<String> keys) {
      if (!map().keySet().equals(keys)) {
        throw wrong("an object with " + new TreeSet<>(keys));
      }
    }

    Node get(String key) {
      Object found = map().get(key);
      if (found == null) {
        throw wrong("an object with " + key);
      }
      return new Node(path.isEmpty() ? key : path + "." + key, found);
    }

    List<?> list() {
      if (!(value instanceof List<?> list)) {
        throw wrong("a list");
      }
      return list;
    }

    String text() {
      if (!(value instanceof String text)) {
        throw wrong("a text");
      }
      return text;
    }

    void is(String expected) {
      if (!text().equals(expected)) {
        throw wrong("'" + expected + "'");
      }
    }

    /** A number, which XGBoost writes as text; finite. */
    float number() {
      if (text().matches("[-+]?[0-9.]{1,20}([eE][-+]?[0-9]{1,3})?")) {
        try {
          float number = Float.parseFloat(text());
          if (Float.isFinite(number)) {
            return number;
          }
        } catch (NumberFormatException e) {
          throw wrong("a finite number");
        }
      }
      throw wrong("a finite number");
    }

    /** An integer, which XGBoost writes as text. */
    int integer(int least, int most) {
      if (text().matches("[0-9]{1,9}")) {
        int integer = Integer.parseInt(text());
        if (integer >= least && integer <= most) {
          return integer;
        }
      }
      throw wrong("%d to %d".formatted(least, most));
    }
  }
}

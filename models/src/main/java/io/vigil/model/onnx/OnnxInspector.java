package io.vigil.model.onnx;

import io.vigil.model.score.InputShape;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Looks at an ONNX model before ONNX Runtime does: field numbers are those of onnx.proto.
 *
 * <p>Only operators of the standard run (no custom domains, no functions of the model's own), and
 * only in sequence: subgraphs, and with them loops, are refused, so a row costs a bounded time. No
 * tensor may lie in another file. Operators that follow numbers of the file into memory (trees,
 * linear models) must read the model's own input, whose width is known.
 */
final class OnnxInspector {
  private static final Set<String> DOMAINS = Set.of("", "ai.onnx", "ai.onnx.ml");
  private static final Set<String> KEEP_WIDTH =
      Set.of("Identity", "Cast", "Scaler", "Imputer", "Normalizer");
  private static final Set<String> ML_OPERATORS =
      Set.of(
          "ArrayFeatureExtractor",
          "Imputer",
          "LinearClassifier",
          "LinearRegressor",
          "Normalizer",
          "Scaler",
          "TreeEnsembleClassifier",
          "TreeEnsembleRegressor");
  private static final long ELEMENTS_MOST = 64 << 20;
  private static final int FLOAT = 1;
  private static final int INT64 = 7;
  private static final int STRING = 8;

  private OnnxInspector() {}

  /**
   * What a model reads and gives, by name.
   *
   * @param values the input of the single values, or null when there are none
   * @param sequence the input of the sequence, or null when there is none
   * @param output to take the logit from
   * @param probabilities whether the output is [n, 2] probabilities
   */
  record Signature(
      @Nullable String values, @Nullable String sequence, String output, boolean probabilities) {}

  /**
   * Refuses all but a model of rows of that shape.
   *
   * @throws IllegalArgumentException naming the path, what was expected and what came
   */
  static Signature inspect(byte[] file, InputShape shape) {
    Proto model =
        Proto.read("model", ByteBuffer.wrap(file), Set.of(1, 2, 3, 4, 5, 6, 7, 8, 14, 20, 25));
    if (model.has(20) || model.has(25)) {
      throw model.wrong("neither functions of its own nor training", "such");
    }
    long version = model.number(1, "ir_version", 0);
    if (version < 3 || version > 10) {
      throw model.wrong("an ir_version of 3 to 10", version);
    }
    List<Proto> opsets = model.messages(8, "opset_import", Set.of(1, 2));
    for (Proto opset : opsets) {
      domain(opset, opset.text(1, "domain"));
    }
    ByteBuffer block = model.block(7, "graph");
    if (block == null || opsets.isEmpty()) {
      throw model.wrong("a graph and an opset_import", block == null ? "no graph" : "no opset");
    }
    Proto graph = Proto.read("graph", block, Set.of(1, 2, 5, 10, 11, 12, 13, 14, 16));
    Set<String> constants = new HashSet<>();
    for (Proto tensor : graph.messages(5, "initializer", Tensors.FIELDS)) {
      tensor(tensor);
      constants.add(tensor.text(8, "name"));
    }
    Signature signature = signature(graph, constants, shape);
    nodes(graph, signature, shape.values());
    return signature;
  }

  private static void domain(Proto where, String domain) {
    if (!DOMAINS.contains(domain)) {
      throw where.wrong("a domain of " + new TreeSet<>(DOMAINS), "'" + domain + "'");
    }
  }

  /** Field numbers of tensors. */
  private static final class Tensors {
    static final Set<Integer> FIELDS = Set.of(1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16);
    static final Map<Long, Integer> BYTES = Map.of(1L, 4, 6L, 4, 7L, 8, 9L, 1, 11L, 8);
  }

  private static void tensor(Proto tensor) {
    if (tensor.has(13) || tensor.number(14, "data_location", 0) != 0) {
      throw tensor.wrong("its data in the model's file", "data elsewhere");
    }
    long elements = 1;
    for (long dimension : tensor.ints(1, "dims")) {
      if (dimension < 0 || dimension > ELEMENTS_MOST || elements * dimension > ELEMENTS_MOST) {
        throw tensor.wrong("at most " + ELEMENTS_MOST + " elements", "more");
      }
      elements *= dimension;
    }
    ByteBuffer raw = tensor.block(9, "raw_data");
    Integer bytes = Tensors.BYTES.get(tensor.number(2, "data_type", 0));
    if (raw != null && bytes != null && raw.remaining() != elements * bytes) {
      throw tensor.wrong(elements * bytes + " bytes of raw_data", raw.remaining());
    }
  }

  private static Signature signature(Proto graph, Set<String> constants, InputShape shape) {
    List<Value> inputs = new ArrayList<>();
    for (Proto input : graph.messages(11, "input", Set.of(1, 2, 3, 4))) {
      if (!constants.contains(input.text(1, "name"))) {
        inputs.add(Value.of(input));
      }
    }
    List<int[]> expected = new ArrayList<>();
    if (shape.values() > 0) {
      expected.add(new int[] {shape.values()});
    }
    if (shape.steps() > 0) {
      expected.add(new int[] {shape.steps(), shape.fields()});
    }
    if (inputs.size() != expected.size()) {
      throw graph.wrong(expected.size() + " inputs", inputs.size());
    }
    for (int i = 0; i < inputs.size(); i++) {
      inputs.get(i).require(FLOAT, expected.get(i));
    }
    List<Value> outputs = new ArrayList<>();
    for (Proto output : graph.messages(12, "output", Set.of(1, 2, 3, 4))) {
      outputs.add(Value.of(output));
    }
    boolean classifier = outputs.size() == 2;
    if (classifier) {
      long type = outputs.get(0).type();
      if (type != INT64 && type != STRING) {
        throw outputs.get(0).message().wrong("labels, int64 or text", "type " + type);
      }
      outputs.get(1).require(FLOAT, 2);
    } else if (outputs.size() == 1) {
      Value logit = outputs.get(0);
      logit.require(FLOAT, logit.dimensions().length == 1 ? new int[0] : new int[] {1});
    } else {
      throw graph.wrong("one output, the logit, or two, label and probabilities", outputs.size());
    }
    boolean values = shape.values() > 0;
    return new Signature(
        values ? inputs.get(0).name() : null,
        shape.steps() > 0 ? inputs.get(values ? 1 : 0).name() : null,
        outputs.get(classifier ? 1 : 0).name(),
        classifier);
  }

  /**
   * An input or output.
   *
   * @param dimensions 0 where it is free
   */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  private record Value(Proto message, String name, long type, long[] dimensions) {
    static Value of(Proto message) {
      String name = message.text(1, "name");
      ByteBuffer type = message.block(2, "type");
      if (name.isEmpty() || type == null) {
        throw message.wrong("a name and a type", "none");
      }
      Proto kind = Proto.read(message.path() + ".type", type, Set.of(1, 4, 5, 6, 8, 9));
      ByteBuffer tensor = kind.block(1, "tensor_type");
      if (tensor == null || kind.has(4) || kind.has(5) || kind.has(8) || kind.has(9)) {
        throw kind.wrong("a tensor (export classifiers with zipmap off)", "another kind");
      }
      Proto form = Proto.read(message.path() + ".type.tensor", tensor, Set.of(1, 2));
      ByteBuffer shape = form.block(2, "shape");
      if (shape == null) {
        throw form.wrong("a shape", "none");
      }
      Proto list = Proto.read(message.path() + ".type.tensor.shape", shape, Set.of(1));
      List<Proto> dimensions = list.messages(1, message.path() + ".dim", Set.of(1, 2, 3));
      return new Value(
          message,
          name,
          form.number(1, "elem_type", 0),
          dimensions.stream().mapToLong(dim -> dim.number(1, "dim_value", 0)).toArray());
    }

    void require(int wantedType, int... wanted) {
      boolean same = type == wantedType && dimensions.length == wanted.length + 1;
      for (int i = 0; same && i <= wanted.length; i++) {
        // Exporters write a free batch as 0, -1 or a name.
        same = i == 0 ? dimensions[0] <= 0 : dimensions[i] == wanted[i - 1];
      }
      if (!same) {
        throw message.wrong(
            "float32 [n%s]"
                .formatted(String.join("", Arrays.stream(wanted).mapToObj(d -> ", " + d).toList())),
            "type %d %s".formatted(type, Arrays.toString(dimensions)));
      }
    }
  }

  private static void nodes(Proto graph, Signature signature, int width) {
    Set<String> rows = new HashSet<>();
    if (signature.values() != null) {
      rows.add(signature.values());
    }
    for (Proto node : graph.messages(1, "node", Set.of(1, 2, 3, 4, 5, 6, 7, 8, 9))) {
      String operator = node.text(4, "op_type");
      String domain = node.text(7, "domain");
      domain(node, domain);
      boolean ml = domain.equals("ai.onnx.ml");
      if (ml && !ML_OPERATORS.contains(operator)) {
        throw node.wrong(
            "an operator of " + new TreeSet<>(ML_OPERATORS) + " (no ZipMap)", operator);
      }
      Map<String, Proto> attributes = attributes(node);
      List<String> inputs = node.texts(1);
      List<String> outputs = node.texts(2);
      boolean ofRows = !inputs.isEmpty() && rows.contains(inputs.get(0));
      if (ofRows && !outputs.isEmpty() && KEEP_WIDTH.contains(operator)) {
        rows.add(outputs.get(0));
      }
      if (ml && (operator.startsWith("Tree") || operator.startsWith("Linear"))) {
        if (!ofRows) {
          throw node.wrong("the model's values as input of " + operator, inputs);
        }
        if (operator.startsWith("Tree")) {
          TreeEnsembleInspector.inspect(node, attributes, operator.endsWith("Classifier"), width);
        } else {
          linear(node, attributes, width);
        }
      }
    }
  }

  private static Map<String, Proto> attributes(Proto node) {
    Map<String, Proto> attributes = new HashMap<>();
    for (Proto attribute :
        node.messages(
            5,
            node.path() + ".attribute",
            Set.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 20, 21, 22, 23))) {
      for (int field : new int[] {6, 11, 14, 15, 21, 22, 23}) {
        if (attribute.has(field)) {
          throw attribute.wrong("no subgraph, type, reference or sparse tensor", "field " + field);
        }
      }
      for (int field : new int[] {5, 10}) {
        attribute
            .messages(field, attribute.path() + ".tensor", Tensors.FIELDS)
            .forEach(OnnxInspector::tensor);
      }
      if (attributes.put(attribute.text(1, "name"), attribute) != null) {
        throw attribute.wrong("a name of its own", "'" + attribute.text(1, "name") + "'");
      }
    }
    return attributes;
  }

  private static void linear(Proto node, Map<String, Proto> attributes, int width) {
    int coefficients = floats(attributes, "coefficients");
    int intercepts = Math.max(1, floats(attributes, "intercepts"));
    if (intercepts > 2 || coefficients != intercepts * width) {
      throw node.wrong(
          "%d coefficients an intercept, of which 1 or 2".formatted(width),
          "%d and %d".formatted(coefficients, intercepts));
    }
    Proto targets = attributes.get("targets");
    if (targets != null && targets.number(3, "i", 0) != 1) {
      throw node.wrong("1 target", targets.number(3, "i", 0));
    }
  }

  private static int floats(Map<String, Proto> attributes, String name) {
    Proto attribute = attributes.get(name);
    return attribute == null ? 0 : attribute.floats(7, name).length;
  }
}

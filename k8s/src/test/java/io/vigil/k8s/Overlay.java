package io.vigil.k8s;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** What an overlay makes, and ways to what is in it. */
record Overlay(List<ObjectNode> resources) {

  /** Made by whoever installs, or by Strimzi: k8s/README.md lists them. */
  static final Set<String> SECRETS =
      Set.of(
          "vigil-cluster-ca-cert",
          "vigil-job",
          "vigil-console",
          "vigil-job-keys",
          "vigil-object-storage",
          "vigil-database",
          "vigil-console-secrets",
          "vigil-console-tls");

  static Overlay of(String name) throws IOException {
    return new Overlay(Kustomize.build(Path.of("overlays", name)));
  }

  /**
   * The newest model of the operator that Maven serves knows Flink to 1.20: its field is checked on
   * its own, with everything else by that model.
   */
  static ObjectNode asKnownToTheOldestOperator(ObjectNode resource) {
    ObjectNode copy = resource.deepCopy();
    if (copy.path("kind").asText().equals("FlinkDeployment")) {
      ObjectNode spec = (ObjectNode) copy.path("spec");
      if (!spec.path("flinkVersion").asText().equals("v2_2")) {
        throw new IllegalArgumentException("flinkVersion: expected v2_2, see docs/decisions/0028");
      }
      spec.put("flinkVersion", "v1_20");
    }
    return copy;
  }

  List<ObjectNode> all(String kind) {
    return resources.stream().filter(r -> r.path("kind").asText().equals(kind)).toList();
  }

  ObjectNode only(String kind) {
    List<ObjectNode> all = all(kind);
    if (all.size() != 1) {
      throw new IllegalArgumentException("expected one " + kind + ", got " + all.size());
    }
    return all.get(0);
  }

  ObjectNode named(String kind, String name) {
    return all(kind).stream()
        .filter(r -> Kustomize.name(r).equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no " + kind + " " + name));
  }

  /** The pods of the job and of the console. */
  List<JsonNode> pods() {
    List<JsonNode> pods = new ArrayList<>();
    pods.add(only("FlinkDeployment").at("/spec/podTemplate/spec"));
    pods.add(named("Deployment", "vigil-console").at("/spec/template/spec"));
    return pods;
  }

  /** A file of a ConfigMap. */
  String file(String map, String key) {
    return named("ConfigMap", map).path("data").path(key).asText();
  }
}

package io.vigil.k8s;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.zjsonpatch.JsonPatch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * As much of kustomize as these files use, and no more: what it does not know it refuses, so that
 * nothing passes unseen. Resources, components, generated ConfigMaps, a namespace, labels, and
 * patches by JSON Patch (RFC 6902) whose targets must exist.
 */
final class Kustomize {
  private static final Set<String> KEYS =
      Set.of(
          "apiVersion",
          "kind",
          "namespace",
          "resources",
          "components",
          "labels",
          "configMapGenerator",
          "generatorOptions",
          "patches");
  private static final Set<String> GENERATOR_KEYS = Set.of("name", "behavior", "files", "options");
  private static final Set<String> TARGET_KEYS = Set.of("group", "version", "kind", "name");
  private static final Set<String> CLUSTER_WIDE = Set.of("Namespace");

  private final List<ObjectNode> resources = new ArrayList<>();

  private Kustomize() {}

  /** What a directory makes. */
  static List<ObjectNode> build(Path directory) throws IOException {
    Kustomize made = new Kustomize();
    made.add(directory, "Kustomization");
    return made.resources;
  }

  private void add(Path directory, String kind) throws IOException {
    JsonNode file = Yaml.one(directory.resolve("kustomization.yaml"));
    require(file, KEYS, directory.toString());
    if (!file.path("kind").asText().equals(kind)) {
      throw new IllegalArgumentException(directory + ": expected kind " + kind);
    }
    for (JsonNode each : file.path("resources")) {
      Path path = directory.resolve(each.asText()).normalize();
      if (Files.isDirectory(path)) {
        resources.addAll(build(path));
      } else {
        for (JsonNode resource : Yaml.all(path)) {
          resources.add((ObjectNode) resource);
        }
      }
    }
    for (JsonNode each : file.path("configMapGenerator")) {
      generate(each, directory);
    }
    for (JsonNode each : file.path("components")) {
      add(directory.resolve(each.asText()).normalize(), "Component");
    }
    for (JsonNode each : file.path("patches")) {
      patch(each, directory);
    }
    for (JsonNode each : file.path("labels")) {
      for (ObjectNode resource : resources) {
        resource.withObject("/metadata/labels").setAll((ObjectNode) each.path("pairs"));
      }
    }
    if (file.has("namespace")) {
      for (ObjectNode resource : resources) {
        if (!CLUSTER_WIDE.contains(resource.path("kind").asText())) {
          resource.withObject("/metadata").put("namespace", file.path("namespace").asText());
        }
      }
    }
  }

  private void generate(JsonNode generator, Path directory) throws IOException {
    require(generator, GENERATOR_KEYS, directory.toString());
    String name = generator.path("name").asText();
    ObjectNode map =
        resources.stream().filter(r -> is(r, "ConfigMap", name)).findFirst().orElse(null);
    boolean merges = generator.path("behavior").asText("create").equals("merge");
    if (merges != (map != null)) {
      throw new IllegalArgumentException(
          "%s: ConfigMap %s: behavior does not fit what is there".formatted(directory, name));
    }
    if (map == null) {
      map = Yaml.MAPPER.createObjectNode();
      map.put("apiVersion", "v1").put("kind", "ConfigMap").putObject("metadata").put("name", name);
      JsonNode labels = generator.path("options").path("labels");
      if (labels.isObject()) {
        map.withObject("/metadata/labels").setAll((ObjectNode) labels);
      }
      resources.add(map);
    }
    for (JsonNode file : generator.path("files")) {
      Path path = directory.resolve(file.asText());
      String key = path.getFileName().toString();
      if (merges && !map.path("data").has(key)) {
        throw new IllegalArgumentException(
            "%s: ConfigMap %s: %s takes no file's place".formatted(directory, name, key));
      }
      map.withObject("/data").put(key, Files.readString(path));
    }
  }

  private void patch(JsonNode patch, Path directory) throws IOException {
    require(patch, Set.of("target", "path"), directory.toString());
    JsonNode target = patch.path("target");
    require(target, TARGET_KEYS, directory.toString());
    JsonNode operations = Yaml.one(directory.resolve(patch.path("path").asText()));
    int patched = 0;
    for (int i = 0; i < resources.size(); i++) {
      ObjectNode resource = resources.get(i);
      if (matches(resource, target)) {
        resources.set(i, (ObjectNode) JsonPatch.apply(operations, resource));
        patched++;
      }
    }
    if (patched == 0) {
      throw new IllegalArgumentException("%s: nothing is %s".formatted(directory, target));
    }
  }

  private static boolean matches(ObjectNode resource, JsonNode target) {
    String group = resource.path("apiVersion").asText().split("/", 2)[0];
    return Stream.of(
            target
                .path("kind")
                .asText(resource.path("kind").asText())
                .equals(resource.path("kind").asText()),
            target.path("name").asText(name(resource)).equals(name(resource)),
            target.path("group").asText(group).equals(group))
        .allMatch(yes -> yes);
  }

  private static boolean is(ObjectNode resource, String kind, String name) {
    return resource.path("kind").asText().equals(kind) && name(resource).equals(name);
  }

  static String name(JsonNode resource) {
    return resource.path("metadata").path("name").asText();
  }

  private static void require(JsonNode node, Set<String> known, String where) {
    node.fieldNames()
        .forEachRemaining(
            key -> {
              if (!known.contains(key)) {
                throw new IllegalArgumentException(where + ": this loader knows no " + key);
              }
            });
  }
}

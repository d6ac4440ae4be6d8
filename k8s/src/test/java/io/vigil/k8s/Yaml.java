package io.vigil.k8s;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** Reads YAML as trees: a key that stands twice is refused, and so are aliases without end. */
final class Yaml {
  static final ObjectMapper MAPPER = new ObjectMapper();

  private Yaml() {}

  /** All documents of a file that hold something. */
  static List<JsonNode> all(Path file) throws IOException {
    Load load =
        new Load(
            LoadSettings.builder().setLabel(file.toString()).setAllowDuplicateKeys(false).build());
    List<JsonNode> documents = new ArrayList<>();
    for (Object document : load.loadAllFromString(Files.readString(file))) {
      if (document != null) {
        documents.add(MAPPER.valueToTree(document));
      }
    }
    return documents;
  }

  /** The only document of a file. */
  static JsonNode one(Path file) throws IOException {
    List<JsonNode> documents = all(file);
    if (documents.size() != 1) {
      throw new IllegalArgumentException(
          "%s: expected one document, got %d".formatted(file, documents.size()));
    }
    return documents.get(0);
  }
}

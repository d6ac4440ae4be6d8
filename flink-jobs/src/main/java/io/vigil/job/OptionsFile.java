package io.vigil.job;

import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.Configuration;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/** Reads a YAML file of flat keys, Vigil's and Flink's. */
public final class OptionsFile {
  private OptionsFile() {}

  /**
   * @throws IllegalArgumentException when the file is no map of scalars, or names a vigil key that
   *     does not exist
   */
  public static Configuration read(Path file) throws IOException {
    Object loaded;
    try {
      loaded =
          new Load(LoadSettings.builder().setLabel(file.toString()).build())
              .loadFromString(Files.readString(file));
    } catch (YamlEngineException e) {
      throw new IllegalArgumentException("options: expected YAML, got: " + e.getMessage(), e);
    }
    if (!(loaded instanceof Map<?, ?> map)) {
      throw new IllegalArgumentException(
          "options: expected keys and values in " + file + ", got none");
    }
    Map<String, String> flat = new HashMap<>();
    map.forEach(
        (key, value) -> {
          if (value == null || value instanceof Map || value instanceof Iterable) {
            throw new IllegalArgumentException(
                "options: expected one value for " + key + " in " + file);
          }
          flat.put(String.valueOf(key), String.valueOf(value));
        });
    Set<String> known = all().keySet();
    for (String key : new TreeSet<>(flat.keySet())) {
      if (key.startsWith("vigil.") && !known.contains(key)) {
        throw new IllegalArgumentException(
            "options: no option is called "
                + key
                + " in "
                + file
                + "; there are "
                + String.join(", ", known));
      }
    }
    return Configuration.fromMap(flat);
  }

  /** Every option by its key, in order. */
  static Map<String, ConfigOption<?>> all() {
    Map<String, ConfigOption<?>> options = new TreeMap<>();
    for (Field field : VigilOptions.class.getDeclaredFields()) {
      if (ConfigOption.class.equals(field.getType())) {
        try {
          ConfigOption<?> option = (ConfigOption<?>) field.get(null);
          options.put(option.key(), option);
        } catch (IllegalAccessException e) {
          throw new IllegalStateException("options: " + field.getName() + " must be public", e);
        }
      }
    }
    return options;
  }
}

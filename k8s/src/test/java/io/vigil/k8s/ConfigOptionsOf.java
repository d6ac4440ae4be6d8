package io.vigil.k8s;

import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.jar.JarFile;
import org.apache.flink.autoscaler.config.AutoScalerOptions;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.configuration.MetricOptions;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.kubernetes.configuration.KubernetesConfigOptions;
import org.apache.flink.runtime.jobgraph.JobType;
import org.apache.flink.state.rocksdb.RocksDBOptions;

/** Every option that Flink, its Kubernetes client, RocksDB and the autoscaler declare. */
final class ConfigOptionsOf {
  private ConfigOptionsOf() {}

  /** By key; of the classes whose names end in Options, in the jars of these. */
  static Map<String, ConfigOption<?>> flink() throws IOException {
    Map<String, ConfigOption<?>> options = new TreeMap<>();
    for (Class<?> anchor :
        new Class<?>[] {
          CoreOptions.class,
          PipelineOptions.class,
          ConfigOption.class,
          JobType.class,
          KubernetesConfigOptions.class,
          RocksDBOptions.class,
          AutoScalerOptions.class
        }) {
      addJarOf(anchor, options);
    }
    return options;
  }

  /** What may stand behind {@code metrics.reporter.NAME.}: Flink's own part, and the reporter's. */
  static boolean isOfReporter(String key, Class<?> factory) {
    Map<String, ConfigOption<?>> own = new TreeMap<>();
    add(MetricOptions.class, own);
    return own.containsKey("metrics.reporter.<name>." + key)
        || own.containsKey("metrics.reporter.name." + key)
        || own.containsKey(key)
        || constants(factory).contains(key);
  }

  private static java.util.Set<String> constants(Class<?> type) {
    java.util.Set<String> texts = new java.util.TreeSet<>();
    for (Class<?> each = type; each != null; each = each.getSuperclass()) {
      for (Field field : each.getDeclaredFields()) {
        if (Modifier.isStatic(field.getModifiers()) && field.getType() == String.class) {
          try {
            field.setAccessible(true);
            texts.add((String) field.get(null));
          } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
          }
        }
      }
    }
    return texts;
  }

  private static void addJarOf(Class<?> anchor, Map<String, ConfigOption<?>> options)
      throws IOException {
    try (JarFile jar =
        new JarFile(
            Path.of(anchor.getProtectionDomain().getCodeSource().getLocation().toURI()).toFile())) {
      for (String name : jar.stream().map(Object::toString).toList()) {
        if (name.endsWith("Options.class")) {
          add(
              Class.forName(
                  name.substring(0, name.length() - ".class".length()).replace('/', '.'),
                  false,
                  anchor.getClassLoader()),
              options);
        }
      }
    } catch (URISyntaxException | ClassNotFoundException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void add(Class<?> type, Map<String, ConfigOption<?>> options) {
    for (Field field : type.getDeclaredFields()) {
      if (Modifier.isStatic(field.getModifiers()) && field.getType() == ConfigOption.class) {
        try {
          field.setAccessible(true);
          ConfigOption<?> option = (ConfigOption<?>) field.get(null);
          options.put(option.key(), option);
        } catch (IllegalAccessException e) {
          throw new IllegalStateException(e);
        }
      }
    }
  }
}

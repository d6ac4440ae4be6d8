package io.vigil.job.kafka;

import io.vigil.schema.client.ClientProperties;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.config.ConfigData;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.provider.ConfigProvider;

/**
 * Lets a Kafka client read {@code ${file:PATH}} itself, where it runs: the secret is in no job
 * graph.
 */
public final class SecretFiles implements ConfigProvider {

  /** Kafka makes it by its name. */
  public SecretFiles() {}

  @Override
  public void configure(Map<String, ?> options) {
    // It has none.
  }

  @Override
  public ConfigData get(String path) {
    throw new ConfigException("expected ${file:PATH}, got " + path);
  }

  /**
   * @param path what stands before a second colon, which a path has not
   * @param keys the paths
   */
  @Override
  public ConfigData get(String path, Set<String> keys) {
    Map<String, String> secrets = new HashMap<>();
    for (String key : keys) {
      try {
        secrets.put(key, ClientProperties.secret(Path.of(key)));
      } catch (IOException e) {
        throw new ConfigException("expected a secret in " + key + ", which cannot be read");
      }
    }
    return new ConfigData(secrets);
  }

  @Override
  public void close() {
    // Nothing is open.
  }
}

package io.vigil.job.kafka;

import io.vigil.job.VigilOptions;
import io.vigil.schema.client.ClientProperties;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.provider.EnvVarConfigProvider;

/** What every Kafka client of the job is told: source, sinks, ticker. */
public final class KafkaClients {
  private static final String BOOTSTRAP = CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG;
  private static final String PROVIDERS = AbstractConfig.CONFIG_PROVIDERS_CONFIG;

  private KafkaClients() {}

  /**
   * The brokers, and what {@code vigil.kafka.properties-file} adds. Its placeholders stay as they
   * are, and each client replaces them where it runs.
   *
   * @throws IllegalArgumentException when the file is missing, or a secret stands in it: it would
   *     travel with the job and rest wherever its graph is kept
   */
  public static Properties properties(ReadableConfig options) {
    Properties properties = new Properties();
    Optional<String> file = options.getOptional(VigilOptions.KAFKA_PROPERTIES_FILE);
    if (file.isPresent()) {
      ClientProperties read = read(file.get());
      Set<String> secrets = read.plainSecrets();
      if (!secrets.isEmpty()) {
        throw new IllegalArgumentException(
            "%s: expected ${env:NAME} or ${file:PATH} for %s in %s, got the secret itself, which would be kept with the job's graph"
                .formatted(
                    VigilOptions.KAFKA_PROPERTIES_FILE.key(),
                    String.join(", ", secrets),
                    file.get()));
      }
      properties.putAll(read.raw());
      properties.put(PROVIDERS, "env,file");
      properties.put(PROVIDERS + ".env.class", EnvVarConfigProvider.class.getName());
      properties.put(PROVIDERS + ".file.class", SecretFiles.class.getName());
    }
    if (!properties.containsKey(BOOTSTRAP)
        || options.getOptional(VigilOptions.BOOTSTRAP_SERVERS).isPresent()) {
      properties.put(BOOTSTRAP, options.get(VigilOptions.BOOTSTRAP_SERVERS));
    }
    return properties;
  }

  private static ClientProperties read(String file) {
    try {
      return ClientProperties.read(Path.of(file));
    } catch (IOException e) {
      throw new UncheckedIOException(
          VigilOptions.KAFKA_PROPERTIES_FILE.key() + ": cannot read " + file, e);
    }
  }
}

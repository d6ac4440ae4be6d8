package io.vigil.cli.kafka;

import io.vigil.cli.CliException;
import io.vigil.schema.client.ClientProperties;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * Brokers and how to reach them: every Kafka client of the command line is made here. Immutable.
 *
 * @param bootstrap host:port, separated by commas
 * @param properties of every client, such as those of TLS and SASL, secrets and all: never shown
 */
public record Brokers(String bootstrap, Map<String, String> properties) {
  private static final String BOOTSTRAP = CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG;

  /** Keys of the schema registry stand in the same file; no Kafka client knows them. */
  private static final List<String> REGISTRY =
      List.of("schema.registry.", "basic.auth.", "bearer.auth.");

  public Brokers {
    properties = Map.copyOf(properties);
  }

  /** Brokers that ask for nothing. */
  public static Brokers at(String bootstrap) {
    return new Brokers(bootstrap, Map.of());
  }

  /**
   * Brokers by an address, a properties file, or both, of which the address counts.
   *
   * @param option the option that names the file, for messages
   * @param notice is told when others can read a secret in the file
   * @throws CliException when the file is wrong, or neither says where the brokers are
   */
  public static Brokers of(
      @Nullable String bootstrap, @Nullable Path file, String option, Consumer<String> notice) {
    Map<String, String> properties = new HashMap<>();
    if (file != null) {
      try {
        ClientProperties read = ClientProperties.read(file);
        @Nullable String warning = read.warning();
        if (warning != null) {
          notice.accept("warning: " + warning);
        }
        properties.putAll(read.resolve(System.getenv()));
      } catch (IllegalArgumentException e) {
        throw new CliException(option + ": " + e.getMessage(), e);
      } catch (IOException e) {
        throw new CliException(option + ": cannot read " + file, e);
      }
    }
    @Nullable String told = properties.remove(BOOTSTRAP);
    @Nullable String address = bootstrap == null ? told : bootstrap;
    if (address == null) {
      throw new CliException(
          option + ": expected " + BOOTSTRAP + " in " + file + ", got none; or name the brokers");
    }
    return new Brokers(address, properties);
  }

  /**
   * A consumer of bytes; what is given counts over the file. It commits nothing by itself: the file
   * may name a group of somebody else's.
   */
  public KafkaConsumer<byte[], byte[]> consumer(Map<String, Object> own) {
    Map<String, Object> options = with(own);
    options.put("enable.auto.commit", "false");
    return new KafkaConsumer<>(options, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  /** A producer of bytes; what is given counts over the file. */
  public KafkaProducer<byte[], byte[]> producer(Map<String, Object> own) {
    return new KafkaProducer<>(with(own), new ByteArraySerializer(), new ByteArraySerializer());
  }

  /** An admin client. */
  public Admin admin() {
    return Admin.create(with(Map.of()));
  }

  private Map<String, Object> with(Map<String, Object> own) {
    Map<String, Object> options = new HashMap<>();
    properties.forEach(
        (key, value) -> {
          if (REGISTRY.stream().noneMatch(key::startsWith)) {
            options.put(key, value);
          }
        });
    options.putAll(own);
    options.put(BOOTSTRAP, bootstrap);
    return options;
  }

  @Override
  public String toString() {
    return bootstrap;
  }
}

package io.vigil.cli;

import io.vigil.cli.bridge.SchemaRegistry;
import io.vigil.cli.ingest.Mapping;
import io.vigil.cli.ingest.RecordMapping;
import io.vigil.cli.ingest.SchemaSource;
import io.vigil.cli.kafka.Brokers;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where the schemas of Avro records are. */
final class RegistryOption {
  private static final String KEY = "schema.registry.url";

  @Option(
      names = "--registry",
      paramLabel = "URL",
      description =
          "The schema registry, in place of the mapping's and of schema.registry.url in --kafka.")
  private @Nullable String url;

  /** The registry, or null when the mapping needs none or nobody says where it is. */
  @Nullable SchemaSource open(RecordMapping mapping, Brokers from) {
    if (mapping.from() != Mapping.From.AVRO) {
      return null;
    }
    String told = mapping.registry() == null ? from.properties().get(KEY) : mapping.registry();
    String address = url == null ? told : url;
    return address == null
        ? null
        : new SchemaRegistry(address, from.properties(), System::nanoTime);
  }
}

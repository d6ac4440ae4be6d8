package io.vigil.cli;

import io.vigil.cli.bridge.Bridge;
import io.vigil.cli.ingest.IngestException;
import io.vigil.cli.ingest.RecordMapping;
import io.vigil.cli.ingest.Tokeniser;
import io.vigil.cli.ingest.TopicMapper;
import io.vigil.cli.kafka.Brokers;
import io.vigil.schema.vault.Vault;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code vigil ingest}: a topic of anybody's, live. */
@Command(
    name = "ingest",
    mixinStandardHelpOptions = true,
    description = {
      "Reads a topic that is not ours by a mapping, tokenises, and appends to our topic.",
      "Runs until Ctrl-C; an offset is committed when our brokers have what became of the record."
    })
final class IngestCommand implements Callable<Integer> {

  @Mixin private Console console = new Console();
  @Mixin private DataOption data = new DataOption();
  @Mixin private VaultOption vault = new VaultOption();
  @Mixin private RegistryOption registry = new RegistryOption();

  @Option(
      names = "--from",
      paramLabel = "TOPIC",
      required = true,
      description = "The topic to read, JSON or Avro.")
  private String topic = "";

  @Option(
      names = "--format",
      paramLabel = "MAPPING",
      required = true,
      description = "What its records mean (docs/mapping.md).")
  private String format = "";

  @Option(names = "--bootstrap", paramLabel = "HOST:PORT", description = "The topic's brokers.")
  private @Nullable String bootstrap;

  @Option(names = "--kafka", paramLabel = "FILE", description = BrokerOptions.KAFKA)
  private @Nullable Path kafka;

  @Option(
      names = "--to-bootstrap",
      paramLabel = "HOST:PORT",
      description = "Our brokers, in place of those of the local stack.")
  private @Nullable String toBootstrap;

  @Option(
      names = "--to-kafka",
      paramLabel = "FILE",
      description = "Kafka client properties of our brokers.")
  private @Nullable Path toKafka;

  @Option(
      names = "--group",
      paramLabel = "G",
      description = "Keeps how far it got (default: vigil-ingest-NAME, the mapping's name).")
  private @Nullable String group;

  /** Where a group starts that has never read. */
  enum Start {
    EARLIEST,
    LATEST
  }

  @Option(
      names = "--start",
      paramLabel = "WHERE",
      defaultValue = "earliest",
      description =
          "For a group that has never read: earliest or latest (default: ${DEFAULT-VALUE}).")
  private Start start = Start.EARLIEST;

  @Option(names = "--until-end", description = "Ends with what the topic holds at the start.")
  private boolean untilEnd;

  @Override
  public Integer call() throws InterruptedException {
    RecordMapping mapping = RecordMapping.load(format);
    if (bootstrap == null && kafka == null) {
      throw new CliException("expected --bootstrap or --kafka: where the topic " + topic + " is");
    }
    Brokers from = Brokers.of(bootstrap, kafka, "--kafka", console.err()::println);
    try (Reach reach = ours();
        Vault people = vault.open(console.err()::println)) {
      TopicMapper mapper =
          new TopicMapper(mapping, registry.open(mapping, from), this::tokeniser, people);
      Bridge.Settings settings =
          new Bridge.Settings(
              topic,
              group == null ? "vigil-ingest-" + mapping.name() : group,
              start == Start.EARLIEST,
              untilEnd);
      try (Bridge bridge = new Bridge(from, reach.brokers(), settings, mapper, this::log)) {
        return run(bridge);
      }
    }
  }

  private int run(Bridge bridge) throws InterruptedException {
    Bridge.Counts counts;
    try {
      counts = bridge.run();
    } catch (RuntimeException e) {
      if (!Interruption.isInterruption(e)) {
        throw e;
      }
      // Asked to stop, which is how it ends; what was sent is committed on closing.
      counts = bridge.counts();
    }
    console
        .out()
        .printf(
            "read %d records: %d appended, %d dead letters; %.0f a second%n",
            counts.read(), counts.appended(), counts.deadLetters(), counts.rate());
    console.out().flush();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("read", counts.read());
    json.put("appended", counts.appended());
    json.put("dead_letters", counts.deadLetters());
    json.put("expired", counts.expired());
    json.put("lag", counts.lag());
    json.put("elapsed_s", counts.seconds());
    json.put("throughput_tps", counts.rate());
    console.writeJson(json);
    return 0;
  }

  private Reach ours() throws InterruptedException {
    return toBootstrap == null && toKafka == null
        ? Reach.to(data.mostRecent())
        : Reach.of(Brokers.of(toBootstrap, toKafka, "--to-kafka", console.err()::println));
  }

  private Tokeniser tokeniser() {
    if ((toBootstrap != null || toKafka != null)
        && !System.getenv().containsKey(Tokeniser.KEY_VARIABLE)
        && !System.getenv().containsKey(Tokeniser.KEY_FILE_VARIABLE)) {
      // A key made here would give tokens that no other of our programs gives.
      throw new IngestException(
          "key for card numbers: expected %s or %s, got neither"
              .formatted(Tokeniser.KEY_VARIABLE, Tokeniser.KEY_FILE_VARIABLE));
    }
    return Tokeniser.load(
        System.getenv(),
        toBootstrap == null && toKafka == null ? data.mostRecent() : data.of("ingest"),
        console.err()::println);
  }

  private void log(String line) {
    console.out().println(Instant.now().truncatedTo(ChronoUnit.SECONDS) + " " + line);
    console.out().flush();
  }
}

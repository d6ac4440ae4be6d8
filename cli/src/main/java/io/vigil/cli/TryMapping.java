package io.vigil.cli;

import io.vigil.cli.ingest.Mapping;
import io.vigil.cli.ingest.MappingTrial;
import io.vigil.cli.ingest.MappingTrial.Line;
import io.vigil.cli.ingest.MappingTrial.Tried;
import io.vigil.cli.ingest.RecordMapping;
import io.vigil.cli.ingest.RegistryException;
import io.vigil.cli.ingest.SchemaSource;
import io.vigil.cli.ingest.Tokeniser;
import io.vigil.cli.kafka.Brokers;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code vigil mapping try}: a mapping beside real records, before anything is written. */
@Command(
    name = "try",
    mixinStandardHelpOptions = true,
    description = {
      "Shows records as a mapping reads them, field by field, and why others cannot be read.",
      "Of a topic the newest are taken. Nothing is written anywhere."
    },
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {"0:all were mapped", "1:some were not", "2:wrong usage"})
final class TryMapping implements Callable<Integer> {

  @Mixin private Console console = new Console();
  @Mixin private DataOption data = new DataOption();
  @Mixin private RegistryOption registry = new RegistryOption();
  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--format",
      paramLabel = "MAPPING",
      required = true,
      description = "A mapping file, or handbook, sparkov, simulated.")
  private String format = "";

  @Option(
      names = "--input",
      paramLabel = "FILE",
      description = "Records in a file: CSV, JSON lines, or an Avro container file.")
  private @Nullable Path input;

  @Option(names = "--from", paramLabel = "TOPIC", description = "Records of a topic.")
  private @Nullable String topic;

  @Option(names = "--bootstrap", paramLabel = "HOST:PORT", description = "The topic's brokers.")
  private @Nullable String bootstrap;

  @Option(names = "--kafka", paramLabel = "FILE", description = BrokerOptions.KAFKA)
  private @Nullable Path kafka;

  @Option(
      names = "--records",
      paramLabel = "N",
      defaultValue = "10",
      description = "How many (default: ${DEFAULT-VALUE}).")
  private int records;

  @Override
  public Integer call() throws IOException {
    if ((input == null) == (topic == null)) {
      throw usage("expected either --input or --from");
    }
    if (records < 1) {
      throw usage("--records: expected 1 or more, got " + records);
    }
    RecordMapping mapping = RecordMapping.load(format);
    MappingTrial trial = topic == null ? ofFile(mapping) : ofTopic(mapping, topic);
    List<Tried> tried = trial.tried();
    if (tried.isEmpty()) {
      throw new CliException("there are no records to try");
    }
    Map<String, Integer> reasons = new TreeMap<>();
    for (Tried each : tried) {
      print(each);
      if (each.reason() != null) {
        reasons.merge(each.reason(), 1, Integer::sum);
      }
    }
    int failed = reasons.values().stream().mapToInt(Integer::intValue).sum();
    console
        .out()
        .printf("%d records: %d mapped, %d not%n", tried.size(), tried.size() - failed, failed);
    reasons.forEach((reason, count) -> console.out().printf("  %-20s %d%n", reason, count));
    if (!trial.absent().isEmpty()) {
      console.out().println("no record has a value for:");
      trial
          .absent()
          .forEach((field, source) -> console.out().printf("  %-24s %s%n", field, source));
    }
    if (!trial.unmapped().isEmpty()) {
      console.out().println("nothing maps: " + String.join(", ", trial.unmapped()));
    }
    console.out().flush();
    console.writeJson(json(trial, reasons));
    return failed == 0 ? 0 : 1;
  }

  private MappingTrial ofFile(RecordMapping mapping) throws IOException {
    return MappingTrial.ofFile(Objects.requireNonNull(input), mapping, this::tokeniser, records);
  }

  private MappingTrial ofTopic(RecordMapping mapping, String name) {
    if (mapping.from() == Mapping.From.CSV) {
      throw new CliException(format + ": from: expected json or avro for a topic, got csv");
    }
    if (bootstrap == null && kafka == null) {
      throw usage("expected --bootstrap or --kafka with --from");
    }
    Brokers brokers = Brokers.of(bootstrap, kafka, "--kafka", console.err()::println);
    SchemaSource schemas = registry.open(mapping, brokers);
    if (mapping.from() == Mapping.From.AVRO && schemas == null) {
      throw new CliException("expected --registry, or registry in " + format + ", got neither");
    }
    List<ConsumerRecord<byte[], byte[]>> newest = new ArrayList<>();
    try (TopicReader reader = new TopicReader(brokers, List.of(name))) {
      reader.newest(records);
      reader.read(
          false,
          record -> {
            newest.add(record);
            return newest.size() < records;
          });
    }
    try {
      return MappingTrial.ofTopic(newest, mapping, schemas, this::tokeniser);
    } catch (RegistryException e) {
      throw new CliException(String.valueOf(e.getMessage()), e);
    }
  }

  private Tokeniser tokeniser() {
    return Tokeniser.tryOut(System.getenv(), data.of("run"), console.err()::println);
  }

  private void print(Tried tried) {
    console
        .out()
        .println(tried.origin() + "  " + (tried.reason() == null ? "mapped" : "NOT MAPPED"));
    if (tried.reason() != null) {
      console.out().println("  " + tried.reason() + ": " + tried.message());
    }
    for (Line line : tried.lines()) {
      console
          .out()
          .printf(
              "  %-24s %-28s %-28s%s%n",
              line.field(),
              line.source() == null ? "(constant)" : line.source(),
              line.value() == null ? "-" : line.value(),
              line.mapped() == null ? "" : " -> " + line.mapped());
    }
  }

  private static Map<String, Object> json(MappingTrial trial, Map<String, Integer> reasons) {
    List<Map<String, Object>> all = new ArrayList<>();
    for (Tried tried : trial.tried()) {
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("origin", tried.origin());
      one.put("mapped", tried.reason() == null);
      one.put("reason", tried.reason());
      one.put("message", tried.message());
      one.put("fields", tried.lines());
      all.add(one);
    }
    int failed = reasons.values().stream().mapToInt(Integer::intValue).sum();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("records", all);
    json.put("mapped", all.size() - failed);
    json.put("failed", failed);
    json.put("reasons", reasons);
    json.put("absent", trial.absent());
    json.put("unmapped", trial.unmapped());
    return json;
  }

  private ParameterException usage(String message) {
    return new ParameterException(Objects.requireNonNull(spec).commandLine(), message);
  }
}

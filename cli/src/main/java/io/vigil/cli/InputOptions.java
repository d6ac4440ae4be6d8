package io.vigil.cli;

import io.vigil.cli.ingest.InputFiles;
import io.vigil.cli.ingest.Mapping;
import io.vigil.cli.ingest.Publisher;
import io.vigil.cli.ingest.RecordReader;
import io.vigil.cli.ingest.Tokeniser;
import io.vigil.cli.local.DataDir;
import io.vigil.job.Topics;
import io.vigil.schema.vault.Vault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What a run reads. */
final class InputOptions {

  /** Among what is asked: matters until all of the file is in the log. */
  static final String ERASED = "vault-erased";

  private static final long DISORDER_SEED = 1;

  @Option(names = "--input", paramLabel = "FILE", required = true, description = "The data.")
  private @Nullable Path file;

  @Option(
      names = "--format",
      paramLabel = "F",
      required = true,
      description = "handbook, sparkov, simulated, or a mapping file (YAML).")
  private String format = "";

  @Option(names = "--vault", paramLabel = "DIR", description = VaultOption.DESCRIPTION)
  private @Nullable Path vault;

  /** For tests of late records: shuffles within that event time before publishing. */
  @Option(names = "--disorder-ms", hidden = true, defaultValue = "0")
  private long disorderMs;

  /** What a command reads that has options of its own. */
  static InputOptions of(Path file, String format) {
    InputOptions options = new InputOptions();
    options.file = file;
    options.format = format;
    return options;
  }

  private Path file() {
    if (file == null) {
      throw new IllegalStateException("--input is required");
    }
    return file;
  }

  /**
   * Opens the file; what is wrong with it or its mapping shows here.
   *
   * @param data gets the local key for card numbers, when no other is given
   * @param notice is told when such a key was made
   */
  RecordReader open(DataDir data, Consumer<String> notice) throws IOException {
    Mapping mapping = Mapping.load(format);
    return open(mapping, data, notice, VaultOption.openAny(vault, notice));
  }

  private RecordReader open(
      Mapping mapping, DataDir data, Consumer<String> notice, @Nullable Vault opened)
      throws IOException {
    return RecordReader.open(
        file(),
        mapping,
        () -> Tokeniser.load(System.getenv(), data.path(), notice),
        data.temporary(),
        opened);
  }

  /** Opens the file, and what is read beside it. */
  InputFiles open(DataDir data, Consumer<String> notice, OtherInputs others) throws IOException {
    Mapping mapping = Mapping.load(format);
    Vault opened = VaultOption.openAny(vault, notice);
    return others.beside(open(mapping, data, notice, opened), data, notice, opened);
  }

  /** The file. */
  Path path() {
    return file();
  }

  /** The file and its format in words. */
  String describe() {
    return file().getFileName() + ", format " + format;
  }

  /**
   * What must stay the same when the run is resumed.
   *
   * @throws CliException when there is no such file
   */
  Map<String, String> asked() {
    if (!Files.isRegularFile(file())) {
      throw new CliException("--input " + file() + ": there is no such file");
    }
    Map<String, String> asked = new TreeMap<>();
    Path absolute = file().toAbsolutePath().normalize();
    asked.put("input", absolute.toString());
    asked.put("format", format);
    asked.put("disorder-ms", Long.toString(disorderMs));
    Path directory = vault;
    if (directory != null) {
      asked.put("vault", directory.toAbsolutePath().normalize().toString());
      asked.put(ERASED, Integer.toString(erased(directory)));
    }
    try {
      asked.put("input-size", Long.toString(Files.size(absolute)));
    } catch (IOException e) {
      throw new CliException("--input " + file() + ": cannot be read", e);
    }
    return asked;
  }

  /** How many the vault has erased: who was in the file has another pseudonym since. */
  private static int erased(Path directory) {
    if (!Vault.exists(directory)) {
      return 0;
    }
    try (Vault opened = VaultOption.open(directory, notice -> {})) {
      return opened.counts().erased();
    }
  }

  /**
   * Publishes the file.
   *
   * @param resume go on where each partition ends
   */
  Publisher.Published publish(
      InputFiles reader, String bootstrap, boolean resume, Console console) {
    try (Producer<byte[], byte[]> producer = Publisher.producer(bootstrap);
        Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap));
        Progress progress = Progress.of(console, "publishing", reader.rows())) {
      Publisher publisher =
          new Publisher(
              producer,
              partition -> endOffset(admin, partition),
              new Publisher.Options(
                  Topics.TRANSACTIONS,
                  Topics.LABELS,
                  Topics.DEAD_LETTERS,
                  resume,
                  disorderMs,
                  DISORDER_SEED));
      Publisher.Published published =
          publisher.publish(reader, (records, bytes) -> progress.update(records));
      progress.update(published.transactions() + published.badRows());
      return published;
    }
  }

  private static long endOffset(Admin admin, TopicPartition partition) {
    try {
      return admin
          .listOffsets(Map.of(partition, OffsetSpec.latest()))
          .partitionResult(partition)
          .get()
          .offset();
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    } catch (ExecutionException e) {
      throw new CliException("cannot find the end of " + partition + ": " + e.getCause(), e);
    }
  }
}

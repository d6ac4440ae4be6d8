package io.vigil.cli.ingest;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A mapping, whatever its records are. */
public sealed interface RecordMapping permits Mapping, OtherMapping {

  /** The format's name. */
  String name();

  /** The mapping file's name, for messages. */
  String origin();

  /** The form of what is mapped. */
  Mapping.From from();

  /** Address of the registry that has the schemas of Avro; null when the mapping does not say. */
  @Nullable String registry();

  /** Between cells of CSV. */
  char separator();

  /** Whether reading needs the key for card numbers and addresses. */
  boolean tokenises();

  /**
   * A built-in mapping by its name, or a mapping file by its path, of transactions, events or
   * profiles as it says itself.
   *
   * @throws IngestException when there is neither, or the file is wrong
   */
  static RecordMapping load(String format) {
    if (Mapping.BUILT_IN.contains(format)) {
      return Mapping.load(format);
    }
    try {
      String yaml = Files.readString(Path.of(format));
      YamlKeys root = YamlKeys.parse(format, yaml, "the mapping");
      String record = root.text("record", "transaction");
      for (OtherMapping.Kind kind : OtherMapping.Kind.values()) {
        if (kind.name().toLowerCase(Locale.ROOT).equals(record)) {
          return OtherMapping.parse(format, yaml, kind);
        }
      }
      if (!record.equals("transaction")) {
        throw root.error(
            "record", "expected one of transaction, event, profile, got '" + record + "'");
      }
      return Mapping.parse(format, yaml);
    } catch (NoSuchFileException e) {
      // It says what could have been named.
      return Mapping.load(format);
    } catch (IOException e) {
      throw new UncheckedIOException("Could not read the mapping " + format, e);
    }
  }
}

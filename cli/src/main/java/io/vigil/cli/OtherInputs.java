package io.vigil.cli;

import io.vigil.cli.ingest.InputFiles;
import io.vigil.cli.ingest.OtherMapping;
import io.vigil.cli.ingest.OtherReader;
import io.vigil.cli.ingest.RecordReader;
import io.vigil.cli.ingest.Tokeniser;
import io.vigil.cli.local.DataDir;
import io.vigil.schema.vault.Vault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What is read beside transactions. */
final class OtherInputs {
  @Spec(Spec.Target.MIXEE)
  private @Nullable CommandSpec command;

  @Option(
      names = "--events",
      paramLabel = "FILE",
      description = "Events beside the transactions, such as logins and changed payees.")
  private @Nullable Path events;

  @Option(
      names = "--events-format",
      paramLabel = "F",
      description = "What the columns of --events mean: a mapping file with record: event.")
  private @Nullable String eventsFormat;

  @Option(
      names = "--profiles",
      paramLabel = "FILE",
      description = "Facts of accounts, merchants and so on, each from an instant on.")
  private @Nullable Path profiles;

  @Option(
      names = "--profiles-format",
      paramLabel = "F",
      description = "What the columns of --profiles mean: a mapping file with record: profile.")
  private @Nullable String profilesFormat;

  /**
   * Opens them beside the transactions; what is wrong with one or its mapping shows here.
   *
   * @param vault the transactions' own, which stays open; null for none
   */
  InputFiles beside(
      RecordReader transactions, DataDir data, Consumer<String> notice, @Nullable Vault vault)
      throws IOException {
    List<OtherReader> others = new ArrayList<>();
    boolean opened = false;
    try {
      open(others, "events", events, eventsFormat, data, notice, vault);
      open(others, "profiles", profiles, profilesFormat, data, notice, vault);
      InputFiles files = new InputFiles(transactions, others);
      opened = true;
      return files;
    } finally {
      if (!opened) {
        try (transactions) {
          for (OtherReader other : others) {
            other.close();
          }
        }
      }
    }
  }

  private void open(
      List<OtherReader> others,
      String name,
      @Nullable Path file,
      @Nullable String format,
      DataDir data,
      Consumer<String> notice,
      @Nullable Vault vault)
      throws IOException {
    if ((file == null) != (format == null)) {
      throw wrongUsage(
          "--%s and --%s-format: expected both or neither, got one".formatted(name, name));
    }
    if (file != null && format != null) {
      others.add(
          OtherReader.open(
              file,
              OtherMapping.load(
                  format,
                  name.equals("events") ? OtherMapping.Kind.EVENT : OtherMapping.Kind.PROFILE),
              () -> Tokeniser.load(System.getenv(), data.path(), notice),
              data.temporary(),
              vault));
    }
  }

  /**
   * What must stay the same when a run is resumed; nothing when nothing is read.
   *
   * @throws CliException when there is no such file
   */
  Map<String, String> asked() {
    Map<String, String> asked = new TreeMap<>();
    asked(asked, "events", events, eventsFormat);
    asked(asked, "profiles", profiles, profilesFormat);
    return asked;
  }

  private static void asked(
      Map<String, String> asked, String name, @Nullable Path file, @Nullable String format) {
    if (file == null) {
      return;
    }
    try {
      asked.put(name + "-size", Long.toString(Files.size(file)));
    } catch (IOException e) {
      throw new CliException("--" + name + " " + file + ": there is no such file", e);
    }
    asked.put(name, file.toAbsolutePath().normalize().toString());
    asked.put(name + "-format", String.valueOf(format));
  }

  private RuntimeException wrongUsage(String message) {
    return command == null
        ? new CliException(message)
        : new ParameterException(command.commandLine(), message);
  }
}

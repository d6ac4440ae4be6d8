package io.vigil.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code vigil mapping}: what records of others mean. */
@Command(
    name = "mapping",
    mixinStandardHelpOptions = true,
    description = "Mapping files: what the records of others mean.",
    subcommands = TryMapping.class)
final class MappingCommand implements Runnable {

  @Spec private @Nullable CommandSpec spec;

  @Override
  public void run() {
    CommandSpec given = spec;
    if (given != null) {
      throw new ParameterException(given.commandLine(), "try is missing");
    }
  }
}

package io.vigil.cli;

import io.vigil.cli.ingest.IngestException;
import io.vigil.cli.simulate.SimulateCommand;
import io.vigil.job.FlinkPlugins;
import io.vigil.schema.vault.VaultException;
import java.io.PrintWriter;
import org.apache.flink.configuration.Configuration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExecutionException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** Main class of {@code vigil}. */
@Command(
    name = "vigil",
    mixinStandardHelpOptions = true,
    versionProvider = VersionCommand.Provider.class,
    description = "Fraud detection on a stream, with exact replay.",
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {"0:success", "1:failure", "2:wrong usage"},
    subcommands = {
      DemoCommand.class,
      UpCommand.class,
      ClusterCommand.class,
      RunCommand.class,
      IngestCommand.class,
      MappingCommand.class,
      AlertsCommand.class,
      DeadLettersCommand.class,
      FeaturesCommand.class,
      ModelCommand.class,
      KeysCommand.class,
      AuditCommand.class,
      VaultCommand.class,
      RulesCommand.class,
      ReplayCommand.class,
      SimulateCommand.class,
      TrainCommand.class,
      EvaluateCommand.class,
      ArchiveCommand.class,
      DiffCommand.class,
      MonitorCommand.class,
      VersionCommand.class
    })
public final class Vigil implements Runnable {

  @Option(
      names = "--verbose",
      scope = ScopeType.INHERIT,
      description = "On failure print the stack trace.")
  private boolean verbose;

  @Spec private @Nullable CommandSpec spec;

  public static void main(String[] args) {
    try (Interruption interruption = Interruption.install()) {
      int code = commandLine().execute(args);
      interruption.exit(code);
    }
  }

  /** The command line as {@link #main} runs it. */
  static CommandLine commandLine() {
    Vigil root = new Vigil();
    CommandLine commandLine = new CommandLine(root);
    commandLine.setCaseInsensitiveEnumValuesAllowed(true);
    commandLine.setParameterExceptionHandler(Vigil::wrongUsage);
    commandLine.setExecutionStrategy(Vigil::execute);
    commandLine.setExecutionExceptionHandler(
        (failure, command, parsed) -> root.failed(failure, command));
    return commandLine;
  }

  private static int execute(ParseResult parsed) {
    try {
      FlinkPlugins.load(new Configuration());
    } catch (RuntimeException e) {
      String message = "Flink's plugins or configuration: " + e.getMessage();
      throw new ExecutionException(
          parsed.commandSpec().commandLine(), message, new CliException(message, e));
    }
    return new CommandLine.RunLast().execute(parsed);
  }

  @Override
  public void run() {
    CommandSpec given = spec;
    if (given != null) {
      throw new ParameterException(given.commandLine(), "a command is missing");
    }
  }

  private static int wrongUsage(ParameterException wrong, String[] args) {
    CommandLine command = wrong.getCommandLine();
    String name = command.getCommandSpec().qualifiedName();
    PrintWriter err = command.getErr();
    err.println(name + ": " + wrong.getMessage() + " (see " + name + " --help)");
    err.flush();
    return PlanModel.NAME.equals(command.getCommandName())
        // Two means a change there.
        ? CommandLine.ExitCode.SOFTWARE
        : CommandLine.ExitCode.USAGE;
  }

  private int failed(Exception failure, CommandLine command) {
    String name = command.getCommandSpec().qualifiedName();
    PrintWriter err = command.getErr();
    if (Interruption.isInterruption(failure)) {
      err.println(name + ": interrupted");
    } else if (failure instanceof CliException
        || failure instanceof IngestException
        || failure instanceof VaultException) {
      err.println(name + ": " + failure.getMessage());
    } else {
      String text = String.valueOf(failure.getMessage()).lines().findFirst().orElse("");
      err.println(
          "%s: %s: %s%s"
              .formatted(
                  name,
                  failure.getClass().getSimpleName(),
                  text,
                  verbose ? "" : " (--verbose shows where)"));
    }
    if (verbose) {
      failure.printStackTrace(err);
    }
    err.flush();
    return Interruption.isInterruption(failure)
        ? Interruption.EXIT_CODE
        : CommandLine.ExitCode.SOFTWARE;
  }
}

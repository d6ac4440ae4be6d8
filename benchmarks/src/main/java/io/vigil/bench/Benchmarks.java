package io.vigil.bench;

import io.vigil.bench.latency.LatencyCommand;
import io.vigil.bench.proof.ProofCommand;
import io.vigil.bench.queue.QueueCommand;
import io.vigil.bench.reasons.ReasonsCommand;
import io.vigil.bench.rollout.RolloutCommand;
import io.vigil.bench.rules.RulesCommand;
import io.vigil.bench.scoring.ScoringCommand;
import io.vigil.bench.soak.SoakCommand;
import io.vigil.bench.state.StateCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The benchmarks' main class; {@code benchmarks/run} calls it. */
@Command(
    name = "benchmarks/run",
    mixinStandardHelpOptions = true,
    description = "Compares Vigil with the other ways to do the same, and times it.",
    subcommands = {
      StateCommand.class,
      ScoringCommand.class,
      ReasonsCommand.class,
      QueueCommand.class,
      RulesCommand.class,
      LatencyCommand.class,
      RolloutCommand.class,
      ProofCommand.class,
      SoakCommand.class
    },
    subcommandsRepeatable = false)
public final class Benchmarks {
  private Benchmarks() {}

  public static void main(String[] args) {
    CommandLine line = new CommandLine(new Benchmarks());
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setExecutionExceptionHandler(
        (failure, command, result) -> {
          command.getErr().println("benchmark: " + failure.getMessage());
          if (Boolean.getBoolean("vigil.bench.trace")) {
            failure.printStackTrace(command.getErr());
          }
          return CommandLine.ExitCode.SOFTWARE;
        });
    System.exit(args.length == 0 ? usage(line) : line.execute(args));
  }

  private static int usage(CommandLine line) {
    line.usage(line.getErr());
    return CommandLine.ExitCode.USAGE;
  }
}

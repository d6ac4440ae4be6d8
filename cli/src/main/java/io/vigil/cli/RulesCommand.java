package io.vigil.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code vigil rules}: rule sets. */
@Command(
    name = "rules",
    mixinStandardHelpOptions = true,
    description = "Checks, tests, explains and compares rule sets.",
    subcommands = {
      ValidateRules.class,
      TestRules.class,
      ExplainRules.class,
      DiffRules.class,
      TokeniseList.class
    })
final class RulesCommand implements Runnable {

  @Spec private @Nullable CommandSpec command;

  @Override
  public void run() {
    CommandSpec given = command;
    if (given != null) {
      throw new ParameterException(
          given.commandLine(), "expected validate, test, explain, diff or tokenise");
    }
  }
}

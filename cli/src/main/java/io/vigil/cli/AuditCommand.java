package io.vigil.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code vigil audit}: the proof that nothing was changed, left out, or put in. */
@Command(
    name = "audit",
    mixinStandardHelpOptions = true,
    description = "Verifies that an archive is what the job logged.",
    subcommands = {
      KeygenAudit.class,
      VerifyAudit.class,
      HeadAudit.class,
      ProveAudit.class,
      ExportAudit.class,
      ReconcileAudit.class,
      PackageAudit.class
    })
final class AuditCommand implements Runnable {
  @Spec private @Nullable CommandSpec command;

  @Override
  public void run() {
    CommandSpec given = command;
    if (given != null) {
      throw new ParameterException(
          given.commandLine(),
          "expected keygen, verify, head, prove, export, reconcile or package");
    }
  }
}

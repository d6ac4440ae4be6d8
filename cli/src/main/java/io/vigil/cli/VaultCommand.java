package io.vigil.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code vigil vault}: who is behind pseudonyms, and how to forget it. */
@Command(
    name = "vault",
    mixinStandardHelpOptions = true,
    description = "Erases people, holds and reveals them: what links pseudonyms to people.",
    subcommands = {
      EraseSubject.class,
      HoldSubject.class,
      ReleaseSubject.class,
      RevealSubject.class,
      ListSubjects.class,
      ShowSubject.class,
      ShowJournal.class,
      RewrapVault.class
    })
final class VaultCommand implements Runnable {

  @Spec private @Nullable CommandSpec command;

  @Override
  public void run() {
    CommandSpec given = command;
    if (given != null) {
      throw new ParameterException(
          given.commandLine(),
          "expected erase, hold, release, reveal, list, show, journal or rewrap");
    }
  }
}

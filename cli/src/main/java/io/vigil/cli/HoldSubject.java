package io.vigil.cli;

import io.vigil.schema.vault.JournalEntry;
import io.vigil.schema.vault.Vault;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code vigil vault hold}: a legal hold. */
@Command(
    name = "hold",
    mixinStandardHelpOptions = true,
    description = "Keeps an account from being erased until it is released.")
final class HoldSubject implements Callable<Integer> {

  @Mixin private Console console = new Console();
  @Mixin private VaultInUse vault = new VaultInUse();
  @Mixin private WhichSubject which = new WhichSubject();

  @Option(
      names = "--reason",
      required = true,
      paramLabel = "TEXT",
      description = "Why; kept, so it must name nobody.")
  private String reason = "";

  @Override
  public Integer call() {
    try (Vault opened = vault.open(console)) {
      JournalEntry entry = opened.hold(which.pseudonym(opened), vault.by(), reason);
      console
          .out()
          .println(
              "%-9s %s: %s".formatted(VaultInUse.word(entry.what()), entry.pseudonym(), reason));
      console.out().flush();
      console.writeJson(VaultInUse.json(entry));
    }
    return 0;
  }
}

package io.vigil.cli;

import io.vigil.schema.vault.JournalEntry;
import io.vigil.schema.vault.Vault;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code vigil vault journal}: what was done to whom. */
@Command(
    name = "journal",
    mixinStandardHelpOptions = true,
    description = "Lists erasures, holds and readings, oldest first.")
final class ShowJournal implements Callable<Integer> {

  @Mixin private Console console = new Console();
  @Mixin private VaultInUse vault = new VaultInUse();

  @Override
  public Integer call() {
    try (Vault opened = vault.open(console)) {
      List<JournalEntry> entries = opened.journal();
      for (JournalEntry entry : entries) {
        console.out().println(line(entry));
      }
      console.out().flush();
      console.writeJson(entries.stream().map(VaultInUse::json).toList());
    }
    return 0;
  }

  static String line(JournalEntry entry) {
    return "%s  %-8s  %s  by %s: %s"
        .formatted(
            entry.at(),
            VaultInUse.word(entry.what()),
            entry.pseudonym(),
            entry.by(),
            entry.reason());
  }
}

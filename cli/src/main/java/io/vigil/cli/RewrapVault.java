package io.vigil.cli;

import io.vigil.schema.vault.JournalEntry;
import io.vigil.schema.vault.KeyService;
import io.vigil.schema.vault.LocalKeyService;
import io.vigil.schema.vault.Vault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code vigil vault rewrap}: another key for the vault. */
@Command(
    name = "rewrap",
    mixinStandardHelpOptions = true,
    description = {
      "Puts the vault under another key; pseudonyms and what is sealed stay as they are.",
      "Who opens it from now on needs the new key in "
          + LocalKeyService.KEY_VARIABLE
          + " or "
          + LocalKeyService.KEY_FILE_VARIABLE
          + "."
    })
final class RewrapVault implements Callable<Integer> {

  @Mixin private Console console = new Console();
  @Mixin private VaultInUse vault = new VaultInUse();

  @Option(
      names = "--key-file",
      required = true,
      paramLabel = "FILE",
      description = "Holds the new key, hex or base64, at least 32 bytes.")
  private Path keyFile = Path.of("");

  @Override
  public Integer call() throws IOException {
    if (!Files.isRegularFile(keyFile)) {
      throw new CliException("--key-file: expected a file, got " + keyFile + ", which is none");
    }
    KeyService next = LocalKeyService.read(keyFile);
    try (Vault opened = vault.open(console)) {
      JournalEntry entry = opened.rewrap(vault.key(console), next, vault.by());
      console.out().println("rewrapped " + entry.reason());
      console.out().flush();
      console.writeJson(VaultInUse.json(entry));
    }
    return 0;
  }
}

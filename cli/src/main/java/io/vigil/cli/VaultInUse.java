package io.vigil.cli;

import io.vigil.schema.vault.JournalEntry;
import io.vigil.schema.vault.KeyService;
import io.vigil.schema.vault.LocalKeyService;
import io.vigil.schema.vault.Vault;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Option;

/** The vault that a command works on, and who works on it. */
final class VaultInUse {

  @Option(names = "--vault", required = true, paramLabel = "DIR", description = "The vault.")
  private Path directory = Path.of("");

  @Option(
      names = "--by",
      paramLabel = "PERSON",
      description = "Who does it, for the journal (default: the user of this process).")
  private String by = System.getProperty("user.name", "unknown");

  /**
   * Opens the vault, which must be there.
   *
   * @throws CliException when it is not
   */
  Vault open(Console console) {
    if (!Vault.exists(directory)) {
      throw new CliException(
          "--vault: expected the directory of a vault, got %s, which is none".formatted(directory));
    }
    return VaultOption.open(directory, console.err()::println);
  }

  /** The key of the environment, or beside the vault. */
  KeyService key(Console console) {
    return LocalKeyService.load(System.getenv(), directory, console.err()::println);
  }

  /** Who does it. */
  String by() {
    return by;
  }

  /** An entry of the journal for machines. */
  static Map<String, Object> json(JournalEntry entry) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("at", entry.at().toString());
    json.put("by", entry.by());
    json.put("what", word(entry.what()));
    json.put("pseudonym", entry.pseudonym());
    json.put("reason", entry.reason());
    if (entry.what() == JournalEntry.What.ERASED) {
      json.put("tokens_destroyed", entry.destroyed());
      json.put("tokens_kept", entry.kept());
    }
    return json;
  }

  /** How a subject stands, for machines. */
  static Map<String, Object> json(Vault.Status status) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("pseudonym", status.pseudonym());
    json.put("state", word(status.state()));
    json.put("hold", status.hold());
    json.put("tokens", status.tokens());
    json.put("own_tokens", status.own());
    json.put("erased", status.erased() == null ? null : json(status.erased()));
    return json;
  }

  static String word(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}

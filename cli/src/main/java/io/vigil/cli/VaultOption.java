package io.vigil.cli;

import io.vigil.schema.vault.LocalKeyService;
import io.vigil.schema.vault.Vault;
import java.nio.file.Path;
import java.time.Clock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** {@code --vault} of commands that read people's payments. */
final class VaultOption {

  static final String DESCRIPTION =
      "Puts random pseudonyms in place of people; what links them back stays in this directory,"
          + " which is made on first use (docs/privacy.md).";

  @Option(names = "--vault", paramLabel = "DIR", description = DESCRIPTION)
  private @Nullable Path directory;

  @Nullable Path directory() {
    return directory;
  }

  /** The vault, or null when none is asked for; closed by who opened it. */
  @Nullable Vault open(Consumer<String> notice) {
    return openAny(directory, notice);
  }

  /** Makes sure that there is one, when it is asked for. */
  void make(Consumer<String> notice) {
    Vault opened = open(notice);
    if (opened != null) {
      opened.close();
    }
  }

  static @Nullable Vault openAny(@Nullable Path directory, Consumer<String> notice) {
    return directory == null ? null : open(directory, notice);
  }

  static Vault open(Path directory, Consumer<String> notice) {
    return Vault.open(
        directory, LocalKeyService.load(System.getenv(), directory, notice), Clock.systemUTC());
  }
}

package io.vigil.cli;

import io.vigil.schema.vault.Vault;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** Whom a command speaks of. */
final class WhichSubject {

  @ArgGroup(exclusive = true, multiplicity = "1")
  private Name name = new Name();

  private static final class Name {
    @Option(
        names = "--account",
        required = true,
        paramLabel = "ID",
        description = "The account as it was before it had a pseudonym; tokenised if it was.")
    private @Nullable String account;

    @Option(
        names = "--pseudonym",
        required = true,
        paramLabel = "P",
        description = "The account's pseudonym, as the stream has it.")
    private @Nullable String pseudonym;
  }

  /**
   * The subject's pseudonym.
   *
   * @throws CliException when the vault does not know the account
   */
  String pseudonym(Vault vault) {
    String given = name.pseudonym;
    return given != null
        ? given
        : vault
            .find(String.valueOf(name.account))
            .orElseThrow(
                () -> new CliException("--account: expected one of the vault, got none of it"));
  }
}

package io.vigil.cli;

import io.vigil.schema.vault.Kind;
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
        names = "--customer",
        required = true,
        paramLabel = "ID",
        description = "The customer, likewise: a subject beside the accounts that it holds.")
    private @Nullable String customer;

    @Option(
        names = "--pseudonym",
        required = true,
        paramLabel = "P",
        description = "The account's or customer's pseudonym, as the stream has it.")
    private @Nullable String pseudonym;
  }

  /**
   * The subject's pseudonym.
   *
   * @throws CliException when the vault does not know the account or customer
   */
  String pseudonym(Vault vault) {
    String given = name.pseudonym;
    if (given != null) {
      return given;
    }
    return name.customer != null
        ? found(vault, Kind.CUSTOMER, "--customer", name.customer)
        : found(vault, Kind.ACCOUNT, "--account", String.valueOf(name.account));
  }

  private static String found(Vault vault, Kind kind, String option, String value) {
    return vault
        .find(kind, value)
        .orElseThrow(
            () -> new CliException(option + ": expected one of the vault, got none of it"));
  }
}

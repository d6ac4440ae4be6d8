package io.vigil.cli;

import io.vigil.schema.vault.JournalEntry;
import io.vigil.schema.vault.Kind;
import io.vigil.schema.vault.Vault;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code vigil vault show}: how one stands. */
@Command(
    name = "show",
    mixinStandardHelpOptions = true,
    description =
        "Shows how an account or a customer stands, and what was done; a card's or device's pseudonym, for lists.")
final class ShowSubject implements Callable<Integer> {

  @Mixin private Console console = new Console();
  @Mixin private VaultInUse vault = new VaultInUse();

  @ArgGroup(exclusive = true, multiplicity = "1")
  private What what = new What();

  private static final class What {
    @Option(names = "--account", required = true, paramLabel = "ID", description = "An account.")
    private @Nullable String account;

    @Option(names = "--customer", required = true, paramLabel = "ID", description = "A customer.")
    private @Nullable String customer;

    @Option(
        names = "--pseudonym",
        required = true,
        paramLabel = "P",
        description = "An account's or customer's pseudonym.")
    private @Nullable String pseudonym;

    @Option(
        names = "--card",
        required = true,
        paramLabel = "TOKEN",
        description = "A card's keyed hash, to look up its pseudonym.")
    private @Nullable String card;

    @Option(names = "--device", required = true, paramLabel = "ID", description = "A device.")
    private @Nullable String device;

    @Option(
        names = "--ip",
        required = true,
        paramLabel = "TOKEN",
        description = "An address's keyed hash.")
    private @Nullable String ip;
  }

  @Override
  public Integer call() {
    try (Vault opened = vault.open(console)) {
      if (what.account == null && what.customer == null && what.pseudonym == null) {
        showToken(opened);
        return 0;
      }
      String pseudonym =
          what.pseudonym != null
              ? what.pseudonym
              : what.customer != null
                  ? found("--customer", opened.find(Kind.CUSTOMER, what.customer).orElse(null))
                  : found("--account", opened.find(String.valueOf(what.account)).orElse(null));
      Vault.Status status =
          opened
              .status(pseudonym)
              .orElseThrow(
                  () -> new CliException("--pseudonym: expected one of the vault, got another"));
      List<JournalEntry> entries =
          opened.journal().stream().filter(each -> each.pseudonym().equals(pseudonym)).toList();
      console.out().println("subject   " + pseudonym);
      console.out().println("state     " + VaultInUse.word(status.state()));
      if (status.hold() != null) {
        console.out().println("hold      " + status.hold());
      }
      console.out().println("tokens    %d, %d its own".formatted(status.tokens(), status.own()));
      entries.forEach(each -> console.out().println(ShowJournal.line(each)));
      console.out().flush();
      Map<String, Object> json = VaultInUse.json(status);
      json.put("journal", entries.stream().map(VaultInUse::json).toList());
      console.writeJson(json);
    }
    return 0;
  }

  private void showToken(Vault opened) {
    String token =
        what.card != null
            ? found("--card", opened.find(Kind.CARD, what.card).orElse(null))
            : what.device != null
                ? found("--device", opened.find(Kind.DEVICE, what.device).orElse(null))
                : found("--ip", opened.find(Kind.IP, String.valueOf(what.ip)).orElse(null));
    console.out().println("pseudonym " + token);
    console.out().flush();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("pseudonym", token);
    console.writeJson(json);
  }

  private static String found(String option, @Nullable String pseudonym) {
    if (pseudonym == null) {
      throw new CliException(option + ": expected one of the vault, got none of it");
    }
    return pseudonym;
  }
}

package io.vigil.cli;

import io.vigil.schema.vault.JournalEntry;
import io.vigil.schema.vault.Vault;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code vigil vault erase}: destroys what links a pseudonym to a person. */
@Command(
    name = "erase",
    mixinStandardHelpOptions = true,
    description = {
      "Destroys an account's key and mappings. What was sealed under the key can never be read"
          + " again; every decision still replays bit for bit.",
      "A customer is a subject of its own: erase it beside its accounts.",
      "Refuses, with exit 1, while the account is held."
    })
final class EraseSubject implements Callable<Integer> {

  @Mixin private Console console = new Console();
  @Mixin private VaultInUse vault = new VaultInUse();
  @Mixin private WhichSubject which = new WhichSubject();

  @Option(
      names = "--reason",
      required = true,
      paramLabel = "TEXT",
      description = "Why, such as the number of the request; kept, so it must name nobody.")
  private String reason = "";

  private static final List<String> UNREADABLE =
      List.of(
          "the account's name, and who it was as a counterparty",
          "its cards, card references, devices, addresses and identifying attributes in topics,"
              + " state, checkpoints, archive and exports",
          "notes on its cases in the console");

  private static final List<String> REPLAYS =
      List.of(
          "every decision, its own and others': they read pseudonyms, amounts, times and merchants",
          "every aggregate of everybody");

  @Override
  public Integer call() {
    try (Vault opened = vault.open(console)) {
      JournalEntry erased = opened.erase(which.pseudonym(opened), vault.by(), reason);
      console.out().println("erased      %s at %s".formatted(erased.pseudonym(), erased.at()));
      console
          .out()
          .println(
              "destroyed   key, name and %d cards, devices and addresses; %d stay others'"
                  .formatted(erased.destroyed(), erased.kept()));
      UNREADABLE.forEach(each -> console.out().println("unreadable  " + each));
      REPLAYS.forEach(each -> console.out().println("replays     " + each));
      console.out().flush();
      Map<String, Object> json = VaultInUse.json(erased);
      json.put("unreadable", UNREADABLE);
      json.put("replays", REPLAYS);
      console.writeJson(json);
    }
    return 0;
  }
}

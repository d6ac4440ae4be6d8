package io.vigil.cli;

import io.vigil.schema.vault.Vault;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code vigil vault list}: who is in it, by pseudonym. */
@Command(
    name = "list",
    mixinStandardHelpOptions = true,
    description = "Counts who is in the vault, and lists them by pseudonym.")
final class ListSubjects implements Callable<Integer> {

  @Mixin private Console console = new Console();
  @Mixin private VaultInUse vault = new VaultInUse();

  @Option(
      names = "--state",
      paramLabel = "STATE",
      description = "Lists those alone: ${COMPLETION-CANDIDATES}.")
  private Vault.@org.jspecify.annotations.Nullable State state;

  @Option(
      names = "--limit",
      paramLabel = "N",
      defaultValue = "100",
      description = "How many lines at most; the file of --json has all (default: 100).")
  private int limit = 100;

  @Override
  public Integer call() {
    try (Vault opened = vault.open(console)) {
      Vault.Counts counts = opened.counts();
      List<Vault.Status> all =
          opened.list().stream().filter(each -> state == null || each.state() == state).toList();
      console
          .out()
          .println(
              "%,d subjects (%,d held), %,d tokens, %,d erased"
                  .formatted(counts.subjects(), counts.held(), counts.tokens(), counts.erased()));
      all.stream()
          .limit(limit)
          .forEach(
              each ->
                  console
                      .out()
                      .println(
                          "%s  %-6s  %d tokens"
                              .formatted(
                                  each.pseudonym(), VaultInUse.word(each.state()), each.tokens())));
      if (all.size() > limit) {
        console.out().println("and %,d more".formatted(all.size() - limit));
      }
      console.out().flush();
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("subjects", counts.subjects());
      json.put("held", counts.held());
      json.put("tokens", counts.tokens());
      json.put("erased", counts.erased());
      json.put("list", all.stream().map(VaultInUse::json).toList());
      console.writeJson(json);
    }
    return 0;
  }
}

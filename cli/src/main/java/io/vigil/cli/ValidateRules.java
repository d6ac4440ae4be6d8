package io.vigil.cli;

import io.vigil.model.rule.EntryList;
import io.vigil.model.rule.Lists;
import io.vigil.model.rule.RuleSet;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code vigil rules validate}: every check that the job makes before it decides. */
@Command(
    name = "validate",
    mixinStandardHelpOptions = true,
    description = {
      "Runs every check on a rule set that the job runs.",
      "Without --lists the lists that it asks are named and not looked at."
    })
final class ValidateRules implements Callable<Integer> {

  @Mixin private Console console = new Console();
  @Mixin private RuleSource source = new RuleSource();

  @Parameters(paramLabel = "FILE", description = "A file, default, or basic.")
  private String file = "";

  @Override
  public Integer call() {
    RuleSet rules = source.rules(file);
    Lists lists = source.lists();
    if (source.hasLists()) {
      RuleSource.require(rules, lists);
    }
    say(
        "rules",
        "ok  %s, version %d, %d rules"
            .formatted(rules.name(), rules.version(), rules.rules().size()));
    say("features", "ok  all in " + source.spec().spec().name());
    List<Map<String, Object>> found = new ArrayList<>();
    for (String name : rules.requiredLists()) {
      EntryList list = lists.get(name);
      if (list == null) {
        say("list", "    %s must be in force; not looked at without --lists".formatted(name));
        continue;
      }
      say(
          "list",
          "ok  %s, version %d, %,d entries, %.1f bytes of memory each"
              .formatted(
                  name,
                  list.version(),
                  list.size(),
                  (double) list.memoryBytes() / Math.max(1, list.size())));
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("name", name);
      json.put("version", list.version());
      json.put("sha256", list.digest());
      json.put("entries", list.size());
      json.put("memory_bytes", list.memoryBytes());
      found.add(json);
    }
    say("digest", "    " + rules.digest());
    console.out().flush();
    Map<String, Object> json = RuleSource.json(rules);
    json.put("features", source.spec().json());
    json.put("lists_found", found);
    console.writeJson(json);
    return 0;
  }

  private void say(String check, String seen) {
    console.out().println("%-9s ".formatted(check) + seen);
  }
}

package io.vigil.cli;

import io.vigil.cli.rules.RuleDiff;
import io.vigil.model.rule.RuleSet;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code vigil rules diff}: what differs between two rule sets. */
@Command(
    name = "diff",
    mixinStandardHelpOptions = true,
    description = "Shows which rules were added, removed and changed.")
final class DiffRules implements Callable<Integer> {

  @Mixin private Console console = new Console();
  @Mixin private RuleSource source = new RuleSource();

  @Parameters(index = "0", paramLabel = "OLD", description = "A file, default, or basic.")
  private String before = "";

  @Parameters(index = "1", paramLabel = "NEW", description = "The same.")
  private String after = "";

  @Override
  public Integer call() {
    RuleSet from = source.rules(before);
    RuleSet to = source.rules(after);
    RuleDiff diff = RuleDiff.between(from, to);
    PrintWriter out = console.out();
    out.println("- " + line(from));
    out.println("+ " + line(to));
    diff.removed().forEach(id -> out.println("removed  " + id));
    diff.added().forEach(id -> out.println("added    " + id));
    for (RuleDiff.Change change : diff.changed()) {
      out.println("changed  %s, %s".formatted(change.rule(), change.key()));
      out.println("         - " + change.before());
      out.println("         + " + change.after());
    }
    if (diff.reordered()) {
      out.println("reordered");
    }
    if (diff.isEmpty()) {
      out.println("the same rules in the same order");
    }
    out.flush();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("old", RuleSource.json(from));
    json.put("new", RuleSource.json(to));
    json.put("added", diff.added());
    json.put("removed", diff.removed());
    json.put("changed", diff.changed());
    json.put("reordered", diff.reordered());
    console.writeJson(json);
    return 0;
  }

  private static String line(RuleSet rules) {
    return "%s, version %d, %d rules, %s"
        .formatted(rules.name(), rules.version(), rules.rules().size(), rules.digest());
  }
}

package io.vigil.cli;

import io.vigil.cli.rules.RuleCase;
import io.vigil.cli.rules.RuleCases;
import io.vigil.model.policy.Held;
import io.vigil.model.policy.Hit;
import io.vigil.model.rule.Lists;
import io.vigil.model.rule.RuleSet;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code vigil rules test}: a rule set against example transactions. */
@Command(
    name = "test",
    mixinStandardHelpOptions = true,
    description = {
      "Tries a rule set on example transactions, and compares.",
      "Exits with 1 when a case is not as expected."
    })
final class TestRules implements Callable<Integer> {

  @Mixin private Console console = new Console();
  @Mixin private RuleSource source = new RuleSource();

  @Parameters(paramLabel = "FILE", description = "A file, default, or basic.")
  private String file = "";

  @Option(
      names = "--cases",
      required = true,
      paramLabel = "EXAMPLES",
      description = "The example transactions (YAML).")
  private Path examples = Path.of("");

  @Override
  public Integer call() {
    RuleSet rules = source.rules(file);
    RuleCases cases = source.cases(examples);
    Lists lists = cases.over(source.lists());
    RuleSource.require(rules, lists);
    PrintWriter out = console.out();
    List<Map<String, Object>> results = new ArrayList<>();
    Set<String> untried =
        rules.rules().stream()
            .map(rule -> rule.hit().rule())
            .collect(Collectors.toCollection(LinkedHashSet::new));
    int failed = 0;
    for (RuleCase one : cases.cases()) {
      Held held = one.held(rules, lists);
      List<String> hits = held.hits().stream().map(Hit::rule).toList();
      untried.removeAll(hits);
      List<String> differences = one.differences(held);
      failed += differences.isEmpty() ? 0 : 1;
      out.println((differences.isEmpty() ? "pass  " : "FAIL  ") + one.name());
      differences.forEach(difference -> out.println("      " + difference));
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("name", one.name());
      json.put("passed", differences.isEmpty());
      json.put("differences", differences);
      json.put("hits", hits);
      json.put("outcome", held.asked().id());
      json.put("points", held.points());
      results.add(json);
    }
    if (!untried.isEmpty()) {
      out.println("no case in which it holds: " + String.join(", ", untried));
    }
    out.printf("%d of %d cases as expected%n", results.size() - failed, results.size());
    out.flush();
    Map<String, Object> json = RuleSource.json(rules);
    json.put("passed", results.size() - failed);
    json.put("failed", failed);
    json.put("untried", untried);
    json.put("cases", results);
    console.writeJson(json);
    if (failed > 0) {
      throw new CliException(
          "expected %d cases to be as they say, got %d that are not"
              .formatted(results.size(), failed));
    }
    return 0;
  }
}

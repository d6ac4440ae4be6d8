package io.vigil.cli;

import io.vigil.cli.rules.RuleCase;
import io.vigil.cli.rules.RuleCases;
import io.vigil.cli.rules.RuleWords;
import io.vigil.model.expression.Context;
import io.vigil.model.expression.Step;
import io.vigil.model.policy.Held;
import io.vigil.model.rule.Lists;
import io.vigil.model.rule.Rule;
import io.vigil.model.rule.RuleSet;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code vigil rules explain}: what a rule set says, and how it comes to one decision. */
@Command(
    name = "explain",
    mixinStandardHelpOptions = true,
    description = {
      "Shows what each rule reads, asks for and tells.",
      "With --cases and --case: which conditions hold for that example, and what they read."
    })
final class ExplainRules implements Callable<Integer> {

  @Spec private @Nullable CommandSpec command;
  @Mixin private Console console = new Console();
  @Mixin private RuleSource source = new RuleSource();

  @Parameters(paramLabel = "FILE", description = "A file, default, or basic.")
  private String file = "";

  @Option(
      names = "--cases",
      paramLabel = "EXAMPLES",
      description = "Example transactions (YAML), of which --case names one.")
  private @Nullable Path examples;

  @Option(names = "--case", paramLabel = "NAME", description = "The example to step through.")
  private @Nullable String name;

  @Override
  public Integer call() {
    Path from = examples;
    String of = name;
    CommandSpec given = command;
    if (given != null && (from == null) != (of == null)) {
      throw new ParameterException(given.commandLine(), "expected --cases and --case, or neither");
    }
    RuleSet rules = source.rules(file);
    Map<String, Object> json = RuleSource.json(rules);
    console
        .out()
        .printf("%s, version %d, %d rules%n", rules.name(), rules.version(), rules.rules().size());
    console.out().println("digest  " + rules.digest());
    String points =
        rules.points().entrySet().stream()
            .map(each -> each.getKey().id() + " from " + each.getValue())
            .collect(Collectors.joining(", "));
    if (!points.isEmpty()) {
      console.out().println("points  " + points);
    }
    json.put("explained", from == null || of == null ? rules(rules) : steps(rules, from, of));
    console.out().flush();
    console.writeJson(json);
    return 0;
  }

  private List<Map<String, Object>> rules(RuleSet rules) {
    PrintWriter out = console.out();
    List<Map<String, Object>> explained = new ArrayList<>();
    for (Rule rule : rules.rules()) {
      String reads = RuleWords.reads(rule.when().allReads());
      String owner = rule.owner();
      out.println();
      out.println(rule.hit().rule() + ": " + RuleWords.asks(rule.hit()));
      out.println("  when     " + rule.when());
      out.println("  reads    " + reads);
      out.println("  tells    %s: %s".formatted(rule.hit().reasonCode(), rule.text()));
      out.println(
          "  owner    %s; expires %s"
              .formatted(owner == null ? "-" : owner, RuleWords.expires(rule)));
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("rule", rule.hit().rule());
      json.put("when", rule.when().toString());
      json.put("reads", rule.when().allReads());
      json.put("asks", RuleWords.asks(rule.hit()));
      json.put("weight", rule.hit().weight());
      json.put("reason", rule.hit().reasonCode());
      json.put("text", rule.text().toString());
      json.put("owner", owner);
      json.put("expires", RuleWords.expires(rule));
      explained.add(json);
    }
    return explained;
  }

  private List<Map<String, Object>> steps(RuleSet rules, Path from, String of) {
    RuleCases cases = source.cases(from);
    RuleCase one =
        cases.cases().stream()
            .filter(each -> each.name().equals(of))
            .findFirst()
            .orElseThrow(
                () ->
                    new CliException(
                        "case: expected the name of one in %s, got '%s'".formatted(from, of)));
    Lists lists = cases.over(source.lists());
    RuleSource.require(rules, lists);
    Context context = new Context(one.score(), lists);
    PrintWriter out = console.out();
    List<Map<String, Object>> explained = new ArrayList<>();
    Held held = one.held(rules, lists);
    for (Rule rule : rules.rules()) {
      boolean expired = one.effectiveTimeMs() >= rule.expiresMs();
      boolean holds = held.hits().contains(rule.hit());
      List<Step> steps = rule.when().steps(one.facts(), one.features(), context);
      out.println();
      out.println(
          "%s: %s"
              .formatted(
                  rule.hit().rule(),
                  holds
                      ? "holds, asks for " + RuleWords.asks(rule.hit())
                      : expired ? "expired " + RuleWords.expires(rule) : "does not hold"));
      for (Step step : steps) {
        out.println(
            "  %s  %s%s%s"
                .formatted(
                    step.held() ? "yes" : "no ",
                    "  ".repeat(step.depth()),
                    step.condition(),
                    step.values().isEmpty()
                        ? ""
                        : "    [" + String.join(", ", step.values()) + "]"));
      }
      String told = holds ? rules.text(rule.hit(), one.facts(), one.features(), one.score()) : null;
      if (told != null) {
        out.println("  tells    " + told);
      }
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("rule", rule.hit().rule());
      json.put("holds", holds);
      json.put("expired", expired);
      json.put("steps", steps);
      json.put("told", told);
      explained.add(json);
    }
    out.println();
    out.println("the rules ask for %s; %d points".formatted(held.asked().id(), held.points()));
    return explained;
  }
}

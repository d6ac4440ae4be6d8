package io.vigil.cli;

import io.vigil.schema.ArtefactKind;
import io.vigil.schema.Deployment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code vigil model list}: what the control topic has put in force. */
@Command(
    name = "list",
    mixinStandardHelpOptions = true,
    description = {
      "What was put in force by the control topic, and in which place it stands.",
      "What the job was started with stands in its options."
    })
final class ListDeployments implements Callable<Integer> {

  @Mixin private Console console = new Console();
  @Mixin private ControlOptions control = new ControlOptions();

  @Option(
      names = "--registry",
      paramLabel = "DIR",
      description = "Where the models are, for their inventory (default: as the local job has it).")
  private @Nullable Path registry;

  @Override
  public Integer call() throws InterruptedException {
    try (Reach reach = control.reach(console);
        ControlLog log = new ControlLog(reach)) {
      List<ControlLog.Entry> standing = log.read().standing();
      List<ControlLog.Entry> ended =
          log.unreviewed().stream().filter(entry -> !standing.contains(entry)).toList();
      Path models = registry == null ? reach.registry() : registry;
      List<Map<String, Object>> all = new ArrayList<>();
      if (standing.isEmpty()) {
        console.out().println("nothing was put in force since the job was started");
      }
      for (ControlLog.Entry entry : standing) {
        console.out().println(line(log, entry));
        Map<String, Object> json = json(log, entry);
        json.put("standing", true);
        if (entry.deployment().getKind() == ArtefactKind.MODEL) {
          Inventory inventory = Inventory.of(entry.deployment(), log, models);
          console.out().println("  " + inventory.text());
          json.put("inventory", inventory.json());
        }
        all.add(json);
      }
      for (ControlLog.Entry entry : log.pending()) {
        console.out().println("not in force yet: " + line(log, entry));
        Map<String, Object> json = json(log, entry);
        json.put("standing", false);
        all.add(json);
      }
      for (ControlLog.Entry entry : ended) {
        console.out().println("in force no more: " + line(log, entry));
        Map<String, Object> json = json(log, entry);
        json.put("standing", false);
        all.add(json);
      }
      forged(console, log);
      console.writeJson(all);
      return 0;
    }
  }

  /** Says how many records are not the job's. */
  static void forged(Console console, ControlLog log) {
    if (log.forged() > 0) {
      console
          .out()
          .println(log.forged() + " records of control are not the job's and count for nothing");
    }
    console.out().flush();
  }

  static String line(ControlLog log, ControlLog.Entry entry) {
    Deployment deployment = entry.deployment();
    return DeploymentText.line(entry.atMs(), deployment, log.review(deployment.getRequestId()));
  }

  static Map<String, Object> json(ControlLog log, ControlLog.Entry entry) {
    Deployment deployment = entry.deployment();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("at", entry.atMs());
    json.putAll(DeploymentText.json(deployment));
    if (DeploymentText.brokeGlass(deployment)) {
      Deployment review = log.review(deployment.getRequestId());
      json.put("review", DeploymentText.reviewed(review));
      json.put("reviewed_by", review == null ? List.of() : review.getPersons());
    }
    return json;
  }
}

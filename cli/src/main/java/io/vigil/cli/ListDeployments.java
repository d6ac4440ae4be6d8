package io.vigil.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

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

  @Override
  public Integer call() throws InterruptedException {
    try (Reach reach = control.reach();
        ControlLog log = new ControlLog(reach)) {
      print(
          console,
          log.read(),
          log.standing(),
          "nothing was put in force since the job was started");
      return 0;
    }
  }

  /** A line each, and the same as JSON. */
  static void print(
      Console console, ControlLog log, List<ControlLog.Entry> entries, String otherwise) {
    if (entries.isEmpty()) {
      console.out().println(otherwise);
    }
    entries.forEach(
        entry -> console.out().println(DeploymentText.line(entry.atMs(), entry.deployment())));
    if (log.forged() > 0) {
      console
          .out()
          .println(log.forged() + " records of control are not the job's and count for nothing");
    }
    console.out().flush();
    console.writeJson(entries.stream().map(ListDeployments::json).toList());
  }

  private static Map<String, Object> json(ControlLog.Entry entry) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("at", entry.atMs());
    json.putAll(DeploymentText.json(entry.deployment()));
    return json;
  }
}

package io.vigil.cli;

import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code vigil model history}: every request and what became of it. */
@Command(
    name = "history",
    mixinStandardHelpOptions = true,
    description = "Every request to change what decides and the job's answer, in the log's order.")
final class DeploymentHistory implements Callable<Integer> {

  @Mixin private Console console = new Console();
  @Mixin private ControlOptions control = new ControlOptions();

  @Override
  public Integer call() throws InterruptedException {
    try (Reach reach = control.reach(console);
        ControlLog log = new ControlLog(reach)) {
      List<ControlLog.Entry> entries = log.read().entries();
      if (entries.isEmpty()) {
        console.out().println("nothing was ever asked for");
      }
      entries.forEach(entry -> console.out().println(ListDeployments.line(log, entry)));
      ListDeployments.forged(console, log);
      console.writeJson(entries.stream().map(entry -> ListDeployments.json(log, entry)).toList());
      return 0;
    }
  }
}

package io.vigil.cli;

import io.vigil.cli.local.ChildProcess;
import io.vigil.cli.local.DataDir;
import io.vigil.cli.local.JobSettings;
import io.vigil.cli.local.LocalConsole;
import io.vigil.cli.local.LocalStack;
import io.vigil.cli.local.ProcessUsage;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code vigil up}: the whole stack on one machine, without the simulator. */
@Command(
    name = "up",
    mixinStandardHelpOptions = true,
    description = {
      "Starts the broker and the job and keeps them running until Ctrl-C.",
      "A later start goes on where this one stopped."
    })
final class UpCommand implements Callable<Integer> {

  private static final int KAFKA_PORT = 9092;
  private static final int CONSOLE_PORT = 8080;
  private static final Duration WATCH = Duration.ofSeconds(1);

  @Mixin private Console console = new Console();
  @Mixin private DataOption data = new DataOption();
  @Mixin private ArtefactOptions artefacts = new ArtefactOptions();
  @Mixin private JobOptions job = new JobOptions();
  @Mixin private VaultOption vault = new VaultOption();

  @Option(
      names = "--kafka-port",
      paramLabel = "PORT",
      defaultValue = "" + KAFKA_PORT,
      description = "Of the broker; 0 takes any free one (default: ${DEFAULT-VALUE}).")
  private int kafkaPort;

  @Option(
      names = "--console-port",
      paramLabel = "PORT",
      defaultValue = "" + CONSOLE_PORT,
      description = "Of the case console; 0 takes any free one (default: ${DEFAULT-VALUE}).")
  private int consolePort;

  private LocalStack start(DataDir directory, JobSettings settings, ProcessUsage usage)
      throws InterruptedException {
    // What is wrong with the artefacts shows before anything runs.
    var unused = Versions.of(settings);
    return LocalStack.start(directory, kafkaPort, usage);
  }

  @Override
  public Integer call() throws InterruptedException {
    JobSettings settings = job.settings(true, artefacts, true);
    vault.make(console.err()::println);
    try (DataDir directory = DataDir.open(data.of("up"));
        ProcessUsage usage = new ProcessUsage();
        LocalStack stack = start(directory, settings, usage)) {
      ChildProcess process = JobOptions.start(stack, settings);
      String web = JobOptions.run(stack, process, settings);
      stack.startScoring();
      LocalConsole cases = stack.startConsole(consolePort, vault.directory());
      Map<String, String> addresses = new LinkedHashMap<>();
      addresses.put("bootstrap", stack.bootstrap());
      addresses.put("web", web);
      addresses.put("console", cases.url());
      directory.announce(addresses);
      console.out().println("Kafka    " + stack.bootstrap());
      console.out().println("Flink    " + web);
      ConsoleText.print(console, cases);
      console.out().println("running; Ctrl-C stops it, vigil alerts --follow shows alerts");
      console.out().flush();
      console.writeJson(addresses);
      while (process.awaitExit(WATCH) == null) {
        stack.check();
      }
      throw new CliException(process.describeEnd());
    } catch (InterruptedException e) {
      console.out().println("stopped");
      return 0;
    }
  }
}

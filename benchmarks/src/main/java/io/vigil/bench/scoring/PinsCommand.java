package io.vigil.bench.scoring;

import io.vigil.model.torch.TorchRuntime;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Prints the environment that {@code benchmarks/run} gives to a JVM that scores. */
@Command(
    name = "pins",
    hidden = true,
    description = "NAME=VALUE lines: what libtorch reads when it starts.")
public final class PinsCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec command;

  @Override
  public Integer call() {
    if (command == null) {
      throw new IllegalStateException("a command is called through picocli");
    }
    var out = command.commandLine().getOut();
    TorchRuntime.environment().forEach((name, value) -> out.println(name + "=" + value));
    out.flush();
    return 0;
  }
}

package io.vigil.cli.local;

import java.nio.file.Path;

/**
 * Main class of a parent in tests: starts a broker, says its process id, and waits to be killed.
 */
public final class BrokerOwner {

  private BrokerOwner() {}

  @SuppressWarnings("SystemOut") // How the test learns the process id.
  public static void main(String[] args) throws InterruptedException {
    try (DataDir data = DataDir.open(Path.of(args[0]));
        ProcessUsage usage = new ProcessUsage();
        LocalStack stack = LocalStack.start(data, 0, usage)) {
      long broker =
          ProcessHandle.current().children().mapToLong(ProcessHandle::pid).findFirst().orElse(0);
      System.out.println("READY " + broker + " " + stack.bootstrap());
      Thread.sleep(600_000);
    }
  }
}

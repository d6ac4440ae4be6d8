package io.vigil.cli.local;

import java.io.IOException;

/** Main class of child processes in tests: behaves as its first argument says. */
public final class StandIn {

  private StandIn() {}

  @SuppressWarnings("SystemOut") // The ready line is what is tested.
  public static void main(String[] args) throws IOException, InterruptedException {
    switch (args[0]) {
      case "ready" -> {
        System.out.println("something else");
        System.out.println("READY web=http://localhost:1 pin=" + System.getenv("PIN"));
        drain();
      }
      case "stubborn" -> {
        Runtime.getRuntime().addShutdownHook(new Thread(StandIn::sleep));
        System.out.println("READY");
        drain();
        Thread.sleep(600_000);
      }
      case "fail" -> {
        System.err.println("job: no such artefact");
        System.exit(239); // As Flink ends on what is fatal; no signal has so high a number.
      }
      default -> throw new IllegalArgumentException(args[0]);
    }
  }

  private static void drain() throws IOException {
    while (System.in.read() >= 0) {
      // Only its end counts.
    }
  }

  private static void sleep() {
    try {
      Thread.sleep(600_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

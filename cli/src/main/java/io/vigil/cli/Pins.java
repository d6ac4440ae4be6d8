package io.vigil.cli;

import io.vigil.model.torch.TorchRuntime;

/** Prints, for the launcher, the environment of a JVM that scores: NAME=VALUE lines. */
public final class Pins {
  private Pins() {}

  @SuppressWarnings("SystemOut") // A launcher reads it.
  public static void main(String[] args) {
    TorchRuntime.environment().forEach((name, value) -> System.out.println(name + "=" + value));
  }
}

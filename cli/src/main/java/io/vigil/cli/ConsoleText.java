package io.vigil.cli;

import io.vigil.cli.local.LocalConsole;

/** Tells where the case console is, and who may sign in. */
final class ConsoleText {

  private ConsoleText() {}

  static void print(Console console, LocalConsole cases) {
    console.out().println("Console  " + cases.url());
    cases
        .passwords()
        .forEach(
            (name, password) ->
                console
                    .out()
                    .printf("         sign in as %-8s one-time password %s%n", name, password));
    console.out().flush();
  }
}

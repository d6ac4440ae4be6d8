package io.vigil.console;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import org.slf4j.LoggerFactory;

/**
 * Main class of the console's process.
 *
 * <p>Argument: the file of its {@link ConsoleSettings}. It prints {@code READY url=ADDRESS
 * welcomed=NAMES} once it takes requests, where the names are those of the newcomers in {@code
 * VIGIL_CONSOLE_PEOPLE} ({@code NAME:ROLE:ONE-TIME-PASSWORD}, separated by commas) whose password
 * is good. It stops on SIGTERM and, when {@code --while-input} is given too, when its standard
 * input ends; it exits with 1 and one line on stderr when it cannot start.
 */
public final class ConsoleMain {

  private ConsoleMain() {}

  @SuppressWarnings("SystemOut") // The ready line is the process's contract with its parent.
  public static void main(String[] args) {
    try {
      ConsoleSettings settings = ConsoleSettings.read(Path.of(args[0]), System.getenv());
      Console console =
          new Console(
              settings,
              Console.secrets(System.getenv()),
              Console.newcomers(System.getenv("VIGIL_CONSOLE_PEOPLE")),
              Clock.systemUTC());
      Runtime.getRuntime().addShutdownHook(new Thread(console::close, "console-shutdown"));
      System.out.println(
          "READY url=http://%s:%d/ welcomed=%s"
              .formatted(settings.host(), console.port(), String.join(",", console.welcomed())));
      if (args.length > 1 && args[1].equals("--while-input")) {
        awaitEndOfInput();
        System.exit(0);
      }
    } catch (Throwable e) {
      LoggerFactory.getLogger(ConsoleMain.class).error("the console cannot start", e);
      String message = e.getMessage() == null ? e.toString() : e.getMessage();
      System.err.println("console: " + message.lines().findFirst().orElse(e.toString()));
      // Half-started threads would hold up an orderly exit; nothing has been promised yet.
      Runtime.getRuntime().halt(1);
    }
  }

  private static void awaitEndOfInput() throws IOException {
    byte[] sink = new byte[256];
    while (System.in.read(sink) >= 0) {
      // Nothing is ever sent; only the end counts.
    }
  }
}

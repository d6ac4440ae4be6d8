package io.vigil.cli;

import io.vigil.model.recipe.RecipeTrainer;
import io.vigil.model.train.Epoch;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;

/**
 * Tells how training goes: one line that changes on a terminal, else a line now and then.
 * Thread-safe.
 */
final class TrainingProgress {
  private static final long TERMINAL_EVERY_NS = Duration.ofMillis(200).toNanos();
  private static final long PLAIN_EVERY_NS = Duration.ofSeconds(5).toNanos();

  private final PrintWriter out;
  private final boolean terminal = Progress.isTerminal();
  private long shownNs = System.nanoTime();

  TrainingProgress(Console console) {
    this.out = console.err();
  }

  /**
   * A listener.
   *
   * @param what its epochs belong to
   */
  RecipeTrainer.Listener of(String what) {
    return (part, epoch) -> epoch(what, part, epoch);
  }

  private synchronized void epoch(String what, String part, Epoch epoch) {
    long now = System.nanoTime();
    if (now - shownNs < (terminal ? TERMINAL_EVERY_NS : PLAIN_EVERY_NS)) {
      return;
    }
    shownNs = now;
    String line =
        String.format(
            Locale.ROOT,
            "training  %s, %s, epoch %d: loss %.5f%s",
            what,
            part,
            epoch.number(),
            epoch.loss(),
            Double.isNaN(epoch.averagePrecision())
                ? ""
                : String.format(Locale.ROOT, ", average precision %.4f", epoch.averagePrecision()));
    if (terminal) {
      out.print("\r\u001b[K" + line);
    } else {
      out.println(line);
    }
    out.flush();
  }

  /** Ends the line. */
  synchronized void end() {
    if (terminal) {
      out.print("\r\u001b[K");
      out.flush();
    }
  }
}

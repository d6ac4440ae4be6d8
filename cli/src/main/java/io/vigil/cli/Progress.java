package io.vigil.cli;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import java.util.function.LongSupplier;

/**
 * How far long work has come: a bar that stays on its line on a terminal, plain lines every few
 * seconds otherwise. Not thread-safe.
 */
final class Progress implements AutoCloseable {

  private static final int BAR = 24;
  private static final long TERMINAL_EVERY_NS = Duration.ofMillis(200).toNanos();
  private static final long PLAIN_EVERY_NS = Duration.ofSeconds(5).toNanos();

  /** What was measured for less long says nothing of what a second brings. */
  private static final double MEASURED_S_MIN = 1;

  private static final String CLEAR_LINE = "\r\u001b[K";

  private final PrintWriter out;
  private final boolean terminal;
  private final LongSupplier nanoTime;
  private final String what;
  private final long total;
  private final long before;
  private final long startNs;
  private long shownNs;
  private long done;

  /**
   * Begins.
   *
   * @param what is being done, a few words
   * @param total how much there is to do; 0 when nobody knows
   * @param before how much of it was done already: no part of the rate
   * @param nanoTime as {@link System#nanoTime}
   */
  Progress(
      PrintWriter out,
      boolean terminal,
      String what,
      long total,
      long before,
      LongSupplier nanoTime) {
    this.out = out;
    this.terminal = terminal;
    this.what = what;
    this.total = total;
    this.before = before;
    this.done = before;
    this.nanoTime = nanoTime;
    this.startNs = nanoTime.getAsLong();
    this.shownNs = startNs;
  }

  /** A progress on stderr. */
  static Progress of(Console console, String what, long total) {
    return of(console, what, total, 0);
  }

  /** A progress on stderr of what has begun before. */
  static Progress of(Console console, String what, long total, long before) {
    return new Progress(console.err(), isTerminal(), what, total, before, System::nanoTime);
  }

  @SuppressWarnings("SystemConsoleNull") // Null without a terminal on the Java that we run on, 17.
  static boolean isTerminal() {
    return System.console() != null;
  }

  /** Says how much is done; prints only now and then. */
  void update(long nowDone) {
    done = nowDone;
    long now = nanoTime.getAsLong();
    if (now - shownNs >= (terminal ? TERMINAL_EVERY_NS : PLAIN_EVERY_NS)) {
      shownNs = now;
      show(now, false);
    }
  }

  /** Prints a line above the bar. */
  void println(String line) {
    out.println(terminal ? CLEAR_LINE + line : line);
    out.flush();
  }

  private void show(long now, boolean last) {
    double seconds = (now - startNs) / 1e9;
    double rate = seconds < MEASURED_S_MIN ? 0 : (done - before) / seconds;
    StringBuilder line = new StringBuilder(what);
    if (total > 0) {
      double share = Math.min(1, (double) done / total);
      if (terminal) {
        int full = (int) (share * BAR);
        line.append(" [").append("#".repeat(full)).append(".".repeat(BAR - full)).append(']');
      }
      line.append(String.format(Locale.ROOT, " %3.0f %%  %,d of %,d", share * 100, done, total));
    } else {
      line.append(String.format(Locale.ROOT, "  %,d", done));
    }
    if (rate > 0) {
      line.append(String.format(Locale.ROOT, "  %,.0f/s", rate));
    }
    if (last) {
      line.append(String.format(Locale.ROOT, "  %.1f s", seconds));
    } else if (total > done && rate > 0) {
      line.append(String.format(Locale.ROOT, "  %.0f s left", (total - done) / rate));
    }
    if (terminal) {
      out.print(CLEAR_LINE + line + (last ? System.lineSeparator() : ""));
    } else {
      out.println(line);
    }
    out.flush();
  }

  /** Prints where it ended. */
  @Override
  public void close() {
    show(nanoTime.getAsLong(), true);
  }
}

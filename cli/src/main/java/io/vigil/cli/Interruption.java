package io.vigil.cli;

import java.nio.channels.ClosedByInterruptException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.errors.InterruptException;

/**
 * Turns Ctrl-C and SIGTERM into an interrupt of the main thread, and lets it finish what it must:
 * stop its children in order and say what came out. The process then ends with the main thread's
 * exit code.
 */
final class Interruption implements AutoCloseable {

  /** What shells expect of a process that Ctrl-C ended. */
  static final int EXIT_CODE = 130;

  /** A cluster writes a savepoint first, for which it has two minutes. */
  private static final long GRACE_S = 180;

  private final CountDownLatch finished = new CountDownLatch(1);
  private final Thread main = Thread.currentThread();
  private volatile int exitCode = EXIT_CODE;

  private Interruption() {}

  static Interruption install() {
    Interruption interruption = new Interruption();
    Runtime.getRuntime().addShutdownHook(new Thread(interruption::stop, "interruption"));
    return interruption;
  }

  private void stop() {
    if (finished.getCount() == 0) {
      return;
    }
    main.interrupt();
    try {
      if (!finished.await(GRACE_S, TimeUnit.SECONDS)) {
        exitCode = EXIT_CODE;
      }
    } catch (InterruptedException e) {
      exitCode = EXIT_CODE;
    }
    Runtime.getRuntime().halt(exitCode);
  }

  /** Ends the process with that code. */
  void exit(int code) {
    exitCode = code;
    close();
    System.exit(code);
  }

  @Override
  public void close() {
    finished.countDown();
  }

  /**
   * Whether that is how an interrupt shows itself; Kafka's clients have a way of their own, and so
   * have files.
   */
  static boolean isInterruption(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof InterruptedException
          || cause instanceof InterruptException
          || cause instanceof ClosedByInterruptException) {
        return true;
      }
    }
    return false;
  }
}

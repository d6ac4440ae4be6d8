package io.vigil.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ProgressTest {

  private final AtomicLong nanoTime = new AtomicLong();
  private final StringWriter printed = new StringWriter();

  @Test
  void plainLinesEveryFewSeconds() {
    try (Progress progress = progress(false, 1_000)) {
      for (int second = 1; second <= 8; second++) {
        nanoTime.addAndGet(TimeUnit.SECONDS.toNanos(1));
        progress.update(second * 100);
      }
      progress.println("an alert");
      progress.update(1_000);
    }
    assertThat(printed.toString().lines())
        .containsExactly(
            "deciding  50 %  500 of 1,000  100/s  5 s left",
            "an alert", "deciding 100 %  1,000 of 1,000  125/s  8.0 s");
  }

  @Test
  void barThatStaysOnItsLineOnATerminal() {
    try (Progress progress = progress(true, 10)) {
      nanoTime.addAndGet(TimeUnit.SECONDS.toNanos(1));
      progress.update(5);
    }
    assertThat(printed.toString())
        .startsWith("\r\u001b[Kdeciding [############............]  50 %  5 of 10  5/s  1 s left")
        .endsWith(System.lineSeparator());
  }

  @Test
  void unknownTotalShowsTheCountAlone() {
    try (Progress progress = progress(false, 0)) {
      nanoTime.addAndGet(TimeUnit.SECONDS.toNanos(6));
      progress.update(600);
    }
    assertThat(printed.toString().lines()).first().isEqualTo("deciding  600  100/s");
  }

  /** The demo's job decides while the history is still being published. */
  @Test
  void whatWasDoneBeforeIsNoPartOfTheRate() {
    try (Progress progress = progress(false, 1_000, 900)) {
      nanoTime.addAndGet(TimeUnit.SECONDS.toNanos(10));
      progress.update(1_000);
    }
    assertThat(printed.toString().lines())
        .containsExactly(
            "deciding 100 %  1,000 of 1,000  10/s", "deciding 100 %  1,000 of 1,000  10/s  10.0 s");
  }

  @Test
  void anInstantHasNoRate() {
    try (Progress progress = progress(false, 1_000, 0)) {
      nanoTime.addAndGet(TimeUnit.MICROSECONDS.toNanos(100));
      progress.update(1_000);
    }
    assertThat(printed.toString().lines()).containsExactly("deciding 100 %  1,000 of 1,000  0.0 s");
  }

  private Progress progress(boolean terminal, long total) {
    return progress(terminal, total, 0);
  }

  private Progress progress(boolean terminal, long total, long before) {
    return new Progress(
        new PrintWriter(printed, true), terminal, "deciding", total, before, nanoTime::get);
  }
}

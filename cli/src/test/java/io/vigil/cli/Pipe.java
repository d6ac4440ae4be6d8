package io.vigil.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * A named pipe where a file should be: whoever reads it waits, so that a test stops another process
 * at exactly that point.
 */
final class Pipe implements AutoCloseable {
  private final Path path;
  private final CompletableFuture<OutputStream> reader;

  /** Puts it there. */
  Pipe(Path path) throws IOException, InterruptedException {
    this.path = path;
    Files.deleteIfExists(path);
    assertThat(new ProcessBuilder("mkfifo", path.toString()).inheritIO().start().waitFor())
        .isZero();
    // Opening it for writing waits until somebody opens it for reading.
    reader =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return Files.newOutputStream(path);
              } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
              }
            },
            task -> {
              Thread thread = new Thread(task, "pipe");
              thread.setDaemon(true);
              thread.start();
            });
  }

  /** Whether somebody waits for what comes out of it. */
  boolean isRead() {
    return reader.isDone();
  }

  /** Takes it away; whoever reads it meets its end. */
  @Override
  public void close() throws Exception {
    Files.deleteIfExists(path);
    if (isRead()) {
      reader.get(1, TimeUnit.SECONDS).close();
    }
  }
}

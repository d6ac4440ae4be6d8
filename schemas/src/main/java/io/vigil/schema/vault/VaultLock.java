package io.vigil.schema.vault;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One user of a vault at a time, among all processes and within this one. Not thread-safe. */
final class VaultLock implements Closeable {
  private static final long PATIENCE_S = 60;

  /** File locks are the process's, so within it something else has to tell two users apart. */
  private static final ConcurrentMap<Path, Semaphore> WITHIN = new ConcurrentHashMap<>();

  private final Path vault;
  private final Semaphore within;
  private final FileChannel channel;
  private @Nullable FileLock held;

  VaultLock(Path vault) throws IOException {
    this.vault = vault;
    within = WITHIN.computeIfAbsent(vault.toRealPath(), path -> new Semaphore(1));
    channel =
        FileChannel.open(
            vault.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
  }

  boolean isHeld() {
    return held != null;
  }

  /**
   * Waits for other users: those of this process for a minute at most, other processes for as long
   * as they take, which is a batch.
   */
  void acquire() throws IOException {
    try {
      if (!within.tryAcquire(PATIENCE_S, TimeUnit.SECONDS)) {
        throw new VaultException(
            "vault %s: expected it to be free within %d s".formatted(vault, PATIENCE_S));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new VaultException("vault " + vault + ": interrupted while waiting for it", e);
    }
    try {
      held = channel.lock();
    } finally {
      if (held == null) {
        within.release();
      }
    }
  }

  void release() throws IOException {
    FileLock lock = held;
    if (lock != null) {
      held = null;
      try {
        lock.release();
      } finally {
        within.release();
      }
    }
  }

  @Override
  public void close() throws IOException {
    release();
    channel.close();
  }
}

package io.vigil.bench.soak;

import io.vigil.bench.latency.Feed;
import io.vigil.bench.latency.Payment;
import io.vigil.bench.latency.Payments;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Payments that a thread makes ahead of their sender, a few thousand at most. One thread may read;
 * the payments belong to the maker's thread until it is closed.
 */
final class Supply implements Feed.Source, AutoCloseable {
  /** Short, so that making one holds nobody up for long on a single core. */
  private static final int BLOCK = 100;

  private static final int BLOCKS = 64;
  private static final long LOOK_MS = 100;

  private final BlockingQueue<Payment[]> ready = new ArrayBlockingQueue<>(BLOCKS);
  private final Thread maker;
  private volatile boolean closed;
  private volatile @Nullable RuntimeException failure;
  private Payment[] block = new Payment[0];
  private int next;

  Supply(Payments payments) {
    maker = new Thread(() -> make(payments), "payments");
    maker.setDaemon(true);
    maker.start();
  }

  private void make(Payments payments) {
    try {
      while (!closed) {
        Payment[] made = payments.next(BLOCK);
        while (!closed && !ready.offer(made, LOOK_MS, TimeUnit.MILLISECONDS)) {
          // Full: the sender is not that far yet.
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      failure = e;
    }
  }

  @Override
  public Payment next() throws InterruptedException {
    if (next == block.length) {
      Payment[] got = ready.poll(LOOK_MS, TimeUnit.MILLISECONDS);
      while (got == null) {
        RuntimeException failed = failure;
        if (failed != null) {
          throw new IllegalStateException("cannot make payments: " + failed, failed);
        }
        got = ready.poll(LOOK_MS, TimeUnit.MILLISECONDS);
      }
      block = got;
      next = 0;
    }
    return block[next++];
  }

  @Override
  public void close() throws InterruptedException {
    closed = true;
    maker.join();
  }
}

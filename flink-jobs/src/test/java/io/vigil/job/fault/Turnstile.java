package io.vigil.job.fault;

import java.util.TreeMap;

/**
 * Requests are worked on by threads of their own, side by side; here they pass one after the other,
 * in the order of their ids, so that a schedule is the same again.
 */
final class Turnstile {
  private static final String LOADING = "vigil-loading";
  private static final int THREADS_MAX = 1_000;
  private static final TreeMap<String, Thread> WAITING = new TreeMap<>();

  private Turnstile() {}

  /** Called by the thread that works on a request: returns when it is its turn. */
  static void pass(String request) {
    synchronized (WAITING) {
      WAITING.put(request, Thread.currentThread());
      WAITING.notifyAll();
      while (WAITING.get(request) == Thread.currentThread()) {
        try {
          WAITING.wait();
        } catch (InterruptedException e) {
          WAITING.remove(request, Thread.currentThread());
          Thread.currentThread().interrupt();
        }
      }
    }
  }

  /**
   * Lets the first of those who wait pass, and waits for its end.
   *
   * @return whether there was one
   */
  static boolean letOneThrough() throws InterruptedException {
    Thread first;
    synchronized (WAITING) {
      while (WAITING.size() < working()) {
        WAITING.wait(1);
      }
      if (WAITING.isEmpty()) {
        return false;
      }
      first = WAITING.pollFirstEntry().getValue();
      WAITING.notifyAll();
    }
    first.join();
    return true;
  }

  private static int working() {
    Thread[] threads = new Thread[THREADS_MAX];
    int count = Thread.currentThread().getThreadGroup().enumerate(threads);
    int working = 0;
    for (int i = 0; i < count; i++) {
      working += threads[i].getName().equals(LOADING) ? 1 : 0;
    }
    return working;
  }
}

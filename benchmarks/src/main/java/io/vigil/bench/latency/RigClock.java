package io.vigil.bench.latency;

import java.util.concurrent.TimeUnit;

/** The time the rig goes by; a port, so that schedule and latencies are tested without waiting. */
public interface RigClock {

  /** The clock of this JVM: nanoseconds since an instant of its own choice, never going back. */
  RigClock SYSTEM =
      new RigClock() {
        @Override
        public long nowNs() {
          return System.nanoTime();
        }

        @Override
        public void sleepNs(long ns) throws InterruptedException {
          TimeUnit.NANOSECONDS.sleep(ns);
        }
      };

  /** Monotonic, nanoseconds. */
  long nowNs();

  /** Returns after that time or somewhat later. */
  void sleepNs(long ns) throws InterruptedException;
}

package io.vigil.job.feature;

import java.util.Collections;
import java.util.Iterator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A walk through the keys of a backfill's entities, a few at a time, so that others have their
 * turn. Not thread-safe.
 */
final class KeyWalk {
  private static final int SLICE = 200;

  private final String prefix;
  private final Keys keys;
  private final Step step;
  private final Work end;
  private @Nullable Stream<String> opened;
  private Iterator<String> left = Collections.emptyIterator();

  /** Keys as they are when the walk begins. */
  @FunctionalInterface
  interface Keys {
    Stream<String> open() throws Exception;
  }

  /** What is done with a key. */
  @FunctionalInterface
  interface Step {
    void take(String key) throws Exception;
  }

  /** Something that may fail. */
  @FunctionalInterface
  interface Work {
    void run() throws Exception;
  }

  /**
   * @param id of the backfill
   * @param end done behind the last key
   */
  KeyWalk(String id, Keys keys, Step step, Work end) {
    this.prefix = "~" + id + "~";
    this.keys = keys;
    this.step = step;
    this.end = end;
  }

  /** Takes the next keys; returns whether it has come to its end. */
  boolean goOn() throws Exception {
    if (opened == null) {
      Stream<String> begun = keys.open();
      opened = begun;
      left = begun.filter(key -> key.startsWith(prefix)).iterator();
    }
    for (int i = 0; i < SLICE && left.hasNext(); i++) {
      step.take(left.next());
    }
    if (left.hasNext()) {
      return false;
    }
    close();
    end.run();
    return true;
  }

  /** Lets go what it holds. */
  void close() {
    Stream<String> begun = opened;
    if (begun != null) {
      begun.close();
    }
  }
}

package io.vigil.job.backfill;

import io.vigil.job.record.EntityRequest;
import io.vigil.job.record.LogRecord;
import io.vigil.model.approval.Refusal;
import io.vigil.model.order.Ordered;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A past that is being read, on a thread of its own that waits while a few hundred records wait to
 * be sent. All but that thread is the owner's.
 */
final class Reading {
  private static final Logger LOG = LoggerFactory.getLogger(Reading.class);
  private static final int AHEAD_MAX = 512;

  final Progress progress;
  private final @Nullable Ordered from;
  private final BlockingQueue<Step> steps = new ArrayBlockingQueue<>(AHEAD_MAX);
  private volatile @Nullable Refusal failure;
  private @Nullable Thread thread;

  /**
   * What a record tells the entities, or the end.
   *
   * @param at the record; null for the end
   * @param sinceMs of the end, see {@link ArchivedPast#sinceMs()}; else 0
   */
  record Step(@Nullable Ordered at, List<EntityRequest> requests, long sinceMs) {}

  Reading(Progress progress) {
    this.progress = progress;
    from = progress.position;
  }

  /** Begins to read behind what was sent already. */
  void start(Path temporary, BackfillOperator.Source source) {
    Thread reader = new Thread(() -> read(temporary, source), "vigil-backfill");
    reader.setDaemon(true);
    thread = reader;
    reader.start();
  }

  private void read(Path parent, BackfillOperator.Source source) {
    Path temporary = null;
    try {
      temporary = Files.createTempDirectory(parent, "vigil-backfill");
      ArchivedPast past = source.open(temporary);
      past.read(this::put);
      steps.put(new Step(null, List.of(), past.sinceMs()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // Nobody waits for it any more.
    } catch (Throwable e) { // Also of a heap that it fills: whoever waits is to be told.
      LOG.warn("a past cannot be read: backfill={}", progress.change.backfill(), e);
      failure = new Refusal("backfill_failed", "backfill: " + e);
    } finally {
      remove(temporary);
    }
  }

  private void put(LogRecord record, List<EntityRequest> requests) throws InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    if (from == null || Ordered.EFFECTIVE_ORDER.compare(record, from) > 0) {
      steps.put(new Step(record, requests, 0));
    }
  }

  private static void remove(@Nullable Path folder) {
    if (folder == null) {
      return;
    }
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      LOG.warn("a temporary folder is left: folder={}", folder, e);
    }
  }

  /** The next step; null while there is none. */
  @Nullable Step poll() {
    return steps.poll();
  }

  /** Why it cannot be read, once all that could be was taken; null while nothing is wrong. */
  @Nullable Refusal failure() {
    return steps.isEmpty() ? failure : null;
  }

  /** Nobody waits for it any more. */
  void stop() {
    Thread reader = thread;
    if (reader != null) {
      reader.interrupt();
    }
  }
}

package io.vigil.job.archive;

import io.vigil.job.ArtefactSet;
import io.vigil.job.VigilOptions;
import io.vigil.job.control.JobKeys;
import io.vigil.job.decide.Recorded;
import io.vigil.job.decide.ReplayMemory;
import io.vigil.job.decide.Replayer;
import io.vigil.job.feature.SpecTimeline;
import io.vigil.job.record.LogRecord;
import io.vigil.schema.Start;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.apache.flink.configuration.Configuration;

/**
 * An archive's history, replayed by the job's own core through every start of the job, each with
 * what it was started with. Thread-confined.
 */
public final class History implements AutoCloseable {
  private final ArchiveFolder archive;
  private final Path temporary;
  private final Asked asked;
  private final ReplayMemory memory;
  private final List<Start> starts;
  private final long rememberedMs;
  private int next;
  private Configuration options;
  private Replayer replayer;

  /**
   * What is asked of a replay.
   *
   * @param change what is to be other than it was
   * @param recorded what is given of decisions
   * @param wanted what to work out
   * @param threads that score, from 1
   * @param listener told what comes of the records
   */
  public record Asked(
      WhatIf change,
      Recorded recorded,
      Replayer.Wanted wanted,
      int threads,
      Replayer.Listener listener) {}

  /**
   * Goes on from what the memory holds.
   *
   * @param temporary a folder for the artefacts of the day, and for what does not fit into memory
   * @param memory of all that took effect before; this writes into it
   * @throws IOException when the archive does not say what its jobs were started with, or an
   *     artefact is not there
   */
  public History(ArchiveFolder archive, Path temporary, ReplayMemory memory, Asked asked)
      throws IOException {
    this.archive = archive;
    this.temporary = temporary;
    this.asked = asked;
    this.memory = memory;
    starts = Starts.read(archive);
    long reachedMs = memory.inForce().specs().reachedMs();
    if (reachedMs == Long.MIN_VALUE) {
      memory.inForce(memory.inForce().with(Starts.backfills(archive, Long.MAX_VALUE)));
    }
    while (next + 1 < starts.size() && starts.get(next + 1).getFromTime() <= reachedMs) {
      next++;
    }
    long longestMs = 0;
    for (Start start : starts) {
      // A job never forgets within its state; one that goes on with a longer horizon knows more.
      Configuration given = Configuration.fromMap(start.getOptions());
      longestMs = Math.max(longestMs, given.get(VigilOptions.DEDUPE_HORIZON).toMillis());
    }
    rememberedMs = longestMs;
    options = options(starts.get(next));
    replayer = replayer(options);
    next++;
  }

  private Configuration options(Start start) throws IOException {
    return asked.change.apply(
        Starts.options(start, KeptArtefacts.of(archive), temporary.resolve("artefacts")));
  }

  private Replayer replayer(Configuration now) throws IOException {
    memory.inForce(asked.change.apply(memory.inForce()));
    return new Replayer(
        new Replayer.Started(
            ArtefactSet.read(now),
            JobKeys.of(now.get(VigilOptions.CONTROL_JOB_KEYS)),
            KeptArtefacts.of(archive),
            horizonMs()),
        memory,
        asked.recorded,
        asked.wanted,
        asked.threads,
        asked.listener);
  }

  /** Options of the start that decides at the moment. */
  public Configuration options() {
    return options;
  }

  /** How long an id is remembered at the moment, milliseconds. */
  private long horizonMs() {
    return options.get(VigilOptions.DEDUPE_HORIZON).toMillis();
  }

  /** Applies the next record in effective order. */
  public void add(LogRecord record) throws Exception {
    until(record.effectiveTimeMs());
    if (!asked.change.ignores(record)) {
      replayer.add(record);
    }
  }

  /** All that takes effect before a time was added: what decides then is in force. */
  void until(long effectiveTimeMs) throws Exception {
    while (next < starts.size() && starts.get(next).getFromTime() < effectiveTimeMs) {
      restart(starts.get(next));
      next++;
    }
  }

  private void restart(Start start) throws Exception {
    replayer.reached(start.getFromTime());
    replayer.close();
    options = options(start);
    replayer = replayer(options);
  }

  /**
   * All records that take effect up to a time were added: decides them all, and leaves the memory
   * as the job's state stands then.
   *
   * @param reachedMs milliseconds since the epoch
   */
  public void reached(long reachedMs) throws Exception {
    until(reachedMs + 1);
    replayer.reached(reachedMs);
    memory.forgetIdsBefore(reachedMs - rememberedMs);
  }

  /** The feature specs in force, by effective time. */
  public SpecTimeline specs() {
    return replayer.specs();
  }

  @Override
  public void close() {
    replayer.close();
  }
}

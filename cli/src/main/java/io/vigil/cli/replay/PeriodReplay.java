package io.vigil.cli.replay;

import io.vigil.job.archive.ArchiveFolder;
import io.vigil.job.archive.ArchiveLog;
import io.vigil.job.archive.History;
import io.vigil.job.archive.Snapshots;
import io.vigil.job.archive.WhatIf;
import io.vigil.job.decide.Recorded;
import io.vigil.job.decide.ReplayMemory;
import io.vigil.job.decide.Replayer;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableSet;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** A period of an archive, decided again in one thread. Used once; not thread-safe. */
public final class PeriodReplay {
  /** Two score while one applies; more find nothing to do. */
  private static final int SCORING_THREADS = 2;

  private final ArchiveFolder archive;
  private final Path temporary;
  private final Settings settings;
  private final ArchiveLog log;
  private final Map<String, Recorded.Fallback> fallbacks = new HashMap<>();
  private @Nullable DayWriter writer;
  private long records;
  private long decisions;

  /**
   * What is asked for.
   *
   * @param from the first day whose decisions are kept
   * @param to the last day
   * @param out gets them
   * @param fromSnapshot whether to begin with one, if there is one
   * @param snapshots whether the state at the end of each whole day is kept in the archive
   */
  public record Settings(
      LocalDate from,
      LocalDate to,
      ArchiveFolder out,
      boolean fromSnapshot,
      boolean snapshots,
      WhatIf change) {}

  /**
   * @param temporary a folder for artefacts and what does not fit into memory
   */
  public PeriodReplay(ArchiveFolder archive, Path temporary, Settings settings) throws Exception {
    this.archive = archive;
    this.temporary = temporary;
    this.settings = settings;
    this.log = new ArchiveLog(archive, temporary);
  }

  /** The days that it decides. */
  public NavigableSet<LocalDate> days() {
    return log.days().subSet(settings.from, true, settings.to, true);
  }

  /** Records that were applied. */
  public long records() {
    return records;
  }

  /** Decisions that were made. */
  public long decisions() {
    return decisions;
  }

  /** A day is decided. */
  @FunctionalInterface
  public interface DayEnd {
    void decided(LocalDate day) throws Exception;
  }

  /**
   * Decides.
   *
   * @param wholeUntil the last day that the job has decided to its end; null for none
   * @param progress told how many records are applied, now and then
   * @return the day at whose end it began; null for the beginning of the archive
   */
  public @Nullable LocalDate run(
      @Nullable LocalDate wholeUntil, LongConsumer progress, DayEnd dayEnd) throws Exception {
    Snapshots snapshots = new Snapshots(archive);
    LocalDate snapshot =
        settings.fromSnapshot ? snapshots.before(settings.from, settings.to) : null;
    ReplayMemory memory = snapshot == null ? new ReplayMemory() : snapshots.read(snapshot);
    NavigableSet<LocalDate> days = log.days().headSet(settings.to, true);
    if (snapshot != null) {
      days = days.tailSet(snapshot, false);
    }
    boolean[] asked = {false};
    try (History history =
        new History(
            archive,
            temporary,
            memory,
            new History.Asked(
                settings.change,
                fallbacks::get,
                new Replayer.Wanted(key -> true, id -> asked[0]),
                SCORING_THREADS,
                this::decided))) {
      for (LocalDate day : days) {
        asked[0] = !day.isBefore(settings.from);
        if (asked[0]) {
          fallbacks(day);
          writer = new DayWriter(settings.out, day);
        }
        log.read(
            day,
            record -> {
              history.add(record);
              if (++records % 1_000 == 0) {
                progress.accept(records);
              }
            });
        history.reached(Snapshots.lastMs(day));
        if (settings.snapshots && wholeUntil != null && !day.isAfter(wholeUntil)) {
          snapshots.write(day, memory);
        }
        DayWriter written = writer;
        if (written != null) {
          written.close();
          writer = null;
          dayEnd.decided(day);
        }
      }
    }
    progress.accept(records);
    return snapshot;
  }

  private void fallbacks(LocalDate day) throws Exception {
    fallbacks.clear();
    Verification.read(
        archive,
        day,
        decision -> {
          Recorded.Fallback fallback = Recorded.Fallback.of(decision);
          if (fallback != null) {
            fallbacks.put(decision.getTransaction().getTransactionId(), fallback);
          }
        });
  }

  private void decided(Replayer.Decided decided) throws Exception {
    DayWriter to = writer;
    if (to != null) {
      to.add(decided.decision());
      decisions++;
    }
  }
}

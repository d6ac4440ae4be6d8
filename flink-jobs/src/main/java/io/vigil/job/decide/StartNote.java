package io.vigil.job.decide;

import io.vigil.job.ArtefactSet;
import io.vigil.job.archive.ArchiveFolder;
import io.vigil.job.archive.Starts;
import io.vigil.job.feature.SpecTimeline;
import io.vigil.job.record.Outgoing;
import io.vigil.schema.Backfilled;
import io.vigil.schema.Start;
import io.vigil.schema.codec.Codec;
import java.io.IOException;
import java.io.Serializable;
import java.util.List;
import java.util.TreeMap;
import org.apache.flink.configuration.ReadableConfig;

/**
 * Notes for the archive what a job was started with, and keeps its artefacts there: a replay needs
 * no file of the job's. Immutable.
 *
 * @param archive root of the archive
 * @param options that can change a decision
 */
public record StartNote(String archive, TreeMap<String, String> options) implements Serializable {
  private static final long serialVersionUID = 1L;

  /** Of a job with those options. */
  public static StartNote of(String archive, ReadableConfig options, ArtefactSet artefacts) {
    return new StartNote(archive, new TreeMap<>(Starts.options(options, artefacts)));
  }

  /**
   * Keeps the artefacts; the note is written when they are there.
   *
   * @param reachedMs what takes effect up to it is decided, milliseconds since the epoch
   * @param nowMs the wall clock, which decides nothing
   * @param backfills features that have come into force with their history since
   */
  Outgoing write(
      ArtefactSet artefacts, long reachedMs, long nowMs, List<SpecTimeline.Ahead> backfills)
      throws IOException {
    if (backfills.isEmpty()) {
      Starts.keep(ArchiveFolder.of(archive), artefacts);
    }
    // The first start knows no time; its day is the first that there is.
    return new Outgoing(
        Starts.KIND,
        null,
        Codec.of(Start.class)
            .encode(
                Starts.start(
                    reachedMs,
                    options,
                    nowMs,
                    backfills.stream()
                        .map(
                            ahead ->
                                new Backfilled(
                                    ahead.change().id(), ahead.change().spec(), ahead.untilMs()))
                        .toList())),
        Math.max(0, reachedMs));
  }
}

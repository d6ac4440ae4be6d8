package io.vigil.job;

import io.vigil.job.control.JobKeys;
import io.vigil.job.control.Registry;
import io.vigil.job.decide.Recorded;
import io.vigil.job.decide.ReplayMemory;
import io.vigil.job.decide.Replayer;
import io.vigil.job.record.Kind;
import io.vigil.job.record.LogRecord;
import io.vigil.model.order.Ordered;
import io.vigil.model.order.PartitionClock;
import io.vigil.schema.Decision;
import io.vigil.schema.codec.Codec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.configuration.Configuration;

/** The same log as {@link BoundedJob} takes, replayed by {@link Replayer}. */
public final class OneThread {
  private static final long BOUND_MS = 250;
  private static final long HORIZON_MS = 7L * 86_400_000;

  private OneThread() {}

  /** What of a log takes effect, in effective order. */
  static List<LogRecord> sequenced(TestLog log, List<LogRecord> control) {
    List<List<LogRecord>> partitions = new ArrayList<>(log.partitions());
    partitions.add(control);
    return sequenced(partitions);
  }

  /** What of a log takes effect, in effective order; each partition has a clock of its own. */
  public static List<LogRecord> sequenced(List<List<LogRecord>> partitions) {
    List<LogRecord> all = new ArrayList<>();
    for (List<LogRecord> partition : partitions) {
      PartitionClock clock = new PartitionClock(BOUND_MS, PartitionClock.UNSET_MS);
      for (LogRecord record : partition) {
        if (record.rejection() != null) {
          continue;
        }
        if (record.kind() == Kind.TICK) {
          clock.tick(record.eventTimeMs());
        } else if (record.kind() == Kind.DEPLOYMENT) {
          boolean unset = clock.nowMs() == PartitionClock.UNSET_MS;
          all.add(record.sequenced(unset ? 0 : clock.nowMs() + 1, false));
        } else {
          boolean late = clock.isLate(record.eventTimeMs());
          all.add(record.sequenced(clock.record(record.eventTimeMs()), late));
        }
      }
    }
    all.sort(Ordered.EFFECTIVE_ORDER);
    return all;
  }

  /** Decisions by transaction id. */
  static Map<String, Decision> run(TestLog log, Configuration options, List<LogRecord> control)
      throws Exception {
    return run(
        sequenced(log, control),
        options,
        new ReplayMemory(),
        Recorded.NOTHING,
        Replayer.Wanted.ALL);
  }

  /** As above, from records in effective order, going on with a memory. */
  public static Map<String, Decision> run(
      List<LogRecord> records,
      Configuration options,
      ReplayMemory memory,
      Recorded recorded,
      Replayer.Wanted wanted)
      throws Exception {
    Codec<Decision> codec = Codec.of(Decision.class);
    Map<String, Decision> decisions = new TreeMap<>();
    Replayer.Started started =
        new Replayer.Started(
            ArtefactSet.read(options),
            JobKeys.NONE,
            new Registry(options.get(VigilOptions.CONTROL_REGISTRY)),
            HORIZON_MS);
    try (Replayer replayer =
        new Replayer(
            started,
            memory,
            recorded,
            wanted,
            2,
            decided -> decisions.put(decided.record().id(), codec.decode(decided.decision())))) {
      for (LogRecord record : records) {
        replayer.add(record);
      }
      replayer.reached(records.get(records.size() - 1).effectiveTimeMs());
    }
    return decisions;
  }
}

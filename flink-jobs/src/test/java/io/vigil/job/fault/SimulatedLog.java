package io.vigil.job.fault;

import io.vigil.job.Topics;
import io.vigil.job.record.LogRecord;
import io.vigil.job.record.Outgoing;
import io.vigil.job.source.RecordDecoder;
import io.vigil.schema.Tick;
import io.vigil.schema.codec.Codec;
import java.util.ArrayList;
import java.util.List;

/** The broker: input partitions that only grow, and all that was ever written to the outputs. */
final class SimulatedLog {
  static final long BOUND_MS = 250;
  static final int TRANSACTION_PARTITIONS = 4;
  static final int LABELS = TRANSACTION_PARTITIONS;
  static final int CONTROL = LABELS + 1;
  static final int EVENTS = CONTROL + 1;
  static final int PROFILES = EVENTS + 1;
  static final int PARTITIONS = PROFILES + 1;

  private static final long FUTURE_LIMIT_MS = 300_000;

  private final List<List<LogRecord>> partitions = new ArrayList<>();
  private final List<Outgoing> written = new ArrayList<>();
  private final int[] ends = new int[PARTITIONS];
  private final RecordDecoder decoder = new RecordDecoder(FUTURE_LIMIT_MS);
  private final Codec<Tick> ticks = Codec.of(Tick.class);

  SimulatedLog() {
    for (int i = 0; i < PARTITIONS; i++) {
      partitions.add(new ArrayList<>());
    }
  }

  /** The same inputs, for a job that writes elsewhere. */
  SimulatedLog(SimulatedLog of) {
    of.partitions.forEach(log -> partitions.add(new ArrayList<>(log)));
  }

  /** Appends a record to an input. */
  LogRecord append(int input, long nowMs, byte[] value) {
    String topic =
        switch (input) {
          case LABELS -> Topics.LABELS;
          case CONTROL -> Topics.CONTROL;
          case EVENTS -> Topics.EVENTS;
          case PROFILES -> Topics.PROFILES;
          default -> Topics.TRANSACTIONS;
        };
    int partition = input < LABELS ? input : 0;
    List<LogRecord> log = partitions.get(input);
    LogRecord record = decoder.decode(topic, partition, log.size(), nowMs, null, value);
    log.add(record);
    return record;
  }

  /** Lets time pass in the partitions that have gone quiet since the last call. */
  void tick(long nowMs) {
    byte[] tick = ticks.encode(new Tick(nowMs - BOUND_MS - 1, "simulated"));
    for (int i = 0; i < PARTITIONS; i++) {
      if (partitions.get(i).size() == ends[i]) {
        append(i, nowMs, tick);
      }
      ends[i] = partitions.get(i).size();
    }
  }

  /** Takes what the job writes; answers to requests stand in an input again. */
  void write(Outgoing record, long nowMs) {
    written.add(record);
    if (record.topic().equals(Topics.CONTROL)) {
      append(CONTROL, nowMs, record.value());
    }
  }

  List<List<LogRecord>> partitions() {
    return partitions;
  }

  List<Outgoing> written() {
    return written;
  }
}

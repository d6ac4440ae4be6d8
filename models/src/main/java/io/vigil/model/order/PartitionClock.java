package io.vigil.model.order;

/**
 * The clock of one partition: a function of that partition's log alone.
 *
 * <p>At an offset it is the maximum of (event time - bound - 1 ms) over the records before that
 * offset and of the ticks before it. A record whose event time lies at or before the clock is late
 * and takes effect at clock + 1 ms; every other takes effect at its event time. So an effective
 * time always lies after the clock, and once a clock has passed an instant nothing more can take
 * effect there. Not thread-safe.
 */
public final class PartitionClock {
  /** The clock of a partition in which nothing has happened yet. */
  public static final long UNSET_MS = Long.MIN_VALUE;

  private final long boundMs;
  private long nowMs;

  /**
   * @param boundMs how far a record may lie behind the newest before it is late, 0 or more
   * @param nowMs where the clock stands, {@link #UNSET_MS} for a new partition
   */
  public PartitionClock(long boundMs, long nowMs) {
    if (boundMs < 0) {
      throw new IllegalArgumentException("bound: expected 0 ms or more, got " + boundMs + " ms");
    }
    this.boundMs = boundMs;
    this.nowMs = nowMs;
  }

  /** Milliseconds since the epoch, or {@link #UNSET_MS}. */
  public long nowMs() {
    return nowMs;
  }

  /** The instant up to which a record of that event time lets the clock run. */
  public static long clockOf(long eventTimeMs, long boundMs) {
    return eventTimeMs - boundMs - 1;
  }

  /** True when a record of that event time would be late at this offset. */
  public boolean isLate(long eventTimeMs) {
    return eventTimeMs <= nowMs;
  }

  /**
   * Takes the next record of the partition.
   *
   * @return its effective time, milliseconds since the epoch
   */
  public long record(long eventTimeMs) {
    long effectiveTimeMs = isLate(eventTimeMs) ? nowMs + 1 : eventTimeMs;
    nowMs = Math.max(nowMs, clockOf(eventTimeMs, boundMs));
    return effectiveTimeMs;
  }

  /** Takes a tick: the clock is at least {@code clockMs} from here on. */
  public void tick(long clockMs) {
    nowMs = Math.max(nowMs, clockMs);
  }
}

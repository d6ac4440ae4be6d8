package io.vigil.bench.queue;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;

/** A clock that stands still until it is moved. Not thread-safe. */
final class HandClock extends Clock {
  private Instant now;

  HandClock(long ms) {
    now = Instant.ofEpochMilli(ms);
  }

  void moveTo(long ms) {
    now = Instant.ofEpochMilli(ms);
  }

  @Override
  public ZoneId getZone() {
    return ZoneOffset.UTC;
  }

  @Override
  public Clock withZone(ZoneId zone) {
    return this;
  }

  @Override
  public Instant instant() {
    return now;
  }
}

package io.vigil.bench.state;

/** What a side asked of its state, counted as it asks. Not thread-safe. */
final class Operations {
  private static final int LENGTH_BYTES = 4;
  private static final int LONG_BYTES = 8;

  private long gets;
  private long puts;
  private long removes;
  private long scans;
  private long entriesScanned;
  private long bytesWritten;

  /** Forgets what was counted. */
  void clear() {
    gets = 0;
    puts = 0;
    removes = 0;
    scans = 0;
    entriesScanned = 0;
    bytesWritten = 0;
  }

  void get() {
    gets++;
  }

  /** Bytes of the value alone, without key and time stamp. */
  private void put(int bytes) {
    puts++;
    bytesWritten += bytes;
  }

  /** Puts an array of longs as Flink serialises it. */
  void put(long[] value) {
    put(LENGTH_BYTES + LONG_BYTES * value.length);
  }

  /** Puts an array of bytes as Flink serialises it. */
  void put(byte[] value) {
    put(LENGTH_BYTES + value.length);
  }

  void remove() {
    removes++;
  }

  void scan() {
    scans++;
  }

  void scanned() {
    entriesScanned++;
  }

  /** The same for each of some events. */
  PerEvent perEvent(long events) {
    double divisor = Math.max(1, events);
    return new PerEvent(
        gets / divisor,
        puts / divisor,
        removes / divisor,
        scans / divisor,
        entriesScanned / divisor,
        bytesWritten / divisor);
  }

  /** Averages for one event and its one entity. */
  record PerEvent(
      double gets,
      double puts,
      double removes,
      double scans,
      double entriesScanned,
      double bytesWritten) {}
}

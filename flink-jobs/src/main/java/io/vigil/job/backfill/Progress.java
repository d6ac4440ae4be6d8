package io.vigil.job.backfill;

import io.vigil.job.record.SpecChange;
import io.vigil.model.order.Ordered;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** How far a past has been sent. Not thread-safe. */
final class Progress {
  private static final byte LAYOUT_VERSION = 1;

  /** What prepares the features; or what ends that, when it came first. */
  final SpecChange change;

  /** Since when it is wanted, processing time, milliseconds. */
  final long wantedMs;

  /** The last record whose requests were all sent; null before the first. */
  @Nullable Ordered position;

  /** Whether all of it was sent. */
  boolean whole;

  /** Of a whole one, see {@link ArchivedPast#sinceMs()}. */
  long sinceMs;

  // What follows is of this life of the job.

  /** Whether it could not be read. */
  boolean failed;

  /** The first checkpoint that holds all of it; negative before it. */
  long coveredBy = -1;

  /** Checkpoints since, that one included, that were completed. */
  int completed;

  Progress(SpecChange change, long wantedMs) {
    this.change = change;
    this.wantedMs = wantedMs;
  }

  /** Whether nobody wants it any more, though what wanted it is still to come. */
  boolean isOver() {
    return change.says() != SpecChange.Says.PREPARES;
  }

  /** Whether it is still to be read, or to be read on. */
  boolean isWanted() {
    return !isOver() && !whole && !failed;
  }

  /** Where a record stands in effective order. */
  private record Position(long effectiveTimeMs, int rank, String id, int partition, long offset)
      implements Ordered {}

  void reached(Ordered record) {
    position =
        new Position(
            record.effectiveTimeMs(),
            record.rank(),
            record.id(),
            record.partition(),
            record.offset());
  }

  byte[] bytes() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeByte(LAYOUT_VERSION);
    SpecChange.WIRE.write(change, out);
    out.writeLong(wantedMs);
    out.writeBoolean(whole);
    out.writeLong(sinceMs);
    Ordered now = position;
    out.writeBoolean(now != null);
    if (now != null) {
      out.writeLong(now.effectiveTimeMs());
      out.writeInt(now.rank());
      out.writeUTF(now.id());
      out.writeInt(now.partition());
      out.writeLong(now.offset());
    }
    return bytes.toByteArray();
  }

  static Progress read(byte[] bytes) throws IOException {
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
    byte version = in.readByte();
    if (version != LAYOUT_VERSION) {
      throw new IOException("past: expected layout " + LAYOUT_VERSION + ", got " + version);
    }
    Progress progress = new Progress(SpecChange.WIRE.read(in), in.readLong());
    progress.whole = in.readBoolean();
    progress.sinceMs = in.readLong();
    if (in.readBoolean()) {
      progress.position =
          new Position(in.readLong(), in.readInt(), in.readUTF(), in.readInt(), in.readLong());
    }
    return progress;
  }
}

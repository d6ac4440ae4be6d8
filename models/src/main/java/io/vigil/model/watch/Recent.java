package io.vigil.model.watch;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/**
 * The last decisions of a side, and what the other side counted meanwhile: what is older than one
 * to two stretches is forgotten, so that a good beginning hides nothing. Mutable, not thread-safe.
 */
public final class Recent {
  private final int stretch;
  private WatchCounts beforeOwn = new WatchCounts();
  private WatchCounts beforeOther = new WatchCounts();
  private WatchCounts own = new WatchCounts();
  private WatchCounts other = new WatchCounts();

  /**
   * @param stretch decisions of the own side, at least 1
   */
  public Recent(int stretch) {
    this.stretch = stretch;
  }

  /** Adds what both sides counted. */
  public void add(WatchCounts ofOwn, WatchCounts ofOther) {
    own.add(ofOwn);
    other.add(ofOther);
    if (own.decisions() >= stretch) {
      beforeOwn = own;
      beforeOther = other;
      own = new WatchCounts();
      other = new WatchCounts();
    }
  }

  /** The own side's; a copy. */
  public WatchCounts own() {
    return sum(beforeOwn, own);
  }

  /** The other side's; a copy. */
  public WatchCounts other() {
    return sum(beforeOther, other);
  }

  private static WatchCounts sum(WatchCounts one, WatchCounts two) {
    WatchCounts sum = new WatchCounts();
    sum.add(one);
    sum.add(two);
    return sum;
  }

  /** Writes what {@link #read} reads. */
  public void write(DataOutput out) throws IOException {
    out.writeInt(stretch);
    beforeOwn.write(out);
    beforeOther.write(out);
    own.write(out);
    other.write(out);
  }

  /** Reads what {@link #write} wrote. */
  public static Recent read(DataInput in) throws IOException {
    Recent recent = new Recent(in.readInt());
    recent.beforeOwn = WatchCounts.read(in);
    recent.beforeOther = WatchCounts.read(in);
    recent.own = WatchCounts.read(in);
    recent.other = WatchCounts.read(in);
    return recent;
  }
}

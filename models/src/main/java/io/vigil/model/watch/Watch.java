package io.vigil.model.watch;

import io.vigil.model.watch.Reading.State;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One rollout under watch: what was counted of it, and how it stands. Mutable, not thread-safe.
 * Adding up and judging need no order, for nothing that decides a transaction follows from them.
 */
public final class Watch {
  private static final byte LAYOUT_VERSION = 1;

  private final WatchPlan plan;
  private final @Nullable WatchCounts before;
  private final Recent recent;
  private final WatchCounts labels = new WatchCounts();
  private long decisions;
  private @Nullable Reading broken;

  /**
   * Begins a watch.
   *
   * @param before what decided before a promotion, with which it is compared; null for a rollout
   *     that runs beside the champion
   */
  public Watch(WatchPlan plan, @Nullable WatchCounts before) {
    this(plan, before, new Recent(plan.stretch()));
  }

  private Watch(WatchPlan plan, @Nullable WatchCounts before, Recent recent) {
    this.plan = plan;
    this.before = before;
    this.recent = recent;
  }

  /**
   * Adds what was counted.
   *
   * @param reference what the champion did meanwhile; empty after a promotion
   */
  public void add(WatchCounts candidate, WatchCounts reference) {
    decisions += candidate.decisions();
    recent.add(candidate, reference);
  }

  /** Adds labels of its alerts; see {@link WatchCounts#labelled}. */
  public void labelled(int frauds, int genuine) {
    labels.labelled(frauds, genuine);
  }

  /**
   * How each limit stands, in their order. A limit that is broken for the first time is kept: see
   * {@link #broken}.
   */
  public List<Reading> judge() {
    WatchCounts candidate = recent.own();
    candidate.add(labels);
    List<Reading> readings =
        new WatchJudge(before == null ? "the champion's" : "what decided before")
            .judge(plan, candidate, before == null ? recent.other() : before);
    if (broken == null && !over()) {
      for (Reading reading : readings) {
        if (reading.state() == State.BROKEN) {
          broken = reading;
          break;
        }
      }
    }
    return readings;
  }

  /** The first limit that was broken, as it stood then; null while all are kept. */
  public @Nullable Reading broken() {
    return broken;
  }

  /** Decisions so far, 0 or more. */
  public long decisions() {
    return decisions;
  }

  /** Whether it came through as many decisions as the plan wants without a broken limit. */
  public boolean met() {
    return broken == null && plan.successAfter() > 0 && decisions >= plan.successAfter();
  }

  /** Whether it is watched no more: a promotion, after as many decisions as the plan wants. */
  public boolean over() {
    return before != null && decisions >= plan.afterPromotion();
  }

  /** Writes what {@link #read} reads. */
  public void write(DataOutput out) throws IOException {
    out.writeByte(LAYOUT_VERSION);
    out.writeUTF(plan.text());
    out.writeBoolean(before != null);
    if (before != null) {
      before.write(out);
    }
    recent.write(out);
    labels.write(out);
    out.writeLong(decisions);
    out.writeInt(broken == null ? -1 : plan.limits().indexOf(broken.limit()));
    if (broken != null) {
      out.writeDouble(broken.observed());
      out.writeUTF(broken.text());
    }
  }

  /**
   * Reads what {@link #write} wrote.
   *
   * @throws IOException when it is of another layout
   */
  public static Watch read(DataInput in) throws IOException {
    byte version = in.readByte();
    if (version != LAYOUT_VERSION) {
      throw new IOException("watch: expected layout " + LAYOUT_VERSION + ", got " + version);
    }
    WatchPlan plan = WatchPlan.read(in.readUTF(), "watch");
    Watch watch = new Watch(plan, in.readBoolean() ? WatchCounts.read(in) : null, Recent.read(in));
    watch.labels.add(WatchCounts.read(in));
    watch.decisions = in.readLong();
    int broken = in.readInt();
    if (broken >= 0) {
      watch.broken =
          new Reading(plan.limits().get(broken), in.readDouble(), State.BROKEN, in.readUTF());
    }
    return watch;
  }
}

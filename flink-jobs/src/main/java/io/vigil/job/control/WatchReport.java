package io.vigil.job.control;

import io.vigil.job.record.Wire;
import io.vigil.model.watch.WatchCounts;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one subtask counted since its last report. Immutable by agreement.
 *
 * @param stretch of decisions; null when only labels came
 * @param labels of alerts that watched rollouts raised
 */
public record WatchReport(@Nullable Stretch stretch, List<Labelled> labels) {

  /** How reports travel. */
  public static final Wire<WatchReport> WIRE = new WatchReportWire();

  public WatchReport {
    labels = List.copyOf(labels);
  }

  /**
   * Decisions between two changes.
   *
   * @param atMs effective time of the last of them, milliseconds since the epoch
   * @param promoted what decides for all: see {@link Standing#promoted}
   * @param before what decided in its place before it; null when that is not known
   * @param counts of the rows that the champion decided
   * @param beside the rollouts under watch that run beside the champion
   */
  public record Stretch(
      long atMs,
      Change promoted,
      @Nullable Change before,
      WatchCounts counts,
      List<Beside> beside) {
    public Stretch {
      beside = List.copyOf(beside);
    }
  }

  /**
   * A canary or a shadow.
   *
   * @param counts of the rows that it decided, or would have decided
   * @param champion what the champion did meanwhile
   */
  public record Beside(Change change, WatchCounts counts, WatchCounts champion) {}

  /**
   * Labels of alerts of one rollout; negative where corrections take back what was counted.
   *
   * @param id of the change that put it in force
   */
  public record Labelled(String id, int frauds, int genuine) {}

  private static final class WatchReportWire implements Wire<WatchReport> {
    private static final long serialVersionUID = 1L;

    @Override
    public Class<WatchReport> type() {
      return WatchReport.class;
    }

    @Override
    public void write(WatchReport r, DataOutput out) throws IOException {
      out.writeBoolean(r.stretch != null);
      if (r.stretch != null) {
        write(r.stretch, out);
      }
      out.writeInt(r.labels.size());
      for (Labelled labelled : r.labels) {
        out.writeUTF(labelled.id);
        out.writeInt(labelled.frauds);
        out.writeInt(labelled.genuine);
      }
    }

    private static void write(Stretch stretch, DataOutput out) throws IOException {
      out.writeLong(stretch.atMs);
      Change.WIRE.write(stretch.promoted, out);
      out.writeBoolean(stretch.before != null);
      if (stretch.before != null) {
        Change.WIRE.write(stretch.before, out);
      }
      stretch.counts.write(out);
      out.writeInt(stretch.beside.size());
      for (Beside beside : stretch.beside) {
        Change.WIRE.write(beside.change, out);
        beside.counts.write(out);
        beside.champion.write(out);
      }
    }

    @Override
    public WatchReport read(DataInput in) throws IOException {
      Stretch stretch = in.readBoolean() ? stretch(in) : null;
      int count = in.readInt();
      List<Labelled> labels = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        labels.add(new Labelled(in.readUTF(), in.readInt(), in.readInt()));
      }
      return new WatchReport(stretch, labels);
    }

    private static Stretch stretch(DataInput in) throws IOException {
      long atMs = in.readLong();
      Change promoted = Change.WIRE.read(in);
      Change before = in.readBoolean() ? Change.WIRE.read(in) : null;
      WatchCounts counts = WatchCounts.read(in);
      int count = in.readInt();
      List<Beside> beside = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        beside.add(new Beside(Change.WIRE.read(in), WatchCounts.read(in), WatchCounts.read(in)));
      }
      return new Stretch(atMs, promoted, before, counts, beside);
    }
  }
}

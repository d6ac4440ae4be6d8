package io.vigil.job.dedupe;

import io.vigil.model.order.Ordered;
import io.vigil.schema.Label;
import io.vigil.schema.LabelValue;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The labels of one transaction. In force is the one with the greatest label time, then the
 * greatest id in shortlex order; a correction therefore undoes exactly what it corrects, in
 * whatever order the two arrive. At most {@value #MAX_LABELS} are kept, the oldest go first.
 * Immutable.
 *
 * @param entries by force, the one in force last
 * @param fraud what was told to the entities when the transaction came to be held fraud; null when
 *     it is not
 */
public record LabelHistory(List<Entry> entries, @Nullable Told fraud) {
  static final int MAX_LABELS = 16;
  private static final byte LAYOUT_VERSION = 3;
  private static final Comparator<Entry> FORCE =
      Comparator.comparingLong(Entry::labelTimeMs).thenComparing(Entry::id, Ordered::shortlex);

  /** One label. */
  public record Entry(String id, long labelTimeMs, LabelValue value) {}

  /**
   * A label that its entities know of: taking it back must reach the same entities at the same
   * times, whatever the correction says of them.
   *
   * @param label its bytes as they stood in the topic
   * @param sinceMs its effective time
   */
  @SuppressWarnings("ArrayRecordComponent") // A carrier of bytes, never compared.
  public record Told(byte[] label, long sinceMs) {}

  /** Reads what {@link #pack} made; null is a transaction without labels. */
  public static LabelHistory unpack(byte @Nullable [] packed) {
    if (packed == null) {
      return new LabelHistory(List.of(), null);
    }
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(packed))) {
      byte version = in.readByte();
      if (version != LAYOUT_VERSION) {
        throw new IllegalStateException(
            "label state: expected layout " + LAYOUT_VERSION + ", got " + version);
      }
      byte[] label = new byte[in.readInt()];
      in.readFully(label);
      Told fraud = label.length == 0 ? null : new Told(label, in.readLong());
      int count = in.readByte();
      List<Entry> entries = new ArrayList<>(count);
      for (int i = 0; i < count; i++) {
        entries.add(new Entry(in.readUTF(), in.readLong(), LabelValue.valueOf(in.readUTF())));
      }
      return new LabelHistory(List.copyOf(entries), fraud);
    } catch (IOException e) {
      throw new UncheckedIOException("label state: truncated", e);
    }
  }

  byte[] pack() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeByte(LAYOUT_VERSION);
      if (fraud == null) {
        out.writeInt(0);
      } else {
        out.writeInt(fraud.label.length);
        out.write(fraud.label);
        out.writeLong(fraud.sinceMs);
      }
      out.writeByte(entries.size());
      for (Entry entry : entries) {
        out.writeUTF(entry.id);
        out.writeLong(entry.labelTimeMs);
        out.writeUTF(entry.value.name());
      }
    } catch (IOException e) {
      throw new UncheckedIOException("label state: writing to memory failed", e);
    }
    return bytes.toByteArray();
  }

  /** The label in force; there must be one. */
  Entry inForce() {
    return entries.get(entries.size() - 1);
  }

  /** Whether a label of that id is among them. */
  public boolean knows(String id) {
    return byId(id) != null;
  }

  /** The label of that id, or null. */
  @Nullable Entry byId(String id) {
    for (Entry entry : entries) {
      if (entry.id.equals(id)) {
        return entry;
      }
    }
    return null;
  }

  /**
   * With one more label, that takes effect now.
   *
   * @param bytes the label as it stood in the topic
   */
  public LabelHistory with(Label label, byte[] bytes, long effectiveTimeMs) {
    List<Entry> more = new ArrayList<>(entries);
    more.add(new Entry(label.getLabelId(), label.getLabelTime(), label.getValue()));
    more.sort(FORCE);
    if (more.size() > MAX_LABELS) {
      more.remove(0);
    }
    boolean held = more.get(more.size() - 1).value == LabelValue.FRAUD;
    Told now = !held ? null : fraud != null ? fraud : new Told(bytes, effectiveTimeMs);
    return new LabelHistory(List.copyOf(more), now);
  }
}

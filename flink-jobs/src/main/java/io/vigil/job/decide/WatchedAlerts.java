package io.vigil.job.decide;

import io.vigil.job.control.WatchReport.Labelled;
import io.vigil.job.order.OrderBuffer;
import io.vigil.job.order.OrderedOperator;
import io.vigil.job.record.LogRecord;
import io.vigil.schema.Label;
import io.vigil.schema.LabelValue;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.codec.DecodeException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.apache.flink.api.common.state.KeyedStateStore;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;

/**
 * Alerts of rollouts whose precision is watched, by transaction, and the labels that come for them:
 * keyed state, so that it follows its transactions when the job is rescaled. Holds an alert for
 * {@link #LABEL_MS_MAX}, and one label of it. A restart forgets the labels that wait for their
 * transaction just then. Owned by the operator's thread.
 */
final class WatchedAlerts {
  /** Later than this after its alert a label counts no more; effective time, milliseconds. */
  static final long LABEL_MS_MAX = Duration.ofDays(120).toMillis();

  /** By then what no label has come for is collected; slack, in processing time. */
  private static final Duration FORGET_AFTER = Duration.ofDays(180);

  private final ValueState<byte[]> alerted;
  private final Consumer<Object> key;
  private final Codec<Label> labels = Codec.of(Label.class);
  private final OrderBuffer<LogRecord> waiting = new OrderBuffer<>();
  private final TreeMap<String, Labelled> labelled = new TreeMap<>();

  /**
   * An alert.
   *
   * @param atMs effective time of its transaction, milliseconds since the epoch
   * @param label what was counted of it; withdrawn while nothing was
   * @param raisedBy ids of the changes that put its rollouts in force
   */
  private record Alerted(long atMs, LabelValue label, List<String> raisedBy) {
    private static final byte LAYOUT_VERSION = 1;

    static Alerted unpack(byte[] packed) throws IOException {
      DataInputStream in = new DataInputStream(new ByteArrayInputStream(packed));
      byte version = in.readByte();
      if (version != LAYOUT_VERSION) {
        throw new IOException(
            "watched alert: expected layout " + LAYOUT_VERSION + ", got " + version);
      }
      long atMs = in.readLong();
      LabelValue label = LabelValue.valueOf(in.readUTF());
      int count = in.readInt();
      List<String> raisedBy = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        raisedBy.add(in.readUTF());
      }
      return new Alerted(atMs, label, raisedBy);
    }

    byte[] pack() throws IOException {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      DataOutputStream out = new DataOutputStream(bytes);
      out.writeByte(LAYOUT_VERSION);
      out.writeLong(atMs);
      out.writeUTF(label.name());
      out.writeInt(raisedBy.size());
      for (String id : raisedBy) {
        out.writeUTF(id);
      }
      return bytes.toByteArray();
    }
  }

  /**
   * @param store keyed by {@link LogRecord#stateKey}
   * @param key sets the current key
   */
  WatchedAlerts(KeyedStateStore store, Consumer<Object> key) {
    ValueStateDescriptor<byte[]> descriptor =
        new ValueStateDescriptor<>(
            "watched-alerts", PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO);
    descriptor.enableTimeToLive(OrderedOperator.slackOnly(FORGET_AFTER));
    this.alerted = store.getState(descriptor);
    this.key = key;
  }

  /**
   * An alert is raised.
   *
   * @param raisedBy ids of the changes that put its rollouts in force
   */
  void raised(LogRecord transaction, List<String> raisedBy) throws IOException {
    key.accept(transaction.stateKey());
    alerted.update(
        new Alerted(transaction.effectiveTimeMs(), LabelValue.WITHDRAWN, raisedBy).pack());
  }

  /** A label came to be in force. It waits until the transaction of which it tells is decided. */
  void label(LogRecord record) {
    waiting.add(record);
  }

  /** All rows up to that effective time are decided. */
  void decidedUntil(long effectiveTimeMs) throws IOException {
    LogRecord record;
    while ((record = waiting.poll(effectiveTimeMs)) != null) {
      apply(record);
    }
  }

  private void apply(LogRecord record) throws IOException {
    key.accept(record.stateKey());
    byte[] packed = alerted.value();
    if (packed == null) {
      return;
    }
    Alerted alert = Alerted.unpack(packed);
    if (record.effectiveTimeMs() - alert.atMs > LABEL_MS_MAX) {
      alerted.clear();
      return;
    }
    LabelValue is = value(record);
    if (is == alert.label) {
      return;
    }
    alerted.update(new Alerted(alert.atMs, is, alert.raisedBy).pack());
    int frauds = one(is, LabelValue.FRAUD) - one(alert.label, LabelValue.FRAUD);
    int genuine = one(is, LabelValue.GENUINE) - one(alert.label, LabelValue.GENUINE);
    for (String id : alert.raisedBy) {
      labelled.merge(
          id,
          new Labelled(id, frauds, genuine),
          (a, b) -> new Labelled(id, a.frauds() + b.frauds(), a.genuine() + b.genuine()));
    }
  }

  private static int one(LabelValue is, LabelValue of) {
    return is == of ? 1 : 0;
  }

  private LabelValue value(LogRecord record) {
    try {
      return labels.decode(record.value()).getValue();
    } catch (DecodeException e) {
      throw new IllegalStateException("record " + record.origin() + ": decoded before, not now", e);
    }
  }

  /** Labels that were counted since the last call. */
  List<Labelled> labelled() {
    List<Labelled> since = List.copyOf(labelled.values());
    labelled.clear();
    return since;
  }
}

package io.vigil.job.decide;

import io.vigil.job.Topics;
import io.vigil.job.metrics.JobMetric;
import io.vigil.job.order.OrderedOperator;
import io.vigil.job.record.AlertDraft;
import io.vigil.job.record.Outgoing;
import io.vigil.model.policy.Policy;
import io.vigil.schema.AlertRaised;
import io.vigil.schema.codec.Codec;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.metrics.Counter;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/**
 * Keyed by account, in effective order: alerts whose event times lie within the policy's window of
 * the account's last alert join its case, any other opens one. A case is named by the alert that
 * opened it.
 */
public final class CaseOperator extends OrderedOperator<AlertDraft, Outgoing>
    implements OneInputStreamOperator<AlertDraft, Outgoing> {
  private static final long serialVersionUID = 1L;
  private static final byte LAYOUT_VERSION = 1;

  private final long windowMs;
  private final Duration forgetAfter;
  private final int alertsPerHour;

  private transient Codec<AlertRaised> alerts;
  private transient ValueState<byte[]> open;
  private transient Counter raised;
  private transient Counter opened;

  /**
   * @param window how far apart two alerts of a case may lie, in event time
   * @param forgetAfter processing time after which an unwritten key is dropped; slack only
   * @param alertsPerHour the alerts that analysts can work, shown beside those raised; 0 for none
   *     said
   */
  public CaseOperator(Duration window, Duration forgetAfter, int alertsPerHour) {
    super(AlertDraft.WIRE, AlertDraft::account);
    this.windowMs = window.toMillis();
    this.forgetAfter = forgetAfter;
    this.alertsPerHour = alertsPerHour;
  }

  @Override
  public void initializeState(StateInitializationContext context) throws Exception {
    super.initializeState(context);
    alerts = Codec.of(AlertRaised.class);
    ValueStateDescriptor<byte[]> descriptor =
        new ValueStateDescriptor<>("case", PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO);
    descriptor.enableTimeToLive(slackOnly(forgetAfter));
    open = context.getKeyedStateStore().getState(descriptor);
  }

  @Override
  public void open() throws Exception {
    super.open();
    raised = metrics().counter(JobMetric.ALERTS);
    opened = metrics().counter(JobMetric.CASES);
    metrics().gauge(JobMetric.ALERT_BUDGET, () -> alertsPerHour);
  }

  @Override
  public void processElement(StreamRecord<AlertDraft> element) {
    await(element.getValue());
  }

  @Override
  protected void apply(AlertDraft draft) throws Exception {
    setCurrentKey(draft.account());
    AlertRaised alert = alerts.decode(draft.alert());
    byte[] packed = open.value();
    String caseId = null;
    long lastMs = Long.MIN_VALUE;
    if (packed != null) {
      ByteBuffer in = ByteBuffer.wrap(packed);
      byte version = in.get();
      if (version != LAYOUT_VERSION) {
        throw new IllegalStateException(
            "case state: expected layout " + LAYOUT_VERSION + ", got " + version);
      }
      lastMs = in.getLong();
      if (Math.abs(draft.eventTimeMs() - lastMs) <= windowMs) {
        byte[] id = new byte[in.remaining()];
        in.get(id);
        caseId = new String(id, StandardCharsets.US_ASCII);
      }
    }
    raised.inc();
    if (caseId == null) {
      opened.inc();
      caseId = Policy.alertId(draft.account(), alert.getAlertId());
      lastMs = draft.eventTimeMs();
    }
    byte[] id = caseId.getBytes(StandardCharsets.US_ASCII);
    open.update(
        ByteBuffer.allocate(1 + Long.BYTES + id.length)
            .put(LAYOUT_VERSION)
            .putLong(Math.max(lastMs, draft.eventTimeMs()))
            .put(id)
            .array());
    alert.setCaseId(caseId);
    emit(new Outgoing(Topics.CASES, id, alerts.encode(alert), draft.effectiveTimeMs()));
  }
}

package io.vigil.job.record;

import io.vigil.model.order.Ordered;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/**
 * An alert on its way to its case. Immutable by agreement.
 *
 * @param id the transaction's id
 * @param account whose case it joins
 * @param effectiveTimeMs milliseconds since the epoch
 * @param eventTimeMs milliseconds since the epoch
 * @param partition where the transaction was read
 * @param offset where the transaction was read
 * @param alert AlertRaised with an empty case id, Avro single-object encoding
 */
public record AlertDraft(
    String id,
    String account,
    long effectiveTimeMs,
    long eventTimeMs,
    int partition,
    long offset,
    byte[] alert)
    implements Ordered {

  /** How drafts travel. */
  public static final Wire<AlertDraft> WIRE = new AlertDraftWire();

  @Override
  public int rank() {
    return 1;
  }

  private static final class AlertDraftWire implements Wire<AlertDraft> {
    private static final long serialVersionUID = 1L;

    @Override
    public Class<AlertDraft> type() {
      return AlertDraft.class;
    }

    @Override
    public void write(AlertDraft d, DataOutput out) throws IOException {
      out.writeUTF(d.id);
      out.writeUTF(d.account);
      out.writeLong(d.effectiveTimeMs);
      out.writeLong(d.eventTimeMs);
      out.writeInt(d.partition);
      out.writeLong(d.offset);
      out.writeInt(d.alert.length);
      out.write(d.alert);
    }

    @Override
    public AlertDraft read(DataInput in) throws IOException {
      String id = in.readUTF();
      String account = in.readUTF();
      long effectiveTimeMs = in.readLong();
      long eventTimeMs = in.readLong();
      int partition = in.readInt();
      long offset = in.readLong();
      byte[] alert = new byte[in.readInt()];
      in.readFully(alert);
      return new AlertDraft(id, account, effectiveTimeMs, eventTimeMs, partition, offset, alert);
    }
  }
}

package io.vigil.job.proof;

import io.vigil.job.record.Outgoing;
import io.vigil.job.record.Wire;
import io.vigil.job.record.WireType;
import io.vigil.model.proof.ProofKind;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import org.apache.flink.util.OutputTag;

/**
 * A record of the archive that is to be proved. Immutable by agreement.
 *
 * @param kind which
 * @param timeMs the instant at which it stands: its effective time, or for what has none the first
 *     instant after its partition's clock; milliseconds since the epoch
 * @param value Avro single-object encoding; what the archive keeps is its body, and the schema
 */
public record Evidence(ProofKind kind, long timeMs, byte[] value) {

  /** How it travels, should it ever leave its chain. */
  public static final Wire<Evidence> WIRE = new EvidenceWire();

  /** What an operator with several kinds of output has to be proved. */
  public static final OutputTag<Evidence> TAG = new OutputTag<>("evidence", new WireType<>(WIRE));

  /** That of a record which stands at the effective time that names its day. */
  public static Evidence of(ProofKind kind, Outgoing record) {
    return new Evidence(kind, record.effectiveTimeMs(), record.value());
  }

  private static final class EvidenceWire implements Wire<Evidence> {
    private static final long serialVersionUID = 1L;

    @Override
    public Class<Evidence> type() {
      return Evidence.class;
    }

    @Override
    public void write(Evidence e, DataOutput out) throws IOException {
      out.writeByte(e.kind.ordinal());
      out.writeLong(e.timeMs);
      out.writeInt(e.value.length);
      out.write(e.value);
    }

    @Override
    public Evidence read(DataInput in) throws IOException {
      ProofKind kind = ProofKind.of(in.readByte());
      long timeMs = in.readLong();
      byte[] value = new byte[in.readInt()];
      in.readFully(value);
      return new Evidence(kind, timeMs, value);
    }
  }
}

package io.vigil.job.record;

import io.vigil.schema.Alias;
import io.vigil.schema.ArtefactKind;
import io.vigil.schema.Deployment;
import io.vigil.schema.DeploymentStatus;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;

/**
 * What a control record says of the feature spec: the text that the activated record of a model
 * brings, as an addition to the one in force, or nothing.
 *
 * @param id of the record; of two with one id the first in the log counts, whatever it says
 * @param fromMs effective time of the record, from which the spec is extended, whenever the model
 *     is to decide: so additions take effect in the order in which they were made
 * @param partition where the record was read
 * @param offset where the record was read
 * @param spec the text; empty for nothing
 */
public record SpecChange(String id, long fromMs, int partition, long offset, String spec)
    implements EntityInput {

  /** How changes travel and stand in checkpoints. */
  public static final Wire<SpecChange> WIRE = new SpecChangeWire();

  /** The order of the log, in which they extend the spec. */
  public static final Comparator<SpecChange> ORDER =
      Comparator.comparingLong(SpecChange::fromMs)
          .thenComparing(SpecChange::partition)
          .thenComparing(SpecChange::offset);

  @Override
  public String key() {
    return "";
  }

  /** What a control record says. */
  public static SpecChange of(Deployment deployment, LogRecord record) {
    String spec = deployment.getFeatureSpec();
    boolean obeyed =
        deployment.getStatus() == DeploymentStatus.ACTIVATED
            && deployment.getKind() == ArtefactKind.MODEL
            && deployment.getAlias() != Alias.UNKNOWN;
    return new SpecChange(
        deployment.getDeploymentId(),
        record.effectiveTimeMs(),
        record.partition(),
        record.offset(),
        obeyed && spec != null ? spec : "");
  }

  private static final class SpecChangeWire implements Wire<SpecChange> {
    private static final long serialVersionUID = 1L;
    private static final byte LAYOUT_VERSION = 1;

    @Override
    public Class<SpecChange> type() {
      return SpecChange.class;
    }

    @Override
    public void write(SpecChange c, DataOutput out) throws IOException {
      out.writeByte(LAYOUT_VERSION);
      out.writeUTF(c.id);
      out.writeLong(c.fromMs);
      out.writeInt(c.partition);
      out.writeLong(c.offset);
      byte[] spec = c.spec.getBytes(StandardCharsets.UTF_8);
      out.writeInt(spec.length);
      out.write(spec);
    }

    @Override
    public SpecChange read(DataInput in) throws IOException {
      byte version = in.readByte();
      if (version != LAYOUT_VERSION) {
        throw new IOException(
            "spec change: expected layout " + LAYOUT_VERSION + ", got " + version);
      }
      String id = in.readUTF();
      long fromMs = in.readLong();
      int partition = in.readInt();
      long offset = in.readLong();
      byte[] spec = new byte[in.readInt()];
      in.readFully(spec);
      return new SpecChange(
          id, fromMs, partition, offset, new String(spec, StandardCharsets.UTF_8));
    }
  }
}

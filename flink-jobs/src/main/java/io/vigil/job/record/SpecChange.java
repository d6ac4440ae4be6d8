package io.vigil.job.record;

import io.vigil.schema.ArtefactKind;
import io.vigil.schema.Deployment;
import io.vigil.schema.DeploymentStatus;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/**
 * A feature spec that the activated record of a model brings, as an addition to the one in force.
 *
 * @param id of the record
 * @param knownMs effective time of the record itself: of two with one id the earlier counts
 * @param fromMs effective time from which it holds, milliseconds since the epoch
 * @param spec its text
 */
public record SpecChange(String id, long knownMs, long fromMs, String spec) implements EntityInput {

  /** How changes travel and stand in checkpoints. */
  public static final Wire<SpecChange> WIRE = new SpecChangeWire();

  /** The order in which they extend the spec. */
  public static final Comparator<SpecChange> ORDER =
      Comparator.comparingLong(SpecChange::fromMs).thenComparing(SpecChange::id);

  @Override
  public String key() {
    return "";
  }

  /** What a control record says of the spec; null when it says nothing. */
  public static @Nullable SpecChange of(Deployment deployment, LogRecord record) {
    String spec = deployment.getFeatureSpec();
    if (spec == null
        || deployment.getStatus() != DeploymentStatus.ACTIVATED
        || deployment.getKind() != ArtefactKind.MODEL) {
      return null;
    }
    return new SpecChange(
        deployment.getDeploymentId(),
        record.effectiveTimeMs(),
        Math.max(record.effectiveTimeMs(), deployment.getEffectiveAt()),
        spec);
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
      out.writeLong(c.knownMs);
      out.writeLong(c.fromMs);
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
      long knownMs = in.readLong();
      long fromMs = in.readLong();
      byte[] spec = new byte[in.readInt()];
      in.readFully(spec);
      return new SpecChange(id, knownMs, fromMs, new String(spec, StandardCharsets.UTF_8));
    }
  }
}

package io.vigil.job.control;

import io.vigil.job.record.SpecChange;
import io.vigil.job.record.Wire;
import io.vigil.model.approval.Refusal;
import io.vigil.schema.ArtefactKind;
import io.vigil.schema.Deployment;
import io.vigil.schema.DeploymentStatus;
import io.vigil.schema.codec.Codec;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * What one subtask says of a request: that the artefact is verified and warm, or why not. Of an
 * activated record it says that what it reports from now on was judged by it, and that what it has
 * reported of other requests counts no more. Of features that are prepared it says that their state
 * is whole, or why it cannot be. Immutable by agreement.
 *
 * @param request the request, the activated record, or the one that prepares, Avro single-object
 *     encoding
 * @param requestTimeMs its effective time, milliseconds since the epoch
 * @param subtask who says so, from 0
 * @param of how many subtasks there are
 * @param refusal null when it is verified and warm
 * @param addedSpec the text of the feature spec that it brings, or that is prepared; null when it
 *     brings none
 */
public record Report(
    byte[] request,
    long requestTimeMs,
    int subtask,
    int of,
    @Nullable Refusal refusal,
    @Nullable String addedSpec) {

  /**
   * That state which was kept ahead is whole.
   *
   * @param change that prepared it
   * @param sinceMs see {@link io.vigil.model.feature.Backfill#sinceMs()}
   */
  public static Report whole(SpecChange change, long sinceMs, int subtask, int of) {
    return prepared(change, sinceMs, subtask, of, null);
  }

  /** That it cannot be. */
  public static Report unprepared(SpecChange change, Refusal refusal) {
    return prepared(change, 0, 0, 1, refusal);
  }

  private static Report prepared(
      SpecChange change, long sinceMs, int subtask, int of, @Nullable Refusal refusal) {
    Deployment preparing =
        Deployment.newBuilder()
            .setDeploymentId(change.backfill())
            .setStatus(DeploymentStatus.PREPARING)
            .setKind(ArtefactKind.MODEL)
            .setName("")
            .setVersion("")
            .setDigest("")
            .setEffectiveAt(sinceMs)
            .build();
    return new Report(
        Codec.of(Deployment.class).encode(preparing),
        change.fromMs(),
        subtask,
        of,
        refusal,
        change.spec());
  }

  /** How reports travel. */
  public static final Wire<Report> WIRE = new ReportWire();

  private static final class ReportWire implements Wire<Report> {
    private static final long serialVersionUID = 1L;
    private static final byte[] NONE = new byte[0];

    @Override
    public Class<Report> type() {
      return Report.class;
    }

    @Override
    public void write(Report r, DataOutput out) throws IOException {
      out.writeInt(r.request.length);
      out.write(r.request);
      out.writeLong(r.requestTimeMs);
      out.writeInt(r.subtask);
      out.writeInt(r.of);
      out.writeBoolean(r.refusal != null);
      if (r.refusal != null) {
        out.writeUTF(r.refusal.code());
        out.writeUTF(r.refusal.message());
      }
      byte[] spec = r.addedSpec == null ? NONE : r.addedSpec.getBytes(StandardCharsets.UTF_8);
      out.writeInt(spec.length);
      out.write(spec);
    }

    @Override
    public Report read(DataInput in) throws IOException {
      byte[] request = new byte[in.readInt()];
      in.readFully(request);
      long requestTimeMs = in.readLong();
      int subtask = in.readInt();
      int of = in.readInt();
      Refusal refusal = in.readBoolean() ? new Refusal(in.readUTF(), in.readUTF()) : null;
      byte[] spec = new byte[in.readInt()];
      in.readFully(spec);
      return new Report(
          request,
          requestTimeMs,
          subtask,
          of,
          refusal,
          spec.length == 0 ? null : new String(spec, StandardCharsets.UTF_8));
    }
  }
}

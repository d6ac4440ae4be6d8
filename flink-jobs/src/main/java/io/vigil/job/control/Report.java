package io.vigil.job.control;

import io.vigil.job.record.Wire;
import io.vigil.model.approval.Refusal;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * What one subtask says of a request: that the artefact is verified and warm, or why not. Of an
 * activated record it says that what it reports from now on was judged by it, and that what it has
 * reported of other requests counts no more. Immutable by agreement.
 *
 * @param request the request, or the activated record, Avro single-object encoding
 * @param requestTimeMs its effective time, milliseconds since the epoch
 * @param subtask who says so, from 0
 * @param of how many subtasks there are
 * @param refusal null when it is verified and warm
 * @param addedSpec the text of the feature spec that it brings; null when it brings none
 */
public record Report(
    byte[] request,
    long requestTimeMs,
    int subtask,
    int of,
    @Nullable Refusal refusal,
    @Nullable String addedSpec) {

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

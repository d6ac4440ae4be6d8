package io.vigil.job.control;

import io.vigil.job.record.Wire;
import io.vigil.model.approval.Refusal;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
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
 */
public record Report(
    byte[] request, long requestTimeMs, int subtask, int of, @Nullable Refusal refusal) {

  /** How reports travel. */
  public static final Wire<Report> WIRE = new ReportWire();

  private static final class ReportWire implements Wire<Report> {
    private static final long serialVersionUID = 1L;

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
    }

    @Override
    public Report read(DataInput in) throws IOException {
      byte[] request = new byte[in.readInt()];
      in.readFully(request);
      long requestTimeMs = in.readLong();
      int subtask = in.readInt();
      int of = in.readInt();
      return new Report(
          request,
          requestTimeMs,
          subtask,
          of,
          in.readBoolean() ? new Refusal(in.readUTF(), in.readUTF()) : null);
    }
  }
}

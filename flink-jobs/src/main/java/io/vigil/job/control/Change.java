package io.vigil.job.control;

import io.vigil.job.record.LogRecord;
import io.vigil.job.record.Wire;
import io.vigil.model.approval.Alias;
import io.vigil.model.approval.Kind;
import io.vigil.model.order.Ordered;
import io.vigil.schema.Deployment;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/**
 * An artefact that takes a place from an effective time on, as an activated record says.
 *
 * @param id the record's id; empty for what the job was started with
 * @param kind of the artefact
 * @param alias the place that it takes
 * @param name of the artefact
 * @param version of the artefact
 * @param digest of the artefact, 64 lower-case hex digits
 * @param shareBasisPoints of a challenger: accounts for which it decides, 0 (none: it ends) to
 *     10,000; of a shadow 10,000, or 0 when it ends
 * @param fromMs effective time from which it holds, milliseconds since the epoch
 * @param untilMs effective time at which what was there before comes back; Long.MAX_VALUE for never
 * @param breakGlass whether it came without a full approval
 * @param watch what it must hold while it is in force, as {@link
 *     io.vigil.model.watch.WatchPlan#text} writes it; null for nothing
 * @param returns id of the change that it takes back, as long as that one has its place; null when
 *     it is no return
 */
public record Change(
    String id,
    Kind kind,
    Alias alias,
    String name,
    String version,
    String digest,
    int shareBasisPoints,
    long fromMs,
    long untilMs,
    boolean breakGlass,
    @Nullable String watch,
    @Nullable String returns) {

  /** How changes stand in checkpoints. */
  public static final Wire<Change> WIRE = new ChangeWire();

  /** Effective order. */
  static final Comparator<Change> ORDER =
      Comparator.comparingLong(Change::fromMs).thenComparing(Change::id, Ordered::shortlex);

  /**
   * What an activated record says.
   *
   * @param record where the deployment was read; it holds from there on, or later if it says so
   */
  public static Change of(Deployment deployment, LogRecord record, Kind kind, Alias alias) {
    Long endsAt = deployment.getEndsAt();
    return new Change(
        deployment.getDeploymentId(),
        kind,
        alias,
        deployment.getName(),
        deployment.getVersion(),
        deployment.getDigest(),
        deployment.getShareBasisPoints(),
        Math.max(record.effectiveTimeMs(), deployment.getEffectiveAt()),
        endsAt == null ? Long.MAX_VALUE : endsAt,
        deployment.getBreakGlass(),
        deployment.getWatch(),
        deployment.getReturns());
  }

  /** What the job was started with. */
  public static Change initial(
      Kind kind, Alias alias, String name, String version, String digest, long fromMs) {
    return new Change(
        "", kind, alias, name, version, digest, 0, fromMs, Long.MAX_VALUE, false, null, null);
  }

  /** For people: its kind, name, version and the beginning of its digest. */
  public String text() {
    return "%s %s %s (%.12s)".formatted(kind.id(), name, version, digest);
  }

  private static final class ChangeWire implements Wire<Change> {
    private static final long serialVersionUID = 1L;
    private static final byte LAYOUT_VERSION = 2;

    /** Without watches and returns. */
    private static final byte FIRST_LAYOUT = 1;

    @Override
    public Class<Change> type() {
      return Change.class;
    }

    @Override
    public void write(Change c, DataOutput out) throws IOException {
      out.writeByte(LAYOUT_VERSION);
      out.writeUTF(c.id);
      out.writeUTF(c.kind.name());
      out.writeUTF(c.alias.name());
      out.writeUTF(c.name);
      out.writeUTF(c.version);
      out.writeUTF(c.digest);
      out.writeInt(c.shareBasisPoints);
      out.writeLong(c.fromMs);
      out.writeLong(c.untilMs);
      out.writeBoolean(c.breakGlass);
      write(c.watch, out);
      write(c.returns, out);
    }

    private static void write(@Nullable String text, DataOutput out) throws IOException {
      out.writeBoolean(text != null);
      if (text != null) {
        out.writeUTF(text);
      }
    }

    private static @Nullable String text(DataInput in) throws IOException {
      return in.readBoolean() ? in.readUTF() : null;
    }

    @Override
    public Change read(DataInput in) throws IOException {
      byte version = in.readByte();
      if (version != LAYOUT_VERSION && version != FIRST_LAYOUT) {
        throw new IOException("change: expected layout " + LAYOUT_VERSION + ", got " + version);
      }
      return new Change(
          in.readUTF(),
          Kind.valueOf(in.readUTF()),
          Alias.valueOf(in.readUTF()),
          in.readUTF(),
          in.readUTF(),
          in.readUTF(),
          in.readInt(),
          in.readLong(),
          in.readLong(),
          in.readBoolean(),
          version == FIRST_LAYOUT ? null : text(in),
          version == FIRST_LAYOUT ? null : text(in));
    }
  }
}

package io.vigil.job.record;

import io.vigil.model.artefact.Artefacts;
import io.vigil.model.feature.Backfill;
import io.vigil.schema.Alias;
import io.vigil.schema.ArtefactKind;
import io.vigil.schema.Deployment;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.Objects;

/**
 * What a control record says of the feature spec: the text that the activated record of a model
 * brings, as an addition to the one in force; that features are prepared, or no longer; or nothing.
 *
 * @param id of the record; of two with one id the first in the log counts, whatever it says
 * @param fromMs effective time of the record, from which the spec is extended, whenever the model
 *     is to decide: so additions take effect in the order in which they were made
 * @param partition where the record was read
 * @param offset where the record was read
 * @param spec the text; empty for nothing
 * @param says what is done with it
 * @param backfill of features whose history is read beforehand the id of their {@link
 *     io.vigil.model.feature.Backfill}; of an answer that of what it ends; empty for none
 */
public record SpecChange(
    String id, long fromMs, int partition, long offset, String spec, Says says, String backfill)
    implements EntityInput, Serializable {
  private static final long serialVersionUID = 1L;

  /** What is done with the text. */
  public enum Says {
    /** The spec is extended by it, if there is one, and what was prepared is over. */
    EXTENDS,
    /** State of the features that it marks is kept ahead, from now on. */
    PREPARES,
    /** There is none: what was prepared is over. */
    ENDS
  }

  /** Of a text that brings features, or of nothing. */
  public SpecChange(String id, long fromMs, int partition, long offset, String spec) {
    this(id, fromMs, partition, offset, spec, Says.EXTENDS, "");
  }

  private static final int BACKFILL_DIGITS = 16;

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
    String spec = Objects.requireNonNullElse(deployment.getFeatureSpec(), "");
    boolean obeyed =
        deployment.getKind() == ArtefactKind.MODEL && deployment.getAlias() != Alias.UNKNOWN;
    String marked = Objects.requireNonNullElse(Backfill.idOf(spec), "");
    String request = deployment.getRequestId();
    String answered = request == null ? "" : backfillOf(request);
    return switch (deployment.getStatus()) {
      case ACTIVATED -> of(deployment, record, obeyed ? spec : "", Says.EXTENDS, answered);
      case PREPARING ->
          obeyed && !marked.isEmpty() && marked.equals(answered)
              ? of(deployment, record, spec, Says.PREPARES, marked)
              : of(deployment, record, "", Says.EXTENDS, "");
      case REFUSED -> of(deployment, record, "", Says.ENDS, answered);
      case REQUESTED, UNKNOWN -> of(deployment, record, "", Says.EXTENDS, "");
    };
  }

  private static SpecChange of(
      Deployment deployment, LogRecord record, String spec, Says says, String backfill) {
    return new SpecChange(
        deployment.getDeploymentId(),
        record.effectiveTimeMs(),
        record.partition(),
        record.offset(),
        spec,
        says,
        backfill);
  }

  /** The id of the backfill that a request asks for. */
  public static String backfillOf(String requestId) {
    StringBuilder id = new StringBuilder();
    for (char digit : Artefacts.digest(requestId).substring(0, BACKFILL_DIGITS).toCharArray()) {
      id.append((char) ('a' + Character.digit(digit, 16)));
    }
    return id.toString();
  }

  /** The same as if it had been said before all records: for a job that meets them all. */
  public SpecChange fromTheBeginning() {
    return new SpecChange(id, Long.MIN_VALUE, partition, offset, spec, says, backfill);
  }

  /** The same that says something else. */
  public SpecChange with(String otherSpec, Says otherwise) {
    return new SpecChange(id, fromMs, partition, offset, otherSpec, otherwise, backfill);
  }

  private static final class SpecChangeWire implements Wire<SpecChange> {
    private static final long serialVersionUID = 1L;

    /** The first one knew nothing of what is prepared. */
    private static final byte FIRST_LAYOUT = 1;

    private static final byte LAYOUT = 2;

    @Override
    public Class<SpecChange> type() {
      return SpecChange.class;
    }

    @Override
    public void write(SpecChange c, DataOutput out) throws IOException {
      out.writeByte(LAYOUT);
      out.writeUTF(c.id);
      out.writeLong(c.fromMs);
      out.writeInt(c.partition);
      out.writeLong(c.offset);
      byte[] spec = c.spec.getBytes(StandardCharsets.UTF_8);
      out.writeInt(spec.length);
      out.write(spec);
      out.writeByte(c.says.ordinal());
      out.writeUTF(c.backfill);
    }

    @Override
    public SpecChange read(DataInput in) throws IOException {
      byte version = in.readByte();
      if (version != FIRST_LAYOUT && version != LAYOUT) {
        throw new IOException(
            "spec change: expected layout %d or %d, got %d"
                .formatted(FIRST_LAYOUT, LAYOUT, version));
      }
      String id = in.readUTF();
      long fromMs = in.readLong();
      int partition = in.readInt();
      long offset = in.readLong();
      byte[] bytes = new byte[in.readInt()];
      in.readFully(bytes);
      String spec = new String(bytes, StandardCharsets.UTF_8);
      return version == FIRST_LAYOUT
          ? new SpecChange(id, fromMs, partition, offset, spec)
          : new SpecChange(
              id, fromMs, partition, offset, spec, Says.values()[in.readByte()], in.readUTF());
    }
  }
}

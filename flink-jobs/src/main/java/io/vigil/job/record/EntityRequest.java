package io.vigil.job.record;

import io.vigil.model.feature.EntityPlan;
import io.vigil.model.feature.EntityStore;
import io.vigil.model.order.Ordered;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/**
 * The small record that a transaction, a label, an event or a profile sends to one of its entities.
 * Immutable by agreement.
 *
 * @param key the entity's state key: its code, then its id
 * @param entity index of the entity in the plan; unless it asks {@link When#NOW}, in that of the
 *     features which are prepared
 * @param kind what sends it: no deployment and no tick
 * @param id the record's own id
 * @param subject a label's transaction, otherwise the record itself
 * @param effectiveTimeMs milliseconds since the epoch
 * @param eventTimeMs the record's event time, of a label its transaction's, milliseconds since the
 *     epoch
 * @param partition where the record was read
 * @param offset where the record was read
 * @param inputs what the entity's aggregates need; for a label the change of the fraud count, and
 *     the effective time of the label that says fraud
 * @param when for which features
 */
public record EntityRequest(
    String key,
    int entity,
    Kind kind,
    String id,
    String subject,
    long effectiveTimeMs,
    long eventTimeMs,
    int partition,
    long offset,
    long[] inputs,
    When when)
    implements Ordered, EntityInput {

  /** For which features it is sent. */
  public enum When {
    /** For those in force; a transaction is answered. */
    NOW,
    /**
     * For those in force, of a transaction that is filed under the name which its entity will have
     * under the next key of tokens; not answered.
     */
    FILED,
    /** For those that are prepared, from the record that says so on; not answered. */
    AHEAD,
    /** For those that are prepared, of before that record, in effective order; not answered. */
    PAST
  }

  /** For the features in force. */
  public EntityRequest(
      String key,
      int entity,
      Kind kind,
      String id,
      String subject,
      long effectiveTimeMs,
      long eventTimeMs,
      int partition,
      long offset,
      long[] inputs) {
    this(
        key,
        entity,
        kind,
        id,
        subject,
        effectiveTimeMs,
        eventTimeMs,
        partition,
        offset,
        inputs,
        When.NOW);
  }

  /** The same for other features. */
  public EntityRequest at(When other) {
    return new EntityRequest(
        key,
        entity,
        kind,
        id,
        subject,
        effectiveTimeMs,
        eventTimeMs,
        partition,
        offset,
        inputs,
        other);
  }

  /** Of those that send requests. */
  private static final int KINDS = 4;

  /** How requests travel. */
  public static final Wire<EntityRequest> WIRE = new EntityRequestWire();

  /** Of one that is not for {@link When#NOW} the id of the backfill, which its key says. */
  public String backfill() {
    return key.substring(1, key.indexOf('~', 1));
  }

  /** Whether an answer is expected; what expects none tells. */
  public boolean asks() {
    return isTransaction() && when == When.NOW;
  }

  /** Whether it is of a transaction. */
  public boolean isTransaction() {
    return kind == Kind.TRANSACTION;
  }

  /** Whether it tells of a label. */
  public boolean isLabel() {
    return kind == Kind.LABEL;
  }

  @Override
  public int rank() {
    return isTransaction() ? 1 : 0;
  }

  /**
   * Tells its entity what it says, which answers nothing.
   *
   * @throws IllegalStateException when it asks
   */
  public void tell(EntityPlan plan, EntityStore store) {
    if (asks()) {
      throw new IllegalStateException(kind + " " + id + ": expected one that tells, it asks");
    }
    switch (kind) {
      case LABEL -> plan.label(store, eventTimeMs, inputs[1], (int) inputs[0]);
      case TRANSACTION, EVENT, PROFILE -> plan.add(store, eventTimeMs, inputs);
      case DEPLOYMENT, TICK ->
          throw new IllegalStateException(kind + " " + id + ": tells its entities nothing");
    }
  }

  private static final class EntityRequestWire implements Wire<EntityRequest> {
    private static final long serialVersionUID = 1L;

    @Override
    public Class<EntityRequest> type() {
      return EntityRequest.class;
    }

    @Override
    public void write(EntityRequest r, DataOutput out) throws IOException {
      out.writeUTF(r.key);
      out.writeByte(r.entity);
      out.writeByte(code(r.kind) + KINDS * r.when.ordinal());
      out.writeUTF(r.id);
      if (r.isLabel()) {
        out.writeUTF(r.subject);
      }
      out.writeLong(r.effectiveTimeMs);
      out.writeLong(r.eventTimeMs);
      out.writeInt(r.partition);
      out.writeLong(r.offset);
      out.writeByte(r.inputs.length);
      for (long input : r.inputs) {
        out.writeLong(input);
      }
    }

    @Override
    public EntityRequest read(DataInput in) throws IOException {
      return EntityRequest.read(in.readUTF(), in);
    }
  }

  /** The first two stand in checkpoints of jobs that knew no others. */
  private static int code(Kind kind) {
    return switch (kind) {
      case TRANSACTION -> 0;
      case LABEL -> 1;
      case EVENT -> 2;
      case PROFILE -> 3;
      case DEPLOYMENT, TICK -> throw new IllegalArgumentException(kind + ": asks no entity");
    };
  }

  private static Kind kind(int code) {
    return switch (code) {
      case 0 -> Kind.TRANSACTION;
      case 1 -> Kind.LABEL;
      case 2 -> Kind.EVENT;
      case 3 -> Kind.PROFILE;
      default -> throw new IllegalArgumentException("request: expected 0 to 3, got " + code);
    };
  }

  /** Reads what stands behind the key. */
  static EntityRequest read(String key, DataInput in) throws IOException {
    int entity = in.readByte();
    int code = in.readByte();
    Kind kind = kind(code % KINDS);
    When when = When.values()[code / KINDS];
    String id = in.readUTF();
    String subject = kind == Kind.LABEL ? in.readUTF() : id;
    long effectiveTimeMs = in.readLong();
    long eventTimeMs = in.readLong();
    int partition = in.readInt();
    long offset = in.readLong();
    long[] inputs = new long[in.readByte()];
    for (int i = 0; i < inputs.length; i++) {
      inputs[i] = in.readLong();
    }
    return new EntityRequest(
        key,
        entity,
        kind,
        id,
        subject,
        effectiveTimeMs,
        eventTimeMs,
        partition,
        offset,
        inputs,
        when);
  }
}

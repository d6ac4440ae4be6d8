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
 * @param entity index of the entity in the plan
 * @param kind what sends it: no deployment and no tick
 * @param asks whether an answer is expected: by a transaction, unless it is filed under the name
 *     that its entity will have under the next key of tokens
 * @param id the record's own id
 * @param subject a label's transaction, otherwise the record itself
 * @param effectiveTimeMs milliseconds since the epoch
 * @param eventTimeMs the record's event time, of a label its transaction's, milliseconds since the
 *     epoch
 * @param partition where the record was read
 * @param offset where the record was read
 * @param inputs what the entity's aggregates need; for a label the change of the fraud count, and
 *     the effective time of the label that says fraud
 */
public record EntityRequest(
    String key,
    int entity,
    Kind kind,
    boolean asks,
    String id,
    String subject,
    long effectiveTimeMs,
    long eventTimeMs,
    int partition,
    long offset,
    long[] inputs)
    implements Ordered, EntityInput {

  /** A transaction that is filed and asks nothing. */
  private static final int FILED = 4;

  /** How requests travel. */
  public static final Wire<EntityRequest> WIRE = new EntityRequestWire();

  /** One that asks if it is of a transaction. */
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
        kind == Kind.TRANSACTION,
        id,
        subject,
        effectiveTimeMs,
        eventTimeMs,
        partition,
        offset,
        inputs);
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
    if (asks) {
      throw new IllegalStateException(kind + " " + id + ": expected one that tells, it asks");
    }
    switch (kind) {
      case LABEL -> plan.label(store, eventTimeMs, inputs[1], (int) inputs[0]);
      case EVENT, PROFILE -> plan.add(store, eventTimeMs, inputs);
      case TRANSACTION -> plan.transaction(store, eventTimeMs, inputs, new double[plan.outputs()]);
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
      out.writeByte(code(r));
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
  private static int code(EntityRequest r) {
    return switch (r.kind) {
      case TRANSACTION -> r.asks ? 0 : FILED;
      case LABEL -> 1;
      case EVENT -> 2;
      case PROFILE -> 3;
      case DEPLOYMENT, TICK -> throw new IllegalArgumentException(r.kind + ": asks no entity");
    };
  }

  private static Kind kind(int code) {
    return switch (code) {
      case 0, FILED -> Kind.TRANSACTION;
      case 1 -> Kind.LABEL;
      case 2 -> Kind.EVENT;
      case 3 -> Kind.PROFILE;
      default -> throw new IllegalArgumentException("request: expected 0 to 4, got " + code);
    };
  }

  /** Reads what stands behind the key. */
  static EntityRequest read(String key, DataInput in) throws IOException {
    int entity = in.readByte();
    int code = in.readByte();
    Kind kind = kind(code);
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
        code == 0,
        id,
        subject,
        effectiveTimeMs,
        eventTimeMs,
        partition,
        offset,
        inputs);
  }
}

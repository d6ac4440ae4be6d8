package io.vigil.job.decide;

import io.vigil.job.record.EntityAnswer;
import io.vigil.job.record.LogRecord;
import io.vigil.job.record.Wire;
import io.vigil.model.event.Facts;
import io.vigil.model.order.Ordered;
import io.vigil.schema.Transaction;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A transaction and the answers of its entities, on their way back together. Either may come first.
 * Mutable, owned by one operator.
 */
final class Gathering implements Ordered {
  static final Wire<Gathering> WIRE = new GatheringWire();

  private final String id;
  private double[] @Nullable [] parts = new double[0][];
  private @Nullable LogRecord record;
  private @Nullable Whole whole;
  private int answers;

  /** What is known once the transaction itself has come; not checkpointed, made anew. */
  record Whole(Transaction transaction, Facts facts, int expectedAnswers) {}

  Gathering(String id) {
    this.id = id;
  }

  @Override
  public String id() {
    return id;
  }

  @Override
  public long effectiveTimeMs() {
    return known().effectiveTimeMs();
  }

  @Override
  public int rank() {
    return known().rank();
  }

  @Override
  public int partition() {
    return known().partition();
  }

  @Override
  public long offset() {
    return known().offset();
  }

  /** The transaction; it must have come. */
  LogRecord known() {
    if (record == null) {
      throw new IllegalStateException("the transaction " + id + " has not come yet");
    }
    return record;
  }

  @Nullable LogRecord record() {
    return record;
  }

  void record(LogRecord record) {
    this.record = record;
  }

  @Nullable Whole whole() {
    return whole;
  }

  void whole(Whole whole) {
    this.whole = whole;
  }

  void answer(int entity, double[] outputs) {
    if (entity >= parts.length) {
      parts = Arrays.copyOf(parts, entity + 1);
    }
    parts[entity] = outputs;
    answers++;
  }

  int answers() {
    return answers;
  }

  /** Per entity of the plan, which has so many, its outputs; null where none has come. */
  double[] @Nullable [] parts(int entities) {
    return parts.length == entities ? parts : Arrays.copyOf(parts, entities);
  }

  private static final class GatheringWire implements Wire<Gathering> {
    private static final long serialVersionUID = 1L;

    @Override
    public Class<Gathering> type() {
      return Gathering.class;
    }

    @Override
    public void write(Gathering g, DataOutput out) throws IOException {
      out.writeUTF(g.id);
      out.writeByte(g.parts.length);
      out.writeByte(g.answers);
      for (int i = 0; i < g.parts.length; i++) {
        double[] outputs = g.parts[i];
        if (outputs != null) {
          EntityAnswer.WIRE.write(new EntityAnswer(g.id, i, outputs), out);
        }
      }
      out.writeBoolean(g.record != null);
      if (g.record != null) {
        LogRecord.WIRE.write(g.record, out);
      }
    }

    @Override
    public Gathering read(DataInput in) throws IOException {
      Gathering g = new Gathering(in.readUTF());
      in.readByte(); // How many entities its plan had; answers say which they are.
      int answers = in.readByte();
      for (int i = 0; i < answers; i++) {
        EntityAnswer answer = EntityAnswer.WIRE.read(in);
        g.answer(answer.entity(), answer.outputs());
      }
      if (in.readBoolean()) {
        g.record(LogRecord.WIRE.read(in));
      }
      return g;
    }
  }
}

package io.vigil.job.record;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.schema.Stage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;

/** What is written is what is read, field by field. */
class WireTest {
  @Property(tries = 200)
  void logRecords(
      @ForAll Kind kind,
      @ForAll @StringLength(max = 40) String id,
      @ForAll @StringLength(max = 40) String subject,
      @ForAll long eventMs,
      @ForAll long effectiveMs,
      @ForAll boolean flag,
      @ForAll int partition,
      @ForAll long offset,
      @ForAll byte[] value,
      @ForAll byte[] key,
      @ForAll Stage stage)
      throws IOException {
    same(
        LogRecord.WIRE,
        new LogRecord(
            kind,
            id,
            subject,
            eventMs,
            effectiveMs,
            flag,
            "topic",
            partition,
            offset,
            7,
            value,
            flag ? key : null,
            flag ? new Rejection(stage, "reason", "message") : null));
    same(
        LogRecord.WIRE,
        new LogRecord(
            kind,
            id,
            id,
            eventMs,
            effectiveMs,
            flag,
            "topic",
            partition,
            offset,
            7,
            value,
            null,
            null));
  }

  @Property(tries = 100)
  void requestsAndAnswers(
      @ForAll @StringLength(max = 40) String id,
      @ForAll @From("kinds") Kind kind,
      @ForAll long ms,
      @ForAll long[] inputs,
      @ForAll double[] outputs)
      throws IOException {
    String subject = kind == Kind.LABEL ? id + "x" : id;
    long[] few = java.util.Arrays.copyOf(inputs, Math.min(inputs.length, 100));
    double[] fewer = java.util.Arrays.copyOf(outputs, Math.min(outputs.length, 200));
    same(
        EntityRequest.WIRE,
        new EntityRequest("a" + id, 3, kind, id, subject, ms, ms + 1, 2, 9, few));
    same(EntityAnswer.WIRE, new EntityAnswer(id, 4, fewer));
  }

  @Provide
  Arbitrary<Kind> kinds() {
    return Arbitraries.of(Kind.TRANSACTION, Kind.LABEL, Kind.EVENT, Kind.PROFILE);
  }

  /** As the first two stand in checkpoints of earlier jobs. */
  @Test
  void theKindsOfRequestsThatEarlierJobsKnewKeepTheirBytes() throws IOException {
    for (Kind kind : List.of(Kind.TRANSACTION, Kind.LABEL)) {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      EntityRequest.WIRE.write(
          new EntityRequest("a", 3, kind, "i", "i", 1, 2, 0, 0, new long[0]),
          new DataOutputStream(bytes));

      assertThat(bytes.toByteArray()[4]).isEqualTo((byte) (kind == Kind.LABEL ? 1 : 0));
    }
  }

  @Property(tries = 50)
  void draftsAndFinishedRecords(@ForAll byte[] value, @ForAll byte[] key, @ForAll boolean keyed)
      throws IOException {
    same(AlertDraft.WIRE, new AlertDraft("i", "a", 1, 2, 3, 4, value));
    same(Outgoing.WIRE, new Outgoing("decisions", keyed ? key : null, value, 12));
  }

  private static <T> void same(Wire<T> wire, T value) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    wire.write(value, new DataOutputStream(bytes));
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes.toByteArray()));
    assertThat(wire.read(in)).usingRecursiveComparison().isEqualTo(value);
    assertThat(in.available()).isZero();
  }
}

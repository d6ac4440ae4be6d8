package io.vigil.job.record;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.schema.Stage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.StringLength;

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
      @ForAll boolean label,
      @ForAll long ms,
      @ForAll long[] inputs,
      @ForAll double[] outputs)
      throws IOException {
    String subject = label ? id + "x" : id;
    long[] few = java.util.Arrays.copyOf(inputs, Math.min(inputs.length, 100));
    double[] fewer = java.util.Arrays.copyOf(outputs, Math.min(outputs.length, 200));
    same(
        EntityRequest.WIRE,
        new EntityRequest("a" + id, 3, label, id, subject, ms, ms + 1, 2, 9, few));
    same(EntityAnswer.WIRE, new EntityAnswer(id, 4, fewer));
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

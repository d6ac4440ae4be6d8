package io.vigil.cli.audit;

import io.vigil.job.record.Kind;
import io.vigil.model.proof.MerkleHash;
import io.vigil.model.proof.ProofKind;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/**
 * A record of the archive that says which input it is or answers. Immutable by agreement.
 *
 * @param topic where the input was read
 * @param partition of the topic
 * @param offset in the partition
 * @param kind of the record in the archive
 * @param hash its leaf hash
 * @param timeMs the time that the archive files it under
 * @param what of inputs what it is, of receipts what it answers
 * @param eventTimeMs of inputs
 * @param flag of inputs and decisions that it is late; of dead letters that the record was refused
 *     before it got to a clock
 * @param content digest of the transaction of inputs and decisions; else empty
 * @param bytes the record in single-object encoding when it is to be packed; else empty
 */
record Sighting(
    String topic,
    int partition,
    long offset,
    ProofKind kind,
    byte[] hash,
    long timeMs,
    Kind what,
    long eventTimeMs,
    boolean flag,
    byte[] content,
    byte[] bytes) {
  private static final Kind[] KINDS = Kind.values();

  /** Where its input stands, as people write it. */
  String origin() {
    return topic + "-" + partition + "@" + offset;
  }

  boolean isInput() {
    return kind == ProofKind.INPUTS;
  }

  /** Bytes that order by topic, partition and offset, and the input before its answers. */
  byte[] entry() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(160);
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.write(topic.replace('\0', '?').getBytes(StandardCharsets.UTF_8));
      out.writeByte(0);
      out.writeInt(partition ^ Integer.MIN_VALUE);
      out.writeLong(offset ^ Long.MIN_VALUE);
      out.writeByte(kind.ordinal());
      out.write(hash);
      out.writeLong(timeMs);
      out.writeByte(what.ordinal());
      out.writeLong(eventTimeMs);
      out.writeBoolean(flag);
      out.writeByte(content.length);
      out.write(content);
      out.writeInt(this.bytes.length);
      out.write(this.bytes);
    } catch (IOException e) {
      throw new UncheckedIOException("A write to memory failed", e);
    }
    return bytes.toByteArray();
  }

  /** Reads an entry. */
  static Sighting of(byte[] entry) throws IOException {
    int end = 0;
    while (entry[end] != 0) {
      end++;
    }
    String topic = new String(entry, 0, end, StandardCharsets.UTF_8);
    DataInputStream in =
        new DataInputStream(new ByteArrayInputStream(entry, end + 1, entry.length - end - 1));
    return new Sighting(
        topic,
        in.readInt() ^ Integer.MIN_VALUE,
        in.readLong() ^ Long.MIN_VALUE,
        ProofKind.of(in.readByte()),
        in.readNBytes(MerkleHash.BYTES),
        in.readLong(),
        KINDS[in.readByte()],
        in.readLong(),
        in.readBoolean(),
        in.readNBytes(in.readByte()),
        in.readNBytes(in.readInt()));
  }
}

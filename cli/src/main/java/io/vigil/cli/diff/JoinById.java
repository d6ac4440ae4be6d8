package io.vigil.cli.diff;

import io.vigil.schema.Decision;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;
import java.util.stream.Stream;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.ResolvingDecoder;
import org.jspecify.annotations.Nullable;

/**
 * Brings the decisions of two sides together by transaction: both are spread over files by the
 * hashes of the ids, then joined file by file, so that memory holds a part of one side. Equal
 * copies on a side count once; of several that differ, as when an id came again after months, the
 * first goes with the first by effective time. Thread-confined.
 */
final class JoinById implements Closeable {
  private static final int BUFFER_BYTES = 1 << 15;
  private static final int PARTS_MAX = 256;

  /** Bytes of one side in memory; compressed files hold some times their length. */
  private static final long PART_BYTES = 24L << 20;

  private static final int COMPRESSION = 4;
  private static final Comparator<Decision> ORDER =
      Comparator.comparingLong(Decision::getEffectiveTime)
          .thenComparingInt(Decision::getSourcePartition)
          .thenComparingLong(Decision::getSourceOffset);

  private final Path directory;
  private final int parts;
  private final List<Schema> schemas = new ArrayList<>();
  private final IdentityHashMap<Schema, Integer> ordinals = new IdentityHashMap<>();
  private final Map<Integer, ResolvingDecoder> resolvers = new HashMap<>();
  private BinaryDecoder decoder = DecoderFactory.get().binaryDecoder(new byte[0], null);
  private long repeats;

  /** Takes what two sides say of a transaction. */
  interface Sink {
    /**
     * @param one null when the first side does not have it
     * @param other null when the second side does not
     */
    void pair(@Nullable Decision one, @Nullable Decision other);
  }

  /**
   * @param temporary where a directory of files is made
   * @param bytes of the larger side's files
   */
  JoinById(Path temporary, long bytes) throws IOException {
    this.directory = Files.createTempDirectory(Files.createDirectories(temporary), "join");
    this.parts = (int) Math.min(PARTS_MAX, 1 + bytes * COMPRESSION / PART_BYTES);
  }

  /** Copies of decisions on one side that were equal to an earlier one. */
  long repeats() {
    return repeats;
  }

  /**
   * Spreads a side over files.
   *
   * @param progress gets the decisions so far
   * @return its decisions, equal copies too
   */
  long spread(String side, DecisionSource source, LongConsumer progress) throws IOException {
    List<DataOutputStream> out = new ArrayList<>();
    long[] count = {0};
    try {
      for (int i = 0; i < parts; i++) {
        out.add(
            new DataOutputStream(
                new BufferedOutputStream(Files.newOutputStream(file(side, i)), BUFFER_BYTES)));
      }
      source.read(
          (writer, bytes, from, length, timeMs) -> {
            DataOutputStream to = out.get(part(bytes, from, length));
            to.writeShort(ordinal(writer));
            to.writeInt(length);
            to.write(bytes, from, length);
            progress.accept(++count[0]);
          });
    } finally {
      for (DataOutputStream to : out) {
        to.close();
      }
    }
    return count[0];
  }

  /** Every file has a schema of its own, though most are equal. */
  private int ordinal(Schema writer) {
    Integer known = ordinals.get(writer);
    if (known == null) {
      known = schemas.indexOf(writer);
      if (known < 0) {
        known = schemas.size();
        schemas.add(writer);
      }
      ordinals.put(writer, known);
    }
    return known;
  }

  /** By the id, which is the body's first text: FNV-1a, then MurmurHash3's finaliser. */
  private int part(byte[] bytes, int from, int length) throws IOException {
    decoder = DecoderFactory.get().binaryDecoder(bytes, from, length, decoder);
    int idLength = decoder.readInt();
    int at = from + length - decoder.inputStream().available();
    int hash = 0x811C9DC5;
    for (int i = at; i < at + idLength; i++) {
      hash = (hash ^ bytes[i]) * 0x01000193;
    }
    hash = (hash ^ (hash >>> 16)) * 0x85EBCA6B;
    hash = (hash ^ (hash >>> 13)) * 0xC2B2AE35;
    return Integer.remainderUnsigned(hash ^ (hash >>> 16), parts);
  }

  private Path file(String side, int part) {
    return directory.resolve(side + "-" + part);
  }

  /**
   * Joins the sides.
   *
   * @param progress gets the decisions of the second side so far
   */
  void join(String one, String other, LongConsumer progress, Sink out) throws IOException {
    long done = 0;
    for (int part = 0; part < parts; part++) {
      Map<String, List<Decision>> first = new HashMap<>();
      try (Reader reader = new Reader(file(one, part))) {
        for (Decision decision = reader.next(); decision != null; decision = reader.next()) {
          add(first, decision);
        }
      }
      Map<String, List<Decision>> again = new HashMap<>();
      try (Reader reader = new Reader(file(other, part))) {
        for (Decision decision = reader.next(); decision != null; decision = reader.next()) {
          progress.accept(++done);
          add(again, decision);
        }
      }
      again.forEach((id, its) -> pair(first.remove(id), its, out));
      first.values().forEach(its -> pair(its, null, out));
      Files.delete(file(one, part));
      Files.delete(file(other, part));
    }
  }

  private void add(Map<String, List<Decision>> decisions, Decision decision) {
    String id = decision.getTransaction().getTransactionId();
    List<Decision> before = decisions.get(id);
    if (before == null) {
      decisions.put(id, List.of(decision));
    } else if (before.stream().anyMatch(known -> DecisionDiff.between(known, decision).isEmpty())) {
      repeats++;
    } else {
      List<Decision> all = new ArrayList<>(before);
      all.add(decision);
      all.sort(ORDER);
      decisions.put(id, all);
    }
  }

  private static void pair(@Nullable List<Decision> one, @Nullable List<Decision> other, Sink out) {
    int ones = one == null ? 0 : one.size();
    int others = other == null ? 0 : other.size();
    for (int i = 0; i < Math.max(ones, others); i++) {
      out.pair(
          one != null && i < ones ? one.get(i) : null,
          other != null && i < others ? other.get(i) : null);
    }
  }

  private final class Reader implements Closeable {
    private final DataInputStream in;

    Reader(Path file) throws IOException {
      in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file), BUFFER_BYTES));
    }

    @Nullable Decision next() throws IOException {
      int schema;
      try {
        schema = in.readShort();
      } catch (EOFException e) {
        return null;
      }
      byte[] body = new byte[in.readInt()];
      in.readFully(body);
      ResolvingDecoder resolver = resolvers.get(schema);
      if (resolver == null) {
        resolver =
            DecoderFactory.get()
                .resolvingDecoder(schemas.get(schema), Decision.getClassSchema(), null);
        resolvers.put(schema, resolver);
      }
      decoder = DecoderFactory.get().binaryDecoder(body, decoder);
      try {
        resolver.configure(decoder);
        Decision decision = new Decision();
        decision.customDecode(resolver);
        resolver.drain();
        return decision;
      } catch (AvroRuntimeException e) {
        throw new IOException("a decision cannot be read: " + e.getMessage(), e);
      }
    }

    @Override
    public void close() throws IOException {
      in.close();
    }
  }

  @Override
  public void close() throws IOException {
    try (Stream<Path> left = Files.list(directory)) {
      for (Path file : left.toList()) {
        Files.delete(file);
      }
    }
    Files.deleteIfExists(directory);
  }
}

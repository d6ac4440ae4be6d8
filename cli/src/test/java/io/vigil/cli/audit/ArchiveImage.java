package io.vigil.cli.audit;

import io.vigil.job.archive.RawFile;
import io.vigil.schema.AlertRaised;
import io.vigil.schema.Batch;
import io.vigil.schema.DeadLetter;
import io.vigil.schema.Decision;
import io.vigil.schema.LogEntry;
import io.vigil.schema.Receipt;
import io.vigil.schema.TreeHead;
import io.vigil.schema.codec.Codec;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.file.CodecFactory;
import org.apache.avro.file.DataFileWriter;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.flink.core.fs.local.LocalFileSystem;
import org.jspecify.annotations.Nullable;

/** The files of an archive in memory, whose records can be taken out and put in. */
final class ArchiveImage {
  private static final Map<String, Class<? extends SpecificRecordBase>> TYPES =
      Map.of(
          "inputs", LogEntry.class,
          "decisions", Decision.class,
          "cases", AlertRaised.class,
          "receipts", Receipt.class,
          "dead-letters", DeadLetter.class,
          "batches", Batch.class,
          "heads", TreeHead.class);

  final Path root;
  final TreeMap<String, byte[]> files = new TreeMap<>();
  private final Map<String, List<byte[]>> bodies = new TreeMap<>();

  private ArchiveImage(Path root) {
    this.root = root;
  }

  static ArchiveImage read(Path root) throws IOException {
    ArchiveImage image = new ArchiveImage(root);
    List<Path> all;
    try (Stream<Path> walk = Files.walk(root)) {
      all = walk.filter(file -> file.toString().endsWith(".avro")).toList();
    }
    for (Path file : all) {
      String name = root.relativize(file).toString();
      image.files.put(name, Files.readAllBytes(file));
      image.bodies.put(name, bodies(file, TYPES.get(kind(name))));
    }
    return image;
  }

  static String kind(String file) {
    return file.substring(0, file.indexOf('/'));
  }

  static Schema schema(String file) {
    return org.apache.avro.specific.SpecificData.get().getSchema(TYPES.get(kind(file)));
  }

  List<String> files(String kind) {
    return files.keySet().stream().filter(file -> file.startsWith(kind + "/")).toList();
  }

  String file(Random random) {
    return new ArrayList<>(files.keySet()).get(random.nextInt(files.size()));
  }

  /** The records of a file, as they are encoded. */
  List<byte[]> bodies(String file) {
    return bodies.get(file);
  }

  private static <T extends SpecificRecordBase> List<byte[]> bodies(Path file, Class<T> type)
      throws IOException {
    Codec<T> codec = Codec.of(type);
    List<byte[]> all = new ArrayList<>();
    try (RawFile raw =
        RawFile.open(
            LocalFileSystem.getSharedInstance(), new org.apache.flink.core.fs.Path(file.toUri()))) {
      for (RawFile.Block block = raw.next(); block != null; block = raw.next()) {
        int from = 0;
        for (long i = 0; i < block.count(); i++) {
          codec.decode(raw.fingerprint(), block.bytes(), from);
          all.add(Arrays.copyOfRange(block.bytes(), from, codec.end()));
          from = codec.end();
        }
      }
    }
    return all;
  }

  /** A file of such records. */
  static byte[] file(String name, List<byte[]> bodies) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (DataFileWriter<Object> file =
        new DataFileWriter<>(new GenericDatumWriter<>())
            .setCodec(CodecFactory.zstandardCodec(1))
            .create(schema(name), out)) {
      for (byte[] body : bodies) {
        file.appendEncoded(ByteBuffer.wrap(body));
      }
    }
    return out.toByteArray();
  }

  static GenericRecord decode(String file, byte[] body) throws IOException {
    return new GenericDatumReader<GenericRecord>(schema(file))
        .read(null, DecoderFactory.get().binaryDecoder(body, null));
  }

  static byte[] encode(GenericRecord record) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(out, null);
    new GenericDatumWriter<GenericRecord>(record.getSchema()).write(record, encoder);
    encoder.flush();
    return out.toByteArray();
  }

  /** Writes files below a root; null removes one. */
  static void apply(Path root, Map<String, byte @Nullable []> changes) throws IOException {
    for (Map.Entry<String, byte @Nullable []> change : changes.entrySet()) {
      Path file = root.resolve(change.getKey());
      byte[] bytes = change.getValue();
      if (bytes == null) {
        Files.deleteIfExists(file);
      } else {
        Files.createDirectories(file.getParent());
        Files.write(file, bytes);
      }
    }
  }

  /** What takes the changes back. */
  Map<String, byte @Nullable []> undo(Map<String, byte @Nullable []> changes) {
    Map<String, byte @Nullable []> undo = new TreeMap<>();
    changes.keySet().forEach(file -> undo.put(file, files.get(file)));
    return undo;
  }
}

package io.vigil.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.avro.file.DataFileReader;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.kafka.common.record.FileRecords;
import org.apache.kafka.common.record.Record;
import org.apache.kafka.common.utils.Utils;
import org.rocksdb.Options;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.SstFileReader;
import org.rocksdb.SstFileReaderIterator;

/**
 * Searches files for texts as bytes: each file as it is, and beside that the blocks of Avro files,
 * the batches of Kafka's segments and the entries of RocksDB's tables, decompressed.
 */
final class ByteSearch {
  private static final int PREFIX = Long.BYTES;
  private static final byte[] AVRO = {'O', 'b', 'j', 1};

  /** The last bytes of a block-based table: its magic number, little endian. */
  private static final long ROCKSDB = 0x88e241b785f4cff7L;

  private final Map<Long, List<byte[]>> needles = new HashMap<>();

  /** By their first two bytes: nearly all places of a file are none of them. */
  private final boolean[] begins = new boolean[1 << 16];

  /**
   * @param texts at least 8 bytes each
   */
  ByteSearch(Collection<String> texts) {
    RocksDB.loadLibrary();
    for (String text : texts) {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      begins[(bytes[0] & 0xFF) << 8 | (bytes[1] & 0xFF)] = true;
      needles
          .computeIfAbsent(ByteBuffer.wrap(bytes).getLong(), key -> new ArrayList<>())
          .add(bytes);
    }
  }

  /** What was found, and where; and which files were decoded. */
  record Found(Set<String> texts, Set<Path> files, int avro, int kafka, int rocksdb) {}

  /** Searches all files below a directory. */
  Found below(Path directory) throws IOException {
    Set<String> texts = new TreeSet<>();
    Set<Path> files = new TreeSet<>();
    int[] decoded = new int[3];
    List<Path> all;
    try (Stream<Path> walk = Files.walk(directory)) {
      all = walk.filter(Files::isRegularFile).toList();
    }
    for (Path file : all) {
      byte[] raw = Files.readAllBytes(file);
      Set<String> here = new TreeSet<>(in(raw));
      if (raw.length > 4 && ByteBuffer.wrap(raw, 0, 4).equals(ByteBuffer.wrap(AVRO))) {
        here.addAll(in(avro(file)));
        decoded[0]++;
      } else if (file.toString().endsWith(".log") && file.toString().contains("kafka")) {
        here.addAll(in(kafka(file)));
        decoded[1]++;
      } else if (raw.length > 8
          && Long.reverseBytes(ByteBuffer.wrap(raw).getLong(raw.length - 8)) == ROCKSDB) {
        here.addAll(in(rocksdb(file)));
        decoded[2]++;
      }
      texts.addAll(here);
      if (!here.isEmpty()) {
        files.add(directory.relativize(file));
      }
    }
    return new Found(texts, files, decoded[0], decoded[1], decoded[2]);
  }

  Set<String> in(byte[] bytes) {
    Set<String> found = new TreeSet<>();
    long window = 0;
    for (int i = 0; i < bytes.length; i++) {
      window = window << 8 | (bytes[i] & 0xFF);
      if (i < PREFIX - 1 || !begins[(int) (window >>> 48)]) {
        continue;
      }
      List<byte[]> candidates = needles.getOrDefault(window, List.of());
      int start = i - PREFIX + 1;
      for (byte[] needle : candidates) {
        if (start + needle.length <= bytes.length
            && ByteBuffer.wrap(bytes, start, needle.length).equals(ByteBuffer.wrap(needle))) {
          found.add(new String(needle, StandardCharsets.UTF_8));
        }
      }
    }
    return found;
  }

  private static byte[] avro(Path file) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (DataFileReader<Object> reader =
        new DataFileReader<>(file.toFile(), new GenericDatumReader<>())) {
      while (reader.hasNext()) {
        ByteBuffer block = reader.nextBlock();
        out.write(block.array(), block.arrayOffset() + block.position(), block.remaining());
      }
    }
    return out.toByteArray();
  }

  private static byte[] kafka(Path file) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (FileRecords segment = FileRecords.open(file.toFile(), false)) {
      for (Record record : segment.records()) {
        if (record.hasKey()) {
          out.writeBytes(Utils.toArray(record.key()));
        }
        if (record.hasValue()) {
          out.writeBytes(Utils.toArray(record.value()));
        }
      }
    }
    return out.toByteArray();
  }

  private static byte[] rocksdb(Path file) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (Options options = new Options();
        ReadOptions read = new ReadOptions();
        SstFileReader reader = new SstFileReader(options)) {
      reader.open(file.toString());
      try (SstFileReaderIterator each = reader.newIterator(read)) {
        for (each.seekToFirst(); each.isValid(); each.next()) {
          out.writeBytes(each.key());
          out.writeBytes(each.value());
        }
      }
    } catch (RocksDBException e) {
      throw new IOException(file.toString(), e);
    }
    return out.toByteArray();
  }
}

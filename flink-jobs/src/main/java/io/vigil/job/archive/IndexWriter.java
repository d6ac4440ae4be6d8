package io.vigil.job.archive;

import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.flink.core.fs.FileSystem;

/**
 * Writes the index of a day of decisions, beside its files: where the transaction and each entity
 * of every decision stands. It holds no key, only parts of their hashes. Not thread-safe.
 */
public final class IndexWriter {
  /** Longs in memory: 64 MiB. */
  private static final int RUN = 1 << 23;

  private static final int BUFFER_BYTES = 1 << 16;

  private final FileSystem files;
  private final Path temporary;
  private final LookupKeys keys = new LookupKeys();
  private BinaryDecoder decoder = DecoderFactory.get().binaryDecoder(new byte[0], null);

  /**
   * What was written.
   *
   * @param records decisions of the day
   * @param rows pairs of a key and a block
   * @param bytes of the index
   */
  public record Written(long records, long rows, long bytes) {}

  /**
   * @param archive where the days are
   * @param temporary a local directory for what is sorted
   */
  public IndexWriter(ArchiveFolder archive, Path temporary) throws IOException {
    this.files = archive.files();
    this.temporary = temporary;
  }

  /**
   * Writes a day's index, in place of an earlier one. Whoever reads meanwhile, or after a crash,
   * finds the old one, the new one, or none.
   *
   * @throws IOException when a file cannot be read to its end, or is not of decisions
   */
  public Written write(ArchiveDay day) throws IOException {
    try (LongSort rows = new LongSort(temporary, RUN)) {
      ByteArrayOutputStream blocks = new ByteArrayOutputStream();
      long records = read(day, rows, new DataOutputStream(blocks));
      // The count of distinct rows is known once they are merged, and stands before them.
      java.nio.file.Path sorted = java.nio.file.Files.createTempFile(temporary, "rows", ".tmp");
      try {
        long[] count = {0};
        try (DataOutputStream out =
            new DataOutputStream(
                new BufferedOutputStream(
                    java.nio.file.Files.newOutputStream(sorted), BUFFER_BYTES))) {
          rows.drain(
              row -> {
                out.writeLong(row);
                count[0]++;
              });
        }
        byte[] head = header(day, blocks.size() / IndexFile.BLOCK_ROW_BYTES, count[0]);
        AtomicFile.write(
            files,
            day.index(),
            out -> {
              out.write(head);
              blocks.writeTo(out);
              java.nio.file.Files.copy(sorted, out);
            });
        return new Written(records, count[0], head.length + blocks.size() + count[0] * Long.BYTES);
      } finally {
        java.nio.file.Files.deleteIfExists(sorted);
      }
    }
  }

  private static byte[] header(ArchiveDay day, long blocks, long rows) throws IOException {
    ByteArrayOutputStream fields = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(fields);
    out.writeLong(blocks);
    out.writeLong(rows);
    out.writeInt(day.parts().size());
    for (ArchiveDay.Part part : day.parts()) {
      out.writeUTF(part.name());
      out.writeLong(part.bytes());
    }
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    DataOutputStream all = new DataOutputStream(head);
    all.writeLong(IndexFile.MAGIC);
    all.writeInt(fields.size());
    fields.writeTo(all);
    return head.toByteArray();
  }

  private long read(ArchiveDay day, LongSort rows, DataOutputStream blocks) throws IOException {
    long records = 0;
    long block = 0;
    int file = 0;
    for (ArchiveDay.Part part : day.parts()) {
      try (BlockReader reader = BlockReader.open(files, part)) {
        GenericDatumReader<GenericRecord> decisions = Projections.of(reader.schema(), part);
        while (reader.next()) {
          if (block >>> IndexFile.BLOCK_BITS != 0) {
            throw new IOException(
                day.folder() + ": more blocks than an index holds; compact the day first");
          }
          blocks.writeInt(file);
          blocks.writeLong(reader.position());
          addKeys(reader, decisions, block++, rows, part);
          records += reader.records();
        }
      }
      file++;
    }
    return records;
  }

  private void addKeys(
      BlockReader reader,
      GenericDatumReader<GenericRecord> decisions,
      long block,
      LongSort rows,
      ArchiveDay.Part part)
      throws IOException {
    decoder =
        DecoderFactory.get().binaryDecoder(reader.bytes(), reader.from(), reader.length(), decoder);
    GenericRecord decision = null;
    try {
      for (long i = 0; i < reader.records(); i++) {
        decision = decisions.read(decision, decoder);
        for (long bits : keys.bits(decision)) {
          rows.add(bits << IndexFile.BLOCK_BITS | block);
        }
      }
    } catch (AvroRuntimeException e) {
      throw new IOException(part.path() + ": cannot be read: " + e.getMessage(), e);
    }
  }
}

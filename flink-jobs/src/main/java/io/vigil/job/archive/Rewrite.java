package io.vigil.job.archive;

import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.apache.avro.Schema;
import org.apache.avro.file.CodecFactory;
import org.apache.avro.file.DataFileConstants;
import org.apache.avro.file.DataFileWriter;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.flink.core.fs.FSDataOutputStream;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.FileSystem;
import org.jspecify.annotations.Nullable;

/**
 * Writes a day's files anew: few instead of many, their records by effective time, then by their
 * encoded bytes (which for decisions begin with the transaction's id). Bodies are copied as they
 * stand, never decoded and encoded again; records of different writers' schemas stay in different
 * files. The new files count from the moment their {@link Manifest} is there; until then the old
 * ones do. One at a time: hold an {@link ArchiveLock}. Not thread-safe.
 */
final class Rewrite {
  private static final int RUN_ROWS = 1 << 18;
  private static final long RUN_BYTES = 96L << 20;
  private static final int ZSTD_LEVEL = 3;
  private static final Comparator<SpillingSort.Entry> ORDER =
      Comparator.comparingLong(SpillingSort.Entry::timeMs)
          .thenComparing(SpillingSort.Entry::bytes, Arrays::compareUnsigned);

  private final FileSystem files;
  private final Path temporary;
  private final long fileBytes;
  private final int blockBytes;

  /** Which records stay. */
  interface Filter {
    /** Everything. */
    Filter ALL = (schema, bytes, from, length) -> true;

    /** Nothing; the files are not even read. */
    Filter NONE = (schema, bytes, from, length) -> false;

    /** Whether the record with this body stays. */
    boolean keeps(Schema schema, byte[] bytes, int from, int length) throws IOException;
  }

  /**
   * @param temporary a local directory for what is sorted
   * @param fileBytes a new file begins when one has reached this length
   * @param blockBytes of a block before compression: what a lookup reads
   */
  Rewrite(FileSystem files, Path temporary, long fileBytes, int blockBytes) {
    this.files = files;
    this.temporary = temporary;
    this.fileBytes = fileBytes;
    this.blockBytes = blockBytes;
  }

  /**
   * What files must have in common to become one: the writer's schema and metadata, word for word.
   */
  private record Group(Map<String, String> meta) {
    static Group of(BlockReader reader) {
      return new Group(reader.meta());
    }
  }

  /**
   * Rewrites a day.
   *
   * @param expired the instant to note when records were left out, null when none are
   * @return the records that stayed
   * @throws IOException when something cannot be read or written; the old files count then
   */
  long rewrite(ArchiveDay day, Filter filter, @Nullable String expired) throws IOException {
    Map<Group, List<ArchiveDay.Part>> groups = new LinkedHashMap<>();
    for (ArchiveDay.Part part : filter == Filter.NONE ? List.<ArchiveDay.Part>of() : day.parts()) {
      try (BlockReader reader = BlockReader.open(files, part)) {
        groups.computeIfAbsent(Group.of(reader), group -> new ArrayList<>()).add(part);
      }
    }
    int generation = generation(day) + 1;
    String run = UUID.randomUUID().toString().substring(0, 8);
    List<Manifest.Entry> written = new ArrayList<>();
    for (List<ArchiveDay.Part> parts : groups.values()) {
      Checksum read = new Checksum();
      List<Manifest.Entry> its = write(day, parts, filter, read, generation, run, written.size());
      Checksum found = checksum(day, its);
      if (!found.equals(read)) {
        throw new IOException(
            "%s: expected %s in the new files, read %s back".formatted(day.folder(), read, found));
      }
      written.addAll(its);
    }
    TreeSet<String> replaced = new TreeSet<>();
    day.parts().forEach(part -> replaced.add(part.name()));
    commit(day, new Manifest(generation, written, replaced, expired));
    return written.stream().mapToLong(Manifest.Entry::records).sum();
  }

  private static int generation(ArchiveDay day) {
    Manifest manifest = day.manifest();
    return manifest == null ? 0 : manifest.generation();
  }

  private void commit(ArchiveDay day, Manifest manifest) throws IOException {
    AtomicFile.write(
        files,
        new org.apache.flink.core.fs.Path(day.folder(), Manifest.name(manifest.generation())),
        out -> out.write(manifest.text()));
  }

  /**
   * Deletes what does not count any more, of this rewrite or of one that was interrupted, then the
   * list of what was replaced, and the folder when nothing is left in it.
   *
   * @param day as it lies there now
   */
  void finish(ArchiveDay day) throws IOException {
    Manifest manifest = day.manifest();
    for (FileStatus leftover : day.leftovers()) {
      if (Manifest.generation(leftover.getPath().getName()) == 0) {
        files.delete(leftover.getPath(), false);
      }
    }
    // Only now: an earlier manifest names files that must not be taken for those of a job.
    for (FileStatus leftover : day.leftovers()) {
      if (Manifest.generation(leftover.getPath().getName()) > 0) {
        files.delete(leftover.getPath(), false);
      }
    }
    if (manifest == null) {
      deleteFolderOf(day);
      return;
    }
    if (manifest.replaced().isEmpty()) {
      return;
    }
    if (day.parts().isEmpty()) {
      files.delete(day.index(), false);
      files.delete(
          new org.apache.flink.core.fs.Path(day.folder(), Manifest.name(manifest.generation())),
          false);
      deleteFolderOf(day);
      return;
    }
    Manifest shorter =
        new Manifest(
            manifest.generation() + 1, manifest.files(), new TreeSet<>(), manifest.expired());
    commit(day, shorter);
    files.delete(
        new org.apache.flink.core.fs.Path(day.folder(), Manifest.name(manifest.generation())),
        false);
  }

  private void deleteFolderOf(ArchiveDay day) throws IOException {
    if (day.parts().isEmpty() && ArchiveDay.listStatus(files, day.folder()).length == 0) {
      files.delete(day.folder(), false);
    }
  }

  private List<Manifest.Entry> write(
      ArchiveDay day,
      List<ArchiveDay.Part> parts,
      Filter filter,
      Checksum checksum,
      int generation,
      String run,
      int number)
      throws IOException {
    List<Manifest.Entry> written = new ArrayList<>();
    try (SpillingSort sort = new SpillingSort(temporary, RUN_ROWS, RUN_BYTES, ORDER)) {
      Map<String, String> meta = new TreeMap<>();
      for (ArchiveDay.Part part : parts) {
        try (BlockReader reader = BlockReader.open(files, part)) {
          meta = reader.meta();
          Bodies bodies = new Bodies(reader.schema());
          while (reader.next()) {
            bodies.visit(
                reader,
                (bytes, from, length, timeMs) -> {
                  if (filter.keeps(reader.schema(), bytes, from, length)) {
                    checksum.add(bytes, from, length);
                    sort.add(timeMs, 0, Arrays.copyOfRange(bytes, from, from + length));
                  }
                });
          }
        } catch (IOException e) {
          throw new IOException(part.path() + ": " + e.getMessage(), e);
        }
      }
      SpillingSort.Entry entry = sort.next(); // Nothing left is no file.
      while (entry != null) {
        String name = Manifest.rewritten(generation, run, number + written.size());
        try (Output out = new Output(day, name, meta)) {
          while (entry != null && out.length() < fileBytes) {
            out.append(entry.bytes());
            entry = sort.next();
          }
          written.add(out.finish());
        }
      }
    }
    return written;
  }

  private Checksum checksum(ArchiveDay day, List<Manifest.Entry> written) throws IOException {
    Checksum checksum = new Checksum();
    for (Manifest.Entry entry : written) {
      ArchiveDay.Part part =
          new ArchiveDay.Part(
              new org.apache.flink.core.fs.Path(day.folder(), entry.name()), entry.bytes());
      try (BlockReader reader = BlockReader.open(files, part)) {
        Bodies bodies = new Bodies(reader.schema());
        while (reader.next()) {
          bodies.visit(reader, (bytes, from, length, timeMs) -> checksum.add(bytes, from, length));
        }
      }
    }
    return checksum;
  }

  /** A new file. */
  private final class Output implements Closeable {
    private final String name;
    private final FSDataOutputStream stream;
    private final Counting counting;
    private final DataFileWriter<Object> writer;
    private long records;

    Output(ArchiveDay day, String name, Map<String, String> meta) throws IOException {
      this.name = name;
      this.stream =
          files.create(
              new org.apache.flink.core.fs.Path(day.folder(), name),
              FileSystem.WriteMode.NO_OVERWRITE);
      this.counting = new Counting(stream);
      writer = new DataFileWriter<>(new GenericDatumWriter<>());
      writer.setCodec(CodecFactory.zstandardCodec(ZSTD_LEVEL)).setSyncInterval(blockBytes);
      meta.forEach(
          (key, value) -> {
            if (!DataFileWriter.isReservedMeta(key)) {
              writer.setMeta(key, value);
            }
          });
      // Docs and aliases too: this is what the writers' schema said.
      writer.create(new Schema.Parser().parse(meta.get(DataFileConstants.SCHEMA)), counting);
    }

    long length() {
      return counting.length;
    }

    void append(byte[] body) throws IOException {
      writer.appendEncoded(ByteBuffer.wrap(body));
      records++;
    }

    Manifest.Entry finish() throws IOException {
      writer.flush();
      AtomicFile.sync(files, stream);
      return new Manifest.Entry(name, counting.length, records);
    }

    @Override
    public void close() throws IOException {
      writer.close();
    }
  }

  private static final class Counting extends OutputStream {
    private final OutputStream out;
    private long length;

    Counting(OutputStream out) {
      this.out = out;
    }

    @Override
    public void write(int value) throws IOException {
      out.write(value);
      length++;
    }

    @Override
    public void write(byte[] bytes, int from, int count) throws IOException {
      out.write(bytes, from, count);
      length += count;
    }

    @Override
    public void flush() throws IOException {
      out.flush();
    }

    @Override
    public void close() throws IOException {
      out.close();
    }
  }
}

package io.vigil.cli.audit;

import io.vigil.job.archive.ArchiveFolder;
import io.vigil.job.archive.RawFile;
import io.vigil.model.proof.MerkleHash;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.codec.DecodeException;
import io.vigil.schema.codec.SingleObject;
import java.io.IOException;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.flink.core.fs.Path;

/**
 * Reads the files of an archive record by record, with the bytes that were hashed. A file that
 * cannot be read is trouble, and the next one is read. Thread-confined.
 */
final class ArchiveFiles {
  private static final long DAY_MS = 86_400_000L;

  private final ArchiveFolder archive;
  private final Trouble trouble;
  private final MerkleHash hash = new MerkleHash();

  /** Takes a record. */
  interface Sink<T> {
    /**
     * @param record as the current version of its contract sees it
     * @param leaf its leaf hash
     * @return the time that names its day, milliseconds since the epoch
     */
    long take(T record, byte[] leaf, Raw raw) throws IOException;
  }

  /** Where a record's bytes stand. */
  record Raw(byte[] header, byte[] block, int from, int to) {
    /** The record in single-object encoding, a new array. */
    byte[] bytes() {
      byte[] bytes = Arrays.copyOf(header, header.length + to - from);
      System.arraycopy(block, from, bytes, header.length, to - from);
      return bytes;
    }
  }

  ArchiveFiles(ArchiveFolder archive, Trouble trouble) {
    this.archive = archive;
    this.trouble = trouble;
  }

  /** Reads all records of a kind. */
  <T extends SpecificRecordBase> void read(String kind, Class<T> type, Sink<T> sink)
      throws IOException {
    read(kind, type, day -> true, sink);
  }

  /** Reads the records of a kind that lie in some days. */
  <T extends SpecificRecordBase> void read(
      String kind, Class<T> type, Predicate<LocalDate> days, Sink<T> sink) throws IOException {
    Map<LocalDate, List<Path>> files;
    try {
      files = archive.files(kind);
    } catch (IOException e) {
      trouble.found("folder_unknown", kind, "folders by day", String.valueOf(e.getMessage()));
      return;
    }
    Codec<T> codec = Codec.of(type);
    for (Map.Entry<LocalDate, List<Path>> day : files.entrySet()) {
      if (days.test(day.getKey())) {
        for (Path file : day.getValue()) {
          read(file, day.getKey(), codec, sink);
        }
      }
    }
  }

  private <T extends SpecificRecordBase> void read(
      Path path, LocalDate day, Codec<T> codec, Sink<T> sink) throws IOException {
    String where = place(path);
    long fromMs = day.toEpochDay() * DAY_MS;
    try (RawFile file = RawFile.open(archive.files(), path)) {
      if (!codec.reads(file.fingerprint())) {
        trouble.found(
            "schema_unknown",
            where,
            "a version of its kind's contract",
            "the schema with fingerprint %016x".formatted(file.fingerprint()));
        return;
      }
      byte[] header = SingleObject.header(file.fingerprint());
      for (RawFile.Block block = file.next(); block != null; block = file.next()) {
        int from = 0;
        for (long i = 0; i < block.count(); i++) {
          T record = codec.decode(file.fingerprint(), block.bytes(), from);
          int to = codec.end();
          byte[] leaf = hash.leaf(header, block.bytes(), from, to - from);
          long timeMs = sink.take(record, leaf, new Raw(header, block.bytes(), from, to));
          if (timeMs < fromMs || timeMs >= fromMs + DAY_MS) {
            trouble.found(
                "day", where, "records of " + day, "one of " + timeMs + " ms since the epoch");
          }
          from = to;
        }
        if (from != block.bytes().length) {
          trouble.found(
              "file_unreadable",
              where,
              "blocks of as many records as they say",
              (block.bytes().length - from) + " bytes more");
        }
      }
    } catch (DecodeException e) {
      trouble.found("file_unreadable", where, "records", String.valueOf(e.getMessage()));
    } catch (FileFault e) {
      throw e;
    } catch (IOException e) {
      trouble.found("file_unreadable", where, "an Avro file", String.valueOf(e.getMessage()));
    }
  }

  /** The file's place below the archive: its kind, day and name. */
  private static String place(Path path) {
    Path day = path.getParent();
    return day.getParent().getName() + "/" + day.getName() + "/" + path.getName();
  }

  /** A fault of our own disk while an archive is read: it is none of the archive's. */
  static final class FileFault extends IOException {
    private static final long serialVersionUID = 1L;

    FileFault(IOException cause) {
      super(cause.getMessage(), cause);
    }
  }
}

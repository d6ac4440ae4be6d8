package io.vigil.job.archive;

import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.file.DataFileReader;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where a job's archive lies: Avro object container files {@code KIND/day=YYYY-MM-DD/….avro}, on
 * any Flink file system. The order of files, and of records in them, means nothing. Immutable and
 * thread-safe.
 */
public final class ArchiveFolder {
  /** Before a day's name. */
  public static final String DAY = "day=";

  private final Path root;

  private ArchiveFolder(Path root) {
    this.root = root;
  }

  /** The archive below a path or URI; a plain path is a local one. It need not be there yet. */
  public static ArchiveFolder of(String pathOrUri) {
    return new ArchiveFolder(
        pathOrUri.contains(":")
            ? new Path(pathOrUri)
            : new Path(java.nio.file.Path.of(pathOrUri).toAbsolutePath().toUri()));
  }

  /** Its root. */
  public Path root() {
    return root;
  }

  /** A folder or file below the root. */
  public Path resolve(String child) {
    return new Path(root, child);
  }

  /** The file system that it lies on. */
  public FileSystem files() throws IOException {
    return root.getFileSystem();
  }

  /** A day's folder of a kind. */
  public Path day(String kind, LocalDate day) {
    return new Path(new Path(root, kind), DAY + day);
  }

  /**
   * The files of a kind by day, by name within a day; those that are still being written, and those
   * that others replace, are left out. Empty when the kind has no folder.
   */
  public NavigableMap<LocalDate, List<Path>> files(String kind) throws IOException {
    return files(kind, LocalDate.MIN, LocalDate.MAX);
  }

  /**
   * As above, of some days; other days are not listed.
   *
   * @param from first day
   * @param to last day
   */
  public NavigableMap<LocalDate, List<Path>> files(String kind, LocalDate from, LocalDate to)
      throws IOException {
    NavigableMap<LocalDate, List<Path>> days = new TreeMap<>();
    days(kind, from, to)
        .forEach(
            (date, day) ->
                days.put(date, day.parts().stream().map(ArchiveDay.Part::path).toList()));
    return days;
  }

  /** The days of a kind as they lie there now, from one day to another, both included. */
  public NavigableMap<LocalDate, ArchiveDay> days(String kind, LocalDate from, LocalDate to)
      throws IOException {
    NavigableMap<LocalDate, ArchiveDay> days = new TreeMap<>();
    FileSystem files = files();
    for (FileStatus entry : ArchiveDay.listStatus(files, new Path(root, kind))) {
      if (!entry.isDir() || !entry.getPath().getName().startsWith(DAY)) {
        continue;
      }
      LocalDate date = date(entry.getPath());
      if (!date.isBefore(from) && !date.isAfter(to)) {
        days.put(date, ArchiveDay.list(files, kind, date, entry.getPath()));
      }
    }
    return days;
  }

  /** The kinds that have a day, by name. */
  public List<String> kinds() throws IOException {
    List<String> kinds = new ArrayList<>();
    FileSystem files = files();
    for (FileStatus entry : ArchiveDay.listStatus(files, root)) {
      String name = entry.getPath().getName();
      if (entry.isDir() && !name.startsWith(".") && !name.startsWith("_")) {
        for (FileStatus day : ArchiveDay.listStatus(files, entry.getPath())) {
          if (day.isDir() && day.getPath().getName().startsWith(DAY)) {
            kinds.add(name);
            break;
          }
        }
      }
    }
    kinds.sort(Comparator.naturalOrder());
    return kinds;
  }

  /** Records of a day, counted without reading them. */
  public long records(ArchiveDay day) throws IOException {
    Map<String, Long> known = new HashMap<>();
    Manifest manifest = day.manifest();
    if (manifest != null) {
      manifest.files().forEach(file -> known.put(file.name(), file.records()));
    }
    long records = 0;
    for (ArchiveDay.Part part : day.parts()) {
      Long itsRecords = known.get(part.name());
      records += itsRecords == null ? BlockReader.count(files(), part) : itsRecords;
    }
    return records;
  }

  /**
   * Whether a day has an index that knows just the files that count.
   *
   * @throws IOException when the index is damaged
   */
  public boolean indexed(ArchiveDay day) throws IOException {
    return day.hasIndex() && IndexFile.open(files(), day).files().equals(day.parts());
  }

  private static LocalDate date(Path folder) throws IOException {
    String name = folder.getName();
    try {
      return LocalDate.parse(name.substring(DAY.length()));
    } catch (DateTimeParseException e) {
      throw new IOException(folder + ": expected a folder such as day=2026-01-31, got " + name, e);
    }
  }

  /**
   * Reads the records of a file one after the other.
   *
   * @param out gets each record; it is lent until the call returns, the next one may be written
   *     into it
   * @throws IOException naming the file when it cannot be read to its end, or was cut
   */
  public <T extends SpecificRecordBase> void read(Path file, Class<T> type, Consumer<T> out)
      throws IOException {
    read(file, type, out, null);
  }

  /**
   * As above; returns the file's SHA-256, 64 hex digits.
   *
   * @throws IOException naming the file when it cannot be read to its end, or was cut
   */
  public <T extends SpecificRecordBase> String readDigested(
      Path file, Class<T> type, Consumer<T> out) throws IOException {
    MessageDigest sha256;
    try {
      sha256 = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
    read(file, type, out, sha256);
    return HexFormat.of().formatHex(sha256.digest());
  }

  private <T extends SpecificRecordBase> void read(
      Path file, Class<T> type, Consumer<T> out, @Nullable MessageDigest digest)
      throws IOException {
    FileSystem files = files();
    long bytes = files.getFileStatus(file).getLen();
    try (StoredInput in = new StoredInput(files.open(file), bytes, digest);
        DataFileReader<T> records = new DataFileReader<>(in, new SpecificDatumReader<>(type))) {
      T record = null;
      while (records.hasNext()) {
        record = records.next(record);
        out.accept(record);
      }
      if (records.previousSync() != bytes) { // Avro takes a file that was cut for one that ended.
        throw new IOException(
            "its last block ends at %d of %d bytes".formatted(records.previousSync(), bytes));
      }
    } catch (IOException | AvroRuntimeException e) {
      throw new IOException(file + ": cannot be read to its end: " + e.getMessage(), e);
    }
  }
}

package io.vigil.job.archive;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;
import org.jspecify.annotations.Nullable;

/**
 * A day's folder of one kind, as it was listed: which files count, and what else lies there. A
 * folder that was rewritten has a {@link Manifest}; what that replaces does not count, nor does a
 * rewritten file that it does not name, so that every crash leaves the old files or the new ones.
 * Immutable and thread-safe.
 */
public final class ArchiveDay {
  /** The lookup index, beside the files that it tells of. */
  static final String INDEX = "lookup.index";

  private final String kind;
  private final LocalDate date;
  private final Path folder;
  private final List<Part> parts;
  private final @Nullable Manifest manifest;
  private final List<FileStatus> leftovers;
  private final List<FileStatus> unfinished;
  private final boolean hasIndex;

  /**
   * A file that counts.
   *
   * @param bytes its length
   */
  public record Part(Path path, long bytes) {
    /** Its name within the day's folder. */
    public String name() {
      return path.getName();
    }
  }

  private ArchiveDay(
      String kind,
      LocalDate date,
      Path folder,
      List<Part> parts,
      @Nullable Manifest manifest,
      List<FileStatus> leftovers,
      List<FileStatus> unfinished,
      boolean hasIndex) {
    this.kind = kind;
    this.date = date;
    this.folder = folder;
    this.parts = List.copyOf(parts);
    this.manifest = manifest;
    this.leftovers = List.copyOf(leftovers);
    this.unfinished = List.copyOf(unfinished);
    this.hasIndex = hasIndex;
  }

  /**
   * Lists a folder, which may be missing.
   *
   * @throws IOException when its manifest is damaged or names a file that is not there
   */
  static ArchiveDay list(FileSystem files, String kind, LocalDate date, Path folder)
      throws IOException {
    Map<String, FileStatus> found = new HashMap<>();
    int generation = 0;
    FileStatus[] entries = listStatus(files, folder);
    for (FileStatus entry : entries) {
      if (!entry.isDir()) {
        found.put(entry.getPath().getName(), entry);
        generation = Math.max(generation, Manifest.generation(entry.getPath().getName()));
      }
    }
    Manifest manifest = null;
    if (generation > 0) {
      Path path = new Path(folder, Manifest.name(generation));
      try (InputStream in = files.open(path)) {
        manifest = Manifest.read(path.toString(), in.readAllBytes());
      }
    }
    List<Part> parts = new ArrayList<>();
    if (manifest != null) {
      for (Manifest.Entry file : manifest.files()) {
        FileStatus status = found.remove(file.name());
        if (status == null || status.getLen() != file.bytes()) {
          throw new IOException(
              "%s: expected %s of %d bytes, as %s says, got %s"
                  .formatted(
                      folder,
                      file.name(),
                      file.bytes(),
                      Manifest.name(generation),
                      status == null ? "no such file" : status.getLen() + " bytes"));
        }
        parts.add(new Part(new Path(folder, file.name()), status.getLen()));
      }
      found.remove(Manifest.name(generation));
    }
    List<FileStatus> leftovers = new ArrayList<>();
    List<FileStatus> unfinished = new ArrayList<>();
    boolean hasIndex = found.remove(INDEX) != null;
    for (FileStatus entry : found.values()) {
      String name = entry.getPath().getName();
      if (name.startsWith(".")) {
        unfinished.add(entry);
      } else if (Manifest.generation(name) > 0
          || Manifest.isRewritten(name)
          || (manifest != null && manifest.replaced().contains(name))) {
        leftovers.add(entry);
      } else if (name.endsWith(".avro")) {
        parts.add(new Part(new Path(folder, name), entry.getLen()));
      }
    }
    parts.sort(Comparator.comparing(Part::name));
    leftovers.sort(Comparator.comparing(entry -> entry.getPath().getName()));
    return new ArchiveDay(kind, date, folder, parts, manifest, leftovers, unfinished, hasIndex);
  }

  /** Folders come and go; some file systems answer null for one that is not there. */
  static FileStatus[] listStatus(FileSystem files, Path folder) throws IOException {
    try {
      FileStatus[] entries = files.listStatus(folder);
      return entries == null ? new FileStatus[0] : entries;
    } catch (FileNotFoundException e) {
      return new FileStatus[0];
    }
  }

  /** What the records are: the name of the folder above. */
  public String kind() {
    return kind;
  }

  /** The day, of effective time, UTC. */
  public LocalDate date() {
    return date;
  }

  /** Its folder. */
  public Path folder() {
    return folder;
  }

  /** The files that count, by name. */
  public List<Part> parts() {
    return parts;
  }

  /** Bytes of the files that count. */
  public long bytes() {
    return parts.stream().mapToLong(Part::bytes).sum();
  }

  /** Whether all that counts was written by a compaction. */
  public boolean compacted() {
    return manifest != null && parts.size() == manifest.files().size();
  }

  /** Whether it has expired, and nothing was written since. */
  public boolean expired() {
    return compacted() && manifest != null && manifest.expired() != null;
  }

  /** The manifest that holds, null when the day was never rewritten. */
  @Nullable Manifest manifest() {
    return manifest;
  }

  /** Files that do not count any more, or never did: of a compaction that went on or ended. */
  List<FileStatus> leftovers() {
    return leftovers;
  }

  /** Files that somebody writes, or left half written. */
  List<FileStatus> unfinished() {
    return unfinished;
  }

  /** Whether there is an index; it may be older than the files. */
  public boolean hasIndex() {
    return hasIndex;
  }

  /** Where the index is, or would be. */
  Path index() {
    return new Path(folder, INDEX);
  }
}

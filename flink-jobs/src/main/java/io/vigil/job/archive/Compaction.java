package io.vigil.job.archive;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import org.apache.flink.core.fs.FileStatus;

/**
 * Makes few files of the many of a day that is over, sorted, and with the very bodies that were in
 * them. Hold an {@link ArchiveLock} meanwhile. Not thread-safe.
 */
public final class Compaction {
  /** Length at which a file is full: 256 MiB. */
  public static final long FILE_BYTES = 256L << 20;

  /** Bytes of a block before compression: what a lookup reads, and what is compressed as one. */
  public static final int BLOCK_BYTES = 1 << 16;

  /**
   * How many days a day must lie back: a job that is restored from a checkpoint looks for the files
   * that it has finished since, and so old a checkpoint nobody restores, for the topics have
   * forgotten what came after it; nor does a job that was down bring records of that day any more.
   */
  public static final int SETTLED_DAYS = 8;

  private final ArchiveFolder archive;
  private final Rewrite rewrite;

  /**
   * What became of a day.
   *
   * @param records of the day
   * @param before how many files there were
   * @param after how many files there are
   * @param bytesBefore their lengths
   * @param bytesAfter their lengths
   */
  public record Result(long records, int before, int after, long bytesBefore, long bytesAfter) {}

  /**
   * @param temporary a local directory for what is sorted
   */
  public Compaction(ArchiveFolder archive, Path temporary) throws IOException {
    this(archive, temporary, FILE_BYTES, BLOCK_BYTES);
  }

  Compaction(ArchiveFolder archive, Path temporary, long fileBytes, int blockBytes)
      throws IOException {
    this.archive = archive;
    this.rewrite = new Rewrite(archive.files(), temporary, fileBytes, blockBytes);
  }

  /** Whether days of a kind are heaps of records, and not files that are found by their names. */
  public static boolean compacts(String kind) {
    return !kind.equals(Snapshots.KIND);
  }

  /**
   * Whether there is something to do: several files, not all of them compacted, or what an
   * interrupted compaction left. One file is few, whatever its order.
   */
  public static boolean wanted(ArchiveDay day) {
    Manifest manifest = day.manifest();
    return !day.leftovers().isEmpty()
        || (manifest != null && !manifest.replaced().isEmpty())
        || (day.parts().size() > 1 && !day.compacted());
  }

  /**
   * Whether a file of the day is being written: one that is not finished and was touched since.
   *
   * @param since older ones were left by a job that ended
   */
  public static boolean beingWritten(ArchiveDay day, Instant since) {
    for (FileStatus file : day.unfinished()) {
      if (file.getPath().getName().contains("inprogress")
          && file.getModificationTime() >= since.toEpochMilli()) {
        return true;
      }
    }
    return false;
  }

  /**
   * Compacts a day, or ends what was begun.
   *
   * @throws IOException when something cannot be read or written; whatever happens, readers find
   *     every record once, and the next compaction goes on
   */
  public Result compact(ArchiveDay day) throws IOException {
    if (!compacts(day.kind())) {
      throw new IllegalArgumentException(
          "expected a kind of records, got "
              + day.kind()
              + ", whose files are found by their names");
    }
    rewrite.finish(day);
    ArchiveDay clean = again(day);
    if (!wanted(clean)) {
      return new Result(0, day.parts().size(), clean.parts().size(), day.bytes(), clean.bytes());
    }
    long records = rewrite.rewrite(clean, Rewrite.Filter.ALL, null);
    rewrite.finish(again(day));
    ArchiveDay after = again(day);
    return new Result(
        records, clean.parts().size(), after.parts().size(), clean.bytes(), after.bytes());
  }

  private ArchiveDay again(ArchiveDay day) throws IOException {
    LocalDate date = day.date();
    return ArchiveDay.list(archive.files(), day.kind(), date, day.folder());
  }
}

package io.vigil.cli.audit;

import io.vigil.job.archive.ArchiveFolder;
import io.vigil.model.proof.ProofBatch;
import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An archive's proof as files that any program can read: the heads, the log of batches as lines,
 * and the records of some days, batch by batch. It judges nothing and repairs nothing: what the
 * archive says goes into the package as it is, and what has no place in one ends the work.
 *
 * <pre>
 * heads        for each head the length of its note in bytes on a line, then the note
 * batches.txt  a line for each batch of the log
 * records.bin  for each batch from the first to the last: its records, each behind its length of
 *              four bytes, big endian
 * window.txt   on a line: index of the first batch with records, a space, index behind the last
 * </pre>
 *
 * Thread-confined.
 */
public final class Export {
  private static final long RUN_BYTES = 128L << 20;

  private final ArchiveFolder archive;
  private final long boundMs;
  private final Path temporary;

  /** What of an archive has no place in a package: the message names the file or the batch. */
  public static final class UnpackableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    UnpackableException(String message) {
      super(message);
    }
  }

  /**
   * What was written.
   *
   * @param heads how many
   * @param batches of the log
   * @param records of the days
   * @param open records that no head proves yet, and that were left out
   */
  public record Written(int heads, long batches, long records, long open) {}

  /**
   * @param boundMs the job's disorder bound
   * @param temporary where runs are spilled
   */
  public Export(ArchiveFolder archive, long boundMs, Path temporary) {
    this.archive = archive;
    this.boundMs = boundMs;
    this.temporary = temporary;
  }

  /**
   * Writes a package.
   *
   * @param out a folder, which is made
   * @param from the first day in UTC; null for the first of all
   * @param to the last day in UTC; null for the last of all
   * @throws UnpackableException naming what has no place in it
   */
  public Written write(Path out, @Nullable LocalDate from, @Nullable LocalDate to)
      throws IOException {
    Trouble stop =
        (what, where, expected, got) -> {
          throw new UnpackableException(new Finding(what, where, expected, got).text());
        };
    Files.createDirectories(out);
    List<HeadScan.Signed> heads = new HeadScan(stop).read(archive);
    for (HeadScan.Signed head : heads) {
      requireFields(head, stop);
    }
    heads(out.resolve("heads"), heads);
    long untilMs = heads.isEmpty() ? Long.MIN_VALUE : heads.get(heads.size() - 1).untilMs();
    long fromMinute = from == null ? Long.MIN_VALUE : minute(from);
    long toMinute = to == null ? Long.MAX_VALUE : minute(to.plusDays(1));
    try (ByteSort origins = new ByteSort(temporary, RUN_BYTES);
        ByteSort alerts = new ByteSort(temporary, RUN_BYTES);
        LeafSort leaves = new LeafSort(temporary, RUN_BYTES);
        LogScan log = new LogScan(archive, temporary, RUN_BYTES, stop)) {
      new RecordScan(archive, true, origins, alerts, leaves, stop).run();
      // What differs from the clocks, or has no answer, goes into the package as it is.
      new Accounting(origins, leaves, boundMs, untilMs, (what, where, expected, got) -> {}).run();
      return new Copy(out, log, leaves, untilMs, heads.size()).write(fromMinute, toMinute);
    }
  }

  private static long minute(LocalDate day) {
    return ProofBatch.minute(day.atStartOfDay(ZoneOffset.UTC).toInstant().toEpochMilli());
  }

  /** Only the note goes into a package, so what stands beside it must say the same. */
  private static void requireFields(HeadScan.Signed head, Trouble stop) {
    String said = "\n%d\n".formatted(head.size());
    String until = "\nuntil %d\n".formatted(head.untilMs());
    if (!head.note().contains(said) || !head.note().contains(until)) {
      stop.found(
          "head_fields",
          "head of " + head.size() + " batches",
          "what its note says",
          "%d until %d".formatted(head.size(), head.untilMs()));
    }
  }

  private static void heads(Path file, List<HeadScan.Signed> heads) throws IOException {
    try (BufferedOutputStream out = new BufferedOutputStream(Files.newOutputStream(file))) {
      for (HeadScan.Signed head : heads) {
        byte[] note = head.note().getBytes(StandardCharsets.UTF_8);
        out.write((note.length + "\n").getBytes(StandardCharsets.US_ASCII));
        out.write(note);
      }
    }
  }

  /** Copies batches and records side by side. */
  private static final class Copy {
    private final Path out;
    private final LogScan log;
    private final LeafSort leaves;
    private final long untilMs;
    private final int heads;
    private LeafSort.@Nullable Placed ahead;
    private long records;
    private long open;

    Copy(Path out, LogScan log, LeafSort leaves, long untilMs, int heads) throws IOException {
      this.out = out;
      this.log = log;
      this.leaves = leaves;
      this.untilMs = untilMs;
      this.heads = heads;
      this.ahead = leaves.next();
    }

    Written write(long fromMinute, long toMinute) throws IOException {
      long index = 0;
      long first = 0;
      long behind = 0;
      try (BufferedOutputStream lines =
              new BufferedOutputStream(Files.newOutputStream(out.resolve("batches.txt")));
          DataOutputStream bodies =
              new DataOutputStream(
                  new BufferedOutputStream(Files.newOutputStream(out.resolve("records.bin"))))) {
        for (ProofBatch batch = log.next(); batch != null; batch = log.next()) {
          lines.write((batch.line() + "\n").getBytes(StandardCharsets.US_ASCII));
          boolean within = batch.minute() >= fromMinute && batch.minute() < toMinute;
          if (within && behind == 0) {
            first = index;
          }
          copy(batch, within ? bodies : null);
          index++;
          if (within) {
            behind = index;
          }
        }
        for (; ahead != null; ahead = leaves.next()) {
          leave(ahead);
        }
      }
      Files.writeString(out.resolve("window.txt"), first + " " + behind + "\n");
      return new Written(heads, index, records, open);
    }

    /** Copies as many records as the batch says, if there are so many of it. */
    private void copy(ProofBatch batch, @Nullable DataOutputStream bodies) throws IOException {
      long copied = 0;
      while (ahead != null && before(ahead, batch)) {
        leave(ahead);
        ahead = leaves.next();
      }
      while (ahead != null && ahead.isOf(batch)) {
        if (bodies != null) {
          bodies.writeInt(ahead.bytes().length);
          bodies.write(ahead.bytes());
          records++;
        }
        copied++;
        ahead = leaves.next();
      }
      if (copied != batch.count()) {
        throw new UnpackableException(
            "records  %s: expected as many as it says, got %d".formatted(batch, copied));
      }
    }

    private static boolean before(LeafSort.Placed leaf, ProofBatch batch) {
      return ProofBatch.LOG_ORDER.compare(
              new ProofBatch(leaf.minute(), leaf.kind(), leaf.range(), 1, leaf.hash()), batch)
          < 0;
    }

    /** Only what no head proves yet may be left out. */
    private void leave(LeafSort.Placed leaf) {
      if (leaf.timeMs() < untilMs) {
        throw new UnpackableException(
            "records_unlogged  %s of %s: expected a batch in the log, got none"
                .formatted(leaf.kind().folder(), Instant.ofEpochMilli(leaf.timeMs())));
      }
      open++;
    }
  }
}

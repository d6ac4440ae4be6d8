package io.vigil.cli.audit;

import io.vigil.job.archive.ArchiveFolder;
import io.vigil.model.proof.ProofBatch;
import io.vigil.model.proof.ProofKind;
import io.vigil.schema.Batch;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The log of batches as the archive has it, in the order of its index. Thread-confined. */
final class LogScan implements Closeable {
  private final ByteSort sort;
  private final Trouble trouble;
  private long size;

  LogScan(ArchiveFolder archive, Path temporary, long runBytes, Trouble trouble)
      throws IOException {
    this.sort = new ByteSort(temporary, runBytes);
    this.trouble = trouble;
    new ArchiveFiles(archive, trouble)
        .read("batches", Batch.class, (batch, leaf, raw) -> add(batch));
  }

  private long add(Batch batch) throws IOException {
    byte[] line;
    try {
      ProofBatch read =
          new ProofBatch(
              batch.getMinute(),
              ProofKind.of(batch.getKind()),
              batch.getRange(),
              batch.getCount(),
              batch.getRoot().bytes());
      line = ProofBatch.parse(read.line()).bytes();
    } catch (IllegalArgumentException e) {
      trouble.found(
          "batch_unreadable",
          "batch " + batch.getIndex(),
          "minute, kind, range, count and root",
          String.valueOf(e.getMessage()));
      return batch.getMinute() * ProofBatch.MINUTE_MS;
    }
    try {
      sort.add(
          ByteBuffer.allocate(Long.BYTES + line.length)
              .putLong(batch.getIndex() ^ Long.MIN_VALUE)
              .put(line)
              .array());
    } catch (IOException e) {
      throw new ArchiveFiles.FileFault(e);
    }
    return batch.getMinute() * ProofBatch.MINUTE_MS;
  }

  /** How many batches were read. */
  long size() {
    return size;
  }

  /** The next batch, or null after the last; says when the index has a gap. */
  @Nullable ProofBatch next() throws IOException {
    byte[] entry = sort.next();
    if (entry == null) {
      return null;
    }
    long index = ByteBuffer.wrap(entry).getLong() ^ Long.MIN_VALUE;
    if (index != size) {
      trouble.found("batch_index", "log of batches", "batch " + size, "batch " + index);
    }
    size++;
    return ProofBatch.parse(
        new String(Arrays.copyOfRange(entry, Long.BYTES, entry.length), StandardCharsets.US_ASCII));
  }

  @Override
  public void close() throws IOException {
    sort.close();
  }
}

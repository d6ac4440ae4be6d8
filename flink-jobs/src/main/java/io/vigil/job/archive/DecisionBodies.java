package io.vigil.job.archive;

import java.io.IOException;
import org.apache.avro.Schema;
import org.apache.flink.core.fs.FileSystem;

/** Reads decisions of any version as they were encoded, for those who copy or compare many. */
public final class DecisionBodies {
  /** Takes decisions. */
  public interface Sink {
    /**
     * @param writer the schema that it was written with
     * @param bytes lent until the call returns
     * @param from where its body begins; the transaction's id is its first text
     * @param length of the body
     * @param effectiveTimeMs when it took effect, milliseconds since the epoch
     */
    void decision(Schema writer, byte[] bytes, int from, int length, long effectiveTimeMs)
        throws IOException;
  }

  private DecisionBodies() {}

  /**
   * Reads all decisions of a file.
   *
   * @throws IOException when it is not of decisions, or cannot be read to its end
   */
  public static void read(FileSystem files, ArchiveDay.Part part, Sink out) throws IOException {
    try (BlockReader reader = BlockReader.open(files, part)) {
      Schema schema = reader.schema();
      Projections.of(schema, part); // It is of decisions.
      Schema transaction = schema.getFields().get(0).schema();
      if (transaction.getType() != Schema.Type.RECORD
          || !transaction.getFields().get(0).name().equals("transaction_id")) {
        throw new IOException(part.path() + ": expected decisions that begin with their ids");
      }
      Bodies bodies = new Bodies(schema);
      while (reader.next()) {
        bodies.visit(
            reader,
            (bytes, from, length, timeMs) -> out.decision(schema, bytes, from, length, timeMs));
      }
    }
  }
}

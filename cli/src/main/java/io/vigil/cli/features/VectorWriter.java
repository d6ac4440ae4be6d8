package io.vigil.cli.features;

import io.vigil.schema.Transaction;
import java.io.Closeable;
import java.io.IOException;

/** Takes the vectors of transactions, one by one, in one format. Not thread-safe. */
interface VectorWriter extends Closeable {

  /**
   * Writes the next row.
   *
   * @param fraud whether the transaction is known to be fraud in the end
   * @param vector in the order of the spec; not kept
   */
  void write(Transaction transaction, boolean fraud, float[] vector) throws IOException;
}

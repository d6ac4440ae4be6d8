package io.vigil.console.ingest;

import io.vigil.schema.codec.DecodeException;
import java.util.List;
import org.jdbi.v3.core.Handle;

/** What becomes of a topic's records. Used by one thread at a time. */
interface TopicSink {

  /** A record that waits to be stored. */
  @FunctionalInterface
  interface Store {
    void into(Handle handle);
  }

  /**
   * Reads a record.
   *
   * @return what stores it; nothing when the console does not need it
   * @throws DecodeException when it cannot be read: it is kept as unreadable
   */
  List<Store> read(byte[] value) throws DecodeException;

  /** Is called once after all records of a batch have been stored, in the same transaction. */
  default void end(Handle handle) {}
}

package io.vigil.cli.ingest;

import org.apache.avro.Schema;

/** Where the schemas of records are found by their ids. Implementations are thread-confined. */
public interface SchemaSource {

  /**
   * The schema of that id.
   *
   * @throws UnknownSchemaException when there is none, or it is no Avro
   * @throws RegistryException when it cannot be had now
   */
  Schema schema(int id) throws UnknownSchemaException;

  /** A record names a schema that nobody can read it by. */
  final class UnknownSchemaException extends Exception {
    private static final long serialVersionUID = 1L;

    public UnknownSchemaException(String message) {
      super(message, null, false, false); // Data, not a fault of the program: no stack.
    }
  }
}

package io.vigil.cli.ingest;

/**
 * A file, a mapping or a key that cannot be used at all. The message is one line for the person who
 * named it. A single bad row is no such exception but a {@link Ingested.BadRow}.
 */
public final class IngestException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public IngestException(String message) {
    super(message);
  }

  public IngestException(String message, Throwable cause) {
    super(message, cause);
  }
}

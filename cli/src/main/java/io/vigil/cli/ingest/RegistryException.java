package io.vigil.cli.ingest;

/**
 * The schema registry does not answer, or refuses us: nothing is wrong with the record, which can
 * be read when the registry is back. The message is one line for who runs it.
 */
public final class RegistryException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final boolean refused;

  /**
   * @param refused waiting will not help: credentials are missing or wrong
   */
  public RegistryException(String message, boolean refused) {
    super(message);
    this.refused = refused;
  }

  /** Whether somebody must change something before it can work. */
  public boolean refused() {
    return refused;
  }
}

package io.vigil.schema.vault;

import org.jspecify.annotations.Nullable;

/** The vault refuses, or cannot be read. The message is one line and names nobody. */
public class VaultException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public VaultException(String message) {
    super(message);
  }

  public VaultException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}

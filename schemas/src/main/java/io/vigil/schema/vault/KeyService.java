package io.vigil.schema.vault;

/**
 * Whoever keeps the key that opens a vault: a key management service, or a file. It is asked once
 * when a vault is made or opened, never for each person. Thread-safe.
 */
public interface KeyService {
  /** Names the key without telling anything of it, for messages and for choosing the right one. */
  String id();

  /**
   * Encrypts a key, with authentication.
   *
   * @param key 32 bytes, not changed
   * @throws VaultException when the service fails
   */
  byte[] wrap(byte[] key);

  /**
   * Undoes {@link #wrap}.
   *
   * @throws VaultException when the bytes were not wrapped by this key, or the service fails
   */
  byte[] unwrap(byte[] wrapped);
}

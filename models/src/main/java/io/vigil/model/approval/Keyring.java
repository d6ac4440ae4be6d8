package io.vigil.model.approval;

import io.vigil.model.artefact.ArtefactException;
import io.vigil.model.artefact.Artefacts;

/** The persons who may sign, and their keys: the root of trust. Immutable and thread-safe. */
public final class Keyring {
  private final String digest;

  private Keyring(String digest) {
    this.digest = digest;
  }

  /**
   * Reads a keyring.
   *
   * @param yaml the whole file
   * @param origin where it came from, for messages
   * @throws ArtefactException at the first thing that is wrong
   */
  public static Keyring read(String yaml, String origin) {
    return new Keyring(Artefacts.digest(yaml));
  }

  /** SHA-256 of the file, hex. */
  public String digest() {
    return digest;
  }
}

package io.vigil.model.approval;

import java.io.IOException;

/** Artefacts by their digests. Thread-safe. */
public interface ArtefactStore {

  /**
   * The bytes of an artefact, verified against its digest.
   *
   * @param kind of the artefact
   * @param digest 64 lower-case hex digits; of a bundle, whose bytes are its zip, that of its
   *     manifest
   * @param bytesMax more are not read
   * @throws IOException when it isn't there, has more bytes, or has another digest
   */
  byte[] read(Kind kind, String digest, long bytesMax) throws IOException;
}

package io.vigil.job.control;

import java.io.IOException;

/** An artefact has more bytes than a job reads. */
public final class ArtefactTooLargeException extends IOException {
  private static final long serialVersionUID = 1L;

  public ArtefactTooLargeException(String message) {
    super(message);
  }
}

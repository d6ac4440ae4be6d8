package io.vigil.model.bundle;

/** A model loads, but does not give the logits that its makers say it gives. */
public final class GoldenException extends BundleException {
  private static final long serialVersionUID = 1L;

  public GoldenException(String message) {
    super(message);
  }
}

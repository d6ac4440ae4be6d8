package io.vigil.model.torch;

/** Looks into a TorchScript archive without running any of it. */
final class TorchScriptInspector {
  private TorchScriptInspector() {}

  /**
   * Refuses what is no TorchScript archive.
   *
   * @throws IllegalArgumentException saying what is wrong
   */
  static void inspect(byte[] archive) {
    boolean zip = archive.length > 4 && archive[0] == 'P' && archive[1] == 'K';
    if (!zip) {
      throw new IllegalArgumentException("expected a TorchScript archive, which is a zip file");
    }
  }
}

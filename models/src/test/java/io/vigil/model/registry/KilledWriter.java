package io.vigil.model.registry;

import io.vigil.model.approval.Kind;
import io.vigil.model.artefact.Artefacts;
import java.io.IOException;
import java.nio.file.Path;

/** A process that stores something large, and is killed meanwhile. */
final class KilledWriter {
  static final byte[] BYTES = new byte[64 << 20];
  static final String DIGEST = Artefacts.digest(BYTES);

  private KilledWriter() {}

  public static void main(String[] args) throws IOException {
    new DirectoryStore(Path.of(args[0])).put(Kind.RULE_SET, "big.yaml", BYTES);
  }
}

package io.vigil.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files that are made from others and stand in the repository. */
final class Generated {
  private Generated() {}

  /** Fails when the file is stale; with {@code -Dvigil.docs.write=true} it is written anew. */
  static void hold(Path file, String content) throws IOException {
    if (Boolean.getBoolean("vigil.docs.write")) {
      Files.createDirectories(file.getParent());
      Files.writeString(file, content);
    }
    assertThat(file)
        .as("stale: write it anew with -Dvigil.docs.write=true")
        .content()
        .isEqualTo(content);
  }
}

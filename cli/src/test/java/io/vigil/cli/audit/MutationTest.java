package io.vigil.cli.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A sample of {@link MutationIT}. */
class MutationTest {
  @TempDir private Path folder = Path.of("");

  @Test
  void bothVerifiersFindWhatWasDoneToAnArchive() throws Exception {
    MutationRun run = new MutationRun(folder);
    assertThat(run.clean()).as("before").isTrue();

    run.run(200, 1);

    assertThat(run.missed).isEmpty();
    assertThat(run.clean()).as("after").isTrue();
  }
}

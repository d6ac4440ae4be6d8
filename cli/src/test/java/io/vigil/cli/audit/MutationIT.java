package io.vigil.cli.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Mutations of an archive; {@code -Dvigil.mutations} says how many (1,500; 10,000 take minutes).
 */
@Tag("slow")
class MutationIT {
  @TempDir private Path folder = Path.of("");

  @Test
  @SuppressWarnings("SystemOut") // What was seen is worth showing beside the verdict.
  void bothVerifiersFindWhatWasDoneToAnArchive() throws Exception {
    MutationRun run = new MutationRun(folder);
    assertThat(run.clean()).as("before").isTrue();

    run.run(Integer.getInteger("vigil.mutations", 1_500), 2);

    System.out.println("made " + run.made);
    System.out.println("findings " + run.found);
    System.out.println("bits that mean nothing " + run.harmless);
    assertThat(run.missed).isEmpty();
    assertThat(run.made.keySet())
        .contains("bit flip", "tail cut", "insider", "insider hides", "other key");
    assertThat(run.clean()).as("after").isTrue();
  }
}

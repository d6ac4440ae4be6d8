package io.vigil.cli.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.job.archive.ArchiveFolder;
import io.vigil.model.approval.SigningKeys;
import io.vigil.model.proof.NoteKey;
import io.vigil.model.proof.ProofKind;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The job's archive, and faults in it that have names. */
class VerifierTest {
  @TempDir static Path folder = Path.of("");
  private static final ProvedJob JOB = new ProvedJob(5, 900, 20_000);
  private static final KeyPair PAIR = SigningKeys.generate();
  private static final NoteKey KEY = new NoteKey(ProvedJob.ORIGIN, PAIR.getPublic());

  @BeforeAll
  static void run() throws Exception {
    Path key = folder.resolve("proof.key");
    Files.writeString(key, SigningKeys.privatePem(PAIR.getPrivate()));
    JOB.run(folder.resolve("archive"), key, "default", 2);
  }

  private static Verifier.Result verify(Path archive, String... anchors) throws Exception {
    return new Verifier(
            ArchiveFolder.of(archive.toString()), KEY, ProvedJob.BOUND_MS, folder.resolve("tmp"))
        .verify(List.of(anchors));
  }

  @Test
  void theJobsArchiveIsAsItWasLogged() throws Exception {
    Verifier.Result result = verify(folder.resolve("archive"));

    assertThat(result.findings().kept()).isEmpty();
    assertThat(result.records().get(ProofKind.INPUTS)).isEqualTo(JOB.records());
    assertThat(result.records()).containsKeys(ProofKind.values());
    assertThat(result.open()).isZero();
  }
}

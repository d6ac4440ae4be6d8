package io.vigil.cli.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.job.archive.ArchiveDay;
import io.vigil.job.archive.ArchiveFolder;
import io.vigil.job.archive.Compaction;
import io.vigil.model.approval.SigningKeys;
import io.vigil.model.proof.NoteKey;
import io.vigil.model.proof.ProofKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.LocalDate;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.stream.Stream;
import org.apache.avro.file.DataFileReader;
import org.apache.avro.file.DataFileWriter;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
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

  /** Heads tell of records, not of files: whoever rewrites files need not be trusted. */
  @Test
  void aCompactedArchiveIsTheSame() throws Exception {
    Path copy = folder.resolve("compacted");
    try (Stream<Path> files = Files.walk(folder.resolve("archive"))) {
      for (Path file : files.sorted().toList()) {
        Path to = copy.resolve(folder.resolve("archive").relativize(file).toString());
        if (file.toString().endsWith(".avro")) {
          split(file, to);
        } else {
          Files.copy(file, to);
        }
      }
    }
    ArchiveFolder archive = ArchiveFolder.of(copy.toString());
    Compaction compaction = new Compaction(archive, folder.resolve("sort"));
    int before = 0;
    int after = 0;
    for (String kind : archive.kinds()) {
      for (ArchiveDay day : archive.days(kind, LocalDate.MIN, LocalDate.MAX).values()) {
        Compaction.Result result = compaction.compact(day);
        before += result.before();
        after += result.after();
      }
    }

    assertThat(after).isLessThan(before);
    Verifier.Result result = verify(copy);
    assertThat(result.findings().kept()).isEmpty();
    assertThat(result.records()).isEqualTo(verify(folder.resolve("archive")).records());
  }

  /** Every other record of a file in another one, as a job with more subtasks writes them. */
  private static void split(Path file, Path to) throws IOException {
    Path other = to.resolveSibling("other-" + to.getFileName());
    GenericData inOrder =
        new GenericData() {
          @Override
          public Object newMap(Object old, int size) {
            return new LinkedHashMap<>(); // The bytes stay as they were.
          }
        };
    GenericDatumReader<Object> datums = new GenericDatumReader<>(null, null, inOrder);
    try (DataFileReader<Object> in = new DataFileReader<>(file.toFile(), datums);
        DataFileWriter<Object> one = new DataFileWriter<>(new GenericDatumWriter<>());
        DataFileWriter<Object> two = new DataFileWriter<>(new GenericDatumWriter<>())) {
      one.create(in.getSchema(), to.toFile());
      two.create(in.getSchema(), other.toFile());
      for (boolean first = true; in.hasNext(); first = !first) {
        (first ? one : two).append(in.next());
      }
    }
  }
}

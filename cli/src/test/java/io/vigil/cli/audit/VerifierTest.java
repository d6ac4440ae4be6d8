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
import java.util.Map;
import java.util.TreeMap;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The job's archive, and faults in it that have names. */
class VerifierTest {
  @TempDir static Path folder = Path.of("");
  private static final ProvedJob JOB = new ProvedJob(5, 900, 20_000);
  private static final KeyPair PAIR = SigningKeys.generate();
  private static final NoteKey KEY = new NoteKey(ProvedJob.ORIGIN, PAIR.getPublic());
  private static Path archive = Path.of("");
  private static TinyVerifier tiny;

  @BeforeAll
  static void run() throws Exception {
    Path key = folder.resolve("proof.key");
    Files.writeString(key, SigningKeys.privatePem(PAIR.getPrivate()));
    archive = folder.resolve("archive");
    JOB.run(archive, key, "default", 2);
    tiny = new TinyVerifier(folder.resolve("classes"));
  }

  private static Verifier.Result verify(Path archive, String... anchors) throws Exception {
    return new Verifier(
            ArchiveFolder.of(archive.toString()), KEY, ProvedJob.BOUND_MS, folder.resolve("tmp"))
        .verify(List.of(anchors));
  }

  private static List<String> independent(Path archive, String name, String... anchors)
      throws Exception {
    Path packed = folder.resolve(name);
    new Export(ArchiveFolder.of(archive.toString()), ProvedJob.BOUND_MS, folder.resolve("tmp"))
        .write(packed, null, null);
    return tiny.verify(packed, KEY.text(), List.of(anchors));
  }

  private static Path copy(String name) throws Exception {
    Path copy = folder.resolve(name);
    Forge.copy(archive, copy);
    return copy;
  }

  /** Another log over what is there now, by whoever holds the key. */
  private static void sign(Path archive, KeyPair pair) throws Exception {
    ArchiveImage image = ArchiveImage.read(archive);
    Map<String, byte[]> none = new TreeMap<>();
    image.files("batches").forEach(file -> none.put(file, null));
    image.files("heads").forEach(file -> none.put(file, null));
    Map<String, byte[]> log = new Forge(folder.resolve("tmp")).sign(archive, pair, 60);
    ArchiveImage.apply(archive, none);
    ArchiveImage.apply(archive, log);
  }

  @Test
  void theJobsArchiveIsAsItWasLogged() throws Exception {
    Verifier.Result result = verify(archive, Heads.newest(folder(archive)).orElseThrow());

    assertThat(result.findings().kept()).isEmpty();
    assertThat(result.records().get(ProofKind.INPUTS)).isEqualTo(JOB.records());
    assertThat(result.records()).containsKeys(ProofKind.values());
    assertThat(result.open()).isZero();
    assertThat(independent(archive, "packed")).isEmpty();
  }

  private static ArchiveFolder folder(Path path) {
    return ArchiveFolder.of(path.toString());
  }

  /** A decision that never reached its sink, nor the proof, in a job whose key is good. */
  @Test
  void aWithheldDecisionShowsWithoutAnyAnchor() throws Exception {
    Path faulty = copy("faulty");
    ArchiveImage image = ArchiveImage.read(faulty);
    String file = image.files("decisions").get(0);
    GenericRecord lost = ArchiveImage.decode(file, image.bodies(file).get(3));
    ArchiveImage.apply(
        faulty,
        Map.of(
            file,
            ArchiveImage.file(
                file,
                image.bodies(file).stream().filter(b -> b != image.bodies(file).get(3)).toList())));
    sign(faulty, PAIR);

    String where =
        "%s-%s@%s"
            .formatted(
                lost.get("source_topic"), lost.get("source_partition"), lost.get("source_offset"));
    assertThat(verify(faulty).findings().kept())
        .filteredOn(finding -> finding.what().equals("answer_missing"))
        .containsExactly(
            new Finding("answer_missing", where, "a decision, a receipt or a dead letter", "none"));
    assertThat(independent(faulty, "packed-faulty")).contains(where + ": 1 inputs, 0 answers");
  }

  /** Who holds the log's key makes a past that is whole; the head that others kept tells. */
  @Test
  void anInsiderShowsByTheAnchorAlone() throws Exception {
    Path rewritten = copy("rewritten");
    sign(rewritten, PAIR);
    String anchor = Heads.newest(folder(rewritten)).orElseThrow();
    ArchiveImage image = ArchiveImage.read(rewritten);
    String file = image.files("decisions").get(0);
    List<byte[]> bodies = new java.util.ArrayList<>(image.bodies(file));
    GenericRecord decision = ArchiveImage.decode(file, bodies.get(5));
    boolean declined = decision.get("outcome").toString().equals("DECLINE");
    decision.put(
        "outcome",
        new GenericData.EnumSymbol(
            decision.getSchema().getField("outcome").schema(), declined ? "APPROVE" : "DECLINE"));
    bodies.set(5, ArchiveImage.encode(decision));
    ArchiveImage.apply(rewritten, Map.of(file, ArchiveImage.file(file, bodies)));
    sign(rewritten, PAIR);

    assertThat(verify(rewritten).findings().none()).as("nothing else tells").isTrue();
    assertThat(independent(rewritten, "packed-rewritten")).isEmpty();
    assertThat(verify(rewritten, anchor).findings().counts()).containsOnlyKeys("anchor_root");
    assertThat(independent(rewritten, "packed-rewritten-2", anchor)).hasSize(1);
    assertThat(independent(rewritten, "packed-rewritten-3", anchor).get(0))
        .contains("anchor 1")
        .contains("another root");
  }

  @Test
  void aDecisionIsProvedAlone() throws Exception {
    DecisionProof proof = DecisionProof.of(folder(archive), "100", null, folder.resolve("tmp"));
    String text = proof.text();

    assertThat(DecisionProof.parse(text).verify(KEY).getTransaction().getTransactionId())
        .isEqualTo("100");
    int refused = 0;
    for (int i = 0; i < 200; i++) {
      char[] altered = text.toCharArray();
      int at = i * 97 % (altered.length - 1);
      altered[at] = altered[at] == 'a' ? 'b' : altered[at] == '7' ? '8' : '7';
      try {
        DecisionProof.parse(new String(altered)).verify(KEY);
      } catch (IllegalArgumentException e) {
        refused++;
      }
    }
    assertThat(refused).isEqualTo(200);
  }
}

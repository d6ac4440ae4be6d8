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
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.avro.file.DataFileReader;
import org.apache.avro.file.DataFileWriter;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
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
    // Of the same size or, when the record's hash has another range, of another.
    assertThat(verify(rewritten, anchor).findings().counts().keySet())
        .isNotEmpty()
        .isSubsetOf("anchor_root", "anchor_size", "anchor_until");
    assertThat(independent(rewritten, "packed-rewritten-2", anchor))
        .isNotEmpty()
        .allSatisfy(finding -> assertThat(finding).startsWith("anchor 1"));
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

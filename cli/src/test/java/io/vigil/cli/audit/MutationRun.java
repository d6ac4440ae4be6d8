package io.vigil.cli.audit;

import io.vigil.job.archive.ArchiveFolder;
import io.vigil.model.approval.SigningKeys;
import io.vigil.model.proof.NoteKey;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.avro.file.DataFileStream;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.jspecify.annotations.Nullable;

/** Seeded mutations of a small archive, each shown to both verifiers. */
final class MutationRun {
  private static final int MINUTES = 20;

  private final Path folder;
  private final KeyPair pair = SigningKeys.generate();
  private final NoteKey key = new NoteKey(ProvedJob.ORIGIN, pair.getPublic());
  private final Path archive;
  private final ArchiveImage image;
  private final Mutations mutations;
  private final TinyVerifier tiny;
  private final String anchor;
  final Map<String, Integer> made = new TreeMap<>();
  final Map<String, Integer> found = new TreeMap<>();
  final List<String> missed = new ArrayList<>();
  int harmless;

  MutationRun(Path folder) throws Exception {
    this.folder = folder;
    this.archive = folder.resolve("archive");
    Path secret = folder.resolve("proof.key");
    Files.writeString(secret, SigningKeys.privatePem(pair.getPrivate()));
    // Two days, so that a day can be left out.
    Path job = folder.resolve("job");
    new ProvedJob(9, 150, 60_000).run(job, secret, "default", 1);
    Forge forge = new Forge(folder.resolve("tmp"));
    for (String kind : List.of("inputs", "decisions", "cases", "receipts", "dead-letters")) {
      Forge.copy(job.resolve(kind), archive.resolve(kind));
    }
    ArchiveImage.apply(archive, new TreeMap<>(forge.sign(archive, pair, MINUTES)));
    image = ArchiveImage.read(archive);
    mutations = new Mutations(image, forge, pair, SigningKeys.generate(), MINUTES);
    tiny = new TinyVerifier(folder.resolve("classes"));
    anchor = Heads.newest(ArchiveFolder.of(archive.toString())).orElseThrow();
  }

  private Verifier.Result verify(List<String> anchors) throws IOException {
    return new Verifier(
            ArchiveFolder.of(archive.toString()), key, ProvedJob.BOUND_MS, folder.resolve("tmp"))
        .verify(anchors);
  }

  /** What the export or the verifier that shares no code says; null for nothing. */
  private @Nullable String independent(List<String> anchors) throws IOException {
    Path packed = folder.resolve("packed");
    try {
      new Export(ArchiveFolder.of(archive.toString()), ProvedJob.BOUND_MS, folder.resolve("tmp"))
          .write(packed, null, null);
      List<String> findings = tiny.verify(packed, key.text(), anchors);
      return findings.isEmpty() ? null : findings.get(0);
    } catch (Export.UnpackableException e) {
      return e.getMessage();
    } finally {
      if (Files.exists(packed)) {
        try (Stream<Path> files = Files.walk(packed)) {
          for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
            Files.delete(file);
          }
        }
      }
    }
  }

  /** Whether neither finds anything. */
  boolean clean() throws IOException {
    return verify(List.of(anchor)).findings().none() && independent(List.of(anchor)) == null;
  }

  /** Makes a mutation, shows it to both, and takes it back. */
  void mutate(long seed) throws Exception {
    Mutations.Mutation mutation = mutations.of(seed);
    ArchiveImage.apply(archive, mutation.changes());
    try {
      Verifier.Result result = verify(List.of(anchor));
      String other = independent(List.of(anchor));
      if (result.findings().none() && other == null && sameRecords(mutation.changes())) {
        harmless++;
        return;
      }
      made.merge(mutation.name(), 1, Integer::sum);
      result.findings().counts().keySet().forEach(code -> found.merge(code, 1, Integer::sum));
      if (result.findings().none() || other == null) {
        missed.add(
            "%s, seed %d: %s; the other: %s"
                .formatted(mutation.name(), seed, result.findings().counts(), other));
      }
    } finally {
      ArchiveImage.apply(archive, image.undo(mutation.changes()));
    }
  }

  /**
   * Whether Avro's own reader reads from every changed file what it read before: then a bit was
   * flipped that means nothing, such as one of the window of a compressed block or of a schema's
   * text for people.
   */
  private boolean sameRecords(Map<String, byte @Nullable []> changes) throws IOException {
    for (Map.Entry<String, byte @Nullable []> change : changes.entrySet()) {
      byte[] before = image.files.get(change.getKey());
      if (change.getValue() == null
          || before == null
          || !records(change.getValue()).equals(records(before))) {
        return false;
      }
    }
    return true;
  }

  private static List<String> records(byte[] file) throws IOException {
    List<String> records = new ArrayList<>();
    try (DataFileStream<GenericRecord> in =
        new DataFileStream<>(new ByteArrayInputStream(file), new GenericDatumReader<>())) {
      while (in.hasNext()) {
        records.add(HexFormat.of().formatHex(ArchiveImage.encode(in.next())));
      }
    }
    return records;
  }

  /** Makes so many. */
  void run(int count, long seed) throws Exception {
    Random seeds = new Random(seed);
    for (int i = 0; i < count; i++) {
      mutate(seeds.nextLong());
    }
  }
}

package io.vigil.cli.audit;

import io.vigil.job.archive.ArchiveFolder;
import io.vigil.model.proof.MerkleAccumulator;
import io.vigil.model.proof.MerkleHash;
import io.vigil.model.proof.NoteKey;
import io.vigil.model.proof.ProofBatch;
import io.vigil.model.proof.TreeHead;
import io.vigil.schema.Batch;
import io.vigil.schema.Digest;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.codec.SingleObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Makes log and heads anew for whatever records an archive has, with whatever key one holds. */
final class Forge {
  private final Path temporary;

  Forge(Path temporary) {
    this.temporary = temporary;
  }

  /** The files of a log with a head every so many minutes of the stream. */
  Map<String, byte[]> sign(Path archive, KeyPair pair, int minutes) throws IOException {
    ArchiveFolder folder = ArchiveFolder.of(archive.toString());
    MerkleHash hash = new MerkleHash();
    List<ProofBatch> batches = new ArrayList<>();
    Trouble none = (what, where, expected, got) -> {};
    try (ByteSort origins = new ByteSort(temporary, 1 << 26);
        ByteSort alerts = new ByteSort(temporary, 1 << 26);
        LeafSort leaves = new LeafSort(temporary, 1 << 26)) {
      new RecordScan(folder, false, origins, alerts, leaves, none).run();
      new Accounting(origins, leaves, ProvedJob.BOUND_MS, Long.MAX_VALUE, none).run();
      LeafBatches all = new LeafBatches(leaves, hash);
      for (; all.peek() != null; all.take()) {
        batches.add(all.peek());
      }
    }
    Map<String, List<byte[]>> bodies = new TreeMap<>();
    Codec<Batch> codec = Codec.of(Batch.class);
    Codec<io.vigil.schema.TreeHead> heads = Codec.of(io.vigil.schema.TreeHead.class);
    NoteKey key = new NoteKey(ProvedJob.ORIGIN, pair.getPublic());
    MerkleAccumulator tree = new MerkleAccumulator(hash);
    byte[] previous = TreeHead.noPrevious();
    for (int i = 0; i < batches.size(); i++) {
      ProofBatch batch = batches.get(i);
      Batch record =
          new Batch(
              (long) i,
              batch.minute(),
              batch.kind().folder(),
              batch.range(),
              batch.count(),
              new Digest(batch.root()));
      add(bodies, "batches", batch.minute() * 60_000, codec.encode(record));
      tree.add(hash.leaf(batch.bytes()));
      boolean last = i + 1 == batches.size();
      long next = last ? Long.MAX_VALUE : batches.get(i + 1).minute() / minutes;
      if (next != batch.minute() / minutes) {
        long untilMs = (batch.minute() + 1) * 60_000;
        String note =
            key.sign(
                new TreeHead(ProvedJob.ORIGIN, tree.size(), tree.root(), untilMs, previous).text(),
                pair.getPrivate());
        previous = hash.plain(note.getBytes(StandardCharsets.UTF_8));
        add(
            bodies,
            "heads",
            untilMs - 1,
            heads.encode(new io.vigil.schema.TreeHead(tree.size(), untilMs, note)));
      }
    }
    Map<String, byte[]> files = new TreeMap<>();
    for (Map.Entry<String, List<byte[]>> each : bodies.entrySet()) {
      files.put(each.getKey(), ArchiveImage.file(each.getKey(), each.getValue()));
    }
    return files;
  }

  private static void add(
      Map<String, List<byte[]>> bodies, String kind, long timeMs, byte[] value) {
    String file =
        "%s/day=%s/forged.avro"
            .formatted(kind, Instant.ofEpochMilli(timeMs).atZone(ZoneOffset.UTC).toLocalDate());
    bodies
        .computeIfAbsent(file, f -> new ArrayList<>())
        .add(Arrays.copyOfRange(value, SingleObject.HEADER_BYTES, value.length));
  }

  static void copy(Path from, Path to) throws IOException {
    try (var walk = Files.walk(from)) {
      for (Path file : walk.filter(Files::isRegularFile).toList()) {
        Path target = to.resolve(from.relativize(file).toString());
        Files.createDirectories(target.getParent());
        Files.copy(file, target);
      }
    }
  }
}

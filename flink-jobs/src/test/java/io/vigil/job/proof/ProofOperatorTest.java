package io.vigil.job.proof;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vigil.job.record.Outgoing;
import io.vigil.model.approval.SigningKeys;
import io.vigil.model.proof.MerkleHash;
import io.vigil.model.proof.MerkleProofs;
import io.vigil.model.proof.NoteKey;
import io.vigil.model.proof.ProofBatch;
import io.vigil.model.proof.ProofKind;
import io.vigil.model.proof.TreeHead;
import io.vigil.schema.codec.Codec;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.avro.file.DataFileWriter;
import org.apache.avro.specific.SpecificDatumWriter;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.AbstractStreamOperatorTestHarness;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProofOperatorTest {
  private static final int MAX_PARALLELISM = 128;
  private static final long START_MS = 1_767_225_600_000L;

  private final MerkleHash hash = new MerkleHash();
  @TempDir private Path folder;

  private static KeyedOneInputStreamOperatorTestHarness<String, LeafPack, ProofBatch> batches(
      int parallelism, int subtask) throws Exception {
    return new KeyedOneInputStreamOperatorTestHarness<>(
        new ProofOperator(), LeafPack::key, Types.STRING, MAX_PARALLELISM, parallelism, subtask);
  }

  /** Leaves over six minutes, some at the same instant. */
  private List<Leaf> leaves(long seed, int count) {
    Random random = new Random(seed);
    List<Leaf> leaves = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      byte[] value = new byte[8];
      random.nextBytes(value);
      leaves.add(
          Leaf.of(
              ProofKind.of(random.nextInt(5)),
              START_MS + random.nextInt(360) * 1_000L,
              hash.leaf(value)));
    }
    return leaves;
  }

  private static LeafPack pack(Leaf leaf) {
    return new LeafPack(
        ProofBatch.range(leaf.hash()),
        ByteBuffer.allocate(LeafPack.LEAF_BYTES)
            .put((byte) leaf.kind().ordinal())
            .putLong(leaf.timeMs())
            .put(leaf.hash())
            .array());
  }

  /** What the definition says: sorted by instant and hash, a tree each. */
  private Map<String, ProofBatch> expected(List<Leaf> leaves) {
    List<Leaf> sorted = new ArrayList<>(leaves);
    sorted.sort(
        Comparator.comparingLong(Leaf::timeMs)
            .thenComparing((a, b) -> Arrays.compareUnsigned(a.hash(), b.hash())));
    Map<String, List<Leaf>> by = new TreeMap<>();
    for (Leaf leaf : sorted) {
      String key =
          ProofBatch.minute(leaf.timeMs()) + leaf.kind().folder() + ProofBatch.range(leaf.hash());
      by.computeIfAbsent(key, k -> new ArrayList<>()).add(leaf);
    }
    Map<String, ProofBatch> batches = new TreeMap<>();
    by.forEach(
        (key, all) -> {
          Leaf first = all.get(0);
          byte[] root = new MerkleProofs(hash).root(all.stream().map(Leaf::hash).toList());
          batches.put(
              key,
              new ProofBatch(
                  ProofBatch.minute(first.timeMs()),
                  first.kind(),
                  ProofBatch.range(first.hash()),
                  all.size(),
                  root));
        });
    return batches;
  }

  private static void collect(
      AbstractStreamOperatorTestHarness<ProofBatch> harness, Map<String, ProofBatch> into) {
    for (Object element : harness.getOutput()) {
      if (element instanceof StreamRecord<?> record) {
        ProofBatch batch = (ProofBatch) record.getValue();
        String key = batch.minute() + batch.kind().folder() + batch.range();
        assertThat(into.put(key, batch)).as("two batches of one minute: %s", key).isNull();
      }
    }
    harness.getOutput().clear();
  }

  /** In the middle of a minute the job stops, and goes on with another parallelism. */
  @Test
  void aRestartInTheMiddleOfAMinuteChangesNoBatch() throws Exception {
    List<Leaf> leaves = leaves(3, 4_000);
    long cutMs = START_MS + 150_300;
    for (int[] step : new int[][] {{1, 1}, {1, 4}, {4, 2}, {2, 3}, {3, 1}}) {
      Map<String, ProofBatch> batches = new TreeMap<>();
      List<OperatorSubtaskState> snapshots = new ArrayList<>();
      for (int subtask = 0; subtask < step[0]; subtask++) {
        try (var harness = batches(step[0], subtask)) {
          harness.open();
          feed(harness, leaves, step[0], subtask, Long.MIN_VALUE, cutMs + 20_000);
          harness.processWatermark(cutMs);
          collect(harness, batches);
          snapshots.add(harness.snapshot(1, 1));
        }
      }
      OperatorSubtaskState all =
          AbstractStreamOperatorTestHarness.repackageState(
              snapshots.toArray(new OperatorSubtaskState[0]));
      for (int subtask = 0; subtask < step[1]; subtask++) {
        try (var harness = batches(step[1], subtask)) {
          harness.initializeState(
              AbstractStreamOperatorTestHarness.repartitionOperatorState(
                  all, MAX_PARALLELISM, step[0], step[1], subtask));
          harness.open();
          feed(harness, leaves, step[1], subtask, cutMs + 20_000, Long.MAX_VALUE);
          harness.processWatermark(Long.MAX_VALUE);
          collect(harness, batches);
        }
      }
      assertThat(batches).as("%d to %d", step[0], step[1]).isEqualTo(expected(leaves));
    }
  }

  private static void feed(
      KeyedOneInputStreamOperatorTestHarness<String, LeafPack, ProofBatch> harness,
      List<Leaf> leaves,
      int parallelism,
      int subtask,
      long fromMs,
      long toMs)
      throws Exception {
    for (Leaf leaf : leaves) {
      LeafPack pack = pack(leaf);
      int mine =
          KeyGroupRangeAssignment.assignKeyToParallelOperator(
              pack.key(), MAX_PARALLELISM, parallelism);
      if (mine == subtask && leaf.timeMs() >= fromMs && leaf.timeMs() < toMs) {
        harness.processElement(pack, 0);
      }
    }
  }

  @Test
  void rangesAreSpreadOverSubtasks() {
    for (int parallelism : new int[] {2, 4, 8}) {
      int[] ranges = new int[parallelism];
      for (int range = 0; range < ProofBatch.RANGES; range++) {
        ranges[
            KeyGroupRangeAssignment.assignKeyToParallelOperator(
                LeafPack.key(range), MAX_PARALLELISM, parallelism)]++;
      }
      assertThat(ranges).containsOnly(ProofBatch.RANGES / parallelism);
    }
  }

  @Test
  void leavesDoNotWaitOverWatermarksAndBarriers() throws Exception {
    byte[] value = {1, 2, 3};
    try (var harness =
        new OneInputStreamOperatorTestHarness<>(LeafOperator.of(ProofKind.DECISIONS))) {
      harness.open();
      harness.processElement(new Outgoing("decisions", null, value, 77), 0);
      assertThat(harness.extractOutputValues()).isEmpty();

      harness.prepareSnapshotPreBarrier(1);

      List<Leaf> leaves = new ArrayList<>();
      harness.extractOutputValues().forEach(pack -> pack.forEach(leaves::add));
      assertThat(leaves).containsExactly(Leaf.of(ProofKind.DECISIONS, 77, hash.leaf(value)));
      harness.processElement(new Outgoing("decisions", null, value, 78), 0);
      harness.processWatermark(78);
      assertThat(harness.extractOutputValues()).hasSize(2);
    }
  }

  private OneInputStreamOperatorTestHarness<ProofBatch, Outgoing> log(KeyPair pair)
      throws Exception {
    Path file = folder.resolve("proof.key");
    Files.writeString(file, SigningKeys.privatePem(pair.getPrivate()));
    return new OneInputStreamOperatorTestHarness<>(
        new TreeOperator(
            "example.com/test",
            file.toUri().toString(),
            folder.resolve("archive").toUri().toString()));
  }

  private static List<String> notes(List<Outgoing> outputs) throws Exception {
    Codec<io.vigil.schema.TreeHead> codec = Codec.of(io.vigil.schema.TreeHead.class);
    List<String> notes = new ArrayList<>();
    for (Outgoing output : outputs) {
      notes.add(codec.decode(output.value()).getNote());
    }
    return notes;
  }

  @Test
  void aStateThatIsOlderThanThePublishedHeadsIsRefused() throws Exception {
    KeyPair pair = SigningKeys.generate();
    List<ProofBatch> batches = new ArrayList<>(expected(leaves(5, 2_000)).values());
    batches.sort(ProofBatch.LOG_ORDER);
    OperatorSubtaskState snapshot;
    io.vigil.schema.TreeHead head;
    try (var log = log(pair)) {
      log.open();
      for (ProofBatch batch : batches) {
        log.processElement(new StreamRecord<>(batch));
      }
      log.processWatermark(Long.MAX_VALUE - 1);
      log.prepareSnapshotPreBarrier(1);
      snapshot = log.snapshot(1, 1);
      head =
          Codec.of(io.vigil.schema.TreeHead.class).decode(log.extractOutputValues().get(0).value());
    }
    Path file = folder.resolve("archive/heads/day=2026-01-31/heads-0.avro");
    Files.createDirectories(file.getParent());
    try (DataFileWriter<io.vigil.schema.TreeHead> out =
        new DataFileWriter<>(new SpecificDatumWriter<>(io.vigil.schema.TreeHead.class))) {
      out.create(io.vigil.schema.TreeHead.getClassSchema(), file.toFile());
      out.append(head);
    }

    try (var log = log(pair)) {
      log.initializeState(snapshot);
      log.open(); // The checkpoint that the head came with.
    }
    try (var log = log(pair)) {
      assertThatThrownBy(log::open)
          .hasMessageContaining("expected to go on behind the newest head")
          .hasMessageContaining("got a state of 0");
    }
  }

  @Test
  void headsAreSignedBeforeBarriersAndGoOnAfterARestart() throws Exception {
    KeyPair pair = SigningKeys.generate();
    List<ProofBatch> batches = new ArrayList<>(expected(leaves(5, 2_000)).values());
    batches.sort(ProofBatch.LOG_ORDER);
    long endOfThird = (batches.get(0).minute() + 3) * ProofBatch.MINUTE_MS;
    List<ProofBatch> before =
        batches.stream().filter(b -> b.minute() < batches.get(0).minute() + 4).toList();
    List<ProofBatch> after = batches.subList(before.size(), batches.size());
    List<String> notes;
    OperatorSubtaskState snapshot;
    try (var log = log(pair)) {
      log.open();
      // Batches come in any order; one minute's wait for the watermark.
      List<ProofBatch> shuffled = new ArrayList<>(before);
      java.util.Collections.shuffle(shuffled, new Random(1));
      for (ProofBatch batch : shuffled) {
        log.processElement(batch, 0);
      }
      log.prepareSnapshotPreBarrier(1);
      assertThat(log.extractOutputValues()).as("nothing is over yet").isEmpty();
      log.processWatermark(endOfThird - 1);
      log.prepareSnapshotPreBarrier(2);
      snapshot = log.snapshot(2, 2);
      log.prepareSnapshotPreBarrier(3);
      notes = notes(log.extractOutputValues());
      assertThat(notes).as("no second head of one size").hasSize(1);
    }
    List<String> later;
    try (var log = log(pair)) {
      log.initializeState(snapshot);
      log.open();
      for (ProofBatch batch : after) {
        log.processElement(batch, 0);
      }
      log.processWatermark(Long.MAX_VALUE);
      log.endInput();
      log.getOperator().finish();
      later = notes(log.extractOutputValues());
      assertThatThrownBy(() -> log.processElement(before.get(0), 0))
          .hasMessageContaining("expected one batch of each kind and range a minute from");
    }
    assertThat(later).hasSize(1);
    NoteKey key = new NoteKey("example.com/test", pair.getPublic());
    TreeHead first = TreeHead.parse(key.open(notes.get(0)));
    TreeHead last = TreeHead.parse(key.open(later.get(0)));
    long inThree = batches.stream().filter(b -> (b.minute() + 1) * 60_000 <= endOfThird).count();
    List<byte[]> lines = batches.stream().map(b -> hash.leaf(b.bytes())).toList();
    MerkleProofs proofs = new MerkleProofs(hash);
    assertThat(first)
        .isEqualTo(
            new TreeHead(
                "example.com/test",
                inThree,
                proofs.root(lines.subList(0, (int) inThree)),
                endOfThird,
                TreeHead.noPrevious()));
    assertThat(last)
        .isEqualTo(
            new TreeHead(
                "example.com/test",
                batches.size(),
                proofs.root(lines),
                (batches.get(batches.size() - 1).minute() + 1) * 60_000,
                hash.plain(notes.get(0).getBytes(StandardCharsets.UTF_8))));
  }
}

package io.vigil.job.proof;

import io.vigil.job.Topics;
import io.vigil.job.archive.ArchiveFolder;
import io.vigil.job.metrics.JobMetric;
import io.vigil.job.metrics.JobMetrics;
import io.vigil.job.record.Outgoing;
import io.vigil.job.record.WireType;
import io.vigil.model.approval.SigningKeys;
import io.vigil.model.proof.MerkleAccumulator;
import io.vigil.model.proof.MerkleHash;
import io.vigil.model.proof.NoteKey;
import io.vigil.model.proof.ProofBatch;
import io.vigil.model.proof.TreeHead;
import io.vigil.schema.Batch;
import io.vigil.schema.Digest;
import io.vigil.schema.codec.Codec;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.PrivateKey;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.core.fs.FSDataInputStream;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.util.OutputTag;

/**
 * The log of batches, one for the job: appends each batch when the watermark has passed its minute,
 * in {@link ProofBatch#LOG_ORDER}, and signs a head before each barrier when the log has grown.
 *
 * <p>A head must not be seen before its checkpoint is complete: after a crash a decision may be
 * made anew with other bytes (a fallback), and the log would fork. So it leaves before the barrier
 * and goes to sinks that show what they got when that checkpoint is complete: the archive, and
 * Kafka by a transaction. A head whose checkpoint failed shows with the next one, or never was.
 */
public final class TreeOperator extends AbstractStreamOperator<Outgoing>
    implements OneInputStreamOperator<ProofBatch, Outgoing> {
  private static final long serialVersionUID = 1L;
  private static final byte LAYOUT_VERSION = 1;

  /** Batches with their places, for the archive. */
  public static final OutputTag<Outgoing> BATCHES =
      new OutputTag<>("batches", new WireType<>(Outgoing.WIRE));

  /** A key in PEM has 120. */
  private static final int KEY_BYTES_MAX = 4_096;

  private final String origin;
  private final String keyFile;
  private final String archive;

  private transient NoteKey key;
  private transient PrivateKey secret;
  private transient MerkleHash hash;
  private transient Codec<Batch> batches;
  private transient Codec<io.vigil.schema.TreeHead> heads;
  private transient ListState<byte[]> state;
  private transient MerkleAccumulator tree;
  private transient TreeSet<ProofBatch> waiting;
  private transient long untilMs;
  private transient long headSize;
  private transient byte[] previous;

  /**
   * @param origin names the log
   * @param keyFile a URI, the private key that heads are signed with
   * @param archive a URI, whose newest head this must not leave behind
   */
  public TreeOperator(String origin, String keyFile, String archive) {
    this.origin = origin;
    this.keyFile = keyFile;
    this.archive = archive;
  }

  /** Whether nothing more can stand in the minute. */
  static boolean isOver(long minute, long watermarkMs) {
    return minute < ProofBatch.minute(watermarkMs) || watermarkMs == endMs(minute + 1) - 1;
  }

  private static long endMs(long minute) {
    return minute * ProofBatch.MINUTE_MS;
  }

  @Override
  public void initializeState(StateInitializationContext context) throws Exception {
    super.initializeState(context);
    hash = new MerkleHash();
    tree = new MerkleAccumulator(hash);
    waiting = new TreeSet<>(ProofBatch.LOG_ORDER);
    untilMs = Long.MIN_VALUE;
    previous = TreeHead.noPrevious();
    state =
        context
            .getOperatorStateStore()
            .getListState(
                new ListStateDescriptor<>(
                    "tree", PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO));
    for (byte[] bytes : state.get()) {
      read(new DataInputStream(new ByteArrayInputStream(bytes)));
    }
  }

  @Override
  public void open() throws Exception {
    super.open();
    batches = Codec.of(Batch.class);
    heads = Codec.of(io.vigil.schema.TreeHead.class);
    Path path = new Path(keyFile);
    try (FSDataInputStream in = FileSystem.get(path.toUri()).open(path)) {
      secret =
          SigningKeys.readPrivate(
              new String(in.readNBytes(KEY_BYTES_MAX), StandardCharsets.US_ASCII));
    }
    key = new NoteKey(origin, SigningKeys.publicOf(secret));
    requireNoFork();
    JobMetrics metrics = new JobMetrics(getMetricGroup());
    metrics.gauge(JobMetric.PROOF_BATCHES, tree::size);
    metrics.delay(
        JobMetric.PROOF_DELAY, getProcessingTimeService()::getCurrentProcessingTime, () -> untilMs);
  }

  /**
   * A state that is older than what was published, or lost, would sign other heads for sizes that
   * heads were signed for: to whoever kept those, it looks like a forgery.
   */
  private void requireNoFork() throws IOException {
    io.vigil.schema.TreeHead newest = ArchivedHeads.newest(ArchiveFolder.of(archive));
    if (newest == null || newest.getSize() < headSize) {
      return;
    }
    byte[] note = hash.plain(newest.getNote().getBytes(StandardCharsets.UTF_8));
    if (newest.getSize() > headSize || !Arrays.equals(note, previous)) {
      throw new IllegalStateException(
          "log of batches: expected to go on behind the newest head of the archive, of %d batches,"
                  .formatted(newest.getSize())
              + " got a state of %d: go on from the newest checkpoint, or begin another log with"
                  .formatted(headSize)
              + " another archive, key and vigil.proof.origin");
    }
  }

  @Override
  public void snapshotState(StateSnapshotContext context) throws Exception {
    super.snapshotState(context);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    write(new DataOutputStream(bytes));
    state.update(List.of(bytes.toByteArray()));
  }

  private void write(DataOutputStream out) throws IOException {
    out.writeByte(LAYOUT_VERSION);
    tree.write(out);
    out.writeLong(untilMs);
    out.writeLong(headSize);
    out.write(previous);
    out.writeInt(waiting.size());
    for (ProofBatch batch : waiting) {
      ProofOperator.BATCH_WIRE.write(batch, out);
    }
  }

  private void read(DataInputStream in) throws IOException {
    int version = in.readByte();
    if (version != LAYOUT_VERSION) {
      throw new IOException(
          "log of batches: expected layout " + LAYOUT_VERSION + ", got " + version);
    }
    tree = MerkleAccumulator.read(in, hash);
    untilMs = in.readLong();
    headSize = in.readLong();
    previous = new byte[MerkleHash.BYTES];
    in.readFully(previous);
    int count = in.readInt();
    for (int i = 0; i < count; i++) {
      waiting.add(ProofOperator.BATCH_WIRE.read(in));
    }
  }

  @Override
  public void processElement(StreamRecord<ProofBatch> element) {
    ProofBatch batch = element.getValue();
    if (endMs(batch.minute()) < untilMs || !waiting.add(batch)) {
      // A batch behind the log's end would be a record that nobody proves.
      throw new IllegalStateException(
          "log of batches: expected one batch of each kind and range a minute from %d ms on, got %s"
              .formatted(untilMs, batch.line()));
    }
  }

  @Override
  public void processWatermark(Watermark mark) throws Exception {
    long watermarkMs = mark.getTimestamp();
    while (!waiting.isEmpty() && isOver(waiting.first().minute(), watermarkMs)) {
      append(waiting.first());
      waiting.remove(waiting.first());
    }
    if (watermarkMs != Long.MAX_VALUE && watermarkMs != Long.MIN_VALUE) {
      untilMs = Math.max(untilMs, endMs(ProofBatch.minute(watermarkMs + 1)));
    }
    super.processWatermark(mark);
  }

  private void append(ProofBatch batch) {
    Batch record =
        new Batch(
            tree.size(),
            batch.minute(),
            batch.kind().folder(),
            batch.range(),
            batch.count(),
            new Digest(batch.root()));
    tree.add(hash.leaf(batch.bytes()));
    untilMs = Math.max(untilMs, endMs(batch.minute() + 1));
    output.collect(
        BATCHES,
        new StreamRecord<>(
            new Outgoing(Topics.BATCHES, null, batches.encode(record), endMs(batch.minute()))));
  }

  /** Signs what the log has come to, if that is more than the last head says. */
  private void head() {
    if (tree.size() == headSize) {
      return;
    }
    String note =
        key.sign(new TreeHead(origin, tree.size(), tree.root(), untilMs, previous).text(), secret);
    headSize = tree.size();
    previous = hash.plain(note.getBytes(StandardCharsets.UTF_8));
    output.collect(
        new StreamRecord<>(
            new Outgoing(
                Topics.TREE_HEADS,
                origin.getBytes(StandardCharsets.UTF_8),
                heads.encode(new io.vigil.schema.TreeHead(headSize, untilMs, note)),
                untilMs - 1)));
  }

  @Override
  public void prepareSnapshotPreBarrier(long checkpointId) throws Exception {
    head();
    super.prepareSnapshotPreBarrier(checkpointId);
  }

  @Override
  public void finish() throws Exception {
    head();
    super.finish();
  }
}

package io.vigil.bench.state;

import io.vigil.bench.measure.Side;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.runtime.state.storage.FileSystemCheckpointStorage;
import org.apache.flink.state.rocksdb.EmbeddedRocksDBStateBackend;
import org.apache.flink.state.rocksdb.RocksDBConfigurableOptions;
import org.apache.flink.state.rocksdb.RocksDBOptions;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;

/**
 * A side on a RocksDB of its own, configured as the job configures it. Every slice ends with a
 * checkpoint, as those of the job: without, RocksDB would hold all versions of all values in memory
 * and iterators would pay for each.
 */
final class RocksSide implements Side, AutoCloseable {
  /** As in the job. */
  private static final int MAX_PARALLELISM = 128;

  private static final String TABLE_SUFFIX = ".sst";

  private final String name;
  private final Trace trace;
  private final StateOperator operator;
  private final Operations operations = new Operations();
  private final Path directory;
  private long checkpoint;
  private final KeyedOneInputStreamOperatorTestHarness<String, Payment, Void> harness;

  RocksSide(
      String name, StateSide side, StateSpec spec, Trace trace, Answers answers, RocksMemory memory)
      throws Exception {
    this.name = name;
    this.trace = trace;
    operator = new StateOperator(side, spec.features().size(), operations, answers);
    directory = Files.createTempDirectory("vigil-benchmark-");
    harness =
        new KeyedOneInputStreamOperatorTestHarness<>(
            operator, Payment::account, Types.STRING, MAX_PARALLELISM, 1, 0);
    try {
      harness.setStateBackend(backend(directory, memory));
      harness.setCheckpointStorage(
          new FileSystemCheckpointStorage(directory.resolve("checkpoints").toUri()));
      harness.open();
    } catch (Exception | Error e) {
      delete(directory);
      throw e;
    }
  }

  /** What {@code VigilJob} sets, and a fixed share of memory in place of the slot's. */
  private static EmbeddedRocksDBStateBackend backend(Path directory, RocksMemory memory) {
    Configuration options = new Configuration();
    options.set(RocksDBConfigurableOptions.USE_BLOOM_FILTER, true);
    options.set(RocksDBOptions.FIX_PER_SLOT_MEMORY_SIZE, MemorySize.ofMebiBytes(memory.mib()));
    options.set(RocksDBOptions.USE_PARTITIONED_INDEX_FILTERS, memory.partitioned());
    EmbeddedRocksDBStateBackend backend =
        new EmbeddedRocksDBStateBackend(true).configure(options, RocksSide.class.getClassLoader());
    backend.setDbStoragePath(database(directory).toString());
    return backend;
  }

  @Override
  public String name() {
    return name;
  }

  /** Applies the trace's first payments, where it has any: neither answers nor counts them. */
  void fill() throws Exception {
    Trace firsts = trace.firsts();
    if (firsts != null) {
      for (int event = 0; event < firsts.events(); event++) {
        operator.first(firsts.payment(event));
      }
      checkpoint();
      operations.clear();
    }
  }

  @Override
  public void run(int from, int to) throws Exception {
    for (int event = from; event < to; event++) {
      Payment payment = trace.payment(event);
      harness.processElement(payment, payment.eventTimeMs());
    }
    checkpoint();
  }

  private void checkpoint() throws Exception {
    operator.flush();
    checkpoint++;
    harness.snapshot(checkpoint, checkpoint);
    harness.notifyOfCompletedCheckpoint(checkpoint);
  }

  /** Bytes of RocksDB's tables; a compaction may add or remove some meanwhile. */
  long tableBytes() throws IOException {
    long[] bytes = new long[1];
    Files.walkFileTree(
        database(directory),
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            if (file.getFileName().toString().endsWith(TABLE_SUFFIX)) {
              bytes[0] += attributes.size();
            }
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
            if (e instanceof NoSuchFileException) {
              return FileVisitResult.CONTINUE;
            }
            throw e;
          }
        });
    return bytes[0];
  }

  private static Path database(Path directory) {
    return directory.resolve("db");
  }

  Operations operations() {
    return operations;
  }

  @Override
  public void close() throws Exception {
    try {
      harness.close();
    } finally {
      delete(directory);
    }
  }

  private static void delete(Path directory) throws IOException {
    List<Path> deepestFirst;
    try (Stream<Path> paths = Files.walk(directory)) {
      deepestFirst = paths.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path path : deepestFirst) {
      Files.deleteIfExists(path);
    }
  }
}

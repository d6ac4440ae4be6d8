package io.vigil.cli.ingest;

import io.vigil.job.Topics;
import io.vigil.schema.Label;
import io.vigil.schema.LogEntry;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.Codec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.avro.file.DataFileWriter;
import org.apache.avro.specific.SpecificDatumWriter;

/** Writes an archive as the job does: by day of effective time, in several parts, in no order. */
public final class ArchiveFolder {
  private static final int PARTS = 3;

  private final Codec<Transaction> transactions = Codec.of(Transaction.class);
  private final Codec<Label> labels = Codec.of(Label.class);
  private final Map<String, List<LogEntry>> days = new TreeMap<>();
  private long offset;

  /** A transaction of a partition that took it when it happened. */
  public void add(Transaction transaction, long effectiveTimeMs) {
    add(Topics.TRANSACTIONS, transactions.encode(transaction), effectiveTimeMs);
  }

  /** A label. */
  public void add(Label label, long effectiveTimeMs) {
    add(Topics.LABELS, labels.encode(label), effectiveTimeMs);
  }

  /** Any bytes. */
  public void add(String topic, byte[] value, long effectiveTimeMs) {
    String day =
        "day=" + Instant.ofEpochMilli(effectiveTimeMs).atZone(ZoneOffset.UTC).toLocalDate();
    days.computeIfAbsent(day, d -> new ArrayList<>())
        .add(
            new LogEntry(
                topic,
                (int) (offset % 2),
                offset++,
                effectiveTimeMs,
                effectiveTimeMs,
                false,
                ByteBuffer.wrap(value)));
  }

  /** Writes what was added. */
  public void write(Path archive) throws IOException {
    Random random = new Random(5);
    for (Map.Entry<String, List<LogEntry>> day : days.entrySet()) {
      Path folder = Files.createDirectories(archive.resolve("inputs").resolve(day.getKey()));
      // Half a file of a job that still writes.
      Files.writeString(folder.resolve(".inputs-9-9.avro.inprogress.1"), "Obj");
      List<LogEntry> entries = new ArrayList<>(day.getValue());
      Collections.shuffle(entries, random);
      for (int part = 0; part < PARTS; part++) {
        try (DataFileWriter<LogEntry> file =
            new DataFileWriter<>(new SpecificDatumWriter<>(LogEntry.class))
                .create(
                    LogEntry.getClassSchema(),
                    folder.resolve("inputs-" + part + "-0.avro").toFile())) {
          for (int i = part; i < entries.size(); i += PARTS) {
            file.append(entries.get(i));
          }
        }
      }
    }
  }
}

package io.vigil.job.archive;

import io.vigil.schema.Channel;
import io.vigil.schema.Decision;
import io.vigil.schema.Digest;
import io.vigil.schema.EntryMode;
import io.vigil.schema.LogEntry;
import io.vigil.schema.Outcome;
import io.vigil.schema.Transaction;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.avro.Schema;
import org.apache.avro.file.CodecFactory;
import org.apache.avro.file.DataFileReader;
import org.apache.avro.file.DataFileWriter;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.IndexedRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificDatumWriter;

/** Writes archives as a job does, and reads them as simply as can be. */
final class TestArchive {
  static final LocalDate FIRST = LocalDate.of(2026, 3, 1);

  final Path root;
  final ArchiveFolder folder;

  TestArchive(Path root) {
    this.root = root;
    this.folder = ArchiveFolder.of(root.toString());
  }

  static long dayMs(LocalDate day) {
    return day.atStartOfDay().toInstant(ZoneOffset.UTC).toEpochMilli();
  }

  /** A decision at an instant, with entities out of a few. */
  static Decision decision(String id, long effectiveTimeMs, Random random) {
    Transaction transaction =
        Transaction.newBuilder()
            .setTransactionId(id)
            .setEventTime(effectiveTimeMs)
            .setAccount("account-" + random.nextInt(40))
            .setCard(random.nextBoolean() ? "card-" + random.nextInt(50) : null)
            .setMerchant("merchant-" + (int) Math.abs(random.nextGaussian() * 3))
            .setAmountMinor(random.nextInt(100_000))
            .setCurrency("EUR")
            .setBillingAmountMinor(random.nextInt(100_000))
            .setBillingCurrency("EUR")
            .setChannel(Channel.ECOM)
            .setEntryMode(EntryMode.CHIP)
            .build();
    Digest digest = new Digest(new byte[32]);
    byte[] features = new byte[4 * 12];
    random.nextBytes(features);
    return Decision.newBuilder()
        .setTransaction(transaction)
        .setSourceTopic("transactions")
        .setSourcePartition(0)
        .setSourceOffset(random.nextInt(1_000_000))
        .setAppendTime(effectiveTimeMs)
        .setEffectiveTime(effectiveTimeMs)
        .setLate(false)
        .setOutcome(Outcome.APPROVE)
        .setScore(random.nextDouble())
        .setLogitBits(random.nextInt())
        .setEngineClass("test")
        .setEngineVersion(1)
        .setFeatures(ByteBuffer.wrap(features))
        .setFeatureSpec(digest)
        .setModel(digest)
        .setRuleSet(digest)
        .setPolicy(digest)
        .setRates(digest)
        .setRuleHits(List.of())
        .setReasons(List.of())
        .setExpectedLossMinor(0)
        .build();
  }

  /** Decisions of a day in no order, ids from a number on. */
  static List<Decision> decisions(LocalDate day, int from, int count, Random random) {
    List<Decision> decisions = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      decisions.add(
          decision("t" + (from + i), dayMs(day) + random.nextInt(86_400_000 / 4) * 4L, random));
    }
    return decisions;
  }

  static LogEntry entry(String topic, long offset, long effectiveTimeMs) {
    return new LogEntry(
        topic,
        0,
        offset,
        effectiveTimeMs,
        effectiveTimeMs,
        false,
        ByteBuffer.wrap(("value " + offset).getBytes(java.nio.charset.StandardCharsets.UTF_8)));
  }

  Path dayFolder(String kind, LocalDate day) {
    return root.resolve(kind).resolve("day=" + day);
  }

  /** Writes one file of a day. */
  void write(String kind, LocalDate day, String name, List<? extends IndexedRecord> records)
      throws IOException {
    write(kind, day, name, records.get(0).getSchema(), records);
  }

  /** Writes one file of a day with a schema of its own, records as those of its fields. */
  void write(
      String kind, LocalDate day, String name, Schema schema, List<? extends IndexedRecord> records)
      throws IOException {
    Path file = Files.createDirectories(dayFolder(kind, day)).resolve(name);
    try (DataFileWriter<IndexedRecord> out =
        new DataFileWriter<>(new GenericDatumWriter<>(schema, SpecificData.get()))) {
      out.setCodec(CodecFactory.zstandardCodec(1)).setSyncInterval(4000);
      out.create(schema, file.toFile());
      for (IndexedRecord record : records) {
        out.append(record);
      }
    }
  }

  /** Spreads a day's records over several files. */
  void spread(String kind, LocalDate day, int files, List<? extends IndexedRecord> records)
      throws IOException {
    for (int file = 0; file < files; file++) {
      List<IndexedRecord> its = new ArrayList<>();
      for (int i = file; i < records.size(); i += files) {
        its.add(records.get(i));
      }
      if (!its.isEmpty()) {
        write(kind, day, kind + "-" + day + "-" + file + ".avro", its);
      }
    }
  }

  /** How often each body stands in a day, by its writer's schema and its bytes. */
  Map<String, Integer> bodies(String kind, LocalDate day) throws IOException {
    Map<String, Integer> bodies = new HashMap<>();
    ArchiveDay found = folder.days(kind, day, day).get(day);
    if (found == null) {
      return bodies;
    }
    for (ArchiveDay.Part part : found.parts()) {
      try (DataFileReader<IndexedRecord> in =
          new DataFileReader<>(Path.of(part.path().toUri()).toFile(), new GenericDatumReader<>())) {
        while (in.hasNext()) {
          bodies.merge(in.getSchema() + " " + body(in.getSchema(), in.next()), 1, Integer::sum);
        }
      }
    }
    return bodies;
  }

  static String body(Schema schema, IndexedRecord record) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(bytes, null);
    new GenericDatumWriter<>(schema).write(record, encoder);
    encoder.flush();
    return java.util.HexFormat.of().formatHex(bytes.toByteArray());
  }

  /** A body as it would be written for a topic. */
  static byte[] encoded(IndexedRecord record) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(bytes, null);
    new SpecificDatumWriter<>(record.getSchema()).write(record, encoder);
    encoder.flush();
    return bytes.toByteArray();
  }
}

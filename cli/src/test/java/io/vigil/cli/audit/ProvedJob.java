package io.vigil.cli.audit;

import io.vigil.job.ArtefactSet;
import io.vigil.job.Topics;
import io.vigil.job.Topology;
import io.vigil.job.VigilOptions;
import io.vigil.job.record.LogRecord;
import io.vigil.job.record.Outgoing;
import io.vigil.job.record.WireType;
import io.vigil.job.sink.Archive;
import io.vigil.job.source.Clocks;
import io.vigil.job.source.RecordDecoder;
import io.vigil.schema.AlertRaised;
import io.vigil.schema.Batch;
import io.vigil.schema.Channel;
import io.vigil.schema.DeadLetter;
import io.vigil.schema.Decision;
import io.vigil.schema.EntryMode;
import io.vigil.schema.Event;
import io.vigil.schema.FactValue;
import io.vigil.schema.Label;
import io.vigil.schema.LabelSource;
import io.vigil.schema.LabelValue;
import io.vigil.schema.LogEntry;
import io.vigil.schema.Profile;
import io.vigil.schema.Receipt;
import io.vigil.schema.Tick;
import io.vigil.schema.Transaction;
import io.vigil.schema.TreeHead;
import io.vigil.schema.codec.Codec;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.avro.Schema;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/** The job's own topology on a log in memory, into an archive with its proof. */
final class ProvedJob {
  static final long BOUND_MS = 250;
  static final String ORIGIN = "example.com/vigil/test";
  private static final int PARTITIONS = 3;
  private static final long START_MS = 1_767_225_600_000L - 3_600_000;

  private final List<List<LogRecord>> partitions = new ArrayList<>();
  private final Map<String, Long> amounts = new HashMap<>();
  private final Map<String, long[]> totals = new TreeMap<>();
  private final RecordDecoder decoder = new RecordDecoder(300_000);

  /**
   * A log of transactions, some late, some repeated, some in conflict, with labels, ticks and
   * rubbish.
   *
   * @param count records
   * @param apartMs between two, at most
   */
  ProvedJob(long seed, int count, int apartMs) {
    for (int p = 0; p <= PARTITIONS + 2; p++) {
      partitions.add(new ArrayList<>());
    }
    Codec<Transaction> transactions = Codec.of(Transaction.class);
    Codec<Label> labels = Codec.of(Label.class);
    Codec<Event> events = Codec.of(Event.class);
    Codec<Profile> profiles = Codec.of(Profile.class);
    Codec<Tick> ticks = Codec.of(Tick.class);
    Random random = new Random(seed);
    List<Transaction> sent = new ArrayList<>();
    long nowMs = START_MS;
    for (int i = 0; i < count; i++) {
      nowMs += random.nextInt(apartMs);
      int kind = random.nextInt(100);
      int partition = random.nextInt(PARTITIONS);
      if (kind < 4 && !sent.isEmpty()) {
        Transaction again = Transaction.newBuilder(sent.get(random.nextInt(sent.size()))).build();
        if (random.nextBoolean()) {
          again.setAmountMinor(again.getAmountMinor() + 1);
        }
        if (again.getAmountMinor() != amounts.get(again.getTransactionId())) {
          count(again);
        }
        append(Topics.TRANSACTIONS, partition, nowMs, transactions.encode(again));
      } else if (kind < 7) {
        byte[] rubbish = new byte[random.nextInt(40)];
        random.nextBytes(rubbish);
        append(Topics.TRANSACTIONS, partition, nowMs, rubbish);
      } else if (kind < 12 && !sent.isEmpty()) {
        Transaction of = sent.get(random.nextInt(sent.size()));
        Label label =
            Label.newBuilder()
                .setLabelId("l" + i)
                .setTransactionId(of.getTransactionId())
                .setTransactionTime(of.getEventTime())
                .setAccount(of.getAccount())
                .setValue(LabelValue.values()[random.nextInt(3)])
                .setSource(LabelSource.CHARGEBACK)
                .setLabelTime(nowMs)
                .build();
        append(Topics.LABELS, 0, nowMs, labels.encode(label));
      } else if (kind < 14) {
        String id = "e" + i;
        append(Topics.EVENTS, 0, nowMs, events.encode(event(id, "A1", nowMs)));
        if (random.nextBoolean()) {
          append(Topics.EVENTS, 0, nowMs, events.encode(event(id, "A" + random.nextInt(3), nowMs)));
        }
      } else if (kind < 15) {
        append(
            Topics.PROFILES,
            0,
            nowMs,
            profiles.encode(profile("p" + i, nowMs - random.nextInt(9))));
      } else if (kind < 18) {
        append(Topics.TRANSACTIONS, partition, nowMs, ticks.encode(new Tick(nowMs - 251, "test")));
      } else {
        long eventMs = random.nextInt(10) == 0 ? nowMs - random.nextInt(600_000) : nowMs;
        Transaction t = transaction(random, Integer.toString(i), eventMs);
        sent.add(t);
        amounts.put(t.getTransactionId(), t.getAmountMinor());
        count(t);
        append(Topics.TRANSACTIONS, partition, nowMs, transactions.encode(t));
      }
    }
  }

  /** Count and sum of what is no repeat, by feed, day and currency. */
  Map<String, long[]> sent() {
    return totals;
  }

  private void count(Transaction t) {
    String day =
        Instant.ofEpochMilli(t.getEventTime()).atZone(ZoneOffset.UTC).toLocalDate().toString();
    long[] total =
        totals.computeIfAbsent(
            "%s,%s,%s".formatted(t.getAttributes().get("feed"), day, t.getCurrency()),
            group -> new long[2]);
    total[0]++;
    total[1] += t.getAmountMinor();
  }

  private static Transaction transaction(Random random, String id, long eventMs) {
    return Transaction.newBuilder()
        .setTransactionId(id)
        .setEventTime(eventMs)
        .setAccount("A" + random.nextInt(12))
        .setMerchant("M" + random.nextInt(12))
        .setAmountMinor(1 + random.nextInt(2_000_000))
        .setCurrency("EUR")
        .setBillingAmountMinor(1 + random.nextInt(2_000_000))
        .setBillingCurrency("EUR")
        .setMcc(5411)
        .setChannel(Channel.ECOM)
        .setEntryMode(EntryMode.MANUAL)
        .setCountry(random.nextBoolean() ? "DE" : "FR")
        // In the order of a hash map, as copies have it: that of Map.of changes with the process,
        // and a repeat in other bytes is a conflict.
        .setAttributes(new HashMap<>(Map.of("feed", "f" + random.nextInt(2), "shop", "x")))
        .build();
  }

  private static Event event(String id, String account, long eventMs) {
    return Event.newBuilder()
        .setEventId(id)
        .setEventTime(eventMs)
        .setAccount(account)
        .setKind("login")
        .build();
  }

  private static Profile profile(String id, long eventMs) {
    return Profile.newBuilder()
        .setProfileId(id)
        .setEventTime(eventMs)
        .setEntity("account")
        .setEntityId("A1")
        .setFacts(Map.of("limit", new FactValue(5.0, null)))
        .build();
  }

  private void append(String topic, int partition, long nowMs, byte[] value) {
    List<LogRecord> log =
        partitions.get(
            switch (topic) {
              case Topics.LABELS -> PARTITIONS;
              case Topics.EVENTS -> PARTITIONS + 1;
              case Topics.PROFILES -> PARTITIONS + 2;
              default -> partition;
            });
    log.add(decoder.decode(topic, partition, log.size(), nowMs + 5, null, value));
  }

  int records() {
    return partitions.stream().mapToInt(List::size).sum();
  }

  /** Runs it to its end. */
  void run(Path archive, Path key, String model, int parallelism) throws Exception {
    Configuration options = new Configuration();
    options.set(VigilOptions.BUNDLE, model);
    options.set(VigilOptions.MODE, VigilOptions.Mode.BOUNDED);
    options.set(VigilOptions.ARCHIVE_DIR, archive.toString());
    options.set(VigilOptions.PROOF_KEY, key.toString());
    options.set(VigilOptions.PROOF_ORIGIN, ORIGIN);
    options.set(PipelineOptions.GENERIC_TYPES, false);
    options.set(PipelineOptions.OBJECT_REUSE, true);
    options.set(PipelineOptions.MAX_PARALLELISM, 128);
    StreamExecutionEnvironment env =
        StreamExecutionEnvironment.createLocalEnvironment(parallelism, options);
    DataStream<LogRecord> log = null;
    for (int p = 0; p < partitions.size(); p++) {
      DataStream<LogRecord> one =
          env.fromData(partitions.get(p), new WireType<>(LogRecord.WIRE))
              .setParallelism(1)
              .assignTimestampsAndWatermarks(Clocks.watermarks(BOUND_MS))
              .setParallelism(1);
      log = log == null ? one : log.union(one);
    }
    Topology.Streams streams = Topology.define(log, ArtefactSet.read(options), options);
    Topology.Proof proof = streams.proof();
    if (proof == null) {
      throw new IllegalStateException("the proof is off");
    }
    sink(streams.inputs(), archive, "inputs", LogEntry.getClassSchema());
    sink(streams.decisions(), archive, "decisions", Decision.getClassSchema());
    sink(streams.cases(), archive, "cases", AlertRaised.getClassSchema());
    sink(streams.receipts(), archive, "receipts", Receipt.getClassSchema());
    sink(streams.deadLetters(), archive, "dead-letters", DeadLetter.getClassSchema());
    sink(proof.batches(), archive, "batches", Batch.getClassSchema());
    sink(proof.heads(), archive, "heads", TreeHead.getClassSchema());
    env.execute("proved");
  }

  private static void sink(DataStream<Outgoing> records, Path archive, String kind, Schema schema) {
    records.sinkTo(Archive.sink(archive.toUri().toString(), kind, schema)).setParallelism(1);
  }
}

package io.vigil.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vigil.cli.bridge.RegistryServer;
import io.vigil.cli.kafka.Brokers;
import io.vigil.cli.local.ChildProcess;
import io.vigil.cli.local.LocalTopics;
import io.vigil.cli.local.SecuredBroker;
import io.vigil.cli.result.Counts;
import io.vigil.cli.result.ResultsCollector;
import io.vigil.job.LocalJob;
import io.vigil.job.Topics;
import io.vigil.model.torch.TorchRuntime;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.SslAuthenticationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A bank's own topics, JSON behind SASL/SCRAM and Avro behind mutual TLS, through the commands and
 * the live job, all of it on a broker that takes no connection in clear: the decisions are those of
 * a CSV file of the same rows.
 */
@Tag("slow")
class SecuredTopicsIT {
  private static final int ROWS = 600;
  private static final int BAD = 3;
  private static final String PASSWORD = "br0ker-pass";
  private static final String PAN_KEY = "00112233445566778899aabbccddeeff";
  private static final Instant FIRST = Instant.parse("2026-01-05T06:00:00Z");
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final String FIELDS =
      """
        transaction_id: %1$s
        event_time: %2$s
        account: %3$s
        card: {%4$s, tokenise: pan}
        merchant: %5$s
        amount: %6$s
        currency: {constant: EUR}
        channel: %7$s
      attributes: {branch: %8$s}
      """;
  private static final Schema SCHEMA =
      new Schema.Parser()
          .parse(
              """
              {"type": "record", "name": "Payment", "namespace": "bank", "fields": [
                {"name": "id", "type": "string"},
                {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
                {"name": "account", "type": "string"},
                {"name": "pan", "type": "long"},
                {"name": "merchant", "type": "string"},
                {"name": "amount", "type": {"type": "bytes", "logicalType": "decimal", "precision": 12, "scale": 2}},
                {"name": "channel", "type": {"type": "enum", "name": "Channel", "symbols": ["POS", "ECOM"]}},
                {"name": "branch", "type": ["null", "string"]}]}
              """);

  /** More of it for commands. */
  private final Map<String, String> environment = new TreeMap<>();

  private final Path directory;
  private final Certificates certificates;
  private final RegistryServer registry;
  private final ChildProcess broker;
  private final int saslPort;
  private final int mutualPort;
  private final Path sasl;
  private final Path mutual;
  private final Brokers ours;

  /** One payment, before anybody has written it down. */
  private record Payment(
      String id,
      Instant at,
      String account,
      String pan,
      String merchant,
      BigDecimal amount,
      String channel,
      String branch) {}

  SecuredTopicsIT(@TempDir Path directory) throws Exception {
    this.directory = directory;
    certificates = new Certificates(directory.resolve("stores"));
    registry = new RegistryServer(certificates.server()).guarded("reader:r3gistry");
    registry.put(
        "/schemas/ids/7",
        new ObjectMapper().writeValueAsString(Map.of("schema", SCHEMA.toString(), "id", 7)));
    int controllerPort;
    try (ServerSocket first = new ServerSocket(0);
        ServerSocket second = new ServerSocket(0);
        ServerSocket third = new ServerSocket(0)) {
      saslPort = first.getLocalPort();
      mutualPort = second.getLocalPort();
      controllerPort = third.getLocalPort();
    }
    broker =
        ChildProcess.start(
            new ChildProcess.Spec(
                "broker",
                SecuredBroker.class.getName(),
                List.of(
                    directory.resolve("kafka").toString(),
                    Integer.toString(saslPort),
                    Integer.toString(mutualPort),
                    Integer.toString(controllerPort),
                    certificates.directory().toString(),
                    Certificates.PASSWORD,
                    PASSWORD),
                List.of("-Xmx400m"),
                Map.of(),
                directory.resolve("logs")));
    Path secret = Files.writeString(directory.resolve("store-password"), Certificates.PASSWORD);
    Map<String, String> byName = new TreeMap<>(certificates.trusting());
    byName.put("bootstrap.servers", "127.0.0.1:" + saslPort);
    byName.put("security.protocol", "SASL_SSL");
    byName.put("sasl.mechanism", "SCRAM-SHA-512");
    byName.put(
        "sasl.jaas.config",
        "org.apache.kafka.common.security.scram.ScramLoginModule required username=\"%s\" password=\"${env:KAFKA_PASSWORD}\";"
            .formatted(SecuredBroker.USER));
    sasl = properties("sasl.properties", byName);
    Map<String, String> byCertificate = new TreeMap<>(certificates.trusting());
    byCertificate.putAll(certificates.showing("${file:" + secret + "}"));
    byCertificate.put("bootstrap.servers", "127.0.0.1:" + mutualPort);
    byCertificate.put("security.protocol", "SSL");
    byCertificate.put("schema.registry.url", registry.address());
    byCertificate.put("schema.registry.basic.auth.user.info", "reader:${env:REGISTRY_PASSWORD}");
    certificates
        .trusting()
        .forEach((key, value) -> byCertificate.put("schema.registry." + key, value));
    mutual = properties("mutual.properties", byCertificate);
    ours =
        new Brokers("127.0.0.1:" + mutualPort, with(certificates.showing(Certificates.PASSWORD)));
    var unused = broker.awaitReady(Duration.ofSeconds(60));
  }

  @AfterEach
  void stop() {
    registry.close();
    broker.close();
  }

  private Map<String, String> with(Map<String, String> more) {
    Map<String, String> all = new TreeMap<>(certificates.trusting());
    all.put("security.protocol", "SSL");
    all.putAll(more);
    return all;
  }

  private Path properties(String name, Map<String, String> all) throws IOException {
    List<String> lines = new ArrayList<>();
    all.forEach((key, value) -> lines.add(key + "=" + value));
    return Files.write(directory.resolve(name), lines);
  }

  @Test
  void foreignTopicsAreDecidedAsTheirRowsInAFile() throws Exception {
    List<Payment> payments = payments();
    nobodyComesInInClear();
    LocalTopics.create(ours);
    publish(payments);
    Path jsonMapping =
        mapping(
            "json",
            "from: json\nfields:",
            "id",
            "at",
            "who.account",
            "path: who.pan",
            "merchant",
            "amount",
            "/channel",
            "branch");
    Path avroMapping =
        mapping(
            "avro",
            "from: avro\nfields:",
            "id",
            "at",
            "account",
            "path: pan",
            "merchant",
            "amount",
            "channel",
            "branch");

    JsonNode tried =
        vigil(
            1,
            "mapping",
            "try",
            "--from=bank.json",
            "--kafka=" + sasl,
            "--format=" + jsonMapping,
            "--records=1000");
    assertThat(tried.get("mapped").asInt()).isEqualTo(ROWS / 2);
    assertThat(tried.at("/reasons/bad_json").asInt()).isEqualTo(BAD);
    assertThat(tried.get("unmapped").get(0).asText()).isEqualTo("/internal/trace");
    assertThat(
            vigil(
                    0,
                    "mapping",
                    "try",
                    "--from=bank.avro",
                    "--kafka=" + mutual,
                    "--format=" + avroMapping)
                .get("mapped")
                .asInt())
        .isEqualTo(10);

    assertThat(ingest("bank.json", sasl, jsonMapping, "first").get("read").asInt())
        .isEqualTo(ROWS / 2 + BAD);
    assertThat(ingest("bank.json", sasl, jsonMapping, "first").get("read").asInt()).isZero();
    // The registry is away for a while: nothing of it becomes a dead letter.
    registry.unavailable(4);
    assertThat(ingest("bank.avro", mutual, avroMapping, "first").get("appended").asInt())
        .isEqualTo(ROWS / 2);
    // Another group reads all of it again: each record has the bytes of the first.
    JsonNode stopped = untilStopped(jsonMapping, ROWS + ROWS / 2);
    assertThat(stopped.get("appended").asInt()).isEqualTo(ROWS / 2);
    assertThat(stopped.get("dead_letters").asInt()).isEqualTo(BAD);
    assertThat(ingest("bank.json", sasl, jsonMapping, "again").get("read").asInt()).isZero();
    Map<String, TreeSet<String>> copies = transactions();
    assertThat(copies).hasSize(ROWS / 2 + ROWS / 2);
    assertThat(copies.values()).allSatisfy(each -> assertThat(each).hasSize(1));
    // And once more while the key of card numbers is changed: they are the same payments.
    environment.put("VIGIL_PAN_KEY_NEXT", "ffeeddccbbaa99887766554433221100");
    assertThat(ingest("bank.json", sasl, jsonMapping, "changing").get("appended").asInt())
        .isEqualTo(ROWS / 2);
    environment.clear();
    assertThat(transactions().values().stream().mapToInt(TreeSet::size).sum())
        .isEqualTo(ROWS + ROWS / 2);

    Path file = csv(payments);
    Path csvMapping =
        mapping(
            "csv",
            "columns:",
            "id",
            "at",
            "account",
            "column: pan",
            "merchant",
            "amount",
            "channel",
            "branch");
    JsonNode bounded =
        vigil(
            0,
            "run",
            "--input=" + file,
            "--format=" + csvMapping,
            "--data=" + directory.resolve("run"));
    assertThat(bounded.get("decisions").asInt()).isEqualTo(ROWS);

    ResultsCollector.Result live = decideLive();
    assertThat(live.counts().deadLetters()).isEqualTo(BAD);
    assertThat(live.counts().duplicates()).isEqualTo(ROWS);
    assertThat(live.digest()).isEqualTo(bounded.get("decisions_digest").asText());
  }

  private void nobodyComesInInClear() {
    Map<String, String> quick =
        Map.of("default.api.timeout.ms", "3000", "request.timeout.ms", "2000");
    for (int port : new int[] {saslPort, mutualPort}) {
      assertThatThrownBy(() -> topics(new Brokers("127.0.0.1:" + port, quick)))
          .isInstanceOf(TimeoutException.class);
    }
    assertThatThrownBy(() -> topics(new Brokers("127.0.0.1:" + mutualPort, with(quick))))
        .isInstanceOf(SslAuthenticationException.class);
    Map<String, String> wrong = new TreeMap<>(with(quick));
    wrong.put("security.protocol", "SASL_SSL");
    wrong.put("sasl.mechanism", "SCRAM-SHA-512");
    wrong.put(
        "sasl.jaas.config",
        "org.apache.kafka.common.security.scram.ScramLoginModule required username=\"vigil\" password=\"wrong\";");
    assertThatThrownBy(() -> topics(new Brokers("127.0.0.1:" + saslPort, wrong)))
        .isInstanceOf(SaslAuthenticationException.class);
  }

  private static void topics(Brokers brokers) throws Throwable {
    try (Admin admin = brokers.admin()) {
      var unused = admin.listTopics().names().get();
    } catch (ExecutionException e) {
      throw e.getCause() == null ? e : e.getCause();
    }
  }

  private static List<Payment> payments() {
    List<Payment> all = new ArrayList<>();
    for (int i = 0; i < ROWS; i++) {
      all.add(
          new Payment(
              "p" + i,
              FIRST.plusMillis(i * 40_000L + i % 7),
              "account-" + i % 23,
              "41111111111111" + (i % 2 == 0 ? "11" : "29"),
              "merchant-" + i % 11,
              BigDecimal.valueOf(100L + i * 7919L % 90_000, 2),
              i % 3 == 0 ? "ECOM" : "POS",
              "branch-" + i % 4));
    }
    return all;
  }

  /** The first half as JSON, the second as Avro, across partitions that say nothing of accounts. */
  private void publish(List<Payment> payments) throws Exception {
    try (Admin admin = ours.admin();
        KafkaProducer<byte[], byte[]> producer = ours.producer(Map.of())) {
      admin
          .createTopics(
              List.of(
                  new NewTopic("bank.json", 4, (short) 1), new NewTopic("bank.avro", 3, (short) 1)))
          .all()
          .get();
      awaitLeaders(admin);
      List<Future<RecordMetadata>> sent = new ArrayList<>();
      for (int i = 0; i < ROWS; i++) {
        Payment p = payments.get(i);
        boolean json = i < ROWS / 2;
        // Runs of one partition, as producers that batch have them.
        int partition = i / 10 % (json ? 4 : 3);
        sent.add(
            producer.send(
                new ProducerRecord<>(
                    json ? "bank.json" : "bank.avro", partition, null, json ? json(p) : avro(p))));
        if (json && i % 100 == 50) {
          sent.add(
              producer.send(
                  new ProducerRecord<>(
                      "bank.json", partition, null, ("{\"pan\": " + p.pan()).getBytes(UTF_8))));
        }
      }
      for (Future<RecordMetadata> each : sent) {
        each.get();
      }
    }
  }

  /** A busy broker creates a topic before it knows its own partitions. */
  private static void awaitLeaders(Admin admin) throws Exception {
    Map<TopicPartition, OffsetSpec> ends = new HashMap<>();
    for (int i = 0; i < 7; i++) {
      ends.put(
          i < 4 ? new TopicPartition("bank.json", i) : new TopicPartition("bank.avro", i - 4),
          OffsetSpec.latest());
    }
    while (true) {
      try {
        var unused = admin.listOffsets(ends).all().get();
        return;
      } catch (ExecutionException e) {
        assertThat(e.getCause()).isInstanceOf(RetriableException.class);
        Thread.sleep(100);
      }
    }
  }

  private static byte[] json(Payment p) {
    return """
        {"id": "%s", "at": "%s", "who": {"account": "%s", "pan": "%s"}, "merchant": "%s",
         "amount": %s, "channel": "%s", "branch": "%s", "internal": {"trace": 1}}"""
        .formatted(
            p.id(), p.at(), p.account(), p.pan(), p.merchant(), p.amount(), p.channel(), p.branch())
        .getBytes(UTF_8);
  }

  private static byte[] avro(Payment p) throws IOException {
    GenericRecord record = new GenericData.Record(SCHEMA);
    record.put("id", p.id());
    record.put("at", p.at().toEpochMilli());
    record.put("account", p.account());
    record.put("pan", Long.parseLong(p.pan()));
    record.put("merchant", p.merchant());
    record.put("amount", ByteBuffer.wrap(p.amount().unscaledValue().toByteArray()));
    record.put(
        "channel", new GenericData.EnumSymbol(SCHEMA.getField("channel").schema(), p.channel()));
    record.put("branch", p.branch());
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(ByteBuffer.allocate(5).put((byte) 0).putInt(7).array());
    BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(out, null);
    new GenericDatumWriter<GenericRecord>(SCHEMA).write(record, encoder);
    encoder.flush();
    return out.toByteArray();
  }

  private Path csv(List<Payment> payments) throws IOException {
    List<String> lines = new ArrayList<>();
    lines.add("id,at,account,pan,merchant,amount,channel,branch");
    for (Payment p : payments) {
      lines.add(
          String.join(
              ",",
              p.id(),
              p.at().toString(),
              p.account(),
              p.pan(),
              p.merchant(),
              p.amount().toString(),
              p.channel(),
              p.branch()));
    }
    return Files.write(directory.resolve("bank.csv"), lines);
  }

  private Path mapping(String name, String head, Object... sources) throws IOException {
    return Files.writeString(
        directory.resolve(name + ".yaml"),
        "name: bank-" + name + "\n" + head + "\n" + FIELDS.formatted(sources));
  }

  private JsonNode ingest(String topic, Path kafka, Path mapping, String group) throws Exception {
    return vigil(
        0,
        "ingest",
        "--from=" + topic,
        "--kafka=" + kafka,
        "--format=" + mapping,
        "--to-kafka=" + (kafka.equals(sasl) ? mutual : sasl),
        "--group=" + group,
        "--until-end");
  }

  /** Leaves it running until so many records are in our topic, then asks it to stop. */
  private JsonNode untilStopped(Path mapping, int records) throws Exception {
    Process running =
        start(
            "ingest",
            "--from=bank.json",
            "--kafka=" + sasl,
            "--format=" + mapping,
            "--to-kafka=" + mutual,
            "--group=again");
    try (Admin admin = ours.admin()) {
      long began = System.nanoTime();
      while (records(admin) < records) {
        assertThat(running.isAlive()).as(() -> said()).isTrue();
        assertThat(System.nanoTime() - began).isLessThan(PATIENCE.toNanos());
        Thread.sleep(100);
      }
    }
    running.destroy();
    return result(running, 0);
  }

  private static long records(Admin admin) throws Exception {
    Map<TopicPartition, OffsetSpec> ends = new HashMap<>();
    for (int i = 0; i < 4; i++) {
      ends.put(new TopicPartition(Topics.TRANSACTIONS, i), OffsetSpec.latest());
    }
    return admin.listOffsets(ends).all().get().values().stream()
        .mapToLong(ListOffsetsResult.ListOffsetsResultInfo::offset)
        .sum();
  }

  private JsonNode vigil(int code, String... args) throws Exception {
    return result(start(args), code);
  }

  /** Runs a command in a process of its own, for its environment. */
  private Process start(String... args) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx400m", Vigil.class.getName()));
    command.addAll(List.of(args));
    command.add("--json=" + directory.resolve("result.json"));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("said.txt").toFile());
    builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
    builder.environment().put("VIGIL_PAN_KEY", PAN_KEY);
    builder.environment().putAll(environment);
    builder.environment().put("KAFKA_PASSWORD", PASSWORD);
    builder.environment().put("REGISTRY_PASSWORD", "r3gistry");
    return builder.start();
  }

  private JsonNode result(Process process, int code) throws Exception {
    int exit = process.waitFor();
    assertThat(exit).as(() -> said()).isEqualTo(code);
    assertThat(said()).doesNotContain("411111111111", PASSWORD, Certificates.PASSWORD, "r3gistry");
    return new ObjectMapper().readTree(directory.resolve("result.json").toFile());
  }

  private String said() {
    try {
      return Files.readString(directory.resolve("said.txt"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Map<String, TreeSet<String>> transactions() {
    Map<String, TreeSet<String>> copies = new TreeMap<>();
    try (TopicReader reader =
        new TopicReader(ours, List.of(Topics.TRANSACTIONS, Topics.DEAD_LETTERS))) {
      reader.read(
          false,
          entry -> {
            String value = new String(entry.value(), java.nio.charset.StandardCharsets.ISO_8859_1);
            assertThat(value).doesNotContain("411111111111");
            if (entry.topic().equals(Topics.TRANSACTIONS)) {
              int length = value.charAt(10) / 2;
              copies
                  .computeIfAbsent(value.substring(11, 11 + length), id -> new TreeSet<>())
                  .add(value);
            }
            return true;
          });
    }
    return copies;
  }

  private ResultsCollector.Result decideLive() throws Exception {
    int webPort;
    try (ServerSocket free = new ServerSocket(0)) {
      webPort = free.getLocalPort();
    }
    Path conf =
        Files.writeString(
            directory.resolve("job.yaml"),
            """
            vigil.kafka.properties-file: "%s"
            vigil.mode: live
            vigil.scoring.deadline: 0 ms
            parallelism.default: 2
            rest.port: %d
            """
                .formatted(sasl, webPort));
    Map<String, String> jobs = new TreeMap<>(TorchRuntime.environment());
    jobs.put("DJL_OFFLINE", "true");
    jobs.put("KAFKA_PASSWORD", PASSWORD);
    try (ChildProcess job =
            ChildProcess.start(
                new ChildProcess.Spec(
                    "job",
                    LocalJob.class.getName(),
                    List.of("--conf", conf.toString()),
                    List.of("-Xmx1g"),
                    jobs,
                    directory.resolve("logs")));
        ResultsCollector results = new ResultsCollector(ours, null, alert -> {})) {
      var unused = job.awaitReady(PATIENCE);
      job.tell("run");
      long began = System.nanoTime();
      Counts counts = results.counts();
      while (counts.decisions() < ROWS || counts.duplicates() < ROWS) {
        assertThat(job.isAlive()).as(() -> "job: " + job.lastError()).isTrue();
        assertThat(System.nanoTime() - began).as(counts.toString()).isLessThan(PATIENCE.toNanos());
        Thread.sleep(200);
        counts = results.counts();
      }
      return results.finish();
    }
  }
}

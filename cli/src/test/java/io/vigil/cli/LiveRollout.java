package io.vigil.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.vigil.cli.local.ChildProcess;
import io.vigil.cli.local.DataDir;
import io.vigil.cli.local.JobSettings;
import io.vigil.cli.local.LocalStack;
import io.vigil.cli.local.ProcessUsage;
import io.vigil.job.Topics;
import io.vigil.schema.Decision;
import io.vigil.schema.Deployment;
import io.vigil.schema.DeploymentStatus;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.codec.DecodeException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * A live job on a real broker under a stream that is hard to order, with all that it decided and
 * answered so far. Every copy of a decision must be the same bytes. Not thread-safe.
 */
final class LiveRollout implements AutoCloseable {
  private static final String BOUND = "250 ms";
  private static final Duration STALL = Duration.ofSeconds(120);

  private final Path folder;
  private final Map<String, String> artefacts;
  private final Map<String, String> options;
  private final DataDir data;
  private final ProcessUsage usage = new ProcessUsage();
  private final LocalStack stack;
  private final KillFeed feed;
  private final TopicCursor decisionTopic;
  private final TopicCursor controlTopic;
  private final Codec<Decision> decisionCodec = Codec.of(Decision.class);
  private final Codec<Deployment> deploymentCodec = Codec.of(Deployment.class);
  private final Map<String, byte[]> bytes = new HashMap<>();
  private final Map<String, Decision> decisions = new LinkedHashMap<>();
  private final Map<String, Deployment> answers = new HashMap<>();
  private final Map<String, Deployment> preparing = new HashMap<>();
  private ChildProcess job;

  /**
   * Starts the broker, the stream and the job.
   *
   * @param bundle the model that the job starts with
   * @param options of the job beside those of the test
   */
  LiveRollout(Path folder, Path bundle, Map<String, String> options) throws InterruptedException {
    System.clearProperty("vigil.job.class");
    this.folder = folder;
    this.artefacts = Map.of("bundle", bundle.toString(), "rules", "basic");
    this.options = options;
    data = DataDir.open(folder.resolve("data"));
    stack = LocalStack.start(data, 0, usage);
    feed = new KillFeed(stack.bootstrap());
    decisionTopic = new TopicCursor(stack.bootstrap(), Topics.DECISIONS);
    controlTopic = new TopicCursor(stack.bootstrap(), Topics.CONTROL);
    job = start(live(2, false));
  }

  String bootstrap() {
    return stack.bootstrap();
  }

  /** The answer of the job, by the request's id. */
  Map<String, Deployment> answers() {
    return answers;
  }

  /** What the job has said of histories that it reads, by the request's id. */
  Map<String, Deployment> preparing() {
    return preparing;
  }

  /** The first decision of each transaction, in the order in which they were read. */
  List<Decision> decisions() {
    return List.copyOf(decisions.values());
  }

  long decided() {
    return decisions.size();
  }

  static String model(Decision decision) {
    return HexFormat.of().formatHex(decision.getModel().bytes());
  }

  void publish(Deployment deployment) throws Exception {
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", stack.bootstrap()),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      producer.send(new ProducerRecord<>(Topics.CONTROL, deploymentCodec.encode(deployment))).get();
    }
  }

  /** Waits until something is so. */
  void await(String what, BooleanSupplier until) throws InterruptedException {
    long beganNs = System.nanoTime();
    while (!until.getAsBoolean()) {
      read();
      stack.check();
      if (System.nanoTime() - beganNs > STALL.toNanos()) {
        fail("%s: decided %d, answers %s; see %s", what, decided(), answers, job.log());
      }
      assertThat(job.awaitExit(Duration.ofMillis(50)))
          .as(() -> "ended by itself: " + job.lastError())
          .isNull();
    }
  }

  /** Waits for the answer to a request. */
  Deployment answer(Deployment request) throws InterruptedException {
    String id = request.getDeploymentId();
    await("an answer to " + id, () -> answers.containsKey(id));
    return answers.get(id);
  }

  void read() {
    controlTopic.readToEnd(this::answered);
    decisionTopic.readToEnd(this::keep);
  }

  private void answered(ConsumerRecord<byte[], byte[]> entry) {
    try {
      Deployment deployment = deploymentCodec.decode(entry.value());
      if (deployment.getRequestId() != null) {
        boolean begun = deployment.getStatus() == DeploymentStatus.PREPARING;
        (begun ? preparing : answers).putIfAbsent(deployment.getRequestId(), deployment);
      }
    } catch (DecodeException e) {
      // A tick.
    }
  }

  private String keep(ConsumerRecord<byte[], byte[]> entry) {
    Decision decision = TopicCursor.decode(decisionCodec, entry.value());
    String id = decision.getTransaction().getTransactionId();
    byte[] known = bytes.putIfAbsent(id, entry.value());
    if (known == null) {
      decisions.put(id, decision);
    } else if (!Arrays.equals(known, entry.value())) {
      fail("another decision about %s: %s, not %s", id, decision, decisions.get(id));
    }
    return id;
  }

  /** Kills the job as the system does when it runs out of memory. */
  void kill() throws InterruptedException {
    assertThat(job.handle().destroyForcibly()).isTrue();
    assertThat(job.awaitExit(Duration.ofSeconds(10))).isEqualTo(128 + 9);
  }

  /** Starts the job anew from its last checkpoint, with another number of subtasks. */
  void resume(int parallelism) throws InterruptedException {
    job = start(live(parallelism, true));
  }

  /** Ends the stream, and the job when it has decided all of it. */
  void finish() throws InterruptedException {
    feed.stop();
    await("the end of the stream", () -> decided() >= feed.ids().size());
    job.close();
    read();
    assertThat(decisions.keySet()).isEqualTo(feed.ids());
  }

  /** What the live job archived; complete up to its last checkpoint. */
  Path archive() {
    return data.archive();
  }

  /**
   * Has a bounded job of another shape, which judges nothing, decide the log from its beginning:
   * each decision must be the same bytes again.
   */
  void replay() throws InterruptedException {
    replay(Map.of());
  }

  /** As above, with options of its own. */
  void replay(Map<String, String> more) throws InterruptedException {
    bounded("replay", artefacts, more);
    TreeSet<String> replayed = new TreeSet<>();
    decisionTopic.readToEnd(entry -> replayed.add(keep(entry)));
    assertThat(replayed).isEqualTo(feed.ids());
  }

  /** What a bounded job that begins with another model decides of the same log. */
  Map<String, Decision> decidedBy(Path bundle) throws InterruptedException {
    bounded("other", Map.of("bundle", bundle.toString(), "rules", "basic"), Map.of());
    Map<String, Decision> other = new TreeMap<>();
    decisionTopic.readToEnd(
        entry -> {
          Decision decision = TopicCursor.decode(decisionCodec, entry.value());
          other.put(decision.getTransaction().getTransactionId(), decision);
        });
    return other;
  }

  private void bounded(String name, Map<String, String> of, Map<String, String> options)
      throws InterruptedException {
    Map<String, String> more = new TreeMap<>(options);
    more.put("vigil.state.dir", folder.resolve(name + "/state").toUri().toString());
    more.put("vigil.archive.dir", folder.resolve(name + "/archive").toUri().toString());
    more.put("vigil.control.registry", folder.resolve("registry").toString());
    ChildProcess process = start(new JobSettings(false, 1, BOUND, 32, 0, of, false, more));
    assertThat(process.awaitExit(Duration.ofMinutes(5)))
        .as(() -> name + ": " + process.lastError())
        .isZero();
  }

  private ChildProcess start(JobSettings settings) throws InterruptedException {
    ChildProcess started = JobOptions.start(stack, settings);
    JobOptions.run(stack, started, settings);
    return started;
  }

  private JobSettings live(int parallelism, boolean resume) {
    Map<String, String> more = new TreeMap<>(options);
    // Without a deadline there is no fallback, the one thing that a wall clock decides.
    more.put("vigil.scoring.deadline", "0 ms");
    more.put("vigil.state.checkpoint-interval", "1 s");
    more.put("vigil.control.registry", folder.resolve("registry").toString());
    more.put("vigil.control.keyring", folder.resolve("keyring.yaml").toString());
    return new JobSettings(true, parallelism, BOUND, null, 0, artefacts, resume, more);
  }

  @Override
  public void close() {
    decisionTopic.close();
    controlTopic.close();
    feed.close();
    stack.close();
    usage.close();
    data.close();
  }
}

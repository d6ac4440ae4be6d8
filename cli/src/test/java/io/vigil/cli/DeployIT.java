package io.vigil.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.vigil.cli.local.ChildProcess;
import io.vigil.cli.local.DataDir;
import io.vigil.cli.local.JobSettings;
import io.vigil.cli.local.LocalStack;
import io.vigil.cli.local.ProcessUsage;
import io.vigil.job.Topics;
import io.vigil.model.approval.DeploymentRequest;
import io.vigil.model.approval.RequestFile;
import io.vigil.model.artefact.Artefacts;
import io.vigil.model.bundle.Bundle;
import io.vigil.schema.Decision;
import io.vigil.schema.Deployment;
import io.vigil.schema.DeploymentStatus;
import io.vigil.schema.codec.Codec;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/**
 * A live job on a real broker is given another model by two signatures, is killed, and goes on with
 * it; takes back by itself a shadow that breaks what its plan says; then a bounded job of another
 * shape, without a keyring, decides the same log from its beginning. Nothing may differ.
 */
@Tag("slow")
class DeployIT {
  private static final String BOUND = "250 ms";
  private static final Duration STALL = Duration.ofSeconds(120);

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final Codec<Decision> decisions = Codec.of(Decision.class);
  private final Codec<Deployment> deployments = Codec.of(Deployment.class);
  private final Map<String, byte[]> live = new HashMap<>();
  private final Set<String> replayed = new TreeSet<>();
  private final Map<String, Deployment> answers = new HashMap<>();

  @TempDir private Path folder = Path.of("");
  private @Nullable Deployment back;
  private Bundle first;
  private Bundle second;

  @Test
  @SuppressWarnings("SystemOut") // What was seen is worth showing beside the verdict.
  void aSignedModelDecidesFromItsActivationOnWhateverHappensToTheJob() throws Exception {
    System.clearProperty("vigil.job.class");
    first = Bundle.read(HundredFeatures.bundle(folder.resolve("first"), "first", 7));
    second = Bundle.read(HundredFeatures.bundle(folder.resolve("second"), "second", 8));
    enrol("ada", "author");
    enrol("bob", "approver");
    try (DataDir data = DataDir.open(folder.resolve("data"));
        ProcessUsage usage = new ProcessUsage();
        LocalStack stack = LocalStack.start(data, 0, usage);
        KillFeed feed = new KillFeed(stack.bootstrap());
        TopicCursor decided = new TopicCursor(stack.bootstrap(), Topics.DECISIONS);
        TopicCursor control = new TopicCursor(stack.bootstrap(), Topics.CONTROL)) {
      ChildProcess job = start(stack, live(2, false));
      await(stack, job, decided, control, () -> live.size() > 200);

      Deployment request = request();
      Deployment unsigned = Deployment.newBuilder(request).build();
      unsigned.setDeploymentId("unsigned");
      unsigned.setSignatures(List.of());
      publish(stack.bootstrap(), unsigned);
      await(stack, job, decided, control, () -> answers.containsKey("unsigned"));
      assertThat(answers.get("unsigned").getStatus()).isEqualTo(DeploymentStatus.REFUSED);
      assertThat(answers.get("unsigned").getReason()).startsWith("unsigned: ");

      // Were it obeyed, the job would stop: nobody has the artefact.
      Deployment forged = Deployment.newBuilder(request).build();
      forged.setDeploymentId("forged");
      forged.setStatus(DeploymentStatus.ACTIVATED);
      forged.setDigest("0".repeat(64));
      publish(stack.bootstrap(), forged);

      vigil("model", "apply", at("request.yaml"), "--bootstrap", stack.bootstrap());
      String id = request.getDeploymentId();
      await(stack, job, decided, control, () -> answers.containsKey(id));
      assertThat(answers.get(id).getReason()).isNull();
      assertThat(answers.get(id).getStatus()).isEqualTo(DeploymentStatus.ACTIVATED);
      await(stack, job, decided, control, () -> by(second) > 200);
      String jobKey = at("data/keys/job.pub");
      vigil("model", "list", "--bootstrap", stack.bootstrap(), "--job-key", jobKey);
      assertThat(out.toString())
          .containsPattern("activated model +champion +second 1")
          .contains("1 records of control are not the job's");
      vigil("model", "history", "--bootstrap", stack.bootstrap());
      assertThat(out.toString()).containsPattern("refused +model .* unsigned: ");

      breakTheGlass(stack, jobKey);

      assertThat(job.handle().destroyForcibly()).isTrue();
      assertThat(job.awaitExit(Duration.ofSeconds(10))).isEqualTo(128 + 9);
      ChildProcess resumed = start(stack, live(3, true));
      long before = by(second);
      await(stack, resumed, decided, control, () -> by(second) > before + 200);
      String shadow = shadow(stack.bootstrap());
      await(stack, resumed, decided, control, () -> answers.containsKey(shadow));
      assertThat(answers.get(shadow).getStatus()).isEqualTo(DeploymentStatus.ACTIVATED);
      await(stack, resumed, decided, control, () -> back != null);
      assertThat(back.getReturns()).isEqualTo(answers.get(shadow).getDeploymentId());
      assertThat(back.getReason()).startsWith("returned: score_shift: expected an index of at");
      long after = by(second);
      await(stack, resumed, decided, control, () -> by(second) > after + 200);
      vigil("model", "list", "--bootstrap", stack.bootstrap());
      assertThat(out.toString())
          .containsPattern("activated model +shadow +first 1 .* returned: score_shift: ");
      feed.stop();
      await(stack, resumed, decided, control, () -> live.size() >= feed.ids().size());
      resumed.close();
      decided.readToEnd(entry -> keep(entry));
      checkTheSwitch();
      checkTheShadow();

      ChildProcess replay = start(stack, bounded());
      assertThat(replay.awaitExit(Duration.ofMinutes(5)))
          .as(() -> "replay: " + replay.lastError())
          .isZero();
      decided.readToEnd(
          entry -> {
            keep(entry);
            replayed.add(id(TopicCursor.decode(decisions, entry.value())));
          });
      assertThat(replayed).isEqualTo(live.keySet()).isEqualTo(feed.ids());
      System.out.printf(
          "decisions %d, by the first model %d, by the second %d, answers %d%n",
          live.size(), by(first), by(second), answers.size());
    }
  }

  /** One person puts rules in force, which shows until another has looked. */
  private void breakTheGlass(LocalStack stack, String jobKey) throws IOException {
    String basic = Artefacts.builtIn("rules/basic.yaml");
    Files.writeString(
        folder.resolve("rules.yaml"), basic.replace("amount > 5000", "amount > 4000"));
    enrol("olga", "operator");
    vigil(
        "model",
        "request",
        "--artefact",
        at("rules.yaml"),
        "--kind",
        "rule_set",
        "--as",
        "champion",
        "--break-glass",
        "--id",
        "glass",
        "--against",
        Artefacts.digest(basic),
        "--registry",
        at("registry"),
        "--out",
        at("glass.yaml"));
    vigil("model", "sign", at("glass.yaml"), "--key", at("keys/olga.key"));
    String[] at = {"--bootstrap", stack.bootstrap(), "--job-key", jobKey};
    vigil("model", "apply", at("glass.yaml"), at[0], at[1], at[2], at[3]);
    out.getBuffer().setLength(0);
    vigil("model", "list", at[0], at[1], at[2], at[3], "--registry", at("registry"));
    assertThat(out.toString())
        .containsPattern("rule_set .* emergency by olga until .*, not reviewed \\(request glass\\)")
        .containsPattern("owner not stated, tier not stated, purpose not stated, last validation ");
    CommandLine own = Vigil.commandLine();
    own.setErr(new PrintWriter(err));
    String[] review = {"model", "review", "glass", "--key", at("keys/olga.key"), at[0], at[1]};
    assertThat(own.execute(review)).isEqualTo(1);
    assertThat(err.toString()).contains("refused: wrong_role: ");
    review[4] = at("keys/bob.key");
    vigil(review);
    assertThat(out.toString()).contains("reviewed by bob: ");
    out.getBuffer().setLength(0);
    vigil("model", "history", at[0], at[1], at[2], at[3]);
    assertThat(out.toString())
        .containsPattern("emergency by olga until .*, reviewed by bob")
        .containsPattern("activated review of glass ");
  }

  /** By the second model from one effective time on, and by the first before it. */
  private void checkTheSwitch() {
    long lastOfFirst = Long.MIN_VALUE;
    long firstOfSecond = Long.MAX_VALUE;
    for (byte[] value : live.values()) {
      Decision decision = TopicCursor.decode(decisions, value);
      assertThat(decision.getFallbackCause()).isNull();
      if (isBy(decision, first)) {
        lastOfFirst = Math.max(lastOfFirst, decision.getEffectiveTime());
      } else {
        assertThat(isBy(decision, second)).isTrue();
        firstOfSecond = Math.min(firstOfSecond, decision.getEffectiveTime());
      }
    }
    assertThat(lastOfFirst).isLessThan(firstOfSecond);
  }

  /** Beside the second model for a stretch, and no longer once it was taken back. */
  private void checkTheShadow() {
    long last = Long.MIN_VALUE;
    long scored = 0;
    long newest = Long.MIN_VALUE;
    for (byte[] value : live.values()) {
      Decision decision = TopicCursor.decode(decisions, value);
      newest = Math.max(newest, decision.getEffectiveTime());
      if (!decision.getChallengerScores().isEmpty()) {
        scored++;
        last = Math.max(last, decision.getEffectiveTime());
      }
    }
    assertThat(scored).isGreaterThanOrEqualTo(100);
    assertThat(last).isLessThan(newest);
  }

  private void keep(ConsumerRecord<byte[], byte[]> entry) {
    String id = id(TopicCursor.decode(decisions, entry.value()));
    byte[] known = live.putIfAbsent(id, entry.value());
    if (known != null && !Arrays.equals(known, entry.value())) {
      fail("another decision about %s: %s", id, TopicCursor.decode(decisions, entry.value()));
    }
  }

  private static String id(Decision decision) {
    return decision.getTransaction().getTransactionId();
  }

  private long by(Bundle bundle) {
    return live.values().stream()
        .filter(value -> isBy(TopicCursor.decode(decisions, value), bundle))
        .count();
  }

  private static boolean isBy(Decision decision, Bundle bundle) {
    return HexFormat.of().formatHex(decision.getModel().bytes()).equals(bundle.digest());
  }

  /** Waits as long as there is progress. */
  private void await(
      LocalStack stack,
      ChildProcess job,
      TopicCursor decided,
      TopicCursor control,
      BooleanSupplier until)
      throws InterruptedException {
    long beganNs = System.nanoTime();
    while (!until.getAsBoolean()) {
      decided.readToEnd(this::keep);
      control.readToEnd(this::answer);
      stack.check();
      if (System.nanoTime() - beganNs > STALL.toNanos()) {
        fail("no progress: decided %d, answers %s", live.size(), answers);
      }
      assertThat(job.awaitExit(Duration.ofMillis(100)))
          .as(() -> "ended by itself: " + job.lastError())
          .isNull();
    }
  }

  private void answer(ConsumerRecord<byte[], byte[]> entry) {
    try {
      Deployment deployment = deployments.decode(entry.value());
      if (deployment.getReturns() != null && back == null) {
        back = deployment;
      }
      if (deployment.getRequestId() != null
          && deployment.getStatus() != DeploymentStatus.PREPARING) {
        answers.putIfAbsent(deployment.getRequestId(), deployment);
      }
    } catch (io.vigil.schema.codec.DecodeException e) {
      // A tick.
    }
  }

  private static ChildProcess start(LocalStack stack, JobSettings settings)
      throws InterruptedException {
    ChildProcess job = JobOptions.start(stack, settings);
    JobOptions.run(stack, job, settings);
    return job;
  }

  private JobSettings live(int parallelism, boolean resume) {
    // Without a deadline there is no fallback, the one thing that a wall clock decides.
    Map<String, String> more =
        Map.of(
            "vigil.scoring.deadline",
            "0 ms",
            "vigil.state.checkpoint-interval",
            "1 s",
            "vigil.control.registry",
            at("registry"),
            "vigil.control.keyring",
            at("keyring.yaml"));
    return new JobSettings(true, parallelism, BOUND, null, 0, artefacts(), resume, more);
  }

  private JobSettings bounded() {
    Map<String, String> more =
        Map.of(
            "vigil.state.dir", folder.resolve("replay/state").toUri().toString(),
            "vigil.archive.dir", folder.resolve("replay/archive").toUri().toString(),
            "vigil.control.registry", at("registry"));
    return new JobSettings(false, 1, BOUND, 32, 0, artefacts(), false, more);
  }

  private Map<String, String> artefacts() {
    return Map.of("bundle", at("first"), "rules", "basic");
  }

  private static void publish(String bootstrap, Deployment deployment) throws Exception {
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", bootstrap),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      producer
          .send(new ProducerRecord<>(Topics.CONTROL, Codec.of(Deployment.class).encode(deployment)))
          .get();
    }
  }

  private Deployment request() throws IOException {
    return request("second", second, first, "champion", "request.yaml", "");
  }

  /** A shadow of the first model beside the second, whose scores may not differ at all. */
  private String shadow(String bootstrap) throws IOException {
    String watch = "watch:\n  score_shift: {max_index: 0, min_decisions: 100}\n";
    Deployment request = request("first", first, second, "shadow", "shadow.yaml", watch);
    vigil("model", "apply", at("shadow.yaml"), "--bootstrap", bootstrap);
    return request.getDeploymentId();
  }

  /** Asked for, planned and signed by the commands that people use. */
  private Deployment request(
      String name, Bundle bundle, Bundle against, String as, String file, String watch)
      throws IOException {
    Files.writeString(
        folder.resolve(name + "-plan.yaml"),
        """
        format: vigil-plan-1
        verdict: change
        change:
          - {kind: model, name: "%s", version: 1, digest: %s}
        against:
          - {kind: model, name: "%s", version: 1, digest: %s}
        gates:
          - {gate: golden, observed: "64 rows", required: "every bit", verdict: passed}
        """
                .formatted(name, bundle.digest(), against.manifest().name(), against.digest())
            + watch);
    vigil(
        "model",
        "request",
        "--artefact",
        at(name),
        "--plan",
        at(name + "-plan.yaml"),
        "--as",
        as,
        "--registry",
        at("registry"),
        "--out",
        at(file));
    vigil("model", "sign", at(file), "--key", at("keys/ada.key"));
    vigil("model", "sign", at(file), "--key", at("keys/bob.key"));
    DeploymentRequest request =
        RequestFile.read(Files.readString(folder.resolve(file)), file).request();
    return ApplyRequest.deployment(request);
  }

  private void enrol(String name, String role) {
    vigil("keys", "new", name, "--out", at("keys"));
    vigil(
        "keys",
        "enrol",
        "--keyring",
        at("keyring.yaml"),
        "--name",
        name,
        "--role",
        role,
        "--public",
        at("keys/" + name + ".pub"),
        "--expires",
        "2100-01-01");
  }

  private String at(String path) {
    return folder.resolve(path).toString();
  }

  private void vigil(String... args) {
    CommandLine commandLine = Vigil.commandLine();
    commandLine.setOut(new PrintWriter(out));
    commandLine.setErr(new PrintWriter(err));
    assertThat(commandLine.execute(args)).as(err.toString()).isZero();
  }
}

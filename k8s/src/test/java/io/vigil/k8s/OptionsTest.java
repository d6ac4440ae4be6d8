package io.vigil.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vigil.console.ConsoleSettings;
import io.vigil.job.OptionsFile;
import io.vigil.job.Topics;
import io.vigil.job.VigilJob;
import io.vigil.job.VigilOptions;
import io.vigil.model.torch.TorchRuntime;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.kubernetes.utils.Constants;
import org.apache.flink.metrics.prometheus.PrometheusReporterFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Options, arguments, topics, rights, ports and variables that the manifests name are real. */
class OptionsTest {
  private static final String REPORTER = "metrics.reporter.prom.";

  /** Handed on to Hadoop by Flink's S3 file system, which declares no options for them. */
  private static final Set<String> S3 = Set.of("s3.endpoint", "s3.path.style.access");

  /** In the archive alone. */
  private static final Set<String> NO_TOPIC = Set.of(Topics.BATCHES);

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"dev", "staging", "production", "production-gpu"})
  void everyFlinkOptionExistsAndHasAValueOfItsType(String overlay) throws IOException {
    Map<String, ConfigOption<?>> known = ConfigOptionsOf.flink();
    assertThat(known).hasSizeGreaterThan(500);
    Map<String, String> given = new HashMap<>();
    Overlay.of(overlay)
        .only("FlinkDeployment")
        .at("/spec/flinkConfiguration")
        .properties()
        .forEach(each -> given.put(each.getKey(), each.getValue().asText()));
    Configuration configuration = Configuration.fromMap(given);
    assertThat(given).hasSizeGreaterThan(15);
    for (String key : given.keySet()) {
      if (key.startsWith(REPORTER)) {
        assertThat(
                ConfigOptionsOf.isOfReporter(
                        key.substring(REPORTER.length()), PrometheusReporterFactory.class)
                    || key.endsWith(".filterLabelValueCharacters"))
            .as(key)
            .isTrue();
      } else if (!S3.contains(key)) {
        assertThat(known).containsKey(key);
        assertThat(configuration.getOptional(known.get(key))).as(key).isPresent();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"dev", "staging", "production", "production-gpu"})
  void theJobTakesItsArgumentsAndItsFile(String overlay) throws Exception {
    Overlay made = Overlay.of(overlay);
    JsonNode job = made.only("FlinkDeployment").at("/spec/job");
    assertThat(job.path("entryClass").asText()).isEqualTo(VigilJob.class.getName());
    assertThat(job.path("upgradeMode").asText()).isEqualTo("savepoint");
    String[] args =
        Stream.of(job.at("/args/0").asText(), job.at("/args/1").asText()).toArray(String[]::new);
    Path file = here(made, args[1]);

    Method given = VigilJob.class.getDeclaredMethod("given", String[].class);
    given.setAccessible(true);
    Configuration read =
        (Configuration) given.invoke(null, (Object) new String[] {args[0], file.toString()});

    Map<String, ConfigOption<?>> flink = ConfigOptionsOf.flink();
    for (String key : OptionsFile.read(file).keySet()) {
      assertThat(key.startsWith("vigil.") || flink.containsKey(key)).as(key).isTrue();
    }
    for (Field field : VigilOptions.class.getDeclaredFields()) {
      if (field.getType() == ConfigOption.class) {
        assertThat(read.getOptional((ConfigOption<?>) field.get(null))).isNotNull();
      }
    }
    assertThat(read.get(VigilOptions.MODE)).isEqualTo(VigilOptions.Mode.LIVE);
    assertThat(read.get(VigilOptions.RESUME)).isFalse();
    String state = read.get(VigilOptions.STATE_DIR);
    assertThat(
            made.only("FlinkDeployment")
                .at("/spec/flinkConfiguration")
                .path("execution.checkpointing.dir")
                .asText())
        .isEqualTo(state);
    assertThat(read.get(VigilOptions.DEVICE)).isEqualTo(overlay.endsWith("gpu") ? "gpu:0" : "cpu");
  }

  @ParameterizedTest
  @ValueSource(strings = {"dev", "staging", "production", "production-gpu"})
  void theConsoleTakesItsSettings(String overlay) throws IOException {
    Overlay made = Overlay.of(overlay);
    JsonNode pod = made.named("Deployment", "vigil-console").at("/spec/template/spec");
    JsonNode container = pod.at("/containers/0");
    String text = Files.readString(here(made, container.at("/args/0").asText()));
    Path kafka = here(made, "/etc/vigil/console/kafka.properties");
    Files.writeString(
        folder.resolve("read.properties"),
        text.replace("/etc/vigil/console/kafka.properties", kafka.toString()));
    Files.writeString(
        kafka, Files.readString(kafka).replace("${file:/etc/vigil/kafka-user/user.password}", "x"));

    ConsoleSettings settings =
        ConsoleSettings.read(
            folder.resolve("read.properties"),
            Map.of("VIGIL_DATABASE_URL", "jdbc:postgresql://db/vigil"));

    Map<String, Integer> ports = new HashMap<>();
    container
        .path("ports")
        .forEach(port -> ports.put(port.path("name").asText(), port.path("containerPort").asInt()));
    assertThat(settings.port()).isEqualTo(ports.get("http"));
    assertThat(settings.metrics().getPort()).isEqualTo(ports.get("metrics"));
    JsonNode ingress = made.only("Ingress").path("spec");
    assertThat(settings.publicUrl().getHost())
        .isEqualTo(ingress.at("/rules/0/host").asText())
        .isEqualTo(ingress.at("/tls/0/hosts/0").asText());
    for (String probe : new String[] {"startupProbe", "livenessProbe", "readinessProbe"}) {
      assertThat(container.path(probe).at("/httpGet/port").asText()).isEqualTo("metrics");
      assertThat(container.path(probe).at("/httpGet/path").asText()).isIn("/live", "/ready");
    }
  }

  @Test
  void everyVariableIsReadBySomeone() throws IOException {
    String console = sources(Path.of("..", "console", "src", "main", "java"));
    Overlay made = Overlay.of("production");
    for (JsonNode variable :
        made.named("Deployment", "vigil-console").at("/spec/template/spec/containers/0/env")) {
      assertThat(console).contains('"' + variable.path("name").asText() + '"');
    }
    Map<String, String> job = new HashMap<>();
    for (JsonNode variable :
        made.only("FlinkDeployment").at("/spec/podTemplate/spec/containers/0/env")) {
      job.put(variable.path("name").asText(), variable.path("value").asText());
    }
    assertThat(job.keySet()).containsAll(TorchRuntime.environment().keySet());
    assertThat(job).containsEntry("DJL_OFFLINE", "true");
  }

  @Test
  void everyTopicIsThereAndKeptAsItMustBe() throws IOException {
    Set<String> expected = new TreeSet<>();
    for (Field field : Topics.class.getDeclaredFields()) {
      if (field.getType() == String.class) {
        try {
          expected.add((String) field.get(null));
        } catch (IllegalAccessException e) {
          throw new IllegalStateException(e);
        }
      }
    }
    expected.removeAll(NO_TOPIC);
    Map<String, ObjectNode> topics =
        Overlay.of("production").all("KafkaTopic").stream()
            .collect(Collectors.toMap(Kustomize::name, topic -> topic));
    assertThat(topics.keySet()).isEqualTo(expected);
    topics.forEach(
        (name, topic) -> {
          JsonNode config = topic.at("/spec/config");
          assertThat(config.path("cleanup.policy").asText()).as(name).isEqualTo("delete");
          assertThat(config.path("message.timestamp.type").asText()).isEqualTo("LogAppendTime");
          assertThat(topic.at("/spec/replicas").asInt()).isEqualTo(3);
          assertThat(config.path("min.insync.replicas").asInt()).isEqualTo(2);
        });
    assertThat(topics.get(Topics.CONTROL).at("/spec/config").path("retention.ms").asLong())
        .isEqualTo(-1);
    assertThat(topics.get(Topics.CONTROL).at("/spec/partitions").asInt()).isEqualTo(1);
    long horizonMs = VigilOptions.DEDUPE_HORIZON.defaultValue().toMillis();
    assertThat(topics.get(Topics.TRANSACTIONS).at("/spec/config").path("retention.ms").asLong())
        .isGreaterThanOrEqualTo(horizonMs);
  }

  @Test
  @SuppressWarnings("unchecked")
  void everyoneMayDoWhatHisPartDoesAndNobodyEverything() throws Exception {
    Field inputs = VigilJob.class.getDeclaredField("INPUTS");
    inputs.setAccessible(true);
    Overlay made = Overlay.of("production");
    Map<String, Set<String>> job = rights(made.named("KafkaUser", "vigil-job"));
    for (String topic : (Iterable<String>) inputs.get(null)) {
      // It ticks them, too.
      assertThat(job.get(topic)).as(topic).containsExactlyInAnyOrder("Read", "Write", "Describe");
    }
    for (String topic :
        Set.of(
            Topics.DECISIONS,
            Topics.CASES,
            Topics.RECEIPTS,
            Topics.DEAD_LETTERS,
            Topics.TREE_HEADS)) {
      assertThat(job.get(topic)).as(topic).containsExactlyInAnyOrder("Write", "Describe");
    }
    assertThat(job).containsKeys("vigil", "vigil-");
    Map<String, Set<String>> console = rights(made.named("KafkaUser", "vigil-console"));
    assertThat(console.get(Topics.DECISIONS)).containsExactlyInAnyOrder("Read", "Describe");
    assertThat(console).doesNotContainKey(Topics.TRANSACTIONS);
    for (ObjectNode user : made.all("KafkaUser")) {
      assertThat(rights(user).keySet()).doesNotContain("*");
      assertThat(user.toString()).doesNotContain("\"All\"", "\"Delete\"", "\"Alter\"");
    }
  }

  private static Map<String, Set<String>> rights(ObjectNode user) {
    Map<String, Set<String>> rights = new HashMap<>();
    for (JsonNode acl : user.at("/spec/authorization/acls")) {
      Set<String> operations =
          rights.computeIfAbsent(acl.at("/resource/name").asText(), n -> new HashSet<>());
      acl.path("operations").forEach(operation -> operations.add(operation.asText()));
    }
    return rights;
  }

  @Test
  void podsAreFoundByTheirLabelsAndPorts() throws IOException {
    Overlay made = Overlay.of("production");
    JsonNode labels = made.named("PodMonitor", "vigil-job").at("/spec/selector/matchLabels");
    String cluster = Kustomize.name(made.only("FlinkDeployment"));
    assertThat(labels.path(Constants.LABEL_APP_KEY).asText()).isEqualTo(cluster);
    assertThat(labels.path(Constants.LABEL_TYPE_KEY).asText())
        .isEqualTo(Constants.LABEL_TYPE_NATIVE_TYPE);
    JsonNode main = made.only("FlinkDeployment").at("/spec/podTemplate/spec/containers/0");
    assertThat(main.path("name").asText()).isEqualTo(Constants.MAIN_CONTAINER_NAME);
    assertThat(main.at("/ports/0/name").asText()).isEqualTo("metrics");
    assertThat(main.at("/ports/0/containerPort").asText())
        .isEqualTo(
            made.only("FlinkDeployment")
                .at("/spec/flinkConfiguration")
                .path(REPORTER + "port")
                .asText());
    JsonNode taskManagers = made.named("PodDisruptionBudget", "vigil-taskmanagers");
    assertThat(taskManagers.at("/spec/selector/matchLabels").path(Constants.LABEL_COMPONENT_KEY))
        .hasToString('"' + Constants.LABEL_COMPONENT_TASK_MANAGER + '"');
  }

  /** A file of a ConfigMap that is mounted there, as a file of this machine. */
  private Path here(Overlay made, String mounted) throws IOException {
    String[] parts = mounted.split("/");
    String map = "vigil-" + parts[parts.length - 2];
    String key = parts[parts.length - 1];
    assertThat(mounted).isEqualTo("/etc/vigil/" + parts[parts.length - 2] + "/" + key);
    Path file = folder.resolve(key);
    Files.writeString(file, made.file(map, key));
    return file;
  }

  private static String sources(Path directory) throws IOException {
    StringBuilder all = new StringBuilder();
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.filter(path -> path.toString().endsWith(".java")).toList()) {
        all.append(Files.readString(file));
      }
    }
    return all.toString();
  }
}

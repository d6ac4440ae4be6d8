package io.vigil.k8s;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every overlay, as kustomize would make it, read by the operators' own classes. */
class ManifestsTest {

  @ParameterizedTest
  @ValueSource(strings = {"dev", "staging", "production", "production-gpu"})
  void everyResourceIsWhatItsOperatorReads(String overlay) throws IOException {
    Set<String> seen = new HashSet<>();
    for (ObjectNode resource : Overlay.of(overlay).resources()) {
      HasMetadata read = Models.read(Overlay.asKnownToTheOldestOperator(resource));
      assertThat(seen.add(read.getKind() + "/" + read.getMetadata().getName())).isTrue();
      if (!read.getKind().equals("Namespace")) {
        assertThat(read.getMetadata().getNamespace()).startsWith("vigil-");
      }
      assertThat(resource.findValues("REPLACE")).isEmpty();
    }
    assertThat(seen).hasSizeGreaterThan(25);
  }

  @Test
  void whatNoClassKnowsIsRefused() throws IOException {
    for (String path :
        List.of(
            "/spec/podTemplate/spec/containers/0",
            "/spec/job",
            "/spec",
            "/spec/podTemplate/spec/volumes/0/configMap")) {
      ObjectNode job =
          Overlay.asKnownToTheOldestOperator(
              Overlay.of("production").only("FlinkDeployment").deepCopy());
      ((ObjectNode) job.at(path)).put("nonsense", true);
      assertThatThrownBy(() -> Models.read(job)).as(path).hasMessageContaining("nonsense");
    }
    for (String kind : List.of("Deployment", "Kafka", "NetworkPolicy", "KafkaUser")) {
      ObjectNode resource = Overlay.of("production").all(kind).get(0).deepCopy();
      ((ObjectNode) resource.path("spec")).put("nonsense", true);
      assertThatThrownBy(() -> Models.read(resource)).as(kind).hasMessageContaining("nonsense");
    }
  }

  /** Kubernetes' profile "restricted", which the namespaces enforce. */
  @ParameterizedTest
  @ValueSource(strings = {"dev", "staging", "production", "production-gpu"})
  void podsMayDoNothingThatTheyNeedNot(String overlay) throws IOException {
    Overlay made = Overlay.of(overlay);
    assertThat(
            made.only("Namespace")
                .at("/metadata/labels")
                .path("pod-security.kubernetes.io/enforce")
                .asText())
        .isEqualTo("restricted");
    for (JsonNode pod : made.pods()) {
      assertThat(pod.at("/securityContext/runAsNonRoot").asBoolean()).isTrue();
      assertThat(pod.at("/securityContext/seccompProfile/type").asText())
          .isEqualTo("RuntimeDefault");
      for (JsonNode container : pod.path("containers")) {
        JsonNode context = container.path("securityContext");
        assertThat(context.path("allowPrivilegeEscalation").asBoolean(true)).isFalse();
        assertThat(context.path("readOnlyRootFilesystem").asBoolean()).isTrue();
        assertThat(context.at("/capabilities/drop/0").asText()).isEqualTo("ALL");
        assertThat(container.path("image").asText("x:1")).doesNotEndWith(":latest").contains(":");
      }
      requireMountsToBeThere(pod, made);
    }
  }

  private static void requireMountsToBeThere(JsonNode pod, Overlay made) {
    Set<String> volumes = new HashSet<>();
    for (JsonNode volume : pod.path("volumes")) {
      volumes.add(volume.path("name").asText());
      String map = volume.at("/configMap/name").asText();
      if (!map.isEmpty()) {
        assertThat(made.named("ConfigMap", map)).isNotNull();
      }
      String secret = volume.at("/secret/secretName").asText();
      if (!secret.isEmpty()) {
        assertThat(Overlay.SECRETS).contains(secret);
      }
    }
    for (JsonNode container : pod.path("containers")) {
      for (JsonNode mount : container.path("volumeMounts")) {
        assertThat(volumes).contains(mount.path("name").asText());
      }
      for (JsonNode variable : container.path("env")) {
        String secret = variable.at("/valueFrom/secretKeyRef/name").asText();
        if (!secret.isEmpty()) {
          assertThat(Overlay.SECRETS).contains(secret);
        }
      }
    }
  }

  @Test
  void nothingIsReachedByDefault() throws IOException {
    JsonNode deny = Overlay.of("production").named("NetworkPolicy", "default-deny");
    assertThat(deny.at("/spec/podSelector")).isEmpty();
    assertThat(deny.at("/spec/policyTypes").toString()).isEqualTo("[\"Ingress\",\"Egress\"]");
    assertThat(deny.path("spec").has("ingress") || deny.path("spec").has("egress")).isFalse();
  }

  @Test
  void noSecretStandsInAFile() throws IOException {
    for (String overlay : List.of("dev", "staging", "production", "production-gpu")) {
      for (ObjectNode resource : Overlay.of(overlay).resources()) {
        assertThat(resource.path("kind").asText()).isNotEqualTo("Secret");
        assertThat(resource.toString().toLowerCase(java.util.Locale.ROOT))
            .doesNotContainPattern("password[\"=: ]+[a-z0-9]{4}");
      }
    }
  }

  @Test
  void aPatchWithoutATargetIsRefused(@org.junit.jupiter.api.io.TempDir Path folder)
      throws IOException {
    java.nio.file.Files.writeString(
        folder.resolve("kustomization.yaml"),
        """
        kind: Kustomization
        patches:
          - target: {kind: Deployment, name: gone}
            path: patch.yaml
        """);
    java.nio.file.Files.writeString(folder.resolve("patch.yaml"), "- {op: remove, path: /spec}\n");
    assertThatThrownBy(() -> Kustomize.build(folder)).hasMessageContaining("nothing is");
  }
}

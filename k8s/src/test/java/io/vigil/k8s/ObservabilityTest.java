package io.vigil.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Dashboards and alert rules refer to what exists: metrics, data source, runbooks. */
class ObservabilityTest {
  private static final Path HERE = Path.of("observability");
  private static final Path RULES = HERE.resolve("rules").resolve("vigil.yaml");
  private static final Path RUNBOOK = Path.of("..", "docs", "operations.md");
  private static final String RUNBOOK_URL = "{{ $externalLabels.vigil_docs }}/operations.md#";
  private static final Pattern DURATION = Pattern.compile("[1-9]\\d*[smh]");
  private static final Set<String> RULE_KEYS =
      Set.of("alert", "expr", "for", "labels", "annotations");

  @Test
  void everyAlertIsWholeAndRefersToMetricsThatExist() throws IOException {
    Set<String> known = Exported.all();
    Set<String> names = new HashSet<>();
    for (JsonNode rule : rules()) {
      String name = rule.path("alert").asText();
      assertThat(names.add(name)).as("twice: " + name).isTrue();
      rule.fieldNames().forEachRemaining(key -> assertThat(RULE_KEYS).as(name).contains(key));
      assertThat(name).matches("Vigil[A-Z][A-Za-z]+");
      assertThat(rule.path("labels").path("severity").asText()).as(name).isIn("page", "ticket");
      if (rule.has("for")) {
        assertThat(rule.path("for").asText()).as(name).matches(DURATION);
      }
      assertThat(rule.path("annotations").path("summary").asText()).as(name).isNotBlank();
      assertThat(rule.path("annotations").path("description").asText()).as(name).isNotBlank();
      assertThat(rule.path("annotations").path("runbook_url").asText())
          .isEqualTo(RUNBOOK_URL + name.toLowerCase(Locale.ROOT));
      assertThat(Promql.metrics(rule.path("expr").asText()))
          .as(name)
          .isNotEmpty()
          .isSubsetOf(known);
    }
  }

  @Test
  void everyAlertHasItsRunbookAndEveryRunbookItsAlert() throws IOException {
    List<String> alerts =
        rules().stream().map(rule -> rule.path("alert").asText()).sorted().toList();
    List<String> runbooks = new ArrayList<>();
    Matcher heading =
        Pattern.compile("(?m)^### (Vigil\\w+)$((?:\\R(?!#).*)*)")
            .matcher(Files.readString(RUNBOOK));
    while (heading.find()) {
      runbooks.add(heading.group(1));
      assertThat(heading.group(2))
          .as(heading.group(1))
          .contains("**Analysts:**", "**First look:**", "**Causes:**", "**Do:**", "**Wake:**");
    }
    assertThat(runbooks.stream().sorted().toList()).isEqualTo(alerts);
  }

  @Test
  void everyPanelRefersToMetricsThatExist() throws IOException {
    Set<String> known = Exported.all();
    Set<String> uids = new HashSet<>();
    for (Path file : dashboards()) {
      JsonNode dashboard = new ObjectMapper().readTree(file.toFile());
      String uid = dashboard.path("uid").asText();
      assertThat(file).hasFileName(uid + ".json");
      assertThat(uids.add(uid)).isTrue();
      Set<Integer> ids = new HashSet<>();
      int queries = 0;
      for (JsonNode panel : dashboard.path("panels")) {
        assertThat(ids.add(panel.path("id").asInt())).as("panel ids of " + file).isTrue();
        for (JsonNode target : panel.path("targets")) {
          queries++;
          assertThat(target.path("datasource").path("uid").asText()).isEqualTo("${datasource}");
          assertThat(Promql.metrics(target.path("expr").asText()))
              .as(file + ": " + panel.path("title").asText())
              .isNotEmpty()
              .isSubsetOf(known);
        }
      }
      assertThat(queries).as(file.toString()).isGreaterThan(10);
    }
    assertThat(uids).hasSize(3);
  }

  @Test
  void theOperatorsRulesAreTheFilesRules() throws IOException {
    String rules = Files.readString(RULES);
    StringBuilder resource =
        new StringBuilder(
            """
            # Made from rules/vigil.yaml, see ObservabilityTest.
            apiVersion: monitoring.coreos.com/v1
            kind: PrometheusRule
            metadata:
              name: vigil
              labels:
                app.kubernetes.io/part-of: vigil
            spec:
            """);
    rules
        .lines()
        .filter(line -> !line.startsWith("#"))
        .forEach(line -> resource.append("  ").append(line).append('\n'));
    Generated.hold(HERE.resolve("prometheus-rule.yaml"), resource.toString());
  }

  private static List<JsonNode> rules() throws IOException {
    JsonNode file = Yaml.one(RULES);
    List<JsonNode> rules = new ArrayList<>();
    for (JsonNode group : file.path("groups")) {
      assertThat(group.path("name").asText()).isNotBlank();
      group.path("rules").forEach(rules::add);
    }
    assertThat(rules).hasSizeGreaterThan(20);
    return rules;
  }

  private static List<Path> dashboards() throws IOException {
    try (Stream<Path> files = Files.list(HERE.resolve("dashboards"))) {
      return files.sorted().toList();
    }
  }
}

package io.vigil.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vigil.cli.result.DecisionsForTest;
import io.vigil.schema.Decision;
import io.vigil.schema.Outcome;
import io.vigil.schema.RuleHit;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.avro.file.DataFileWriter;
import org.apache.avro.specific.SpecificDatumWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class DiffCommandTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @TempDir private Path folder = Path.of("");

  @Test
  void saysWhatDiffersAndExitsAsAsked() throws IOException {
    write("a", false);
    write("b", true);
    Path json = folder.resolve("out.json");

    assertThat(diff("a", "a", "--exit-code")).as(out.toString() + err).isZero();
    assertThat(out.toString()).contains("20 decisions the same, 0 differ");
    assertThat(diff("a", "b", "--json=" + json)).isZero();
    assertThat(diff("a", "b", "--exit-code")).isEqualTo(1);
    assertThat(out.toString())
        .contains("other rules or lists: 1")
        .contains("APPROVE -> DECLINE             1  1,234.56 EUR")
        .contains("rule_hits.night: - -> DECLINE NIGHT weight 7");
    JsonNode result = new ObjectMapper().readTree(json.toFile());
    assertThat(result.at("/same").asInt()).isEqualTo(19);
    JsonNode rules = result.at("/groups/rules");
    assertThat(rules.at("/outcomes").fieldNames().next()).isEqualTo("APPROVE -> DECLINE");
    assertThat(rules.at("/alerts_gained/billing_amount_minor/EUR").asLong()).isEqualTo(123_456);
    assertThat(rules.at("/fields/rule_hits.night").asInt()).isEqualTo(1);
    assertThat(rules.at("/examples/0/transaction_id").asText()).isEqualTo("t3");
  }

  @Test
  void saysWhatItCannotRead() throws IOException {
    write("a", false);
    assertThat(diff("a", "no")).isEqualTo(1);
    assertThat(err.toString()).contains("no: expected decisions, got no such file or folder");
    Files.createDirectories(folder.resolve("empty"));
    assertThat(diff("a", "empty")).isEqualTo(1);
    assertThat(err.toString()).contains("empty: expected decisions.avro, or an archive with");
    Files.writeString(
        Files.createDirectories(folder.resolve("odd")).resolve("decisions.avro"), "x");
    assertThat(diff("a", "odd")).isEqualTo(1);
    assertThat(err.toString()).contains("decisions.avro: expected an Avro file");
  }

  private void write(String name, boolean changed) throws IOException {
    Path file = Files.createDirectories(folder.resolve(name)).resolve("decisions.avro");
    Random random = new Random(3);
    try (DataFileWriter<Decision> writer =
        new DataFileWriter<>(new SpecificDatumWriter<>(Decision.class))) {
      writer.create(Decision.getClassSchema(), file.toFile());
      for (int i = 0; i < 20; i++) {
        Decision decision = DecisionsForTest.random("t" + i, random);
        if (i == 3) {
          decision.setOutcome(Outcome.APPROVE);
          decision.getTransaction().setBillingAmountMinor(123_456);
          decision.setAlertId(null);
          if (changed) {
            decision.setOutcome(Outcome.DECLINE);
            decision.setAlertId("alert");
            List<RuleHit> hits = new ArrayList<>(decision.getRuleHits());
            hits.add(new RuleHit("night", "NIGHT", Outcome.DECLINE, 7));
            decision.setRuleHits(hits);
          }
        }
        writer.append(decision);
      }
    }
  }

  private int diff(String a, String b, String... more) {
    List<String> args = new ArrayList<>(List.of("diff"));
    args.add(folder.resolve(a).toString());
    args.add(folder.resolve(b).toString());
    args.add("--data=" + folder.resolve("data"));
    args.addAll(List.of(more));
    CommandLine commandLine = Vigil.commandLine();
    commandLine.setOut(new PrintWriter(out, true));
    commandLine.setErr(new PrintWriter(err, true));
    return commandLine.execute(args.toArray(String[]::new));
  }
}

package io.vigil.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vigil.cli.audit.ProvedArchive;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What an auditor types, from the key to the package. */
class AuditCommandTest {
  @TempDir static Path folder = Path.of("");

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeAll
  static void runTheJob() throws Exception {
    AuditCommandTest test = new AuditCommandTest();
    test.is(0, "keygen", "--out=" + path("keys"), "--origin=" + ProvedArchive.ORIGIN);
    ProvedArchive.write(folder.resolve("archive"), folder.resolve("keys/proof.key"));
  }

  private static Path path(String name) {
    return folder.resolve(name);
  }

  private String is(int code, String... args) {
    CommandLine line = Vigil.commandLine();
    line.setOut(new PrintWriter(out));
    line.setErr(new PrintWriter(err));
    String[] all = new String[args.length + 1];
    all[0] = "audit";
    System.arraycopy(args, 0, all, 1, args.length);
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    assertThat(line.execute(all)).as("%s%s", out, err).isEqualTo(code);
    return out.toString();
  }

  @Test
  void verifiesWithAnAnchorThatWasKept() throws Exception {
    Files.writeString(path("anchor"), is(0, "head", "--archive=" + path("archive")));

    String said =
        is(
            0,
            "verify",
            "--archive=" + path("archive"),
            "--key=" + path("keys/proof.vkey"),
            "--anchor=" + path("anchor"),
            "--json=" + path("verified.json"));

    assertThat(said).contains("OK           as logged").contains("covered      until");
    JsonNode json = new ObjectMapper().readTree(path("verified.json").toFile());
    assertThat(json.get("ok").asBoolean()).isTrue();
    assertThat(json.get("not_covered").asLong()).isZero();
    assertThat(json.get("findings")).isEmpty();
    // The same key as a PEM, and another's.
    is(
        0,
        "verify",
        "--archive=" + path("archive"),
        "--key=" + path("keys/proof.pub"),
        "--origin=" + ProvedArchive.ORIGIN);
    is(0, "keygen", "--out=" + path("others"), "--origin=" + ProvedArchive.ORIGIN);
    said = is(1, "verify", "--archive=" + path("archive"), "--key=" + path("others/proof.vkey"));
    assertThat(said).contains("FINDING      head_signature").contains("NOT OK");
  }

  @Test
  void provesOneDecision() {
    is(0, "prove", "--archive=" + path("archive"), "--decision=50", "--out=" + path("50.proof"));

    assertThat(is(0, "verify", "--proof=" + path("50.proof"), "--key=" + path("keys/proof.vkey")))
        .contains("OK  the decision of 50 stands in the log of " + ProvedArchive.ORIGIN);
    is(1, "prove", "--archive=" + path("archive"), "--decision=no", "--out=" + path("no"));
    assertThat(err.toString()).contains("expected one of transaction no, got none");
  }

  @Test
  void packsADayOrAll() throws Exception {
    String all = is(0, "export", "--archive=" + path("archive"), "--out=" + path("all"));
    String day =
        is(
            0,
            "export",
            "--archive=" + path("archive"),
            "--out=" + path("day"),
            "--from=2026-01-01",
            "--to=2026-01-01");

    assertThat(Files.size(path("day").resolve("records.bin")))
        .isPositive()
        .isLessThan(Files.size(path("all").resolve("records.bin")));
    assertThat(Files.size(path("day").resolve("batches.txt")))
        .isEqualTo(Files.size(path("all").resolve("batches.txt")));
    String key = Files.readString(path("keys/proof.vkey"));
    assertThat(ProvedArchive.findings(path("all"), key, path("classes"))).as(all).isEmpty();
    assertThat(ProvedArchive.findings(path("day"), key, path("classes-2"))).as(day).isEmpty();
    is(1, "export", "--archive=" + path("archive"), "--out=" + path("all"));
    assertThat(err.toString()).contains("--out: expected an empty folder");
  }

  @Test
  void reconcilesWithWhatTheSourceSent() throws Exception {
    Map<String, long[]> sent = new TreeMap<>(ProvedArchive.sent());
    StringBuilder csv = new StringBuilder("feed,day,currency,count,sum_minor\n");
    sent.forEach((group, total) -> csv.append("%s,%d,%d%n".formatted(group, total[0], total[1])));
    Files.writeString(path("control.csv"), csv);
    List<String> args =
        List.of("reconcile", "--archive=" + path("archive"), "--feed-attribute=feed", "--control=");

    assertThat(is(0, args(args, "control.csv"))).contains("OK  ");

    String group = sent.keySet().iterator().next();
    long[] first = sent.get(group);
    Files.writeString(
        path("more.csv"),
        csv.toString()
            .replace(
                "%s,%d,%d".formatted(group, first[0], first[1]),
                "%s,%d,%d".formatted(group, first[0] + 1, first[1] + 500)));
    assertThat(is(1, args(args, "more.csv")))
        .contains("DIFFERS  " + group.replace(',', ' '))
        .contains("the source says %d of %d".formatted(first[0] + 1, first[1] + 500))
        .contains("the archive has %d of %d".formatted(first[0], first[1]));
  }

  private static String[] args(List<String> args, String file) {
    String[] all = args.toArray(new String[0]);
    all[all.length - 1] += path(file);
    return all;
  }
}

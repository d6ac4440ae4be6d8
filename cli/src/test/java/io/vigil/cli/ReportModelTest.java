package io.vigil.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vigil.cli.audit.ProvedArchive;
import io.vigil.job.archive.ArchiveFolder;
import io.vigil.job.archive.KeptArtefacts;
import io.vigil.model.approval.Kind;
import io.vigil.model.bundle.Bundle;
import io.vigil.schema.Decision;
import io.vigil.schema.Label;
import io.vigil.schema.LabelValue;
import io.vigil.schema.LogEntry;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.codec.DecodeException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.avro.specific.SpecificRecordBase;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A report of an archive that the job's own topology wrote. */
class ReportModelTest {
  private static final String FROM = "--from=2026-01-03";
  private static final String TO = "--to=2026-01-04";

  @TempDir static Path folder = Path.of("");

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeAll
  static void runTheJob() throws Exception {
    ReportModelTest test = new ReportModelTest();
    test.is(0, "audit", "keygen", "--out=" + path("keys"), "--origin=" + ProvedArchive.ORIGIN);
    test.is(0, "keys", "new", "risk", "--out=" + path("keys"));
    test.is(0, "keys", "new", "other", "--out=" + path("keys"));
    // Five days, a record every two and a half minutes.
    ProvedArchive.write(path("archive"), path("keys/proof.key"), 3_000, 300_000);
    Bundle bundle = Bundle.builtIn("default");
    KeptArtefacts.keep(archive(), Kind.MODEL, bundle.digest(), bundle.toZip());
  }

  private static Path path(String name) {
    return folder.resolve(name);
  }

  private static ArchiveFolder archive() {
    return ArchiveFolder.of(path("archive").toString());
  }

  private String is(int code, String... args) {
    var line = Vigil.commandLine();
    line.setOut(new PrintWriter(out));
    line.setErr(new PrintWriter(err));
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    assertThat(line.execute(args)).as("%s%s", out, err).isEqualTo(code);
    return out.toString();
  }

  private String report(int code, String... more) {
    List<String> args =
        new ArrayList<>(
            List.of("model", "report", "--archive=" + path("archive"), "--data=" + path("data")));
    args.addAll(List.of(more));
    return is(code, args.toArray(String[]::new));
  }

  @Test
  void reportsWhatTheArchiveSays() throws Exception {
    String said =
        report(
            0,
            FROM,
            TO,
            "--reference-from=2026-01-01",
            "--reference-to=2026-01-02",
            "--label-delay=0d",
            "--group=country,attribute:feed",
            "--group-least=100",
            "--alerts-per-day=1000000",
            "--html=" + path("report.html"),
            "--json=" + path("report.json"));
    JsonNode json = new ObjectMapper().readTree(path("report.json").toFile());
    Expected expected = expected();
    Bundle bundle = Bundle.builtIn("default");
    String title = "default " + bundle.manifest().version();

    JsonNode model = json.at("/models/0");
    assertThat(json.get("decisions").asLong()).isEqualTo(expected.decisions);
    assertThat(json.get("alerts").asLong()).isEqualTo(expected.alerts);
    assertThat(model.get("name").asText()).isEqualTo("default");
    assertThat(model.get("sha256").asText()).isEqualTo(bundle.digest());
    assertThat(model.at("/outcomes/approve").asLong()).isEqualTo(expected.approved);
    assertThat(json.at("/alert_quality/labelled").asLong()).isEqualTo(expected.labelledAlerts);
    assertThat(json.at("/alert_quality/precision/count").asLong()).isEqualTo(expected.caught);
    assertThat(json.at("/alert_quality/frauds_known").asLong()).isEqualTo(expected.frauds);
    assertThat(json.at("/models/0/calibration/frauds").asLong()).isEqualTo(expected.frauds);
    assertThat(expected.frauds).isPositive();
    assertThat(json.get("features").findValuesAsText("name")).contains("amount_vs_account_mean");
    assertThat(json.at("/groups/0/groups").findValuesAsText("name"))
        .containsExactlyInAnyOrder("DE", "FR");
    assertThat(json.at("/groups/1/key").asText()).isEqualTo("attributes.feed");
    assertThat(said).contains(title).contains("by country");
    assertThat(Files.readString(path("report.html")))
        .contains("Models, 2026-01-03 to 2026-01-04")
        .contains("Do probabilities hold? " + title)
        .doesNotContain("<script");
  }

  /** The slow way, from the decisions and labels one by one. */
  private static final class Expected {
    private long decisions;
    private long approved;
    private long alerts;
    private long labelledAlerts;
    private long caught;
    private long frauds;
  }

  private static Expected expected() throws Exception {
    Map<String, Label> labels = new HashMap<>();
    Codec<Label> codec = Codec.of(Label.class);
    each(
        "inputs",
        LogEntry.class,
        LocalDate.MIN,
        entry -> {
          if (entry.getTopic().equals("labels")) {
            ByteBuffer value = entry.getValue();
            byte[] bytes = new byte[value.remaining()];
            value.duplicate().get(bytes);
            try {
              Label label = codec.decode(bytes);
              Label known = labels.get(label.getTransactionId());
              if (known == null || known.getLabelTime() < label.getLabelTime()) {
                labels.put(label.getTransactionId(), label);
              }
            } catch (DecodeException e) {
              throw new IllegalStateException(e);
            }
          }
        });
    Expected expected = new Expected();
    each(
        "decisions",
        Decision.class,
        LocalDate.of(2026, 1, 3),
        decision -> {
          Label label = labels.get(decision.getTransaction().getTransactionId());
          LabelValue value = label == null ? LabelValue.WITHDRAWN : label.getValue();
          boolean alert = decision.getAlertId() != null;
          expected.decisions++;
          expected.approved += decision.getOutcome().name().equals("APPROVE") ? 1 : 0;
          expected.alerts += alert ? 1 : 0;
          expected.labelledAlerts += alert && value != LabelValue.WITHDRAWN ? 1 : 0;
          expected.caught += alert && value == LabelValue.FRAUD ? 1 : 0;
          expected.frauds += value == LabelValue.FRAUD ? 1 : 0;
        });
    return expected;
  }

  private static <T extends SpecificRecordBase> void each(
      String kind, Class<T> type, LocalDate from, Consumer<T> out) throws Exception {
    ArchiveFolder archive = archive();
    LocalDate to = from.equals(LocalDate.MIN) ? LocalDate.MAX : from.plusDays(1);
    for (var files : archive.files(kind, from, to).values()) {
      for (var file : files) {
        archive.read(file, type, out);
      }
    }
  }

  @Test
  void signsWhatItWritesAndRefusesAnotherByte() throws Exception {
    Path file = path("week.json");
    String[] asked = {
      FROM, TO, "--out=" + file, "--html=" + path("week.html"), "--sign=" + path("keys/risk.key")
    };
    report(0, asked);
    byte[] bytes = Files.readAllBytes(file);
    byte[] page = Files.readAllBytes(path("week.html"));
    report(0, asked);
    assertThat(Files.readAllBytes(file)).as("the same report is the same bytes").isEqualTo(bytes);

    String key = "--key=" + path("keys/risk.pub");
    assertThat(verify(0, key, "--html=" + path("week.html")))
        .contains("signed by ")
        .contains("2026-01-03 to 2026-01-04  ");
    verify(1, "--key=" + path("keys/other.pub"));
    assertThat(err.toString()).contains("expected what the key ");
    for (int at : new int[] {0, bytes.length / 2, bytes.length - 1}) {
      byte[] changed = bytes.clone();
      changed[at] ^= 1;
      Files.write(file, changed);
      verify(1, key);
    }
    Files.write(file, bytes);
    page[page.length / 2] ^= 1;
    Files.write(path("week.html"), page);
    verify(1, key, "--html=" + path("week.html"));
    assertThat(err.toString()).contains("expected the page with SHA-256 ");
    Path signature = path("week.json.sig");
    Files.write(signature, new byte[64]);
    verify(1, key);
  }

  private String verify(int code, String... more) {
    List<String> args =
        new ArrayList<>(List.of("model", "report", "verify", "" + path("week.json")));
    args.addAll(List.of(more));
    return is(code, args.toArray(String[]::new));
  }

  @Test
  void exitsAsAsked() {
    report(0, FROM, TO, "--alerts-per-day=0.01");
    assertThat(report(1, FROM, TO, "--alerts-per-day=0.01", "--exit-code"))
        .contains("! alert budget")
        .contains("? groups         no group is configured");
    assertThat(report(0, FROM, TO, "--exit-code", "--label-delay=999d"))
        .contains("? calibration and precision no label by ");
  }

  @Test
  void saysWhatIsWrong() {
    report(2, TO);
    assertThat(err.toString()).contains("expected both --from DAY and --to DAY, got one");
    report(2, FROM, "--to=2026-01-01");
    assertThat(err.toString()).contains("expected a first day that is not after the last");
    report(2, FROM, TO, "--group=nothing");
    assertThat(err.toString()).contains("--group: expected a text field");
    report(2, FROM, TO, "--label-delay=3w");
    assertThat(err.toString()).contains("expected days up to 999d");
    report(2, FROM, TO, "--sign=x.key");
    assertThat(err.toString()).contains("--sign: expected --out FILE");
    report(1, "--from=2020-01-01", "--to=2020-01-02");
    assertThat(err.toString()).contains("--from: expected days with decisions, of which");
    is(2, "model", "report", FROM, TO);
    assertThat(err.toString()).contains("expected --archive DIR --from DAY --to DAY");
  }
}

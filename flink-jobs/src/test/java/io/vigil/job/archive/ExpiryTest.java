package io.vigil.job.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vigil.model.artefact.ArtefactException;
import io.vigil.schema.LogEntry;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.LocalDate;
import java.time.Period;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Days go as the policy says, whole, written down, and never those that are held. */
class ExpiryTest {
  private static final LocalDate FIRST = TestArchive.FIRST;
  private static final int DAYS = 10;
  private static final LocalDate TODAY = FIRST.plusDays(DAYS);
  private static final Instant NOW = Instant.parse("2026-03-11T08:00:00Z");

  @TempDir private Path temporary;
  private TestArchive archive;

  @BeforeEach
  void writeDays() throws IOException {
    archive = new TestArchive(temporary.resolve("archive"));
    write(archive);
  }

  @AfterEach
  void heal() {
    CrashingFileSystem.heal();
  }

  private static void write(TestArchive archive) throws IOException {
    Random random = new Random(1);
    for (int i = 0; i < DAYS; i++) {
      LocalDate day = FIRST.plusDays(i);
      archive.spread("decisions", day, 2, TestArchive.decisions(day, i * 50, 50, random));
      List<LogEntry> inputs = new ArrayList<>();
      for (int j = 0; j < 50; j++) {
        inputs.add(TestArchive.entry("transactions", j, TestArchive.dayMs(day) + j));
      }
      if (i % 3 == 0) {
        inputs.add(TestArchive.entry("control", i, TestArchive.dayMs(day) + 7));
      }
      archive.spread("inputs", day, 3, inputs);
      archive.spread(
          "starts", day, 1, List.of(Starts.start(TestArchive.dayMs(day), Map.of(), 1, List.of())));
    }
  }

  private static RetentionPolicy keep(String ages) {
    return new RetentionPolicy(RetentionPolicy.ages(ages), List.of(), false);
  }

  private Expiry expiry(ArchiveFolder folder) throws IOException {
    return new Expiry(folder, temporary.resolve("sort"));
  }

  private List<String> days(String kind) throws IOException {
    List<String> days = new ArrayList<>();
    archive
        .folder
        .days(kind, LocalDate.MIN, LocalDate.MAX)
        .forEach(
            (date, day) -> {
              if (!day.parts().isEmpty()) {
                days.add(date.toString().substring(8));
              }
            });
    return days;
  }

  @Test
  void whatIsOverGoesAndControlStays() throws Exception {
    Expiry expiry = expiry(archive.folder);
    Expiry.Plan plan = expiry.plan(keep("decisions=5d,inputs=7d"), TODAY);
    assertThat(plan.over()).hasSize(5 + 3);
    Map<String, String> digests = new HashMap<>();
    for (ArchiveDay day : plan.over()) {
      for (ArchiveDay.Part part : day.parts()) {
        byte[] bytes = Files.readAllBytes(Path.of(part.path().toUri()));
        digests.put(
            day.kind() + part.name(),
            HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes)));
      }
    }
    IndexWriter index = new IndexWriter(archive.folder, temporary.resolve("sort"));
    index.write(plan.over().get(0));

    expiry.run(plan, "anna@\"here\"", NOW, keep("decisions=5d,inputs=7d"));

    assertThat(days("decisions")).containsExactly("06", "07", "08", "09", "10");
    // Of the first day control stays, and nothing is left of the two others.
    assertThat(days("inputs")).containsExactly("01", "04", "05", "06", "07", "08", "09", "10");
    assertThat(days("starts")).hasSize(DAYS);
    assertThat(archive.bodies("inputs", FIRST)).hasSize(1);
    assertThat(archive.dayFolder("decisions", FIRST)).doesNotExist();
    String journal = Files.readString(archive.root.resolve("_journal/000001.jsonl"));
    assertThat(journal)
        .startsWith(
            "{\"who\":\"anna@\\u0022here\\u0022\",\"when\":\"2026-03-11T08:00:00Z\","
                + "\"policy\":\"keep {decisions=P5D, inputs=P7D}, holds [], loses_replay false\","
                + "\"previous_sha256\":\"\"}\n");
    assertThat(journal.lines()).hasSize(1 + digests.size());
    digests.values().forEach(digest -> assertThat(journal).contains(digest));
    assertThat(journal).contains("\"day\":\"2026-03-01\",\"file\":\"decisions-2026-03-01-0.avro\"");
    assertThat(expiry.plan(keep("decisions=5d,inputs=7d"), TODAY).over()).isEmpty();

    expiry.run(expiry.plan(keep("decisions=4d"), TODAY), "bert", NOW, keep("decisions=4d"));
    assertThat(Files.readString(archive.root.resolve("_journal/000002.jsonl")))
        .contains(sha256(archive.root.resolve("_journal/000001.jsonl")));
  }

  private static String sha256(Path file) throws Exception {
    try (InputStream in = Files.newInputStream(file)) {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance("SHA-256").digest(in.readAllBytes()));
    }
  }

  @Test
  void whatIsHeldStays() throws IOException {
    RetentionPolicy policy =
        RetentionPolicy.read(
            """
            keep: {decisions: 5d, inputs: 5d}
            holds:
              - {from: 2026-03-02, to: 2026-03-03, reason: "Case 4711"}
              - {from: 2026-03-04, to: 2026-03-04, kinds: [inputs], reason: Audit}
            loses_replay: true
            """,
            "policy.yaml");
    Expiry expiry = expiry(archive.folder);
    Expiry.Plan plan = expiry.plan(policy, TODAY);
    assertThat(plan.held())
        .contains(
            new Expiry.Held("decisions", FIRST.plusDays(1), "Case 4711"),
            new Expiry.Held("inputs", FIRST.plusDays(3), "Audit"))
        .hasSize(5);

    expiry.run(plan, "anna", NOW, policy);

    assertThat(days("decisions")).containsExactly("02", "03", "06", "07", "08", "09", "10");
    assertThat(days("inputs"))
        .containsExactly("01", "02", "03", "04", "06", "07", "08", "09", "10");
    assertThat(archive.bodies("inputs", FIRST.plusDays(3))).hasSize(51);
  }

  @Test
  void saysWhatCanBeReplayedNoMore() throws IOException {
    Expiry expiry = expiry(archive.folder);
    // Whoever begins later begins with another history: all kept days are lost.
    assertThat(expiry.plan(keep("inputs=7d"), TODAY).unreplayable()).hasSize(DAYS);
    assertThat(expiry.plan(keep("inputs=7d,decisions=7d"), TODAY).unreplayable()).hasSize(DAYS - 3);
    assertThat(expiry.plan(keep("decisions=7d"), TODAY).unreplayable()).isEmpty();
    // The state at the end of the last day that goes tells the history.
    snapshot(FIRST.plusDays(4));
    assertThat(expiry.plan(keep("inputs=7d,decisions=7d"), TODAY).unreplayable())
        .containsExactly(FIRST.plusDays(3), FIRST.plusDays(4));
    snapshot(FIRST.plusDays(2));
    Expiry.Plan plan = expiry.plan(keep("inputs=7d,decisions=7d"), TODAY);
    assertThat(plan.unreplayable()).isEmpty();
    expiry.run(plan, "anna", NOW, keep("inputs=7d,decisions=7d"));
    // Later on the snapshots go first, and what was deleted before is remembered.
    assertThat(expiry.plan(keep("snapshots=1d"), TODAY).unreplayable()).hasSize(DAYS - 3);
  }

  private void snapshot(LocalDate day) throws IOException {
    archive.write("snapshots", day, "in-force.avro", List.of(TestArchive.entry("control", 1, 1)));
  }

  @Test
  void aCrashAnywhereLeavesWholeDays() throws IOException {
    int crashes = 0;
    boolean crashed = true;
    for (int changes = 0; crashed; changes++) {
      archive = new TestArchive(temporary.resolve("archive-" + changes));
      write(archive);
      Map<String, Integer> whole = archive.bodies("decisions", FIRST);
      Map<String, Integer> inputs = archive.bodies("inputs", FIRST);
      ArchiveFolder folder = ArchiveFolder.of("crash://" + archive.root.toAbsolutePath());
      RetentionPolicy policy = keep("decisions=9d,inputs=8d");
      CrashingFileSystem.crashAfter(changes);
      crashed = false;
      try {
        expiry(folder).run(expiry(folder).plan(policy, TODAY), "anna", NOW, policy);
      } catch (IOException e) {
        crashed = true;
        crashes++;
      }
      CrashingFileSystem.heal();
      assertThat(archive.bodies("decisions", FIRST)).isIn(whole, Map.of());
      assertThat(archive.bodies("inputs", FIRST).size()).isIn(inputs.size(), 1);
      if (archive.bodies("decisions", FIRST).isEmpty()) {
        assertThat(archive.root.resolve("_journal/000001.jsonl")).exists();
      }

      expiry(folder).run(expiry(folder).plan(policy, TODAY), "anna", NOW, policy);

      assertThat(days("decisions")).hasSize(DAYS - 1);
      assertThat(archive.bodies("inputs", FIRST)).hasSize(1);
      assertThat(archive.bodies("inputs", FIRST.plusDays(1))).isEmpty();
      assertThat(archive.dayFolder("inputs", FIRST.plusDays(1))).doesNotExist();
      assertThat(expiry(folder).plan(policy, TODAY).over()).isEmpty();
    }
    assertThat(crashes).isGreaterThan(15);
  }

  @Test
  void theExampleIsAPolicy() throws IOException {
    RetentionPolicy policy =
        RetentionPolicy.read(
            Files.readString(Path.of("..", "examples", "retention.yaml")), "retention.yaml");
    assertThat(policy.keep()).hasSize(6);
    assertThat(policy.heldFor("inputs", LocalDate.of(2026, 1, 2))).contains("Case 4711");
    assertThat(policy.heldFor("cases", LocalDate.of(2026, 1, 2))).isNull();
  }

  @Test
  void readsPolicies() {
    RetentionPolicy policy =
        RetentionPolicy.read("keep: {inputs: 7y, receipts: 18mo, cases: 90d}", "p.yaml");
    assertThat(policy.keep())
        .isEqualTo(
            Map.of(
                "inputs", Period.ofYears(7),
                "receipts", Period.ofMonths(18),
                "cases", Period.ofDays(90)));
    assertThat(policy.isOver("inputs", LocalDate.of(2019, 3, 10), LocalDate.of(2026, 3, 11)))
        .isTrue();
    assertThat(policy.isOver("inputs", LocalDate.of(2019, 3, 11), LocalDate.of(2026, 3, 11)))
        .isFalse();
    assertThatThrownBy(() -> RetentionPolicy.read("keep: {starts: 7y}", "p.yaml"))
        .isInstanceOf(ArtefactException.class)
        .hasMessageContaining("keep.starts: every replay or audit needs it");
    assertThatThrownBy(() -> RetentionPolicy.read("keep: {inputs: seven}", "p.yaml"))
        .hasMessageContaining("expected an age such as 90d, 18mo or 7y, got seven");
    assertThatThrownBy(() -> RetentionPolicy.ages("inputs=7y,cases"))
        .hasMessageContaining("got 'cases'");
    assertThatThrownBy(
            () ->
                RetentionPolicy.readHolds(
                    "holds: [{from: 2026-02-01, to: 2026-01-01, reason: x}]", "h.yaml"))
        .hasMessageContaining("that is not before 2026-02-01");
  }
}

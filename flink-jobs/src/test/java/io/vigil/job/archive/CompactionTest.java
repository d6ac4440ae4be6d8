package io.vigil.job.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vigil.schema.Decision;
import io.vigil.schema.LogEntry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is compacted holds the same bodies, whatever happens meanwhile. */
class CompactionTest {
  private static final LocalDate DAY = TestArchive.FIRST;

  @TempDir private Path temporary;

  @AfterEach
  void heal() {
    CrashingFileSystem.heal();
  }

  private Compaction compaction(ArchiveFolder folder) throws IOException {
    return new Compaction(folder, temporary.resolve("sort"), 20_000, 4_000);
  }

  private static ArchiveDay day(ArchiveFolder folder, String kind) throws IOException {
    ArchiveDay day = folder.days(kind, DAY, DAY).get(DAY);
    if (day == null) {
      throw new IllegalStateException("no such day");
    }
    return day;
  }

  @Test
  void bodiesStayAndStandInOrder() throws IOException {
    TestArchive archive = new TestArchive(temporary.resolve("archive"));
    List<Decision> decisions = TestArchive.decisions(DAY, 90, 1500, new Random(1));
    decisions.add(decisions.get(7)); // A restart wrote it again.
    archive.spread("decisions", DAY, 40, decisions);
    Map<String, Integer> before = archive.bodies("decisions", DAY);

    Compaction.Result result = compaction(archive.folder).compact(day(archive.folder, "decisions"));

    assertThat(archive.bodies("decisions", DAY)).isEqualTo(before);
    assertThat(result.records()).isEqualTo(1501);
    assertThat(result.before()).isEqualTo(40);
    assertThat(result.after()).isBetween(2, 20);
    List<Decision> read = new ArrayList<>();
    for (org.apache.flink.core.fs.Path file : archive.folder.files("decisions").get(DAY)) {
      archive.folder.read(file, Decision.class, one -> read.add(Decision.newBuilder(one).build()));
    }
    List<Decision> sorted = new ArrayList<>(decisions);
    sorted.sort(
        Comparator.comparing(Decision::getEffectiveTime)
            .thenComparing(one -> one.getTransaction().getTransactionId().length())
            .thenComparing(one -> one.getTransaction().getTransactionId()));
    assertThat(read).isEqualTo(sorted);
    ArchiveDay after = day(archive.folder, "decisions");
    assertThat(after.compacted()).isTrue();
    assertThat(Compaction.wanted(after)).isFalse();
    try (Stream<Path> left = Files.list(archive.dayFolder("decisions", DAY))) {
      assertThat(left).hasSize(result.after() + 1); // And the manifest.
    }
  }

  @Test
  void whatComesLaterCountsAndJoinsTheNextTime() throws IOException {
    TestArchive archive = new TestArchive(temporary.resolve("archive"));
    archive.spread("decisions", DAY, 5, TestArchive.decisions(DAY, 0, 100, new Random(1)));
    compaction(archive.folder).compact(day(archive.folder, "decisions"));
    archive.write(
        "decisions", DAY, "decisions-late.avro", TestArchive.decisions(DAY, 500, 9, new Random(2)));
    Map<String, Integer> all = archive.bodies("decisions", DAY);
    assertThat(all).hasSize(109);
    assertThat(day(archive.folder, "decisions").compacted()).isFalse();

    compaction(archive.folder).compact(day(archive.folder, "decisions"));

    assertThat(archive.bodies("decisions", DAY)).isEqualTo(all);
    assertThat(day(archive.folder, "decisions").compacted()).isTrue();
  }

  /** A job of an older version wrote them: another schema, other metadata. */
  @Test
  void schemasStayApart() throws IOException {
    TestArchive archive = new TestArchive(temporary.resolve("archive"));
    Schema older =
        new Schema.Parser()
            .parse(
                "{'type':'record','name':'Odd','fields':[{'name':'a','type':'string'},"
                        .replace('\'', '"')
                    + "{'name':'effective_time','type':'long'}]}".replace('\'', '"'));
    Schema newer =
        new Schema.Parser()
            .parse(
                "{'type':'record','name':'Odd','fields':[{'name':'effective_time','type':'long'}]}"
                    .replace('\'', '"'));
    Random random = new Random(4);
    for (int file = 0; file < 6; file++) {
      List<GenericData.Record> records = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        GenericData.Record record = new GenericData.Record(file % 2 == 0 ? older : newer);
        record.put("effective_time", (long) random.nextInt(50));
        if (file % 2 == 0) {
          record.put("a", "x" + i);
        }
        records.add(record);
      }
      archive.write("odd", DAY, "odd-" + file + ".avro", records);
    }
    Map<String, Integer> before = archive.bodies("odd", DAY);

    Compaction.Result result = compaction(archive.folder).compact(day(archive.folder, "odd"));

    assertThat(archive.bodies("odd", DAY)).isEqualTo(before);
    assertThat(result.after()).isEqualTo(2);
  }

  /** Kills it at every change that it makes, one after the other, and goes on. */
  @Test
  void aCrashAnywhereLosesAndDoublesNothing() throws IOException {
    Random random = new Random(9);
    int crashes = 0;
    int whole = 0; // Of both kinds of days one must come to its end.
    for (int changes = 0; whole < 2; changes++) {
      Path root = temporary.resolve("archive-" + changes);
      TestArchive archive = new TestArchive(root);
      List<LogEntry> entries = new ArrayList<>();
      for (int i = 0; i < 300; i++) {
        entries.add(TestArchive.entry("transactions", i, TestArchive.dayMs(DAY) + i % 17));
      }
      Collections.shuffle(entries, random);
      archive.spread("inputs", DAY, 4, entries);
      ArchiveFolder folder = ArchiveFolder.of("crash://" + root.toAbsolutePath());
      if (changes % 2 == 1) { // A day that was compacted before, and has a new file.
        compaction(folder).compact(day(folder, "inputs"));
        archive.write(
            "inputs",
            DAY,
            "inputs-new.avro",
            List.of(TestArchive.entry("labels", 1, TestArchive.dayMs(DAY))));
      }
      Map<String, Integer> before = archive.bodies("inputs", DAY);
      CrashingFileSystem.crashAfter(changes);
      try {
        compaction(folder).compact(day(folder, "inputs"));
        whole++;
      } catch (IOException e) {
        crashes++;
        whole = 0;
      }
      CrashingFileSystem.heal();
      assertThat(archive.bodies("inputs", DAY)).as("after %s changes", changes).isEqualTo(before);

      compaction(folder).compact(day(folder, "inputs"));

      assertThat(archive.bodies("inputs", DAY)).as("after %s changes", changes).isEqualTo(before);
      ArchiveDay day = day(folder, "inputs");
      assertThat(day.compacted()).isTrue();
      assertThat(Compaction.wanted(day)).isFalse();
    }
    assertThat(crashes).isGreaterThanOrEqualTo(15);
  }

  @Test
  void aManifestWithoutItsFilesIsRefused() throws IOException {
    TestArchive archive = new TestArchive(temporary.resolve("archive"));
    archive.spread("decisions", DAY, 5, TestArchive.decisions(DAY, 0, 100, new Random(1)));
    compaction(archive.folder).compact(day(archive.folder, "decisions"));
    Files.delete(Path.of(day(archive.folder, "decisions").parts().get(0).path().toUri()));

    assertThatThrownBy(() -> archive.folder.files("decisions"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("as compacted-2.manifest says, got no such file");
  }

  @Test
  void aDamagedFileStopsItAndNothingGoes() throws IOException {
    TestArchive archive = new TestArchive(temporary.resolve("archive"));
    archive.spread("decisions", DAY, 5, TestArchive.decisions(DAY, 0, 100, new Random(1)));
    Path file = archive.dayFolder("decisions", DAY).resolve("decisions-" + DAY + "-3.avro");
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, java.util.Arrays.copyOf(bytes, bytes.length - 20));

    assertThatThrownBy(() -> compaction(archive.folder).compact(day(archive.folder, "decisions")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(file.getFileName().toString());
    assertThat(day(archive.folder, "decisions").parts()).hasSize(5);
  }

  @Test
  void aFileThatIsBeingWrittenIsNoticed() throws IOException {
    TestArchive archive = new TestArchive(temporary.resolve("archive"));
    archive.spread("decisions", DAY, 1, TestArchive.decisions(DAY, 0, 3, new Random(1)));
    Path file = archive.dayFolder("decisions", DAY).resolve(".decisions-1-0.avro.inprogress.0815");
    Files.writeString(file, "Obj");
    Instant touched = Instant.parse("2026-03-02T10:00:00Z");
    Files.setLastModifiedTime(file, FileTime.from(touched));
    ArchiveDay day = day(archive.folder, "decisions");

    assertThat(Compaction.beingWritten(day, touched.minusSeconds(1))).isTrue();
    assertThat(Compaction.beingWritten(day, touched.plusSeconds(1))).isFalse();
  }

  @Test
  void twoDoNotWorkOnAnArchiveAtOnce() throws IOException {
    ArchiveFolder folder = ArchiveFolder.of(temporary.resolve("archive").toString());
    Instant now = Instant.parse("2026-03-02T10:00:00Z");
    ArchiveLock lock = ArchiveLock.take(folder, "compact", "here", now);

    assertThatThrownBy(() -> ArchiveLock.take(folder, "expire", "here", now.plusSeconds(9)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("somebody works on it: compact here");
    ArchiveLock.take(folder, "expire", "there", now.plusSeconds(90_000)).close();
    lock.close();
    Files.writeString(temporary.resolve("archive/_lock"), "compact here 999999999 " + now);
    ArchiveLock.take(folder, "expire", "here", now.plusSeconds(1)).close();
  }
}

package io.vigil.job.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vigil.job.archive.DecisionIndex.Found;
import io.vigil.model.event.Entity;
import io.vigil.schema.Decision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Lookups against all decisions, one by one. */
class DecisionIndexTest {
  private static final int DAYS = 30;
  private static final int A_DAY = 200;

  @TempDir private Path temporary;
  private TestArchive archive;
  private final Random random = new Random(3);
  private final Map<LocalDate, List<Decision>> all = new TreeMap<>();

  @BeforeEach
  void writeDays() throws IOException {
    writeDays(A_DAY);
  }

  private void writeDays(int count) throws IOException {
    archive = new TestArchive(temporary.resolve("archive"));
    for (int day = 0; day < DAYS; day++) {
      LocalDate date = TestArchive.FIRST.plusDays(day);
      List<Decision> decisions = TestArchive.decisions(date, day * count, count, random);
      all.put(date, decisions);
      archive.spread("decisions", date, 1 + day % 7, decisions);
    }
  }

  private void index(LocalDate from, LocalDate to) throws IOException {
    IndexWriter writer = new IndexWriter(archive.folder, temporary.resolve("sort"));
    for (ArchiveDay day : archive.folder.days("decisions", from, to).values()) {
      writer.write(day);
    }
  }

  private LocalDate last() {
    return TestArchive.FIRST.plusDays(DAYS - 1);
  }

  @Test
  void findsEveryTransactionByOneBlock() throws IOException {
    int count = 3000;
    writeDays(count); // In place of the days that were there.
    index(TestArchive.FIRST, last());
    DecisionIndex index = DecisionIndex.of(archive.folder);
    int lookups = 0;
    for (Map.Entry<LocalDate, List<Decision>> day : all.entrySet()) {
      for (int i = 0; i < count; i += 37) {
        Decision decision = day.getValue().get(i);
        List<Found> found = index.find(decision.getTransaction().getTransactionId());
        assertThat(found).extracting(Found::decision).containsExactly(decision);
        assertThat(found.get(0).day()).isEqualTo(day.getKey());
        lookups++;
      }
    }

    assertThat(index.filesScanned()).isZero();
    assertThat(index.blocksRead()).isEqualTo(lookups); // No two keys share 40 bits here.
    assertThat(index.find("t-1")).isEmpty();
  }

  @Test
  void findsAllOfAnEntity() throws IOException {
    index(TestArchive.FIRST, TestArchive.FIRST.plusDays(20));
    DecisionIndex index = DecisionIndex.of(archive.folder);
    LocalDate from = TestArchive.FIRST.plusDays(15);
    LocalDate to = TestArchive.FIRST.plusDays(24); // The last four have no index.
    for (String merchant : List.of("merchant-0", "merchant-2", "merchant-9", "nobody")) {
      List<Decision> found = new ArrayList<>();
      index.findEntity(Entity.MERCHANT, merchant, from, to, one -> found.add(one.decision()));
      assertThat(found).isEqualTo(expected(from, to, merchant));
    }
    List<Decision> cards = new ArrayList<>();
    index.findEntity(Entity.CARD, "merchant-0", from, to, one -> cards.add(one.decision()));
    assertThat(cards).isEmpty();
    assertThat(index.filesScanned()).isPositive();
  }

  private List<Decision> expected(LocalDate from, LocalDate to, String merchant) {
    List<Decision> expected = new ArrayList<>();
    for (Map.Entry<LocalDate, List<Decision>> day : all.entrySet()) {
      if (!day.getKey().isBefore(from) && !day.getKey().isAfter(to)) {
        day.getValue().stream()
            .filter(one -> merchant.equals(one.getTransaction().getMerchant()))
            .sorted(
                Comparator.comparing(Decision::getEffectiveTime)
                    .thenComparing(one -> one.getTransaction().getTransactionId()))
            .forEach(expected::add);
      }
    }
    return expected;
  }

  @Test
  void noticesFilesThatTheIndexDoesNotKnow() throws IOException {
    index(TestArchive.FIRST, last());
    LocalDate day = TestArchive.FIRST.plusDays(3);
    Decision late = TestArchive.decision("late", TestArchive.dayMs(day) + 5, random);
    archive.write("decisions", day, "decisions-late-0.avro", List.of(late));
    // A file of the same name with other contents, as when a day is written anew.
    LocalDate other = TestArchive.FIRST.plusDays(4);
    Decision anew = TestArchive.decision("anew", TestArchive.dayMs(other) + 5, random);
    archive.write("decisions", other, "decisions-" + other + "-0.avro", List.of(anew));

    DecisionIndex index = DecisionIndex.of(archive.folder);
    assertThat(index.find("late")).extracting(Found::decision).containsExactly(late);
    assertThat(index.find("anew")).extracting(Found::decision).containsExactly(anew);
    Decision gone = all.get(other).get(0);
    assertThat(index.find(gone.getTransaction().getTransactionId())).isEmpty();
    assertThat(index.filesScanned()).isEqualTo(3 * 2);
  }

  @Test
  void equalDecisionsAreToldOnceAndOthersOfTheIdToo() throws IOException {
    LocalDate day = TestArchive.FIRST;
    Decision decision = all.get(day).get(0);
    String id = decision.getTransaction().getTransactionId();
    archive.write("decisions", day, "decisions-again-0.avro", List.of(decision));
    Decision fallback = Decision.newBuilder(decision).setFallbackCause("deadline").build();
    archive.write("decisions", day, "decisions-again-1.avro", List.of(fallback));
    index(day, day);

    assertThat(DecisionIndex.of(archive.folder).find(id))
        .extracting(Found::decision)
        .containsExactlyInAnyOrder(decision, fallback);
  }

  @Test
  void aDamagedIndexIsRefused() throws IOException {
    LocalDate day = TestArchive.FIRST;
    index(day, day);
    Path file = archive.dayFolder("decisions", day).resolve(ArchiveDay.INDEX);
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, java.util.Arrays.copyOf(bytes, bytes.length - 8));

    DecisionIndex index = DecisionIndex.of(archive.folder);
    assertThatThrownBy(() -> index.find("t1"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("index damaged, write it anew");
  }

  @Test
  void longsAreSortedAsUnsignedAndToldOnce() throws IOException {
    TreeSet<Long> expected = new TreeSet<>(Long::compareUnsigned);
    List<Long> told = new ArrayList<>();
    try (LongSort sort = new LongSort(temporary.resolve("longs"), 100)) {
      for (int i = 0; i < 5000; i++) {
        long value = ((long) random.nextInt(4) << 62) | random.nextInt(900);
        value = random.nextBoolean() ? value : value | Long.MIN_VALUE;
        expected.add(value);
        sort.add(value);
      }
      sort.drain(told::add);
    }
    assertThat(told).containsExactlyElementsOf(expected);
  }
}

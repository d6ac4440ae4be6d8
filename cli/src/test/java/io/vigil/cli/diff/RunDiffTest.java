package io.vigil.cli.diff;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.schema.Decision;
import io.vigil.schema.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.avro.Schema;
import org.apache.avro.file.DataFileWriter;
import org.apache.avro.specific.SpecificDatumWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two runs against a brute-force classification of what was changed between them. */
class RunDiffTest {
  private static final int DECISIONS = 3000;

  @TempDir private Path folder = Path.of("");

  private final Random random = new Random(17);
  private final List<Decision> as = new ArrayList<>();
  private final List<Decision> bs = new ArrayList<>();

  @Test
  void groupsAsSomebodyWouldWhoKnowsWhatWasDone() throws IOException {
    Map<Cause, Long> counts = new EnumMap<>(Cause.class);
    Map<Cause, Map<String, Long>> outcomes = new EnumMap<>(Cause.class);
    Map<Cause, Map<String, Long>> money = new EnumMap<>(Cause.class);
    Map<Cause, Long> losses = new EnumMap<>(Cause.class);
    long same = 0;
    for (int i = 0; i < DECISIONS; i++) {
      Decision decision = Mutations.scored("t" + i, random);
      Decision other = Mutations.copy(decision);
      other.setSourceOffset(random.nextInt(1000)); // Another log.
      other.setAppendTime(random.nextInt(1000));
      Cause cause = null;
      int kind = random.nextInt(10);
      boolean inA = kind > 0 || random.nextBoolean();
      if (kind == 0) {
        cause = Cause.PRESENCE;
        (inA ? as : bs).add(decision);
      } else {
        as.add(decision);
        bs.add(other);
        if (kind < 8) {
          Mutations.Mutation mutation = Mutations.ALL.get(random.nextInt(Mutations.ALL.size()));
          mutation.change().accept(other, random);
          cause = mutation.cause();
          if (random.nextBoolean()) { // What follows from the cause, and explains nothing.
            other.setOutcome(next(decision.getOutcome()));
            cause = mutation.label() ? Cause.POLICY : first(cause, Cause.POLICY);
          }
        }
      }
      if (cause == null) {
        same++;
        continue;
      }
      counts.merge(cause, 1L, Long::sum);
      String from = inA ? decision.getOutcome().name() : "-";
      String to = cause != Cause.PRESENCE ? other.getOutcome().name() : inA ? "-" : from(decision);
      if (!from.equals(to)) {
        String change = from + " -> " + to;
        outcomes.computeIfAbsent(cause, c -> new TreeMap<>()).merge(change, 1L, Long::sum);
        money
            .computeIfAbsent(cause, c -> new TreeMap<>())
            .merge(change, decision.getTransaction().getBillingAmountMinor(), Long::sum);
      }
      long after =
          cause != Cause.PRESENCE
              ? other.getExpectedLossMinor() - decision.getExpectedLossMinor()
              : inA ? -decision.getExpectedLossMinor() : decision.getExpectedLossMinor();
      losses.merge(cause, after, Long::sum);
    }

    RunDiff diff = compare();

    assertThat(diff.same()).isEqualTo(same);
    Map<Cause, Long> found = new EnumMap<>(Cause.class);
    for (DiffGroup group : diff.groups()) {
      found.put(group.cause(), group.decisions());
      Map<String, Long> changes = new TreeMap<>();
      Map<String, Long> amounts = new TreeMap<>();
      group.outcomes().forEach((change, its) -> changes.put(change, its.count()));
      group
          .outcomes()
          .forEach((change, its) -> amounts.put(change, its.amounts().getOrDefault("EUR", 0L)));
      assertThat(changes).isEqualTo(outcomes.getOrDefault(group.cause(), Map.of()));
      assertThat(amounts).isEqualTo(money.getOrDefault(group.cause(), Map.of()));
      assertThat(group.lossAfter() - group.lossBefore())
          .isEqualTo(losses.getOrDefault(group.cause(), 0L));
      assertThat(group.examples()).hasSizeBetween(1, 3);
    }
    assertThat(found).isEqualTo(counts);
  }

  private static Outcome next(Outcome outcome) {
    List<Outcome> all = List.of(Outcome.values());
    return all.get((all.indexOf(outcome) + 1) % all.size());
  }

  private static String from(Decision decision) {
    return decision.getOutcome().name();
  }

  private static Cause first(Cause one, Cause other) {
    return one.compareTo(other) < 0 ? one : other;
  }

  @Test
  void copiesCountOnceAndIdsThatComeAgainPairInOrder() throws IOException {
    Decision first = Mutations.scored("again", random);
    first.setEffectiveTime(1000);
    Decision second = Mutations.scored("again", random);
    second.setEffectiveTime(2000);
    as.addAll(List.of(second, first, Mutations.copy(first), second));
    bs.addAll(List.of(first, second));

    RunDiff diff = compare();

    assertThat(diff.groups()).isEmpty();
    assertThat(diff.same()).isEqualTo(2);
    assertThat(diff.repeats()).isEqualTo(2);
  }

  @Test
  void readsDaysOfAnArchiveAndDecisionsOfOlderVersions() throws IOException {
    LocalDate day = LocalDate.of(2026, 3, 1);
    for (int i = 0; i < 100; i++) {
      Decision decision = Mutations.scored("t" + i, random);
      decision.setEffectiveTime(day.toEpochDay() * 86_400_000L + (i % 3) * 86_400_000L);
      decision.setWarming(List.of());
      decision.setLists(List.of());
      decision.getTransaction().setCustomer(null);
      decision.getTransaction().setNextTokens(null);
      decision.getRuleHits().forEach(hit -> hit.setWeight(0));
      as.add(decision);
    }
    Schema older;
    try (java.io.InputStream in =
        Decision.class.getResourceAsStream("/io/vigil/schema/frozen/Decision/1.avsc")) {
      older = new Schema.Parser().parse(in);
    }
    for (int i = 0; i < 3; i++) {
      Path its =
          Files.createDirectories(folder.resolve("archive/decisions/day=" + day.plusDays(i)));
      List<Decision> days = new ArrayList<>();
      for (Decision decision : as) {
        if (decision.getEffectiveTime() == day.plusDays(i).toEpochDay() * 86_400_000L) {
          days.add(decision);
        }
      }
      write(its.resolve("decisions-0.avro"), i == 0 ? older : Decision.getClassSchema(), days);
    }
    Path run = Files.createDirectories(folder.resolve("run"));
    write(run.resolve("decisions.avro"), Decision.getClassSchema(), as);

    RunDiff all = compare(folder.resolve("archive"), run, LocalDate.MIN, LocalDate.MAX);
    assertThat(all.groups()).isEmpty();
    assertThat(all.same()).isEqualTo(100);
    RunDiff one = compare(folder.resolve("archive"), run, day, day.plusDays(1));
    assertThat(one.groups()).isEmpty();
    assertThat(one.same()).isEqualTo(67);
  }

  private RunDiff compare() throws IOException {
    Collections.shuffle(as, random);
    Collections.shuffle(bs, random);
    Path a = folder.resolve("a.avro");
    Path b = folder.resolve("b.avro");
    write(a, Decision.getClassSchema(), as);
    write(b, Decision.getClassSchema(), bs);
    return compare(a, b, LocalDate.MIN, LocalDate.MAX);
  }

  private RunDiff compare(Path a, Path b, LocalDate from, LocalDate to) throws IOException {
    return RunDiff.of(
        DecisionSource.of(a.toString(), from, to),
        DecisionSource.of(b.toString(), from, to),
        FeatureNames.NONE,
        folder.resolve("tmp"),
        3,
        done -> {});
  }

  private static void write(Path file, Schema schema, List<Decision> decisions) throws IOException {
    SpecificDatumWriter<Object> writer = new SpecificDatumWriter<>(schema);
    try (DataFileWriter<Object> out = new DataFileWriter<>(writer)) {
      out.create(schema, file.toFile());
      for (Decision decision : decisions) {
        out.append(older(schema, decision));
      }
    }
  }

  /** As a job of that version would have written it. */
  private static Object older(Schema schema, Decision decision) throws IOException {
    if (schema.equals(Decision.getClassSchema())) {
      return decision;
    }
    byte[] bytes = io.vigil.cli.result.DecisionsForTest.encode(decision);
    return new org.apache.avro.generic.GenericDatumReader<>(Decision.getClassSchema(), schema)
        .read(
            null,
            org.apache.avro.io.DecoderFactory.get()
                .binaryDecoder(bytes, 10, bytes.length - 10, null));
  }
}

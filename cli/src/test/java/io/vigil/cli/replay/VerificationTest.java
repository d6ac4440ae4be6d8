package io.vigil.cli.replay;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.cli.diff.Cause;
import io.vigil.cli.diff.Mutations;
import io.vigil.job.archive.ArchiveFolder;
import io.vigil.schema.Decision;
import io.vigil.schema.Reason;
import io.vigil.schema.codec.Codec;
import java.io.IOException;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a replay takes for the same, and what it must not. */
final class VerificationTest {
  private static final LocalDate DAY = LocalDate.of(2026, 1, 31);

  @TempDir private Path folder;
  private List<Decision> recorded = List.of();

  @BeforeEach
  void record() {
    Random random = new Random(3);
    recorded = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      Decision decision = Mutations.scored("t" + i, random);
      decision.setEngineClass("engine-a");
      decision.setFallbackCause(null);
      decision.setLogitBits(Float.floatToRawIntBits(0.5f + i));
      decision.setScore(0.3);
      decision.setExpectedLossMinor(100);
      decision.setReasons(List.of(new Reason("A", "text", null, null, 0.5)));
      decision.setChallengerScores(List.of());
      recorded.add(decision);
    }
  }

  private Verification against(List<Decision> again, boolean change) throws IOException {
    ArchiveFolder one = write("recorded", recorded);
    ArchiveFolder other = write("again", again);
    Verification verification = new Verification(Long.MAX_VALUE, change);
    verification.day(DAY, one, other);
    return verification;
  }

  private ArchiveFolder write(String name, List<Decision> decisions) throws IOException {
    ArchiveFolder archive = ArchiveFolder.of(folder.resolve(name).toString());
    Codec<Decision> codec = Codec.of(Decision.class);
    try (DayWriter writer = new DayWriter(archive, DAY)) {
      for (Decision decision : decisions) {
        writer.add(codec.encode(decision));
      }
    }
    return archive;
  }

  private List<Decision> changed(Consumer<Decision> change) {
    List<Decision> all = new ArrayList<>(recorded.stream().map(Mutations::copy).toList());
    change.accept(all.get(7));
    return all;
  }

  private static void nudge(Decision decision) {
    float logit = Float.intBitsToFloat(decision.getLogitBits());
    decision.setLogitBits(Float.floatToRawIntBits(logit + Math.ulp(logit)));
  }

  @Test
  void theSameIsTheSame() throws IOException {
    Verification same = against(recorded, false);
    assertThat(same.same()).isEqualTo(20);
    assertThat(same.differing()).isZero();
  }

  @Test
  void anotherEngineClassMayDifferInItsLastBitsAndInNothingElse() throws IOException {
    Verification near =
        against(
            changed(
                decision -> {
                  decision.setEngineClass("engine-b");
                  nudge(decision);
                }),
            false);
    assertThat(near.otherEngine()).isEqualTo(1);
    assertThat(near.differing()).isZero();

    List<Consumer<Decision>> forgeries =
        List.of(
            decision -> decision.getTransaction().setAmountMinor(1),
            decision -> decision.getTransaction().setAccount("somebody else"),
            decision -> decision.setScore(decision.getScore() + 0.01),
            decision -> decision.setLate(!decision.getLate()),
            decision -> decision.setAppendTime(decision.getAppendTime() + 1),
            decision -> decision.setReasons(List.of()),
            decision -> decision.setExpectedLossMinor(decision.getExpectedLossMinor() + 1_000_000),
            decision -> decision.setEngineVersion(77));
    for (int i = 0; i < forgeries.size(); i++) {
      int forgery = i;
      Verification forged =
          against(
              changed(
                  decision -> {
                    decision.setEngineClass("engine-b");
                    forgeries.get(forgery).accept(decision);
                  }),
              false);
      assertThat(forged.differing()).as("forgery " + i).isEqualTo(1);
    }
  }

  @Test
  void theSameBitsOfTheSameEngineAreAskedFor() throws IOException {
    Verification differs = against(changed(VerificationTest::nudge), false);
    assertThat(differs.byCause()).containsEntry(Cause.MODEL, 1L);
  }

  @Test
  void aSecondDecisionOfOneIdIsFound() throws IOException {
    List<Decision> again = recorded;
    Decision forged = Mutations.copy(recorded.get(7));
    forged.setScore(0.999);
    recorded = new ArrayList<>(again);
    recorded.add(3, forged);
    assertThat(against(again, false).differing()).isPositive();
    recorded = new ArrayList<>(again);
    recorded.add(forged);
    assertThat(against(again, false).differing()).isPositive();
  }

  @Test
  void whatOneSideLacksIsFound() throws IOException {
    List<Decision> all = recorded;
    assertThat(against(all.subList(0, 19), false).differing()).isEqualTo(1);
    recorded = all.subList(1, 20);
    assertThat(against(all, false).differing()).isEqualTo(1);
  }

  @Test
  void aChangeThatComesToTheSameIsNoDifference() throws IOException {
    Consumer<Decision> otherPolicy =
        decision -> decision.setPolicy(new io.vigil.schema.Digest(new byte[32]));
    Verification changed = against(changed(otherPolicy), true);
    assertThat(changed.sameByOther()).isEqualTo(1);
    assertThat(changed.differing()).isZero();
    assertThat(against(changed(otherPolicy), false).differing()).isEqualTo(1);
  }
}

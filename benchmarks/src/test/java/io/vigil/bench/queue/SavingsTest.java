package io.vigil.bench.queue;

import static io.vigil.bench.queue.Sample.alert;
import static io.vigil.bench.queue.Sample.at;
import static io.vigil.bench.queue.Sample.fraud;
import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.bench.queue.Period.Fraud;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SavingsTest {

  private static final Recall LINEAR = new Recall("linear", 10, true);

  private final SimAlert first = alert("1", 0, "victim", 0.9, 1_000, "spree");
  private final Episode episode = new Episode("spree", "victim");
  private final Fraud unnoticed = new Fraud("t-2", at(3), 500, true);
  private final Fraud later = new Fraud("t-3", at(6), 2_000, false);
  private final Period period =
      Sample.period(List.of(first), Map.of(episode, List.of(fraud(first), unnoticed, later)));

  private static Worked worked(Map<String, Long> decidedMs, Map<Episode, Long> blockedMs) {
    return new Worked(1, decidedMs, blockedMs, 1, 0, 1, new Groups(1, 1, 0, 0, 1));
  }

  @Test
  void aVerdictRecallsWhatIsLeftAndPreventsWhatComesAfterTheBlock() {
    Savings savings =
        Savings.of(period, worked(Map.of("1", at(4)), Map.of(episode, at(4))), LINEAR, false);
    // Four of ten hours have passed for the first; the second was never alerted, nor prevented.
    assertThat(savings).isEqualTo(new Savings(2_000, 600, 3_500));
    assertThat(savings.saved()).isEqualTo(2_600);
  }

  @Test
  void nothingIsSavedWithoutAVerdict() {
    assertThat(Savings.of(period, worked(Map.of(), Map.of()), LINEAR, false))
        .isEqualTo(new Savings(0, 0, 3_500));
  }

  @Test
  void whatWasDeclinedIsNoLossWhereDeclinesHold() {
    Savings savings =
        Savings.of(period, worked(Map.of("1", at(1)), Map.of(episode, at(1))), LINEAR, true);
    assertThat(savings).isEqualTo(new Savings(2_000, 900, 3_000));
  }

  @Test
  void recallEndsWithItsHours() {
    assertThat(LINEAR.share(0)).isEqualTo(1);
    assertThat(LINEAR.share(11 * Sample.HOUR_MS)).isZero();
    Recall step = new Recall("step", 8, false);
    assertThat(step.share(7 * Sample.HOUR_MS)).isEqualTo(1);
    assertThat(step.share(8 * Sample.HOUR_MS)).isZero();
    assertThat(Recall.NEVER.share(0)).isZero();
  }

  @Test
  void groupsOfMixedTruthAreCountedAmongGroupsAlone() {
    SimAlert genuine = alert("4", 1, "victim", 0.2, 100, null);
    Groups groups =
        Groups.of(
            List.of(List.of(first, genuine), List.of(genuine, genuine), List.of(first)),
            new WorkTime(1, 0.5, 10));
    assertThat(groups).isEqualTo(new Groups(5, 3, 2, 1, 4));
    assertThat(groups.cut()).isEqualTo(0.4);
    assertThat(groups.mixedShare()).isEqualTo(0.5);
  }
}

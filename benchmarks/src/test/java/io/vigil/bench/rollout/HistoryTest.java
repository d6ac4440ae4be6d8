package io.vigil.bench.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.bench.rollout.History.Activation;
import io.vigil.bench.rollout.History.Place;
import io.vigil.bench.rollout.History.State;
import io.vigil.job.control.Accounts;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class HistoryTest {
  private static final List<Activation> ROLLOUT =
      List.of(
          new Activation(Place.CHAMPION, "old", 0, 400),
          new Activation(Place.SHADOW, "new", 10_000, 100),
          new Activation(Place.CHALLENGER, "new", 500, 200),
          new Activation(Place.CHAMPION, "new", 0, 300));

  private final History history = new History("old", ROLLOUT);

  @Test
  void eachActivationHoldsFromItsEffectiveTimeOn() {
    State old = new State("old", null, 0, Set.of());
    State shadow = new State("old", null, 0, Set.of("new"));
    State canary = new State("old", "new", 500, Set.of("new"));
    assertThat(history.at(99)).isEqualTo(old);
    assertThat(history.at(100)).isEqualTo(shadow);
    assertThat(history.at(199)).isEqualTo(shadow);
    assertThat(history.at(200)).isEqualTo(canary);
    // Whoever is champion is canary and shadow no more.
    assertThat(history.at(300)).isEqualTo(new State("new", null, 0, Set.of()));
    assertThat(history.at(400)).isEqualTo(old);
  }

  @Test
  void aCanaryDecidesForTheAccountsBelowItsShare() {
    Accounts accounts = new Accounts();
    List<String> names = IntStream.range(0, 2_000).mapToObj(i -> "a" + i).toList();
    assertThat(names)
        .allSatisfy(
            name ->
                assertThat(history.model(name, 250))
                    .isEqualTo(accounts.place(name) < 500 ? "new" : "old"));
    assertThat(names).anyMatch(name -> history.model(name, 250).equals("new"));
    assertThat(names).allMatch(name -> history.model(name, 150).equals("old"));
  }

  @Test
  void aShareOfNoneEndsWhatStandsBeside() {
    History ended =
        new History(
            "old",
            List.of(
                new Activation(Place.SHADOW, "new", 10_000, 1),
                new Activation(Place.CHALLENGER, "new", 500, 2),
                new Activation(Place.SHADOW, "new", 0, 3),
                new Activation(Place.CHALLENGER, "new", 0, 4)));
    assertThat(ended.at(3)).isEqualTo(new State("old", "new", 500, Set.of()));
    assertThat(ended.at(4)).isEqualTo(new State("old", null, 0, Set.of()));
  }
}

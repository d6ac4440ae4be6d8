package io.vigil.model.drift;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

/** Against printed tables. */
class ChanceTest {
  @Test
  void normalTailsAreThoseOfTables() {
    assertThat(Chance.above(0)).isEqualTo(0.5);
    assertThat(Chance.above(1)).isCloseTo(0.15865525393145707, within(1e-12));
    assertThat(Chance.above(2.999999)).isCloseTo(Chance.above(3.000001), within(1e-7));
    assertThat(Chance.above(5)).isCloseTo(2.866515718791939e-7, within(1e-18));
    assertThat(Chance.above(-1.959963984540054)).isCloseTo(0.975, within(1e-12));
    assertThat(Chance.exceeded(0.025)).isCloseTo(1.959963984540054, within(1e-9));
  }

  @Test
  void chiSquareIsThatOfTables() {
    assertThat(Chance.chiSquareExceeded(10, 0.05)).isCloseTo(18.307, within(5e-4));
    assertThat(Chance.chiSquareExceeded(1, 0.001)).isCloseTo(10.828, within(5e-4));
    assertThat(Chance.chiSquareExceeded(2, 0.001)).isCloseTo(13.816, within(5e-4));
    assertThat(Chance.chiSquareExceeded(11, 0.001)).isCloseTo(31.264, within(5e-4));
  }

  @Test
  void intervalsAreWilsons() {
    // 10 of 50, by hand: (0.2 + z²/100 ± z sqrt(0.16/50 + z²/10000)) / (1 + z²/50).
    Chance.Interval interval = Chance.interval(10, 50);
    assertThat(interval.low()).isCloseTo(0.1124375, within(1e-7));
    assertThat(interval.high()).isCloseTo(0.3303711, within(1e-7));
    assertThat(Chance.interval(0, 20).low()).isZero();
    assertThat(Chance.interval(20, 20).high()).isEqualTo(1);
    assertThat(Chance.interval(0, 0).low()).isNaN();
  }

  @Test
  void sharesAreTestedAsByPearson() {
    // 30 of 100 against 45 of 100: chi-square 4.8, p = 0.02846.
    assertThat(Chance.sameShare(30, 100, 45, 100)).isCloseTo(0.02846, within(1e-5));
    assertThat(Chance.sameShare(0, 10, 3, 1_000)).isNaN();
    assertThat(Chance.sameShare(0, 0, 3, 10)).isNaN();
  }

  @Test
  void eventsAreHeldAgainstTheirProbabilities() {
    // 130 where 100 were expected with a deviation of 10: three deviations.
    assertThat(Chance.asPredicted(130, 100, 100)).isCloseTo(0.0026998, within(1e-7));
    assertThat(Chance.asPredicted(3, 1, 1)).isNaN();
  }
}

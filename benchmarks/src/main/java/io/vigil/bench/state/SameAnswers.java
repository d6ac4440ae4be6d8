package io.vigil.bench.state;

import java.util.ArrayList;
import java.util.List;

/** Checks that all sides answer alike, bit for bit: figures of sides that do not mean nothing. */
final class SameAnswers {
  private SameAnswers() {}

  /**
   * Runs every side over the first events of a trace, each from what fills it, or empty state.
   *
   * @param events no more than the trace has
   * @throws IllegalStateException at the first answer that differs from those of the raw events,
   *     the plainest of the ways
   */
  static void check(StateSpec spec, Trace trace, int events, RocksMemory memory) throws Exception {
    List<double[]> expected = answers(Contender.RAW, spec, trace, events, memory);
    for (Contender contender : Contender.all(spec)) {
      if (contender != Contender.RAW) {
        compare(contender, spec, expected, answers(contender, spec, trace, events, memory));
      }
    }
  }

  private static List<double[]> answers(
      Contender contender, StateSpec spec, Trace trace, int events, RocksMemory memory)
      throws Exception {
    List<double[]> answers = new ArrayList<>();
    try (RocksSide side =
        new RocksSide(
            contender.id(),
            contender.side(spec),
            spec,
            trace,
            features -> answers.add(features.clone()),
            memory)) {
      side.fill();
      side.run(0, events);
    }
    return answers;
  }

  /** Package-private for its test. */
  static void compare(
      Contender contender, StateSpec spec, List<double[]> expected, List<double[]> actual) {
    for (int event = 0; event < expected.size(); event++) {
      for (int index = 0; index < spec.features().size(); index++) {
        double want = expected.get(event)[index];
        double got = actual.get(event)[index];
        if (Double.doubleToLongBits(want) != Double.doubleToLongBits(got)) {
          throw new IllegalStateException(
              "answers of %s: expected %s = %s at event %d, as of raw events, got %s"
                  .formatted(contender.id(), spec.features().get(index).name(), want, event, got));
        }
      }
    }
  }
}

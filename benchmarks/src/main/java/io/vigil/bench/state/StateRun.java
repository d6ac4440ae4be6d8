package io.vigil.bench.state;

import io.vigil.bench.measure.CpuClock;
import io.vigil.bench.measure.Interleaved;
import io.vigil.bench.measure.Rounds;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One interleaved run of some sides over a trace.
 *
 * @param rounds processor time
 * @param operations by side, over the whole trace
 * @param tableBytes by side, of RocksDB's tables at the end
 * @param checksums by side, of all answers to the whole trace
 */
record StateRun(
    Rounds rounds,
    Map<String, Operations.PerEvent> operations,
    Map<String, Long> tableBytes,
    Map<String, Long> checksums) {

  /** Fills the sides with the first payments of the trace, then runs them over it. */
  static StateRun of(
      List<Contender> contenders,
      StateSpec spec,
      Trace trace,
      int rounds,
      int warmUpRounds,
      RocksMemory memory,
      CpuClock clock)
      throws Exception {
    List<RocksSide> sides = new ArrayList<>();
    List<Answers.Checksum> answers = new ArrayList<>();
    try {
      for (Contender contender : contenders) {
        Answers.Checksum checksum = new Answers.Checksum();
        answers.add(checksum);
        sides.add(
            new RocksSide(contender.id(), contender.side(spec), spec, trace, checksum, memory));
      }
      for (RocksSide side : sides) {
        side.fill();
        clock.settle();
      }
      Rounds measured = new Interleaved(clock).run(sides, trace.events(), rounds, warmUpRounds);
      Map<String, Operations.PerEvent> operations = new LinkedHashMap<>();
      Map<String, Long> tableBytes = new LinkedHashMap<>();
      Map<String, Long> checksums = new LinkedHashMap<>();
      for (int index = 0; index < sides.size(); index++) {
        RocksSide side = sides.get(index);
        operations.put(side.name(), side.operations().perEvent(trace.events()));
        tableBytes.put(side.name(), side.tableBytes());
        checksums.put(side.name(), answers.get(index).value());
      }
      return new StateRun(measured, operations, tableBytes, checksums);
    } finally {
      for (RocksSide side : sides) {
        side.close();
      }
    }
  }

  /** Whether those sides gave the same answers throughout. */
  boolean sameAnswers(List<Contender> contenders) {
    return contenders.stream()
            .filter(contender -> checksums.containsKey(contender.id()))
            .map(contender -> checksums.get(contender.id()))
            .distinct()
            .count()
        <= 1;
  }
}
